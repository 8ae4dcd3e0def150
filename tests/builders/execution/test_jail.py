"""What a program can reach from inside, asked directly at each level: every program says what it got hold of.

The corpus that tries far more doors is ``builders/execution/selftest``; these few are to be read.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from levels import ABOVE_NONE, run_at
from sandbox_programs import TOTAL, call, stdio

from dualset.builders.dataset.records import Label
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.ladder import AUTO, Level, level_of
from dualset.builders.execution.settings import LabelSettings

TRIED = """
import os, socket, ctypes
def got(*doors):
    opened = []
    for number, door in enumerate(doors):
        try:
            if door() is not False: opened.append(number)
        except (OSError, ImportError, AttributeError): pass
    return opened
"""
"""``got`` says which of the doors opened: by their number."""

NETWORK = """
def connect(family, kind, address):
    with socket.socket(family, kind) as it: it.connect(address), it.send(b'x')
def f(): return got(
    lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', {tcp})),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {udp})),
    lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, {unix!r}),
    lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', {datagram!r}),
    lambda: socket.create_server(('127.0.0.1', 0)),
    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    lambda: socket.create_connection(('localhost', {tcp})),
)
"""
FILES = """
def f(): return got(
    lambda: open({secret!r}).read(),
    lambda: open({secret!r}, 'w'),
    lambda: open({secret!r}, 'a').write('more'),
    lambda: os.open({secret!r}, os.O_RDONLY | os.O_TRUNC),
    lambda: os.truncate({secret!r}, 0),
    lambda: os.unlink({secret!r}),
    lambda: os.rename({secret!r}, 'mine'),
    lambda: os.link({secret!r}, 'mine'),
    lambda: os.chmod({secret!r}, 0),
    lambda: os.utime({secret!r}, (0, 0)),
    lambda: os.listdir({folder!r}),
    lambda: os.mkdir({folder!r} + '/new'),
    lambda: open({folder!r} + '/new', 'w'),
    lambda: os.symlink({secret!r}, 'link') or open('link').read(),
    lambda: open('../../../../../../../../' + {secret!r}).read(),
    lambda: open('/etc/passwd').read(),
    lambda: os.listdir('/root'),
    lambda: os.listdir('/home'),
    lambda: open('/proc/self/environ').read(),
    lambda: open('/proc/self/mem', 'rb'),
    lambda: os.listdir('/proc'),
    lambda: open('/dev/shm/x', 'w'),
    lambda: open('/dev/tty', 'w'),
)
"""
PROCESSES = """
def f(): return got(
    lambda: os.kill({driver}, 0),
    lambda: os.kill(os.getppid(), 0),
    lambda: os.kill(-1, 0),
    lambda: os.kill(0, 0),
    lambda: os.killpg(os.getpgid(os.getppid()), 0),
    lambda: os.pidfd_open({driver}),
    lambda: os.setpriority(os.PRIO_PROCESS, {driver}, 19),
    lambda: os.sched_setaffinity({driver}, [0]),
    lambda: ctypes.CDLL(None).ptrace(16, {driver}, 0, 0) != -1,
    lambda: open('/proc/{driver}/cmdline').read(),
    lambda: open(f'/proc/{{os.getppid()}}/cmdline').read(),
)
"""
FORKS = """
import _posixsubprocess, subprocess, signal
def f(): return got(
    lambda: os.fork() or os._exit(0),
    lambda: os.forkpty()[0] or os._exit(0),
    lambda: os.posix_spawn('/bin/true', ['true'], {{}}),
    lambda: subprocess.run(['/bin/true']),
    lambda: os.system('true') == 0,
    lambda: os.execv('/bin/true', ['true']),
    lambda: ctypes.CDLL(None).fork() > 0,
    lambda: ctypes.CDLL(None).unshare(0x10000000) == 0,
    lambda: signal.pidfd_send_signal(0, 0),
)
"""
SHARED = """
def attached():
    from multiprocessing import shared_memory
    shared_memory.SharedMemory('dualset-left', True, 4096)
libc = ctypes.CDLL(None)
def f(): return got(
    attached,
    lambda: os.memfd_create('of which no limit knows'),
    lambda: libc.shmget(4711, 4096, 0o1600) != -1,
    lambda: libc.semget(4711, 1, 0o1600) != -1,
    lambda: libc.msgget(4711, 0o1600) != -1,
    lambda: libc.sem_open(b'/dualset-left', os.O_CREAT, 0o600, 1) > 0,
    lambda: libc.mq_open(b'/dualset-left', os.O_CREAT | os.O_RDWR, 0o600, None) != -1,
)
"""
DOORS = {"network": NETWORK, "files": FILES, "processes": PROCESSES, "forks": FORKS, "shared": SHARED}
ALLOWED = {
    "no environment, no arguments": (
        '[{}, [""]]',
        """import os, sys
