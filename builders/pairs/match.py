"""Which of a problem's programs are paired: near misses first, each rejected program before any is used twice.

In: the labelled programs of one problem. Out: pairs of them, in order, at most as many as wanted. Programs whose code
is the same but for blank space at its ends are one, as a reward model sees them; where such have different verdicts,
none is used. Left out: texts and records (``of_version.py``).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dualset.builders.dataset.ids import content_id
from dualset.builders.pairs.settings import PairSettings

__all__ = ["Program", "Verdict", "distinct", "match"]


class Verdict(NamedTuple):
    """What is known of a program; ``outcome`` is the first failing test's."""

    passed: bool
    outcome: str | None
    tests_passed: int
    tests_total: int


class Program(NamedTuple):
    """One program of the problem."""

    program_id: str
    code: str
    verdict: Verdict

    @property
    def share(self) -> float:
        """Of the tests, those that it passes."""
        return self.verdict.tests_passed / self.verdict.tests_total if self.verdict.tests_total else 0.0


def distinct(programs: Sequence[Program]) -> list[Program]:
    """One of each code as it is seen, by program_id; none where verdicts differ."""
    seen: dict[str, list[Program]] = {}
    for program in sorted(programs):
        seen.setdefault(program.code.strip(), []).append(program)
    return [same[0] for same in seen.values() if len({each.verdict.passed for each in same}) == 1]


def match(problem_id: str, programs: Sequence[Program], settings: PairSettings) -> list[tuple[Program, Program]]:
    """(chosen, rejected), the first the most wanted."""
    known = distinct(programs)
    drawn = {each.program_id: content_id([settings.seed, problem_id, each.program_id]) for each in known}
    right = sorted((each for each in known if each.verdict.passed), key=lambda each: drawn[each.program_id])
    wrong = sorted((each for each in known if not each.verdict.passed), key=lambda each: drawn[each.program_id])
    if settings.order == "hardest":
        wrong.sort(key=lambda each: -each.share)
    pairs = [*_in_rounds([_rivals(each, right, i, settings) for i, each in enumerate(wrong)])]
    return pairs[: settings.max_per_problem]


def _rivals(
    rejected: Program, right: Sequence[Program], turn: int, settings: PairSettings
) -> list[tuple[Program, Program]]:
    """The pairs of one rejected program: with the nearest in length first where lengths matter, else in turn."""
    if settings.length_ratio is None:
        at = turn % len(right) if right else 0
        return [(each, rejected) for each in (*right[at:], *right[:at])]
    near = [(_ratio(each.code, rejected.code), each) for each in right]
    fitting = [pair for pair in near if pair[0] <= settings.length_ratio]
    return [(each, rejected) for _, each in sorted(fitting, key=lambda pair: pair[0])]


def _ratio(one: str, other: str) -> float:
    short, long = sorted((len(one.strip()), len(other.strip())))
    return long / short


def _in_rounds(lists: Sequence[list[tuple[Program, Program]]]) -> Iterator[tuple[Program, Program]]:
    """The first of each list, then the second of each, and so on."""
    for turn in range(max(map(len, lists), default=0)):
        yield from (each[turn] for each in lists if turn < len(each))
