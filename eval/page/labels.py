"""Names that tell models apart on a page where several files say something of them.

In: what is to be named, with its file. Out: a label each, in that order. A name alone where only one file has it; with
its file where several do, and numbered where that does not do either.
"""

from collections import Counter
from collections.abc import Sequence

from dualset.eval.page.texts import name

__all__ = ["labels"]


def labels(named: Sequence[tuple[str, str]]) -> list[str]:
    """One each of (name, file)."""
    shown = [name(each) for each, _ in named]
    often = Counter(shown)
    with_file = [
        each if often[each] == 1 else f"{each} ({name(file)})" for each, (_, file) in zip(shown, named, strict=True)
    ]
    seen: Counter[str] = Counter()
    found = []
    for label in with_file:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} {seen[label]}")
    return found
