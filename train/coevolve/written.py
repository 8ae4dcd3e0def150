"""What the two roles wrote for one problem: programs and tests, one an answer.

In: answers. Out: `Written`. A program is found as everywhere (``extract_code``). A test is an answer that holds one
test and nothing else that would be one: two tests, or one beside a malformed one, are none, and so is one that was cut.
"""

from collections.abc import Sequence
from typing import NamedTuple

from dualset.builders.candidates.extract import extract_code
from dualset.builders.dataset.records import Problem, Test
from dualset.builders.generated.parse import read_tests

__all__ = ["Answer", "Written", "written"]


class Answer(NamedTuple):
    """A completion, and whether it ended at its token limit."""

    text: str
    cut: bool


class Written(NamedTuple):
    """One problem's programs and tests; None where an answer is none."""

    problem_id: str
    programs: tuple[str | None, ...]
    tests: tuple[Test | None, ...]

    @property
    def distinct_programs(self) -> list[str]:
        """Each text once, in order."""
        return list(dict.fromkeys(code for code in self.programs if code is not None))

    @property
    def distinct_tests(self) -> list[Test]:
        """Each test once, in order."""
        return list({test.test_id: test for test in self.tests if test is not None}.values())


def written(problem: Problem, programs: Sequence[Answer], tests: Sequence[Answer]) -> Written:
    """Read the answers."""
    return Written(
        problem.problem_id,
        tuple(extract_code(each.text).code for each in programs),
        tuple(_test(problem, each) for each in tests),
    )


def _test(problem: Problem, answer: Answer) -> Test | None:
    found = list(read_tests(problem, answer.text, cut=answer.cut))
    return found[0] if len(found) == 1 and isinstance(found[0], Test) else None
