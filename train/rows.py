"""The rows to train on, checked before anything starts: they are there, they fit the model, they fill a batch.

In: a version's groups of one split, a tokenizer and the model's context. Out: a ``datasets.Dataset`` with the columns
asked for, and how many rows were left out because they do not fit. TRL itself cuts or drops long rows in silence and
answers too few rows with a message about ``max_steps``; here both are errors with numbers.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dualset.builders.dataset.store import Version
from dualset.builders.errors import ModelError, TrainingError
from dualset.builders.progress import Progress

__all__ = ["Fitting", "check_enough", "keep_fitting", "load_groups", "token_lengths"]

_BATCH = 256


class Fitting(NamedTuple):
    """What is trained on.

    Attributes:
        rows: those that fit.
        n_dropped: how many do not.
        longest: that fits, in tokens.
        n_silent: groups left out as silent.
        ids: of the rows that could be trained on (for imitation before answers are looked for), sorted.
    """

    rows: Any
    n_dropped: int
    longest: int
    n_silent: int = 0
    ids: tuple[str, ...] = ()


def load_groups(version: Version, split: str, columns: Sequence[str]) -> Any:
    """The groups of one split as a ``datasets.Dataset``, read from the snapshot's own Parquet files.

    Raises:
        TrainingError: the version has no groups in that split.
    """
    import datasets

    files = [str(path) for path in version.files("groups", split)]
    if not files or not (n_rows := _count(files)):
        msg = f"{version.name}@{version.revision[:12]} has no mixed groups in its {split} split: nothing to train on"
        raise TrainingError(msg)
    rows = datasets.load_dataset("parquet", data_files=files, split="train").select_columns(list(columns))
    if len(rows) != n_rows:
        cache = datasets.config.HF_DATASETS_CACHE
        msg = f"{len(rows)} of {n_rows} groups were read: clear the datasets cache in {cache}"
        raise TrainingError(msg)
    return rows


def token_lengths(chats: Sequence[Sequence[Any]], tokenizer: Any, *, answered: bool, progress: Progress) -> list[int]:
    """The tokens of each chat under the model's chat template.

    Args:
        chats: one list of messages a row.
        tokenizer: of the model.
        answered: whether the chat ends with the answer (SFT) or asks for one (GRPO).
        progress: told the rows done.
    """
    if not getattr(tokenizer, "chat_template", None):
        msg = f"the tokenizer of {tokenizer.name_or_path!r} has no chat template: use a chat model, or give it one"
        raise ModelError(msg)
    lengths: list[int] = []
    for batch in _batches(chats):
        texts = tokenizer.apply_chat_template(batch, tokenize=False, add_generation_prompt=not answered)
        lengths += map(len, tokenizer(texts, add_special_tokens=False)["input_ids"])
        progress("lengths", len(lengths), len(chats))
    return lengths


def keep_fitting(rows: Any, lengths: Sequence[int], limit: int | None, *, drop_long: bool, why: str) -> Fitting:
    """The rows of at most ``limit`` tokens (None: no limit).

    Raises:
        TrainingError: some do not fit and ``drop_long`` was not asked for, or none fits.
    """
    fits = [i for i, length in enumerate(lengths) if limit is None or length <= limit]
    n_long = len(lengths) - len(fits)
    if n_long and (not drop_long or not fits):
        advice = "leave them out with --drop-long, or use a model with a longer context" if fits else "none fits"
        seen = f"{n_long} of {len(lengths)} rows are longer than {limit} tokens ({why}; longest {max(lengths)})"
        msg = f"{seen}: {advice}"
        raise TrainingError(msg)
    longest = max((lengths[i] for i in fits), default=0)
    return Fitting(rows.select(fits) if n_long else rows, n_long, longest)


def check_enough(n_rows: int, needed: int, what: str, smaller: str, *, what_rows: str = "groups") -> None:
    """Refuse to start with fewer rows than one batch.

    Raises:
        TrainingError: with both numbers and what to change; ``smaller`` is the setting that would do.
    """
    if n_rows < needed:
        msg = (
            f"too few {what_rows} to train on: {n_rows}, but {what} needs {needed}: "
            f"build a version with more problems or samples, or make the batch smaller (--set {smaller})"
        )
        raise TrainingError(msg)


def _count(files: Sequence[str]) -> int:
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in files)


def _batches(chats: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    for start in range(0, len(chats), _BATCH):
        yield list(chats[start : start + _BATCH])
