"""Programs that try to pass without being right, or to stop the grader: none passes, hangs it or kills it.

All are run by the same two workers, so each also shows that the ones before it left the sandbox usable; right programs
follow at the end. The programs are in ``hostile.txt``.
"""

import psutil
import pytest
from sandbox_programs import ADD, TOTAL, corpus, label_all

from dualset.builders.dataset.records import Label
from dualset.builders.dataset.words import Outcome

UNREADABLE = [
    ("compile bomb", TOTAL, "def f(xs): return " + "(" * 5000 + ")" * 5000),
    ("null bytes", TOTAL, "def f(xs): return 6\x00"),
    ("lone surrogate", TOTAL, "def f(xs): return '\ud800'"),
    ("huge literal", TOTAL, "def f(xs): return " + "9" * 5000),
]
HOSTILE = corpus("hostile") + UNREADABLE
RIGHT = [
    ("right", TOTAL, "def f(xs): return sum(xs)"),
    ("right, printed", ADD, "print(sum(map(int, input().split())))"),
]


@pytest.fixture(scope="module")
def labels() -> dict[str, Label]:
    return label_all(HOSTILE + RIGHT)


@pytest.mark.parametrize("name", [name for name, _, _ in HOSTILE])
def test_hostile_program_does_not_pass(labels: dict[str, Label], name: str) -> None:
    assert labels[name].passed is False
    assert labels[name].outcomes[0] not in (Outcome.NO_CODE, Outcome.INFRA_ERROR)


def test_sandbox_still_works_after_them_all(labels: dict[str, Label]) -> None:
    assert labels["right"].passed is True
    assert labels["right, printed"].passed is True


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
        ("a result that equals everything", Outcome.WRONG_ANSWER),
    ],
)
def test_outcome_says_what_happened(labels: dict[str, Label], name: str, outcome: Outcome) -> None:
    assert labels[name].outcome == outcome


def test_nothing_is_left_running(labels: dict[str, Label]) -> None:
    left = [
        p for p in psutil.process_iter(["cmdline"]) if "builders.execution.inside" in " ".join(p.info["cmdline"] or [])
    ]
    ours = [p for p in left if p.ppid() in (1, psutil.Process().pid)]
    assert not ours
