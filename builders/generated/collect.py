"""The distinct tests of a problem, how often each was written, and what was refused.

In: texts, or what was read in them, in the order of their sample indices. Out: `Collected`. Tests stand in the order in
which they first appear: that is the same whatever order completions arrived in, and more samples later change neither
the order of the tests before them nor which of them ``at_most`` keeps.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.generated.parse import read_tests
from dualset.builders.generated.reasons import Reason

__all__ = ["Collected", "collect", "gather"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """The generated tests of one problem; whether any is right is unknown.

    Attributes:
        tests: distinct, in the order of their first appearance.
        counts: how often each was written, 1 or more.
        written: all that was looked at: the sum of ``counts`` and ``refused``.
        refused: reason → how often; a text without any test counts once.
    """

    tests: tuple[Test, ...]
    counts: tuple[int, ...]
    written: int
    refused: Mapping[str, int]


def collect(
    problem: Problem, texts: Iterable[str], *, at_most: int | None = None, per_text: int | None = None
) -> Collected:
    """The tests that texts hold; see `gather`."""
    return gather((read_tests(problem, text) for text in texts), at_most=at_most, per_text=per_text)


def gather(
    read: Iterable[Iterable[Test | Reason]], *, at_most: int | None = None, per_text: int | None = None
) -> Collected:
    """Count what was read.

    Args:
        read: what each text holds.
        at_most: distinct tests that are kept: the first ones; None: all.
        per_text: tests that count of one text, repeated ones too: the first ones; None: all.
    """
    tests: dict[str, Test] = {}
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for text in read:
        taken = 0
        for found in text:
            if isinstance(found, Reason):
                refused[found.value] += 1
            elif per_text is not None and taken == per_text:
                refused[Reason.BEYOND_COMPLETION.value] += 1
            else:
                taken += 1
                if found.test_id in tests or at_most is None or len(tests) < at_most:
                    tests.setdefault(found.test_id, found)
                    counts[found.test_id] += 1
                else:
                    refused[Reason.BEYOND_PROBLEM.value] += 1
    return Collected(
        tests=tuple(tests.values()),
        counts=tuple(counts[test_id] for test_id in tests),
        written=counts.total() + refused.total(),
        refused=MappingProxyType(dict(sorted(refused.items()))),
    )
