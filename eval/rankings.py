"""What judges said of the version's groups, answer by answer: a table beside the evaluation, to be asked in SQL.

In: an `Evaluation`. Out: a Parquet file of one row an answer, as ``dualset sql REF --rankings FILE`` and
``dualset report REF --rankings FILE`` read it; ``sql/rankings.py`` says its columns. Left out: metrics.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dualset.sql.rankings import SCHEMA

__all__ = ["Ranking", "rows_of", "write_rankings"]


class Ranking(NamedTuple):
    """One answer: the programs in the order shown, their labels, and the place of each (1: best; None: malformed)."""

    group_id: str
    problem_id: str
    repeat: int
    order_index: int
    shown: list[str]
    correct: list[bool]
    places: list[int] | None


def rows_of(model: str, revision: str | None, dataset: str, rankings: tuple[Ranking, ...]) -> Iterator[dict[str, Any]]:
    """The rows of one model; ``dataset`` is NAME@REVISION."""
    for ranking in rankings:
        yield {"model": model, "model_revision": revision, "dataset": dataset, **ranking._asdict()}


def write_rankings(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the file; it is there whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), unfinished, compression="zstd")
    os.replace(unfinished, path)
