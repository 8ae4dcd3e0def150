"""The rows as Python sees them: frozen records whose fields are the columns of ``schema.py``, in the same order.

A record holds data and nothing else; ids are made by the ``make_*`` functions here, so that there is one rule for each.
``row(record)`` gives the plain dict that goes into a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any

from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.words import Origin, Outcome, Split, Style, Visibility

__all__ = [
    "Candidate",
    "Failure",
    "Group",
    "Label",
    "Limits",
    "Message",
    "Observation",
    "Problem",
    "Test",
    "candidate_id_of",
    "problem_from_row",
    "problem_id_of",
    "program_id_of",
    "row",
    "with_test_ids",
]

Message = dict[str, str]
"""One chat turn: ``{"role": ..., "content": ...}``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """One test: ``input`` and ``expected`` (stdio: text; call: JSON text), or a block of assert ``code``."""

    __test__ = False  # pytest: not a test class

    test_id: str = ""
    input: str | None = None
    expected: str | None = None
    code: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    origin: Origin = Origin.OFFICIAL


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A statement with tests. No tests: its programs stay unlabelled."""

    problem_id: str
    source: str
    source_id: str
    source_revision: str | None = None
    split: Split | None = None
    title: str | None = None
    statement: str
    style: Style
    starter_code: str | None = None
    entry_point: str | None = None
    tests: tuple[Test, ...] = ()
    reference_solutions: tuple[str, ...] = ()
    difficulty: str | None = None
    released_at: datetime | None = None
    tags: tuple[str, ...] = ()
    time_limit_s: float | None = None
    memory_limit_mb: int | None = None
    license: str | None = None
    checker: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One sampled completion. ``program_id`` is null where no code was found."""

    candidate_id: str
    problem_id: str
    sample_index: int
    round: int = 0
    program_id: str | None
    completion: str
    code: str | None
    extraction: str
    model: str | None = None
    model_revision: str | None = None
    sampler: str
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    finish_reason: str | None = None
    n_tokens: int | None = None
    mean_logprob: float | None = None
    recorded_passed: bool | None = None
    recorded_verdict: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a program may use: CPU seconds a test, MiB of memory (its tests share one process), KiB of output a test."""

    timeout_s: float = 10.0
    memory_mb: int = 512
    output_kb: int = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """The first failing test of a program, as far as it can be shown: texts are cut and hold no addresses."""

    test_id: str
    outcome: Outcome
    exception: str | None = None
    message: str | None = None
    actual: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """The verdict on one program. ``passed`` is null where it is unknown: no tests, infrastructure failed, or flaky."""

    program_id: str
    problem_id: str
    passed: bool | None
    outcome: Outcome | None
    tests_passed: int
    tests_total: int
    outcomes: tuple[Outcome, ...]
    first_failure: Failure | None
    runs: int
    flaky: bool | None
    limits: Limits
    label_source: str = "execution"
    truth: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What running a program cost on this machine; it differs from run to run and is no part of the revision."""

    program_id: str
    problem_id: str
    isolation: str
    durations_ms: tuple[float, ...]
    peak_memory_mb: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratedTest:
    """A test that a model wrote: its text as in :class:`Test`, and what is known of it."""

    problem_id: str
    test_index: int
    test_id: str
    input: str | None
    expected: str | None
    code: str | None
    count: int
    chosen: bool | None = None
    valid: bool | None = None
    mutants: int | None = None
    killed: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """Which programs of a problem pass which of its generated tests, packed; see ``schema.py``."""

    problem_id: str
    program_ids: tuple[str, ...]
    test_ids: tuple[str, ...]
    program_counts: tuple[int, ...]
    test_counts: tuple[int, ...]
    passed: str
    programs_unknown: int
    tests_unknown: int
    rank: int
    tied: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """K candidates of one problem in the order shown, with what training needs: one row serves GRPO and SFT."""

    group_id: str
    problem_id: str
    round: int
    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    candidate_ids: tuple[str, ...]
    program_ids: tuple[str, ...]
    correct: tuple[bool, ...]
    n_correct: int
    order_seed: int
    label_source: str


def row(record: Any) -> dict[str, Any]:
    """The record as plain data for a table: as ``dataclasses.asdict``, but nothing is copied."""
    return {name: _plain(getattr(record, name)) for name in record.__slots__}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(row, value)) if value and is_dataclass(value[0]) else value  # a tuple is of one kind
    return row(value) if is_dataclass(value) else value


def problem_from_row(data: Mapping[str, Any]) -> Problem:
    """The record of a row of the problems table: what :func:`row` took apart."""
    tests = tuple(
        Test(**{**test, "visibility": Visibility(test["visibility"]), "origin": Origin(test["origin"])})
        for test in data["tests"] or ()
    )
    lists = {name: tuple(data[name] or ()) for name in ("reference_solutions", "tags")}
    split = Split(data["split"]) if data["split"] else None
    return Problem(**{**data, **lists, "tests": tests, "style": Style(data["style"]), "split": split})


def problem_id_of(problem: Problem) -> str:
    """A problem is its statement, the code it starts from and its tests; not its source, title or licence."""
    return content_id(
        {
            "statement": problem.statement,
            "style": problem.style,
            "starter_code": problem.starter_code,
            "entry_point": problem.entry_point,
            "tests": [[t.input, t.expected, t.code] for t in problem.tests],
            "checker": problem.checker,
        }
    )


def program_id_of(problem_id: str, code: str) -> str:
    """A program is one distinct code text of one problem."""
    return content_id({"problem_id": problem_id, "code": code})


def candidate_id_of(candidate: Candidate) -> str:
    """A candidate is what was said, by which model under which settings, as which sample of which problem and round."""
    named = row(candidate)
    for derived in ("candidate_id", "program_id", "code", "extraction", "recorded_passed", "recorded_verdict"):
        del named[derived]
    return content_id(named)


def with_test_ids(tests: tuple[Test, ...]) -> tuple[Test, ...]:
    """The tests with their ids: a test is its input, expected output and code. Of exact repeats the first stays."""
    named: dict[str, Test] = {}
    for test in tests:
        named.setdefault(content_id([test.input, test.expected, test.code]), test)
    return tuple(replace(test, test_id=test_id) for test_id, test in named.items())
