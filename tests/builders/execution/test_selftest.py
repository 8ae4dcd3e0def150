"""The grader's own corpus at every level that works here, and that the corpus would see harm if there was any."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.ladder import Level, climb
from dualset.builders.execution.selftest.corpus import Entry, Harm, corpus
from dualset.builders.execution.selftest.report import Report
from dualset.builders.execution.selftest.run import run


@pytest.mark.slow
@pytest.mark.parametrize("level", list(Level))
def test_nobody_is_fooled_harmed_or_failed(selftest: Callable[[str], Report], level: Level) -> None:
    missing = {rung.level: rung.missing for rung in climb()}[level]
    if missing:
        pytest.skip(missing)
    report = selftest(str(level))
    assert len(report.programs) + report.left_out == len(corpus())
    assert list(report.fooled) == []
    assert list(report.failed) == []
    if level != Level.NONE:
        assert list(report.unknown) == []
        assert list(report.harm) == []
        assert report.left_out == 0
    assert report.sound


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
