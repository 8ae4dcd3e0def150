"""The generated tests that a version holds, as they were collected when it was built.

In: a version. Out: by problem_id what `collect.py` gave; what had been refused is not stored, so nothing was.
"""

from dualset.builders.dataset.records import Test
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Origin, Visibility
from dualset.builders.generated.collect import Collected

__all__ = ["stored_tests"]


def stored_tests(version: Version) -> dict[str, Collected]:
    """Of each problem that has any, in the order of the table."""
    tests: dict[str, list[Test]] = {}
    counts: dict[str, list[int]] = {}
    for row in version.rows("generated_tests", columns=["problem_id", *_TEXTS, "count"]):
        texts = {name: row[name] for name in _TEXTS}
        test = Test(**texts, visibility=Visibility.PRIVATE, origin=Origin.GENERATED)
        tests.setdefault(row["problem_id"], []).append(test)
        counts.setdefault(row["problem_id"], []).append(row["count"])
    return {
        name: Collected(tests=tuple(its), counts=tuple(counts[name]), written=sum(counts[name]), refused={})
        for name, its in tests.items()
    }


_TEXTS = ("test_id", "input", "expected", "code")
