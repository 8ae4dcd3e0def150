"""Which pairs a reward model is trained on: the version's, or those of files, without any of held-out problems.

In: a version and the settings. Out: pairs, streamed, and how many were not taken and why. A statement that is in
another split of the version is held out, whoever wrote the pair.
"""

from collections.abc import Iterator
from typing import NamedTuple

from dualset.builders.dataset.version import Version
from dualset.builders.pairs.files import read_pairs
from dualset.builders.pairs.of_version import pairs_of
from dualset.builders.pairs.pair import Pair
from dualset.train.reward_model.settings import RewardSettings

__all__ = ["Taken", "taken"]


class Taken(NamedTuple):
    """Pairs, and of those of files how many were not taken, by why; known when the pairs are read."""

    pairs: Iterator[Pair]
    left_out: dict[str, int]


def taken(version: Version, settings: RewardSettings) -> Taken:
    """Those of the settings: the version's own, or those of files that are of no held-out problem."""
    if not settings.files:
        return Taken(pairs_of(version, settings.pairs, settings.split), {})
    held = {
        row["statement"].strip()
        for row in version.rows("problems", columns=("statement", "split"))
        if row["split"] != settings.split
    }
    left_out = {"of other splits": 0, "of held-out problems": 0}

    def fitting() -> Iterator[Pair]:
        for path in settings.files:
            for pair in read_pairs(path):
                if pair.split != settings.split:
                    left_out["of other splits"] += 1
                elif pair.question_content.strip() in held:
                    left_out["of held-out problems"] += 1
                else:
                    yield pair

    return Taken(fitting(), left_out)
