"""What judges said, as the view ``rankings``: the files that ``dualset eval … --rankings FILE`` writes.

In: Parquet files of `SCHEMA`, one row an answer of a model to a group as it was shown. Out: a view of their rows with a
few columns that most questions want; a slot is a place in the list that was shown, from 1: ``shown[slot]`` stood there.

- ``size``: how many programs were shown; ``split``: of the problem
- ``first_slot``, ``first_program_id``, ``first_correct``: what the judge put first; null where its answer was malformed

Left out: how an answer was read (``eval/asking.py``), and metrics with intervals (``dualset eval``).
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from dualset.builders.dataset.relations import quoted
from dualset.builders.dataset.version import Version
from dualset.builders.errors import QueryError
from dualset.sql.beside import check_columns, listed, pattern_of, unread

__all__ = ["SCHEMA", "check_files", "check_rows", "make_view"]

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
    empty = "holds no ranking: no group was shown to a judge; measure where the split has groups"
    return check_columns(paths, SCHEMA, "rankings", _WHAT, empty)


def make_view(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Make the view; the tables of the version must be there.

    Raises:
        QueryError: DuckDB cannot open a file.
    """
    paths = ", ".join(quoted(pattern_of(path)) for path in files)
    try:
        connection.execute(_VIEW.format(paths=paths))
    except duckdb.Error as error:
        raise unread(files, "rankings", error) from error


_VIEW = """
create view rankings as
with said as (
    select
        model, model_revision, dataset, group_id, problem_id, repeat::integer as repeat,
        order_index::integer as order_index, shown, correct, places::integer[] as places,
        len(shown)::integer as size, nullif(list_position(places, 1), 0)::integer as first_slot
    from read_parquet([{paths}])
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
        raise unread(files, "rankings", error) from error
    named = listed(files)
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
