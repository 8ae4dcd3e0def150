"""What the outcome of a hostile program says, and that nothing is left of any. Whether one passes: test_selftest.py."""

from collections.abc import Callable

import psutil
import pytest

from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.ladder import AUTO, level_of
from dualset.builders.execution.selftest.report import Ran, Report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(selftest: Callable[[str], Report]) -> dict[str, Ran]:
    return {ran.entry.name: ran for ran in selftest(str(level_of(AUTO))).programs}


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


def test_nothing_is_left_running(ran: dict[str, Ran]) -> None:
    left = [
        p for p in psutil.process_iter(["cmdline"]) if "builders.execution.inside" in " ".join(p.info["cmdline"] or [])
    ]
    ours = [p for p in left if p.ppid() in (1, psutil.Process().pid)]
    assert not ours