def f(): return [dict(os.environ), sys.argv]""",
    ),
    "threads": (
        "[0, 1, 4, 9, 16, 25, 36, 49]",
        """
import threading, queue
def f():
    done = queue.Queue()
    for i in range(8): threading.Thread(target=lambda i=i: done.put(i * i)).start()
    return sorted(done.get() for _ in range(8))
""",
    ),
    "the interpreter's own libraries": (
        '["r\\"\\"", "0.125", 0, "LATIN SMALL LETTER A"]',
        """
import decimal, json, sqlite3, unicodedata, zlib
def f():
    return [open(json.__file__).read(3), str(decimal.Decimal(1) / 8), zlib.crc32(b''), unicodedata.name('a')]
""",
    ),
    "files in its own folder": (
        '["texts", [], ["a", "c"], 5, []]',
        """
import os
def f():
    os.mkdir('a')
    with open('a/b', 'w') as file: file.write('text')
    with open('a/b', 'a+') as file: file.write('s'), file.seek(0); read = file.read()
    os.rename('a/b', 'c')
    found = [read, os.listdir('a'), sorted(os.listdir('.')), os.path.getsize('c')]
    os.unlink('c'), os.rmdir('a')
    return [*found, os.listdir('.')]
""",
    ),
    "a signal to itself": (
        "true",
        """
import os, signal
def f():
    heard = []
    signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    return heard == [signal.SIGUSR1]
""",
    ),
}
"""What a program needs: what it returns, and how it comes by it."""
LIMITED = {
    "memory": (call(("[]", "1")), "def f(): return bytearray(1 << 30) and 1", Outcome.MEMORY_LIMIT),
    "output": (stdio(("", "")), "while True: print('x' * 1000)", Outcome.OUTPUT_LIMIT),
    "a result": (call(("[]", "1")), "def f(): return 'x' * (1 << 20)", Outcome.OUTPUT_LIMIT),
    "the size of a file": (
        call(("[]", "true")),
        """
def f():
    written = 0
    try:
        with open('x', 'wb', 0) as file:
            while True: written += file.write(bytes(1 << 16))
    except OSError: return 0 < written < 1 << 22
""",
        Outcome.PASS,
    ),
    "the number of files": (
        call(("[]", "true")),
        """
import os
def f():
    for made in range(100_000):
        try: os.close(os.open(str(made), os.O_CREAT))
        except OSError: return 0 < made < 20_000
""",
        Outcome.PASS,
    ),
    "the number of open files": (
        call(("[]", "true")),
        """
import os
def f():
    held = []
    try:
        while True: held.append(os.pipe())
    except OSError: return len(held) < 100
""",
        Outcome.PASS,
    ),
    "the time of all threads": (
        call(("[]", "1")),
        """
import threading
def spin():
    while True: pass
def f():
    for _ in range(3): threading.Thread(target=spin, daemon=True).start()
    spin()
""",
        Outcome.TIME_LIMIT,
    ),
    "the time asleep": (call(("[]", "1")), "import time\ndef f(): time.sleep(99)", Outcome.TIME_LIMIT),
}
"""The problem, the program, and the outcome."""
LEAVES = """
import os
def f(xs):
    for i in range(3):
        os.makedirs(f'{xs}{i}/deeper/' + 'x' * 200)
        with open(f'{xs}{i}/file', 'w') as file: file.write('6')
    return sum(xs)
