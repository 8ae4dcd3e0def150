"""The shell of ``dualset sql REF``, in a real pseudo-terminal; and what is read from stdin where there is none."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_version import tiny_version

from dualset.builders.dataset.store import Version
from dualset.sql.session import connect
from dualset.sql.shell.history import history_file
from dualset.sql.shell.names import completions, names_of

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
_ENDLESS = "select count(*) from range(100000000000) a, range(1000000) b;"


class Terminal:
    """``dualset sql ARGS`` on a terminal of 40 rows and 160 columns."""

    def __init__(self, home: Path, *args: str, **env: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        own = {"DUALSET_HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "TERM": "xterm"}
        own |= {"PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "160"}  # nobody here says where the cursor is
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dualset", "sql", *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ | own | env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.until(r">\s*$")

    def until(self, pattern: str) -> str:
        """What is shown until the pattern is there, without what moves and colours it."""
        return _ESCAPES.sub("", self.until_raw(pattern))

    def until_raw(self, pattern: str, seconds: float = 10) -> str:
        """The same as the terminal got it."""
        text, end = "", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    text += os.read(self.master, 1 << 16).decode(errors="replace")
                except OSError:  # the other side is closed
                    break
            if re.search(pattern, _ESCAPES.sub("", text)):
                return text
        msg = f"no {pattern!r} in {_ESCAPES.sub('', text)!r}"
        raise AssertionError(msg)

    def type(self, text: str) -> None:
        time.sleep(0.1)  # until the prompt listens
        os.write(self.master, text.encode())

    def ask(self, line: str, pattern: str = r"(Error:|rows?) ") -> str:
        """Type a line and read until its answer, and the next prompt, are there."""
        self.type(line + "\r")
        return self.until(rf"(?s){pattern}.*>\s*$")

    def leave(self) -> int:
        self.type("\x04")
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def version(home: Path) -> Version:
    return tiny_version(home, tag="v1")


@pytest.fixture
def terminal(home: Path, version: Version) -> Iterator[Terminal]:
    opened = Terminal(home, "tiny@v1")
    yield opened
    opened.close()


def test_statements_of_several_lines_and_commands_are_answered(terminal: Terminal) -> None:
    assert "12" in terminal.ask("select count(*) as n from problems;")
    terminal.type("select problem_id\r")
    terminal.until(r"\.\.\.>\s*$")
    assert "1 row in" in terminal.ask("from problems where problem_id = 'p003';")
    terminal.type("select ';\r")  # a semicolon within a text ends nothing
    terminal.until(r"\.\.\.>\s*$")
    assert "1 row in" in terminal.ask("' as x;")
    both = terminal.ask("select 1 as a; select 2 as b;", r"1 row.*1 row")
    assert both.count("1 row in") == 2
    for line in ("pass_at_k k=4", ".run pass_at_k --k 4;", ".run pass_at_k --k=4"):
        assert re.search(r"org/large +0\.8 +4 ", terminal.ask(line))
    assert "how often it was run" in terminal.ask(".schema labels", "outcomes.*split")
    assert "attempts " in terminal.ask(".tables", "problems")
    assert "k 1  attempts" in terminal.ask(".queries", "toothless_tests")
    assert "Read: 1 - C(n-c, k)" in terminal.ask(".explain pass_at_k", "order by pass_at_k")
    assert ".schema" in terminal.ask("help", ".quit")
    assert terminal.leave() == 0


def test_an_answer_is_cut_and_says_so(terminal: Terminal) -> None:
    assert "the first 50 rows" in terminal.ask("from candidates;", "shows more")
    assert "the first 3 rows" in terminal.ask(".rows 3\rfrom candidates;", "shows more")
    terminal.ask(".format json", "")
    answer = terminal.ask("select i from range(4) t(i);", "shows more")
    assert '{"i": 2}' in answer
    assert '{"i": 3}' not in answer
    assert "99 rows" in terminal.ask(".rows all\rselect i from range(99) t(i);", "99 rows")
    assert "no format 'jsn': did you mean 'json'" in terminal.ask(".format jsn")
    assert ".rows x: expected a whole number" in terminal.ask(".rows x")


def test_an_error_is_a_line_and_the_shell_goes_on(terminal: Terminal) -> None:
    for line, message in [
        ("from problms;", 'problms does not exist! Did you mean "problems"'),
        ("selec 1;", 'syntax error at or near "selec"'),
        (".quries", "no command '.quries': did you mean '.queries'"),
        (".run pas_at_k", "no query named 'pas_at_k': did you mean 'pass_at_k'"),
        ("pass_at_k kk=4", "no parameter 'kk': did you mean 'k'"),
        ("pass_at_k k=0", "k is '0': expected a whole number from 1"),
        ("pass_at_k k=4 --k 5", "the parameter k is given twice"),
        ("pass_at_k 4", "4: expected NAME=VALUE"),
        ("label_flips", "label_flips compares two versions: give the other one with --with REF"),
        ("judge_errors", "judge_errors asks what judges said: give --rankings FILE"),
        (".schema labls", "no table 'labls': did you mean 'labels'"),
        (".explain 'x", "No closing quotation"),
        (".run exception_lines exception=KeyErro", "no row of labels has exception 'KeyErro'"),
    ]:
        assert message in terminal.ask(line, re.escape(message))
    assert "1 row" in terminal.ask("select 1 as still_here;")


def test_control_characters_of_an_answer_do_not_reach_the_terminal(terminal: Terminal) -> None:
    for line in (".format csv\r", ".format markdown\r", ".format json\r", ".format table\r"):
        terminal.type(line + "select chr(27) || '[31mred' || chr(155) as x;\r")
        shown = terminal.until_raw(r"1 row in")
        assert "\x1b[31mred" not in shown
        assert "\x9b" not in shown
        assert re.search(r"(\\x1b|\\u001b)\[31mred", shown)
    terminal.type("select error(chr(27) || '[31mred');\r")
    assert "\\x1b[31mred" in terminal.until_raw("Error: .*red")


@pytest.mark.parametrize("by", ["key", "signal"])
def test_ctrl_c_cancels_the_query_and_not_the_shell(terminal: Terminal, by: str) -> None:
    terminal.type(_ENDLESS + "\r")
    time.sleep(1)
    terminal.type("\x03") if by == "key" else terminal.process.send_signal(signal.SIGINT)
    terminal.until(r"(?s)cancelled.*>\s*$")
    assert "12" in terminal.ask("select count(*) as n from problems;")  # at once, and not cancelled too
    terminal.ask(";\rselect 2 as x;", "1 row")  # nothing before a semicolon is nothing
    terminal.type("select half a\x03")
    terminal.until(r">\s*$")
    assert "1 row" in terminal.ask("select 1 as x;")
    assert terminal.leave() == 0


@pytest.mark.parametrize(
    "line",
    [
        "from read_csv('/etc/passwd');",
        "select * from '/etc/passwd';",
        "from glob('/*');",
        "copy (select 1) to '/tmp/x.csv';",
        "attach '/tmp/x.db';",
        "install httpfs;",
        "load httpfs;",
        "set enable_external_access = true;",
        "set lock_configuration = false;",
        "pragma enable_external_access;",
        "call enable_logging();",
        "create table x as select 1;",
        "drop view labels;",
        ".run exceptions limit='1; set threads=1'",
        ".run exception_lines exception=\"x' union select content from read_text('/etc/passwd') --\"",
        ".schema \"labels; from read_text('/etc/passwd')\"",
    ],
)
def test_the_shell_is_locked_as_the_one_shot_is(locked: Terminal, line: str) -> None:
    before = locked.ask("select count(*) as n from duckdb_settings();", "1 row")
    said = locked.ask(line, r"(Error: (Permission|Catalog|expected|the param|no table)|no row of labels)")
    assert "root:" not in said
    assert "Traceback" not in said
    assert "1 row" in before


@pytest.fixture(scope="module")
def locked(home: Path, version: Version) -> Iterator[Terminal]:
    opened = Terminal(home, "tiny@v1")
    yield opened
    opened.close()


def test_tab_completes_and_what_was_typed_is_kept_alone(home: Path, version: Version) -> None:
    state = home / "kept"
    first = Terminal(home, "tiny@v1", XDG_STATE_HOME=str(state))
    first.type("select count(*) as n from observ\t")
    first.until("observations$")
    first.type(";\r")
    first.until(r"(?s)1 row.*>\s*$")
    assert first.leave() == 0
    first.close()
    path = history_file({"XDG_STATE_HOME": str(state)})
    assert [path] == [each for each in state.rglob("*") if each.is_file()]
    kept = [line for line in path.read_text().splitlines() if line and not line.startswith("# ")]
    assert kept == ["+select count(*) as n from observations;"]
    assert path.stat().st_mode & 0o777 == 0o600
    second = Terminal(home, "tiny@v1", XDG_STATE_HOME=str(state))
    second.type("\x1b[A\r")  # the line before
    assert "observations" in second.until(r"(?s)1 row.*>\s*$")
    second.close()


def test_without_a_place_for_its_history_the_shell_works(home: Path, version: Version) -> None:
    opened = Terminal(home, "tiny@v1", XDG_STATE_HOME="/proc/none")
    assert "1 row" in opened.ask("select 1 as x;")
    opened.close()


def test_it_may_have_another_version_beside(home: Path, version: Version) -> None:
    opened = Terminal(home, "tiny@v1", "--with", "tiny@v1")
    assert "0 rows" in opened.ask("label_flips", "rows in")
    assert "other.labels" in opened.ask(".tables", "problems")
    assert "how often it was run" in opened.ask(".schema other.labels", "outcomes.*split")
    opened.close()


@pytest.mark.parametrize(
    ("text", "stub", "first"),
    [
        ("select * from prob", "prob", ["problems"]),
        ("from candidates join lab", "lab", ["labels"]),
        ("select passe", "passe", ["passed"]),
        ("select l. from labels as l where l.tests_p", "l.tests_p", ["l.tests_passed"]),
        ("select * from labels where outc", "outc", ["outcome", "outcomes"]),
        ("from labels where labels.ru", "labels.ru", ["labels.runs"]),
        ("select 1; from gro", "gro", ["groups"]),
        ("SELECT * FROM labels WHE", "WHE", ["WHEN", "WHERE"]),
        ("sel", "sel", ["select"]),
        ("pass_at_k_", "pass_at_k_", ["pass_at_k_curve"]),
        ("select 'prob", "prob", []),
        (".sch", ".sch", [".schema"]),
        (".run near_m", "near_m", ["near_misses"]),
        (".run near_misses ", "", ["min_tests=", "limit="]),
        (".run pass_at_k split=t", "split=t", ["split=train", "split=test"]),
        (".schema obs", "obs", ["observations"]),
        (".format j", "j", ["json"]),
        (".nothing x", "x", []),
    ],
)
def test_what_is_completed(version: Version, text: str, stub: str, first: list[str]) -> None:
    found: Any = completions(text, names_of(connect(version)))
    assert (found[0], found[1][: len(first)]) == (stub, first)
    assert first or not found[1]


def test_two_versions_and_rankings_are_completed(version: Version) -> None:
    names = names_of(connect(version, other=version))
    assert completions("select * from other.lab", names)[1] == ["other.labels"]
    assert completions("from other.labels where tests_to", names)[1] == ["tests_total"]


@pytest.mark.parametrize(
    ("args", "text", "out"),
    [
        (["-"], "select 1 as x", "x\n1\n"),
        ([], "-- one\nselect 1 as x;\n", "x\n1\n"),
        ([], "\ufeffselect 'é' as x", "x\né\n"),
        (["--param", "id=p003"], "select problem_id as x from problems where problem_id = $id", "x\np003\n"),
    ],
)
def test_a_query_comes_from_stdin_where_that_is_no_terminal(
    home: Path, version: Version, args: list[str], text: str, out: str
) -> None:
    done = _piped(home, [*args, "--format", "csv"], text.encode())
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, out, b"")


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (b"", 2, "no query: give one"),
        (b"\xff\xfe\x00", 1, "stdin is no SQL: it is not text in UTF-8"),
        (b"select 1; select 2", 1, "expected one select statement, not SELECT, SELECT"),
        (b"from read_text('/etc/passwd')", 1, "Permission Error"),
        (b"set threads = 1", 1, "not SET"),
    ],
)
def test_what_is_no_query_on_stdin_is_told_so(
    home: Path, version: Version, given: bytes, code: int, message: str
) -> None:
    done = _piped(home, [], given)
    assert (done.returncode, done.stdout) == (code, b"")
    assert message in done.stderr.decode()


def _piped(home: Path, args: list[str], given: bytes) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "dualset", "sql", "tiny@v1", *args]
    return subprocess.run(command, input=given, capture_output=True, env=os.environ | {"DUALSET_HOME": str(home)})
