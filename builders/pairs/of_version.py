"""The preference pairs of a version: of each problem, programs that pass all tests against programs that fail.

In: a version, one of its splits or all. Out: pairs, problem after problem in key order; the same version gives the
same pairs. A problem is in one split, so no problem's pairs are in two. Programs without a verdict are in no pair.
Tables are read as streams: one problem is in memory.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from dualset.builders.dataset.version import Version
from dualset.builders.execution.settings import EXECUTION
from dualset.builders.pairs.match import Program, Verdict, match
from dualset.builders.pairs.pair import Pair, pair_id_of
from dualset.builders.pairs.settings import PairSettings

__all__ = ["pairs_of"]

_LABEL = ("problem_id", "program_id", "passed", "outcome", "tests_passed", "tests_total", "label_source")


def pairs_of(version: Version, settings: PairSettings, split: str | None = None) -> Iterator[Pair]:
    """The pairs.

    Args:
        version: opened.
        settings: how programs are paired.
        split: train, validation or test; None: all.

    Raises:
        RecipeError: a setting makes no sense.
        VersionError: there is no such split.
    """
    settings.check()
    problems = version.rows("problems", split, ("problem_id", "split", "statement"))
    labels = _ByProblem(version.rows("labels", split, _LABEL))
    codes = _ByProblem(version.rows("candidates", split, ("problem_id", "program_id", "code")))
    for problem in problems:
        labelled = [row for row in labels.of(problem["problem_id"]) if row["passed"] is not None]
        code = {row["program_id"]: row["code"] for row in codes.of(problem["problem_id"]) if row["code"]}
        sources = {row["program_id"]: row["label_source"] for row in labelled}
        programs = [_program(row, code[row["program_id"]]) for row in labelled if row["program_id"] in code]
        for chosen, rejected in match(problem["problem_id"], programs, settings):
            source = sources[chosen.program_id] or EXECUTION  # null: schema 1 had no other
            yield _pair(problem, chosen, rejected, source)


def _program(label: dict[str, Any], code: str) -> Program:
    verdict = Verdict(label["passed"], label["outcome"], label["tests_passed"] or 0, label["tests_total"] or 0)
    return Program(label["program_id"], code, verdict)


def _pair(problem: dict[str, Any], chosen: Program, rejected: Program, label_source: str | None) -> Pair:
    return Pair(
        pair_id=pair_id_of(problem["statement"], chosen.code, rejected.code),
        problem_id=problem["problem_id"],
        split=problem["split"],
        question_content=problem["statement"],
        code_pos=chosen.code,
        code_neg=rejected.code,
        chosen_id=chosen.program_id,
        rejected_id=rejected.program_id,
        outcome=rejected.verdict.outcome,
        tests_passed=rejected.verdict.tests_passed,
        tests_total=rejected.verdict.tests_total,
        label_source=label_source,
    )


class _ByProblem:
    """A table in key order, a problem at a time; problems are asked for in the same order."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._groups = groupby(rows, key=lambda row: row["problem_id"])
        self._next = next(self._groups, None)

    def of(self, problem_id: str) -> list[dict[str, Any]]:
        """The rows of one problem; empty where it has none."""
        while self._next is not None and self._next[0] < problem_id:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != problem_id:
            return []
        found = list(self._next[1])
        self._next = next(self._groups, None)
        return found