"""
LOOKS = "import os\ndef f(): return os.listdir('.')"


def slowly(level: Level) -> object:
    """The level, for a slow test."""
    return pytest.param(level, id=str(level), marks=pytest.mark.slow)


class Outside(NamedTuple):
    """What programs are to leave alone: a secret in a folder of its own, and ears on four kinds of socket."""

    folder: Path
    secret: Path
    ears: dict[str, socket.socket]

    def names(self) -> dict[str, object]:
        """How programs would name them."""
        at = {name: ear.getsockname() for name, ear in self.ears.items()}
        ports = {name: its[1] if isinstance(its, tuple) else its for name, its in at.items()}
        return {**ports, "secret": str(self.secret), "folder": str(self.folder), "driver": os.getpid()}

    def heard(self) -> list[str]:
        """The sockets at which something has come in since the last look."""
        return [name for name, ear in self.ears.items() if _hears(ear)]


def _hears(ear: socket.socket) -> bool:
    heard = False
    with suppress(BlockingIOError):
        while ear.recv(1) if ear.type == socket.SOCK_DGRAM else ear.accept():
            heard = True
    return heard


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with tempfile.TemporaryDirectory(prefix="outside-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o777)
        secret = folder / "secret"
        secret.write_text("secret")
        secret.chmod(0o666)
        made = {
            "tcp": socket.create_server(("127.0.0.1", 0)),
            "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            "unix": socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
            "datagram": socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        }
        made["udp"].bind(("127.0.0.1", 0))
        made["unix"].bind(f"{folder}/unix")
        made["unix"].listen()
        made["datagram"].bind(f"{folder}/datagram")
        for ear in made.values():
            stack.enter_context(ear).setblocking(False)
        yield Outside(folder, secret, made)


@pytest.fixture(scope="module", params=ABOVE_NONE)
def tried(request: pytest.FixtureRequest, outside: Outside) -> dict[str, Label]:
    """Labels of all the programs at one level, run one after the other in one sandbox."""
    return run_at(
        request.param,
        [(name, call(("[]", "[]")), TRIED + code.format(**outside.names())) for name, code in DOORS.items()]
        + [(name, call(("[]", wanted)), code) for name, (wanted, code) in ALLOWED.items()]
        + [("leaves", TOTAL, LEAVES), ("looks", call(("[]", "[]")), LOOKS)] * 2
        + [(name, its, code) for name, (its, code, _) in LIMITED.items()],
    )


@pytest.mark.parametrize("doors", DOORS)
def test_no_door_opens(tried: dict[str, Label], doors: str) -> None:
    assert tried[doors].passed is True, tried[doors].first_failure


def test_nothing_outside_is_touched_or_heard(tried: dict[str, Label], outside: Outside) -> None:
    assert len(tried) > len(DOORS)
    assert outside.heard() == []
    assert outside.secret.read_text() == "secret"
    assert sorted(os.listdir(outside.folder)) == ["datagram", "secret", "unix"]
    assert not [name for name in os.listdir("/dev/shm") if "dualset-left" in name]
    for kind in ("shm", "sem", "msg"):
        keys = [line.split()[0] for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()]
        assert "4711" not in keys


def test_the_doors_are_real(outside: Outside) -> None:
    """Without a jail they open, so what the tests above find closed is the jail's doing."""
    reads = TRIED + "def f(): return got(lambda: open({secret!r}).read(), lambda: os.kill({driver}, 0))"
    programs = {"reads": reads, "network": TRIED + NETWORK}
    cases = [(name, call(("[]", "null")), code.format(**outside.names())) for name, code in programs.items()]
    opened = {name: made.first_failure for name, made in run_at(Level.NONE, cases).items()}
    assert opened["reads"] is not None
    assert opened["reads"].actual == "[0,1]"
    assert opened["network"] is not None
    assert opened["network"].actual is not None
    assert opened["network"].actual.startswith("[0,1,2,3,4")
    assert outside.heard() == list(outside.ears)


@pytest.mark.parametrize("name", ALLOWED)
def test_what_programs_need_is_there(tried: dict[str, Label], name: str) -> None:
    assert tried[name].passed is True, tried[name].first_failure


def test_the_folder_is_empty_for_each_program(tried: dict[str, Label]) -> None:
    assert tried["leaves"].passed is True, tried["leaves"].first_failure
    assert tried["looks"].passed is True, tried["looks"].first_failure


@pytest.mark.parametrize("name", LIMITED)
def test_limits_hold(tried: dict[str, Label], name: str) -> None:
    assert tried[name].outcome == LIMITED[name][2], tried[name].first_failure


@pytest.mark.parametrize("level", [pytest.param(AUTO, id="auto"), *map(slowly, Level)])
def test_a_package_is_there_where_it_is_listed_and_nowhere_else(level: str) -> None:
    its, code = call(("[]", "6")), "import numpy\ndef f(): return numpy.arange(4).sum()"
    listed = run_at(level_of(level), [("with", its, code)], LabelSettings(packages=("numpy",)))["with"]
    assert listed.passed is True, listed.first_failure
    unlisted = run_at(level_of(level), [("without", its, code)])["without"]
    assert unlisted.first_failure is not None
    assert unlisted.first_failure.exception == "ModuleNotFoundError"
