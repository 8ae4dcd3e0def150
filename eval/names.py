"""The metrics by name: what each is called, says, and where it stands in a table.

In: N, and the ways of choosing one of N. Out: names and their meanings. A file of an evaluation holds names only, so
the meaning of one is found from the name.
"""

import re
from collections.abc import Iterable

__all__ = ["VALID_CHOICES", "best_of", "in_order", "is_best_of", "meaning"]

VALID_CHOICES = "valid_choices"
_MEANINGS = {
    "pass@1": "a sample passes all tests",
    VALID_CHOICES: "rankings of its own samples that are well formed",
    "ndcg": "NDCG of ranking the version's mixed groups",
    "pairwise_accuracy": "(right, wrong) pairs of a group in the right order",
    "top1": "the first of a group is right",
    "valid_rankings": "rankings of the groups that are well formed",
}
_ORDER = ("pass@1", "pass@", "best_of_", *list(_MEANINGS)[1:])
_WAYS = {
    "majority": "that most of them agree with in all outputs",
    "maxpass": "that passes most of the tests chosen by",
    "codet": "of CodeT's best consensus of programs and tests",
    "b4": "of B4's best consensus of programs and tests",
    "reward": "that the reward model scores highest",
}
_BEST = re.compile(r"best_of_(?P<n>[0-9]+)(?:_by_(?P<way>.+))?")


def best_of(n: int, way: str | None = None) -> str:
    """The metric of choosing one of n samples: by the model's own ranking, or in another way."""
    return f"best_of_{n}" if way is None else f"best_of_{n}_by_{way}"


def is_best_of(name: str) -> bool:
    """Whether a metric is one of choosing by the model's own ranking."""
    found = _BEST.fullmatch(name)
    return found is not None and found["way"] is None


def meaning(name: str) -> str:
    """What a metric says; a name that is not ours says itself."""
    if (found := _BEST.fullmatch(name)) is not None:
        ranked = "that the model itself ranks first"
        way = found["way"]
        said = ranked if way is None else next((text for word, text in _WAYS.items() if way.startswith(word)), way)
        return f"the one of {found['n']} samples {said} passes"
    if name.startswith("pass@") and name != "pass@1":
        k = name.removeprefix("pass@")
        return f"one of {k} samples passes, from all samples: about the most that choosing among {k} can reach"
    return _MEANINGS.get(name, name)


def in_order(names: Iterable[str]) -> list[str]:
    """Distinct names, as tables show them: writing, choosing, judging."""

    def place(name: str) -> tuple[int, int, str]:
        at = next((i for i, start in enumerate(_ORDER) if name == start), None)
        if at is None:
            at = next((i for i, start in enumerate(_ORDER) if name.startswith(start)), len(_ORDER))
        n = re.search(r"[0-9]+", name)
        return at, int(n[0]) if n else 0, name

    return sorted(set(names), key=place)
