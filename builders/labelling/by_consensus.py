"""Labels by which programs and generated tests agree best; or the matrices alone, beside labels by execution.

In: part by part, whole problems with the codes of their programs, and the generated tests. Out: rows of the labels
table, as ``labeller.py`` says, and the tables of tests and matrices. The problems' own tests are run for comparison
only. Left out: how a consensus decides one problem (``consensus/labels.py``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dualset.builders.consensus.labels import Deciding, judge
from dualset.builders.dataset.records import GeneratedTest, Problem, program_id_of, row
from dualset.builders.errors import DualsetError, RecipeError
from dualset.builders.execution.kept import KeptLabels, Part, Work
from dualset.builders.generated.collect import Collected
from dualset.builders.labelling.by_execution import ByExecution
from dualset.builders.mutation.kept import KeptKills, Killed
from dualset.builders.spill import Spill

__all__ = ["ByConsensus"]

_COUNTED = ("tests_generated", "tests_written", "tests_refused", "problems_without_tests", "problems_below_rank")


class ByConsensus:
    """Programs and generated tests that agree best are right; or only the matrix is made, beside labels by execution.

    Args:
        work: how programs are run on generated tests, and where what they did is kept.
        truth: how they are run on the problems' own tests: for the labels where nothing is decided here, else for
            comparison; None: not at all.
        tests: the generated tests by problem_id.
        deciding: how a consensus decides; its selector is None where labels come from ``truth``.
        total: distinct programs of all parts, for the progress.
        place: a folder for what lies on disk meanwhile.
        distrusted: ids of problems whose own tests or references tell no truth.
    """

    def __init__(
        self,
        work: Work,
        truth: Work | None,
        tests: Mapping[str, Collected],
        deciding: Deciding,
        total: int,
        place: Path,
        distrusted: frozenset[str] = frozenset(),
    ) -> None:
        self._work, self._tests, self._deciding, self._distrusted = work, tests, deciding, distrusted
        self._kept = KeptLabels(work, total)
        self._truth = ByExecution(truth, total) if truth else None
        self._valid = KeptLabels(replace(work, folder=work.folder / "references", stage="validity", ahead=None), 0)
        settings = work.settings
        self._kills = (
            KeptKills(work.folder.parent / "mutants", settings, settings.mutants, work.sandbox, work.progress)
            if truth and settings.mutants
            else None
        )
        self._labels = Spill(place / "labels", ("problem_id", "program_id"))
        self._generated = Spill(place / "generated_tests", ("problem_id", "test_index"))
        self._matrices = Spill(place / "matrices", ("problem_id",))
        self._counts: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))

    def ahead(self, parts: Iterable[Part]) -> None:
        """As :class:`Labeller`; the problems' own tests are run here alone."""
        if self._work.ahead:
            self._work.ahead(self._work, (self._asked(part) for part in parts))

    def _asked(self, part: Part) -> list[tuple[Problem, Mapping[str, str]]]:
        """The part with generated tests in place of the problems' own, which the sandbox does not see."""
        return [(self._with_tests(problem), codes) for problem, codes in part]

    def _with_tests(self, problem: Problem) -> Problem:
        found = self._tests.get(problem.problem_id)
        return replace(problem, tests=found.tests if found else ())

    def label(self, part: Part, samples: Mapping[str, int]) -> list[dict[str, Any]]:
        """As :class:`Labeller`."""
        ran: dict[str, list[dict[str, Any]]] = {}
        for each in self._kept.label(self._asked(part)):
            ran.setdefault(each["problem_id"], []).append(each)
        truth = {each["program_id"]: each for each in self._truth.label(part, samples)} if self._truth else {}
        valid = self._validity(part) if self._truth else {}
        killed = self._killed(part) if self._kills else {}
        labels: list[dict[str, Any]] = []
        for problem, _ in part:
            labels += self._judge(problem, ran.get(problem.problem_id, []), samples, truth, valid, killed)
        self._labels.add(labels)
        return labels

    def _judge(
        self,
        problem: Problem,
        ran: Sequence[dict[str, Any]],
        samples: Mapping[str, int],
        truth: Mapping[str, dict[str, Any]],
        valid: Mapping[tuple[str, str], bool | None],
        killed: Mapping[tuple[str, str], Killed],
    ) -> list[dict[str, Any]]:
        """The labels of one problem; its tests and matrix are put aside."""
        found = self._tests.get(problem.problem_id)
        tests, test_counts = (found.tests, found.counts) if found else ((), ())
        try:
            judged = judge(problem.problem_id, ran, tests, test_counts, samples, self._deciding)
        except DualsetError as error:
            msg = f"problem {problem.problem_id}: {error}; tests.at_most keeps fewer tests of a problem"
            raise RecipeError(msg) from error
        self._counts["tests_generated"] += len(tests)
        self._counts["tests_written"] += found.written if found else 0
        self._counts["tests_refused"] += sum(found.refused.values()) if found else 0
        self._counts["problems_without_tests"] += not tests
        self._counts["problems_below_rank"] += judged.filtered
        self._generated.add(
            row(
                GeneratedTest(
                    problem_id=problem.problem_id,
                    test_index=i,
                    test_id=test.test_id,
                    input=test.input,
                    expected=test.expected,
                    code=test.code,
                    count=test_counts[i],
                    chosen=None if judged.chosen is None else test.test_id in judged.chosen,
                    valid=valid.get((problem.problem_id, test.test_id)),
                    **_tried(killed.get((problem.problem_id, test.test_id))),
                )
            )
            for i, test in enumerate(tests)
        )
        if judged.matrix is not None:
            self._matrices.add([row(judged.matrix)])
        if self._deciding.selector is None:  # labels are those of the problems' own tests
            return [truth[each["program_id"]] for each in ran]
        known = bool(truth) and problem.problem_id not in self._distrusted
        return [{**each, "truth": truth[each["program_id"]]["passed"] if known else None} for each in judged.labels]

    def _tells(self, problem: Problem) -> bool:
        """Whether it has references to believe."""
        return bool(problem.reference_solutions) and problem.problem_id not in self._distrusted

    def _killed(self, part: Part) -> dict[tuple[str, str], Killed]:
        """What the generated tests find of mutants of each problem's first reference program."""
        assert self._kills is not None
        return self._kills.of(
            [
                (asked, problem.reference_solutions[0])
                for problem, _ in part
                if self._tells(problem) and (asked := self._with_tests(problem)).tests
            ]
        )

    def _validity(self, part: Part) -> dict[tuple[str, str], bool | None]:
        """Whether each generated test is passed by every reference program of its problem."""
        references = [
            (
                self._with_tests(problem),
                {program_id_of(problem.problem_id, code): code for code in problem.reference_solutions},
            )
            for problem, _ in part
            if self._tells(problem) and self._with_tests(problem).tests
        ]
        valid: dict[tuple[str, str], bool | None] = {}
        for each in self._valid.label(references):
            tests = self._tests[each["problem_id"]].tests
            for test, outcome in zip(tests, each["outcomes"], strict=False):
                key = each["problem_id"], test.test_id
                passed = None if outcome == "infra_error" or each["flaky"] else outcome == "pass"
                valid[key] = passed if key not in valid else _both(valid[key], passed)
        return valid

    def tables(self) -> dict[str, Iterable[Mapping[str, Any]]]:
        """As :class:`Labeller`."""
        decided = self._deciding.selector is not None or self._truth is None
        told = {"labels": self._labels.rows(), "observations": self._kept.observations()}
        return (told if decided else self._truth.tables()) | {  # type: ignore[union-attr]
            "generated_tests": self._generated.rows(),
            "matrices": self._matrices.rows(),
        }

    def counts(self) -> Mapping[str, int]:
        """As :class:`Labeller`."""
        return self._counts

    def close(self) -> None:
        """As :class:`Labeller`."""
        for each in (self._labels, self._generated, self._matrices):
            each.close()


def _tried(found: Killed | None) -> dict[str, int]:
    return found._asdict() if found else {}


def _both(one: bool | None, other: bool | None) -> bool | None:
    """And of three values."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True
