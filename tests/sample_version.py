"""A small version made from hand-made records, with one of every case that queries, training and evaluation meet.

``tiny_version(home)`` commits it: easy and hard problems with 4 tests each, ten samples a problem by two models, among
them repeated programs, near misses, exceptions, faults of the machine, flaky programs and answers without code. The
last problem has no tests. Nothing is executed.
"""

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.dataset.records import (
    Candidate,
    Failure,
    Group,
    Label,
    Limits,
    Observation,
    Problem,
    Test,
    program_id_of,
    row,
    with_test_ids,
)
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, VersionContent, commit_version
from dualset.builders.dataset.words import Outcome, Split, Style
from dualset.builders.groups.mixed import make_groups
from dualset.builders.groups.settings import GroupSettings

PASS, WRONG, ERROR = Outcome.PASS, Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR
SPLITS = (Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST)


class Kind(NamedTuple):
    """One way to answer: the code, and what each test makes of it."""

    code: str | None
    outcomes: tuple[Outcome, ...] = (PASS,) * 4
    exception: str | None = None
    message: str | None = None
    flaky: bool | None = None


KINDS = (
    Kind("def f(x):\n    return x + {i}\n"),
    Kind("def f(x):\n    return {i} + x\n"),
    Kind("def f(x):\n    return x + {i} if x else 0\n", (WRONG, PASS, PASS, PASS)),
    Kind("def f(x):\n    return x - {i}\n", (WRONG,) * 4),
    Kind("def f(x):\n    return x[{i}]\n", (ERROR,) * 4, "TypeError", "'int' object is not subscriptable"),
    Kind("def f(x):\n    return y + {i}\n", (ERROR,) * 4, "NameError", "name 'y' is not defined"),
    Kind("import os\n\ndef f(x):\n    return {i}\n", (PASS, PASS, Outcome.INFRA_ERROR, PASS)),
    Kind("def f(x):\n    return hash(str(x)) + {i}\n", (PASS, WRONG, PASS, PASS), flaky=True),
    Kind(None),
)


def tiny_version(home: Path, n_problems: int = 12, seed: int = 0, **more: Any) -> Version:
    """Commit the sample as ``tiny``; ``more`` goes to ``commit_version``."""
    return commit_version("tiny", tiny_tables(n_problems, seed), content=tiny_content(seed), home=home, **more)


def tiny_content(seed: int = 0) -> VersionContent:
    """What the sample says about itself; the recipe has the sections of a build's."""
    recipe = {"problems": {"source": "micro"}, "groups": {"size": 4, "prompt": "short"}}
    return VersionContent(recipe=recipe, seeds={"samples": seed}, pins={"problems": "by hand"}, counts={"by_hand": 1})


def tiny_tables(n_problems: int = 12, seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table, in key order."""
    rng = random.Random(seed)
    records: dict[str, list[Any]] = {table: [] for table in TABLES}
    for i in range(n_problems):
        problem = _problem(i, last=i == n_problems - 1)
        drawn = [rng.choice(KINDS[:2] if i == 0 else KINDS[3:6] if i == 1 else KINDS) for _ in range(10)]
        candidates = list(_candidates(problem, i, drawn))
        kinds = {c.program_id: kind for c, kind in zip(candidates, drawn, strict=True) if c.program_id}
        found = [_label(problem, program_id, kind) for program_id, kind in kinds.items()]
        records["problems"].append(problem)
        records["candidates"] += candidates
        records["labels"] += found
        records["groups"] += _groups(problem, candidates, found)
        records["observations"] += (_observation(each) for each in found)
    rows = {table: list(map(row, each)) for table, each in records.items()}
    return {t: sorted(each, key=lambda r: [r[k] for k in TABLES[t].key]) for t, each in rows.items()}


def _problem(i: int, *, last: bool) -> Problem:
    tests = tuple(Test(input=f"[{x}]", expected=str(x + i)) for x in range(4))
    return Problem(
        problem_id=f"p{i:03d}",
        source="micro",
        source_id=f"tiny/{i}",
        split=SPLITS[i % 4],
        statement=f"Write f(x) that returns x plus {i}. Überall, auch für 0.",
        style=Style.CALL,
        entry_point="f",
        tests=() if last else with_test_ids(tests),
        reference_solutions=(f"def f(x):\n    return x + {i}\n",),
        difficulty=(None, "easy", "hard")[i % 3],
        released_at=datetime(2024, 5, 1, 12) if i % 2 else None,
        license="MIT",
    )


def _candidates(problem: Problem, i: int, drawn: list[Kind]) -> Iterator[Candidate]:
    for n, kind in enumerate(drawn):
        code = kind.code.format(i=i) if kind.code else None
        yield Candidate(
            candidate_id=f"{problem.problem_id}-{n}",
            problem_id=problem.problem_id,
            sample_index=n // 2,
            program_id=program_id_of(problem.problem_id, code) if code else None,
            completion=f"```python\n{code}```" if code else "I do not know | sorry.",
            code=code,
            extraction="fenced" if code else "no_code",
            model=("org/small", "org/large")[n % 2],
            sampler="imported",
            temperature=0.8,
            recorded_passed=(None, True, False)[n % 3],
        )


def _label(problem: Problem, program_id: str, kind: Kind) -> Label:
    outcomes = kind.outcomes if problem.tests else ()
    failed = next((n for n, outcome in enumerate(outcomes) if outcome != PASS), None)
    unknown = not outcomes or kind.flaky or Outcome.INFRA_ERROR in outcomes
    failure = None
    if failed is not None:
        failure = Failure(
            test_id=problem.tests[failed].test_id,
            outcome=outcomes[failed],
            exception=kind.exception,
            message=kind.message,
        )
    return Label(
        program_id=program_id,
        problem_id=problem.problem_id,
        passed=None if unknown else failed is None,
        outcome=None if not outcomes else PASS if failed is None else outcomes[failed],
        tests_passed=outcomes.count(PASS),
        tests_total=len(outcomes),
        outcomes=outcomes,
        first_failure=failure,
        runs=2,
        flaky=kind.flaky or False,
        limits=Limits(),
    )


def _groups(problem: Problem, candidates: list[Candidate], labels: list[Label]) -> tuple[Group, ...]:
    verdicts = {label.program_id: label.passed for label in labels}
    return make_groups(problem, candidates, verdicts, GroupSettings(prompt="short")).groups


def _observation(label: Label) -> Observation:
    return Observation(
        program_id=label.program_id,
        problem_id=label.problem_id,
        isolation="none",
        durations_ms=(0.5,) * label.tests_total,
        peak_memory_mb=None,
    )
