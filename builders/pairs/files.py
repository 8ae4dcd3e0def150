"""Pairs as a file: JSONL or Parquet, with the columns of CodeScaler's data or those of TRL's preference format.

In: pairs. Out: the file, there whole or not at all; the same pairs, the same JSONL bytes. Its columns are those of
`Pair` (``question_content``, ``code_pos``, ``code_neg`` as LARK-Lab/CodeScalerPair-51K has them, and what is known
beside), or ``prompt``, ``chosen``, ``rejected`` as messages. Back: pairs, from files of the first kind.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dualset.builders.errors import RecipeError, SourceError, did_you_mean
from dualset.builders.pairs.chat import preference_row
from dualset.builders.pairs.pair import Pair, pair_id_of
from dualset.builders.problems.rows import Row, read_rows

__all__ = ["FORMATS", "read_pairs", "write_pairs"]

_AT_ONCE = 1000
_TEXT, _WORD = pa.large_string(), pa.string()
_MESSAGES = pa.list_(pa.struct([("role", _WORD), ("content", _TEXT)]))
_NUMBERS = {"tests_passed", "tests_total"}
_TEXTS = {"question_content", "code_pos", "code_neg"}
_IDS = [("pair_id", _WORD), ("problem_id", _WORD), ("split", _WORD)]
_SCHEMAS = {
    "codescaler": pa.schema(
        [(f.name, pa.int32() if f.name in _NUMBERS else _TEXT if f.name in _TEXTS else _WORD) for f in fields(Pair)]
    ),
    "trl": pa.schema([("prompt", _MESSAGES), ("chosen", _MESSAGES), ("rejected", _MESSAGES), *_IDS]),
}
_ROWS: dict[str, Callable[[Pair], dict[str, Any]]] = {"codescaler": asdict, "trl": preference_row}
FORMATS = tuple(_ROWS)


def write_pairs(pairs: Iterable[Pair], path: Path, form: str = "codescaler") -> int:
    """Write the file; how many pairs there are.

    Args:
        pairs: streamed.
        path: ends with .jsonl or .parquet.
        form: codescaler or trl.

    Raises:
        RecipeError: the suffix or the format is unknown.
        SourceError: it cannot be written.
    """
    if path.suffix not in _WRITERS:
        msg = f"{path}: give a file that ends with {' or '.join(_WRITERS)}"
        raise RecipeError(msg)
    if form not in _ROWS:
        msg = f"no format {form!r}: {did_you_mean(form, FORMATS)}"
        raise RecipeError(msg)
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            n = _WRITERS[path.suffix](map(_ROWS[form], pairs), unfinished, _SCHEMAS[form])
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}"
        raise SourceError(msg) from error
    return n


def _write_jsonl(rows: Iterator[dict[str, Any]], path: Path, schema: pa.Schema) -> int:
    n = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            n += 1
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return n


def _write_parquet(rows: Iterator[dict[str, Any]], path: Path, schema: pa.Schema) -> int:
    n = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while part := list(islice(rows, _AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(part, schema=schema))
            n += len(part)
    return n


_WRITERS = {".jsonl": _write_jsonl, ".parquet": _write_parquet}


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of a file that has ``problem_id``, ``question_content``, ``code_pos`` and ``code_neg``.

    Raises:
        SourceError: it cannot be read, or a row lacks a column.
    """
    for row in read_rows(path):
        yield _pair(row)


def _pair(row: Row) -> Pair:
    statement, chosen, rejected = row.text("question_content"), row.text("code_pos"), row.text("code_neg")
    if not chosen.strip() or not rejected.strip():
        raise row.error("a pair without code: leave it out")
    words = ("chosen_id", "rejected_id", "outcome", "label_source")
    return Pair(
        pair_id=pair_id_of(statement, chosen, rejected),
        problem_id=row.text("problem_id"),
        split=row.text("split"),
        question_content=statement,
        code_pos=chosen,
        code_neg=rejected,
        **{name: row.maybe_text(name) for name in words},
        tests_passed=row.maybe_int("tests_passed"),
        tests_total=row.maybe_int("tests_total"),
    )
