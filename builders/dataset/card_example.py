"""One group on the card, as a model is shown it: who sees a group knows what the tables are for.

In: a version. Out: Markdown: the first group's prompt, its answer and its labels; nothing where there are no groups.
"""

from dualset.builders.dataset.markdown import excerpt, word
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Split

__all__ = ["example"]

_LINES = 60


def example(version: Version) -> str:
    """The first group of the first split that has one.

    Raises:
        VersionError: the table cannot be read.
    """
    splits = [split.value for split in Split if version.splits["groups"].get(split)]
    if not splits:
        return ""
    group = next(iter(version.rows("groups", splits[0])))
    shown = "\n\n".join(turn["content"] for turn in group["prompt"])
    answer = " ".join(turn["content"] for turn in group["completion"])
    right = ", ".join(str(i) for i, correct in enumerate(group["correct"], 1) if correct)
    return (
        f"The first of them, as a model is shown it:\n\n{excerpt(shown, _LINES)}\n\n"
        f"Right: {right}. The answer that imitation learns from: {word(answer)}."
    )
