"""What judges said, as the view ``rankings``: the files that ``dualset eval … --rankings FILE`` writes.

In: Parquet files of `SCHEMA`, one row an answer of a model to a group as it was shown. Out: a view of their rows with a
few columns that most questions want; a slot is a place in the list that was shown, from 1: ``shown[slot]`` stood there.

- ``size``: how many programs were shown; ``split``: of the problem
- ``first_slot``, ``first_program_id``, ``first_correct``: what the judge put first; null where its answer was malformed

Left out: how an answer was read (``eval/asking.py``), and metrics with intervals (``dualset eval``).
"""

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dualset.builders.dataset.relations import quoted
from dualset.builders.dataset.version import Version
from dualset.builders.errors import QueryError

__all__ = ["SCHEMA", "check_files", "check_rows", "make_view", "pattern_of"]

SCHEMA = pa.schema(
    [
        pa.field("model", pa.string(), nullable=False),
        pa.field("model_revision", pa.string()),
        pa.field("group_id", pa.string(), nullable=False),
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("repeat", pa.int32(), nullable=False),
        pa.field("order_index", pa.int32(), nullable=False),
        pa.field("shown", pa.list_(pa.string()), nullable=False),
        pa.field("correct", pa.list_(pa.bool_()), nullable=False),
        pa.field("places", pa.list_(pa.int32())),
        pa.field("dataset", pa.string(), nullable=False),
    ]
)
"""shown: program_ids; correct: their labels; places: of each the place that the judge gave it, 1 the best, null where
the answer was malformed; dataset: NAME@REVISION that was measured on."""
_WHAT = "what  dualset eval … --rankings FILE  writes"


def check_files(paths: Sequence[Path]) -> list[Path]:
    """The files, as absolute paths, where their columns are right.

    Raises:
        QueryError: one cannot be read, its columns are others, or it holds no row.
    """
    for path in paths:
        try:
            path.open("rb").close()
            with pq.ParquetFile(path) as file:
                found, rows = file.schema_arrow, file.metadata.num_rows
        except (OSError, pa.ArrowException) as error:
            why = getattr(error, "strerror", None) or "no Parquet file"
            msg = f"cannot read the rankings in {path} ({why}): expected {_WHAT}"
            raise QueryError(msg) from error
        _check_schema(path, found)
        if rows == 0:
            msg = f"{path} holds no ranking: no group was shown to a judge; measure where the split has groups"
            raise QueryError(msg)
    return [path.resolve() for path in paths]


def _check_schema(path: Path, found: pa.Schema) -> None:
    for field in SCHEMA:
        at = found.get_field_index(field.name)
        if at < 0 or not _alike(field.type, found.field(at).type):
            seen = f"has no column {field.name!r}" if at < 0 else f"has {field.name} as {found.field(at).type}"
            msg = f"{path} {seen}: expected {_WHAT}, with {field.name} as {field.type}"
            raise QueryError(msg)


def _alike(wanted: pa.DataType, found: pa.DataType) -> bool:
    """Large texts and lists, and whole numbers of any width, are the same to a reader."""
    if pa.types.is_list(wanted):
        listed = pa.types.is_list(found) or pa.types.is_large_list(found)
        return listed and _alike(wanted.value_type, found.value_type)
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(found))
    if pa.types.is_string(wanted):
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    return bool(wanted == found)


def make_view(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Make the view; the tables of the version must be there.

    Raises:
        QueryError: DuckDB cannot open a file.
    """
    listed = ", ".join(quoted(pattern_of(path)) for path in files)
    try:
        connection.execute(_VIEW.format(listed=listed))
    except duckdb.Error as error:
        raise _unread(files, error) from error


def pattern_of(path: Path) -> str:
    """The path as a glob that only it fits: DuckDB takes ``said[1].parquet`` for a pattern, which is ``said1.parquet``.

    Its only escape is a set of one character, ``[[]``; it opens the plain path then, so both are to be allowed.
    """
    return re.sub(r"([*?[])", r"[\1]", str(path))


_VIEW = """
create view rankings as
with said as (
    select
        model, model_revision, dataset, group_id, problem_id, repeat::integer as repeat,
        order_index::integer as order_index, shown, correct, places::integer[] as places,
        len(shown)::integer as size, nullif(list_position(places, 1), 0)::integer as first_slot
    from read_parquet([{listed}])
)
select
    said.*, shown[first_slot] as first_program_id, correct[first_slot] as first_correct, problems.split
from said
left join problems using (problem_id)
"""


def check_rows(connection: duckdb.DuckDBPyConnection, version: Version, files: Sequence[Path]) -> None:
    """Whether every ranking is of a group of this version, as it is there, and is told once.

    Raises:
        QueryError: one is not, or the files cannot be read.
    """
    try:
        said, twice = (connection.execute(query).fetchone() for query in (_WRONG_ROWS, _TWICE))
    except duckdb.Error as error:
        raise _unread(files, error) from error
    named = _named(files)
    if said is not None:
        group_id, dataset, wrong, rankings, why = said
        msg = (
            f"{named}: {wrong} of {rankings} rankings are not of {version.name}@{version.revision[:8]}: "
            f"the group {group_id} {why}; they were measured on {dataset}"
        )
        raise QueryError(msg)
    if twice is not None:
        model, group_id, repeat, order_index = twice
        which = f"the group {group_id} by {model} (repeat {repeat}, order {order_index})"
        msg = f"{named}: the ranking of {which} is there twice"
        raise QueryError(msg)


def _named(files: Sequence[Path]) -> str:
    return ", ".join(path.name for path in files)


def _unread(files: Sequence[Path], error: duckdb.Error) -> QueryError:
    return QueryError(f"cannot read the rankings in {_named(files)}: {str(error).splitlines()[0]}")


_WRONG_ROWS = """
with checked as (
    select
        rankings.group_id,
        dataset,
        case
            when groups.group_id is null then 'is not there'
            when rankings.problem_id <> groups.problem_id then 'is of another problem'
            when len(shown) <> len(rankings.correct) or len(list_filter(rankings.correct, lambda x: x is null)) > 0
                then 'has verdicts that are not as many as its programs'
            when list_sort(shown) <> list_sort(program_ids) then 'has other programs'
            when list_sort(list_zip(shown, rankings.correct)) <> list_sort(list_zip(program_ids, groups.correct))
                then 'has other verdicts'
            when places is not null and list_sort(places) <> range(1, len(shown) + 1)
                then 'has places that are no ranking of its programs'
        end as why
    from rankings
    left join groups using (group_id)
)
select
    arg_min(group_id, coalesce(group_id, '')) filter (why is not null),
    arg_min(dataset, coalesce(group_id, '')) filter (why is not null),
    count(why) as wrong,
    count(*),
    arg_min(why, coalesce(group_id, '')) filter (why is not null)
from checked
having wrong > 0
"""
_TWICE = """
select model, group_id, repeat, order_index
from rankings
group by model, model_revision, group_id, repeat, order_index
having count(*) > 1
order by all
limit 1
"""
