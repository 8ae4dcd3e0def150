"""What SFT imitates: the groups' own right rankings, or answers of a model that turned out right.

In: rows of groups, and where answers come from. Out: rows whose ``completion`` is a right ranking, and how many there
were. Three honest forms of the baseline (DuST, arXiv 2605.11299, uses the third):

``labels``
    the ranking that the labels give, without reasoning; candidates with equal labels in an order shuffled by seed.
``own``
    the base model's own answers, sampled until one orders all pairs right; groups where none does are left out.
``FILE.jsonl``
    somebody else's answers (``group_id``, ``answer``), a stronger model's as a rule; only those that order all pairs
    right are kept.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.candidates.generate import Policy, generate
from dualset.builders.candidates.sample import first_seed
from dualset.builders.errors import SourceError, TrainingError
from dualset.builders.groups.ranking import parse_ranking
from dualset.builders.progress import Progress
from dualset.eval.metrics import pairwise_accuracy

__all__ = ["LABELS", "OWN", "Targets", "own_answers", "read_answers", "with_answers"]

LABELS, OWN = "labels", "own"
_GROUPS_AT_ONCE = 256


class Targets(NamedTuple):
    """Rows to imitate, and of how many groups they are what is left."""

    rows: Any
    n_groups: int


def own_answers(
    rows: Any, policy: Policy, *, tries: int, max_tokens: int, seed: int, progress: Progress
) -> dict[str, str]:
    """Rejection sampling: of each group the first of ``tries`` answers at temperature 1 that orders all pairs right."""
    answers: dict[str, str] = {}
    for start in range(0, len(rows), _GROUPS_AT_ONCE):
        part = rows.select(range(start, min(start + _GROUPS_AT_ONCE, len(rows))))
        left = list(part)
        for attempt in range(tries):
            if not left:
                break
            seeds = [first_seed(seed, f"imitate {row['group_id']}") + attempt for row in left]
            said = generate(policy, [row["prompt"] for row in left], seeds=seeds, max_tokens=max_tokens)
            texts = {row["group_id"]: answer.text for row, answer in zip(left, said, strict=True)}
            right = {row["group_id"] for row in left if _right(texts[row["group_id"]], row["correct"])}
            answers |= {name: texts[name] for name in right}
            left = [row for row in left if row["group_id"] not in right]
        progress("answers", start + len(part), len(rows))
    return answers


def read_answers(rows: Any, path: Path) -> dict[str, str]:
    """Somebody else's answers: the first right one of each group.

    Raises:
        SourceError: the file is missing or torn, or a line lacks a field.
    """
    correct = {row["group_id"]: row["correct"] for row in rows.select_columns(["group_id", "correct"])}
    answers: dict[str, str] = {}
    for group_id, answer in _lines(path):
        if group_id in correct and group_id not in answers and _right(answer, correct[group_id]):
            answers[group_id] = answer
    return answers


def _right(answer: str, correct: list[bool]) -> bool:
    order = parse_ranking(answer, len(correct))
    return order is not None and pairwise_accuracy(order, correct) == 1.0


def with_answers(rows: Any, answers: Mapping[str, str]) -> Targets:
    """The rows that have an answer, with that in the place of the labels' ranking.

    Raises:
        TrainingError: none has.
    """
    names = rows["group_id"][:]
    kept = rows.select([i for i, name in enumerate(names) if name in answers])
    if not len(kept):
        msg = f"none of {len(rows)} groups has a right answer: imitate the labels, or start from a better model"
        raise TrainingError(msg)
    said = [[{"role": "assistant", "content": answers[name]}] for name in kept["group_id"][:]]
    return Targets(kept.remove_columns("completion").add_column("completion", said), len(rows))


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    row = json.loads(line)
                    group_id, answer = row["group_id"], row["answer"]
                except (ValueError, TypeError, KeyError) as error:
                    msg = f"{path} line {number}: expected an object with group_id and answer ({error!r})"
                    raise SourceError(msg) from error
                if not isinstance(group_id, str) or not isinstance(answer, str):
                    msg = f"{path} line {number}: group_id and answer must be texts"
                    raise SourceError(msg)
                yield group_id, answer
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the answers in {path}: {error}"
        raise SourceError(msg) from error
