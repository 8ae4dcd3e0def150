"""The grader's own corpus: nobody is fooled, harmed or failed, and the corpus would see it.

Whole at the strongest level that works here, in part at the others; at each of them whole is a deep test.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from levels import needs

from dualset.builders.dataset.words import Outcome
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.ladder import AUTO, Level, level_of
from dualset.builders.execution.selftest.corpus import Entry, Harm, corpus
from dualset.builders.execution.selftest.report import Ran, Report
from dualset.builders.execution.selftest.run import run


@pytest.fixture(scope="module")
def whole() -> Report:
    """The whole corpus at the strongest level that works here."""
    return run(level_of(AUTO))


@pytest.mark.slow
def test_nobody_is_fooled_harmed_or_failed(whole: Report) -> None:
    assert_sound(whole, corpus())


@pytest.mark.slow
@pytest.mark.parametrize("level", list(Level))
def test_the_other_levels_hold_too(level: Level) -> None:
    """All programs that are up to harm, which the level alone prevents, and every sixth of the others."""
    needs(level)
    if level == level_of(AUTO):
        pytest.skip("this level is tried with all programs")
    others = [entry for entry in corpus() if not entry.harm]
    part = [entry for entry in corpus() if entry.harm or entry in others[::6]]
    assert_sound(run(level, part), part)


@pytest.mark.deep
@pytest.mark.parametrize("level", list(Level))
def test_every_level_holds_with_the_whole_corpus(level: Level) -> None:
    needs(level)
    assert_sound(run(level), corpus())


def assert_sound(report: Report, programs: Sequence[Entry]) -> None:
    assert len(report.programs) + report.left_out == len(programs)
    assert list(report.fooled) == []
    assert list(report.failed) == []
    if report.level != Level.NONE:
        assert list(report.unknown) == []
        assert list(report.harm) == []
        assert report.left_out == 0
    assert report.sound


@pytest.fixture(scope="module")
def ran(whole: Report) -> dict[str, Ran]:
    return {ran.entry.name: ran for ran in whole.programs}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("endless loop", Outcome.TIME_LIMIT),
        ("endless loop at load", Outcome.TIME_LIMIT),
        ("sleeps for ever", Outcome.TIME_LIMIT),
        ("stops itself", Outcome.TIME_LIMIT),
        ("loop that swallows everything", Outcome.TIME_LIMIT),
        ("memory bomb", Outcome.MEMORY_LIMIT),
        ("memory bomb that swallows", Outcome.MEMORY_LIMIT),
        ("memory taken and given back", Outcome.MEMORY_LIMIT),
        ("output flood", Outcome.OUTPUT_LIMIT),
        ("output flood to the descriptor", Outcome.OUTPUT_LIMIT),
        ("result flood", Outcome.OUTPUT_LIMIT),
        ("segmentation fault", Outcome.RUNTIME_ERROR),
        ("exit in the call", Outcome.RUNTIME_ERROR),
        ("null bytes", Outcome.SYNTAX_ERROR),
        ("compile bomb", Outcome.SYNTAX_ERROR),
        ("lone surrogate", Outcome.SYNTAX_ERROR),
        ("huge literal", Outcome.SYNTAX_ERROR),
        ("prints nothing", Outcome.WRONG_ANSWER),
        ("the first line only", Outcome.WRONG_ANSWER),
        ("something where nothing is expected", Outcome.WRONG_ANSWER),
        ("a result that equals everything", Outcome.WRONG_ANSWER),
    ],
)
def test_outcome_says_what_happened(ran: dict[str, Ran], name: str, outcome: Outcome) -> None:
    assert ran[name].outcome == outcome


@pytest.mark.slow
def test_nothing_is_left_running(ran: dict[str, Ran]) -> None:
    left = [
        p for p in psutil.process_iter(["cmdline"]) if "builders.execution.inside" in " ".join(p.info["cmdline"] or [])
    ]
    ours = [p for p in left if p.ppid() in (1, psutil.Process().pid)]
    assert not ours


def test_the_corpus_is_as_large_as_is_said() -> None:
    names = Counter(entry.name for entry in corpus())
    assert [name for name, times in names.items() if times > 1] == []
    assert len({(entry.problem, entry.code) for entry in corpus()}) == len(corpus())
    assert sum(not entry.right for entry in corpus()) >= 100
    assert sum(entry.right for entry in corpus()) >= 45


SEEN = {
    "reads a file": Harm.READ,
    "lists a folder": Harm.READ,
    "the driver's environment": Harm.READ,
    "the driver's command line": Harm.READ,
    "writes a file": Harm.CHANGE,
    "cuts a file": Harm.CHANGE,
    "deletes a folder": Harm.CHANGE,
    "makes a pipe": Harm.CHANGE,
    "changes who may read a file": Harm.CHANGE,
    "changes when a file was written": Harm.CHANGE,
    "connects": Harm.REACH,
    "sends a datagram": Harm.REACH,
    "connects to a path": Harm.REACH,
    "sends a datagram to a name": Harm.REACH,
    "sends one half of a pair elsewhere": Harm.REACH,
    "listens": Harm.REACH,
    "kills another": Harm.DISTURB,
    "stops another": Harm.DISTURB,
    "slows another": Harm.DISTURB,
    "limits another": Harm.DISTURB,
    "leaves a file in the temporary folder": Harm.LEAVE,
    "leaves a file beside its folder": Harm.LEAVE,
    "shared memory by key": Harm.LEAVE,
    "shared memory by name, by the C library": Harm.LEAVE,
    "a message queue by key": Harm.LEAVE,
    "semaphores by key": Harm.LEAVE,
    "a process that outlives the sandbox": Harm.LEAVE,
    "files that fill the disk": Harm.GRANT,
    "the process list": Harm.GRANT,
}


@pytest.fixture(scope="module")
def unprotected() -> Report:
    """Programs that do harm, run where nothing keeps them from it."""
    return run("none", [entry for entry in corpus() if entry.name in SEEN])


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEN)
def test_harm_is_seen_where_nothing_prevents_it(unprotected: Report, name: str) -> None:
    assert SEEN[name] in {offence.sort for offence in unprotected.offences if offence.program == name}
    assert name not in {offence.program for offence in unprotected.fooled}


def test_what_was_left_is_removed(unprotected: Report) -> None:
    left = [offence.what for offence in unprotected.harm if offence.what.startswith("/")]
    assert left
    assert not [path for path in left if Path(path).exists()]


def wrong(name: str, code: str, *, right: bool) -> Entry:
    return Entry(name=name, kind="made up", problem="ADD", code=code, right=right)


def test_verdicts_that_should_not_be_are_offences() -> None:
    """A "hostile" program that is right stands for a grader that was fooled, and the other way round."""
    add = "print(sum(map(int, input().split())))"
    report = run("none", [wrong("fools", add, right=False), wrong("fails", "print(1)", right=True)])
    assert [(its.program, its.sort) for its in report.offences] == [("fools", "fooled"), ("fails", "failed")]
    assert not report.sound
    assert (report.hostile, report.honest) == (1, 1)


def test_a_driver_that_is_killed_is_harm_and_what_was_not_run_is_unknown() -> None:
    programs = [wrong("kills", "import os\nos.kill({DRIVER}, 9)", right=False), wrong("waits", "input()", right=False)]
    report = run("none", programs, workers=1)
    assert "the driver ended with -9" in [its.what for its in report.harm]
    assert [its.what for its in report.unknown] == ["2 programs were not run: the driver had ended"]


def test_a_place_that_nothing_fills_is_an_error_and_not_run() -> None:
    with pytest.raises(ExecutionError, match="nothing to put in for"):
        run("none", [wrong("torn", "open('{OUTSIDES}/x', 'w')", right=False)])
