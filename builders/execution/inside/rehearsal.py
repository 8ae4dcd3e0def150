"""A rehearsal: the zygote plays a child's part many times before the first fork.

Python rewrites code that runs often, and remembers where it found attributes. Each page that a child writes to is
copied for it first, at about four microseconds; what was rewritten here is not rewritten in every child.
"""

import marshal
import mmap
import os
import resource
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dualset.builders.execution.inside import child
from dualset.builders.execution.inside.compiler import compile_text
from dualset.builders.execution.inside.kernel import ABI, prctl_call
from dualset.builders.execution.inside.limits import limits_of, restrain
from dualset.builders.execution.inside.memory import memory_file
from dualset.builders.execution.inside.records import Pen
from dualset.builders.execution.inside.task import attach, task_bytes
from dualset.builders.execution.inside.watch import Order

__all__ = ["rehearse", "rehearse_judge"]

_ROUNDS, _TALKS = 40, 4
_PR_GET_DUMPABLE = 3
_ORDER = Order(
    timeout_s=10,
    cpu_s=10,
    asleep_s=10,
    idle_s=10,
    memory_mib=64,
    file_bytes=1 << 16,
    result_bytes=1 << 16,
    write_bytes=1 << 16,
)
_FUNCTION = """
from typing import Any, Dict, List, Optional, Set, Tuple
import math

for t in (int, float, str, bool, Any):  # typing remembers what it has made
    List[t], List[List[t]], Set[t], Optional[t], Optional[List[t]]
    Tuple[t, t], Tuple[t, ...], Dict[str, t], Dict[int, t]

class Solution:
    def f(self, xs: List[int], y: float = 0.5) -> bool:
        found = {}
        for i, x in enumerate(xs):
            found[x] = [x + 1, str(x)]
        return sorted(xs) == xs and len(found) > 0

def f(xs: List[int], y: float = 0.5):
    for i, x in enumerate(xs):
        if x > y:
            return [x, (x, str(x)), {x: y}]
    return math.floor(y)
"""
_SCRIPT = """
import sys
n = int(input())
for line in sys.stdin.read().split("\\n"):
    print(*[int(x) + n for x in line.split()])
"""
_TEST = """
import math, random
for i in range(40):
    x = random.randint(1, 9)
    assert f([i, x])[0] == [i, x] and math.floor(f(x, y=[i])[1][0][0]) == i
"""
_CALLS: list[Any] = [
    ("f", [[1, 2, 3], 0.5], {}, None),
    ("f", [[], 1.0], {}, "bool"),
    ("g", [], {}, None),
    (None, [], {}, None),
]
_PLAIN = ((_FUNCTION, ("assert", False, _CALLS)),)
_WITH_PRELUDE = (
    (_FUNCTION.replace("class Solution", "class Other"), ("call", True, _CALLS)),
    (_SCRIPT, ("stdio", True, ["1\n2 3\n", "x"])),
    ("def f(", ("stdio", True, [""])),
)


def rehearse(*, prelude: bool) -> None:
    """Play every part; leaves the process as it was.

    Args:
        prelude: the parts of programs that are given a prelude, else of those that are not.
    """
    modules, limit, streams = dict(sys.modules), sys.getrecursionlimit(), (sys.stdin, sys.stdout)
    kept = [os.dup(fd) for fd in (0, 1)]
    same = [(which, resource.getrlimit(which)) for which, _ in limits_of(_ORDER, 64)]
    harmless = prctl_call(_PR_GET_DUMPABLE) if ABI else None
    for _ in range(_ROUNDS):
        restrain(same)
        if harmless:
            harmless()
        for code, rest in _WITH_PRELUDE if prelude else _PLAIN:
            _play(code, marshal.dumps(rest))
    if not prelude:
        _answer_a_judge()
    for fd, old in enumerate(kept):
        os.dup2(old, fd)
        os.close(old)
    vars(sys).update(zip(("stdin", "stdout", "__stdin__", "__stdout__"), streams * 2, strict=True))
    sys.modules.clear()
    sys.modules.update(modules)
    sys.setrecursionlimit(limit)


def _answer_a_judge() -> None:
    """The part of a program whose functions a judge calls; the judge is another process, and it does not stay."""
    from dualset.builders.execution.inside.remote import Gone, Link

    def ask(line: socket.socket) -> None:
        link = Link(line, trusting=False)
        for _ in range(2):
            f = link.names(["f", "Solution"])["f"]
            for _ in range(_ROUNDS):
                with suppress(TypeError):
                    f([1, 2], 0.5)
                    f([1, "2"], y={1: (2, 3)})
        with suppress(Gone):
            f.__name__  # noqa: B018

    _talk(lambda line: _play(_FUNCTION, marshal.dumps(("assert", False, ())), line), ask)


def rehearse_judge() -> None:
    """The judge's part, with a program in another process that does not stay."""
    from dualset.builders.execution.inside import judge, remote

    task = marshal.dumps(("f", [(_TEST, ["f", "math"]), (_TEST, ["f", "math"])]))

    def play(line: socket.socket) -> None:
        fds = [memory_file(name) for name in ("task", "records")]
        os.write(fds[0], task)
        with mmap.mmap(-1, mmap.PAGESIZE) as mark:
            judge.run(_ORDER, [*fds, os.dup(line.fileno())], mark)
        for fd in fds:
            os.close(fd)

    def answer(line: socket.socket) -> None:
        with mmap.mmap(-1, mmap.PAGESIZE) as mark:
            remote.serve({"f": lambda x, y=0: [x, (y, {1: 2})]}, line, Pen(memory_file("records"), mark, 1 << 16))

    _talk(play, answer)


def _talk(play: Callable[[socket.socket], None], partner: Callable[[socket.socket], None]) -> None:
    """Play a part over lines to another process, which is gone afterwards."""
    lines = [socket.socketpair() for _ in range(_TALKS)]
    pid = os.fork()
    if pid == 0:
        try:
            for ours, theirs in lines:
                ours.close()
                partner(theirs)
                theirs.close()
        finally:
            os._exit(0)
    for _, theirs in lines:
        theirs.close()
    for ours, _ in lines:
        play(ours)
        ours.close()
    os.waitpid(pid, 0)


def _play(code: str, rest: bytes, line: socket.socket | None = None) -> None:
    fds = [memory_file(name) for name in ("task", "records", "stdout", "stdin")]
    os.write(fds[0], task_bytes([code], rest))
    with suppress(SyntaxError):
        attach(fds[0], marshal.dumps([marshal.dumps(compile_text(code.encode()))]))
    given = fds if "stdio" in str(rest) else fds[:2]
    if line:
        given.append(os.dup(line.fileno()))
    with mmap.mmap(-1, mmap.PAGESIZE) as mark:
        child.run(_ORDER, given, mark)
    for fd in fds:
        os.close(fd)
