"""What reward models score the programs of a version, as the view ``scores``: the files that ``dualset score`` writes.

In: Parquet files of `SCHEMA`, one row a program and model. Out: a view of their rows with a few columns that most
questions want:

- ``reward``: what a valid answer with this program would earn in training, softplus(score); 0 where it does not parse
- ``passed``, ``outcome``, ``tests_passed``, ``tests_total``: of its label; ``split``: of its problem

A score is a model's reading of a program, and there may be many of them, later than the version; in other arithmetic
its last digits differ. So scores lie beside a version, and are no part of its revision. Left out: scoring
(``eval/program_scores.py``).
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
        pa.field("model_revision", pa.string(), nullable=False),
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("program_id", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("cut", pa.bool_(), nullable=False),
        pa.field("valid", pa.bool_(), nullable=False),
        pa.field("dataset", pa.string(), nullable=False),
    ]
)
"""model_revision: the Hub commit or the digest of its files; tokens: of the whole chat; cut: the model saw only its
beginning; valid: the program parses as Python; dataset: NAME@REVISION that was scored."""
_WHAT = "what  dualset score … -o FILE  writes"


def check_files(paths: Sequence[Path]) -> list[Path]:
    """The files, as absolute paths, where their columns are right.

    Raises:
        QueryError: one cannot be read, its columns are others, or it holds no row.
    """
    return check_columns(paths, SCHEMA, "scores", _WHAT, "holds no score: the split that was scored has no programs")


def make_view(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Make the view; the tables of the version must be there.

    Raises:
        QueryError: DuckDB cannot open a file.
    """
    paths = ", ".join(quoted(pattern_of(path)) for path in files)
    try:
        connection.execute(_VIEW.format(paths=paths))
    except duckdb.Error as error:
        raise unread(files, "scores", error) from error


# ln(y) * x / (y - 1) is log(1 + x) to the last digits, also for a small x (Kahan)
_VIEW = """
create view scores as
with scored as (
    select
        model, model_revision, dataset, problem_id, program_id, score, tokens::integer as tokens, cut, valid,
        exp(-abs(score)) as x, 1 + x as y,
        case when not valid then 0 when y = 1 then greatest(score, 0) + x
            else greatest(score, 0) + ln(y) * x / (y - 1) end as reward
    from read_parquet([{paths}])
)
select scored.* exclude (x, y), labels.passed, labels.outcome, labels.tests_passed, labels.tests_total, problems.split
from scored
left join labels using (problem_id, program_id)
left join problems using (problem_id)
"""


def check_rows(connection: duckdb.DuckDBPyConnection, version: Version, files: Sequence[Path]) -> None:
    """Whether every score is of a program of this version, is a number, and is told once.

    Raises:
        QueryError: one is not, or the files cannot be read.
    """
    try:
        strange, twice = (connection.execute(query).fetchone() for query in (_STRANGE, _TWICE))
    except duckdb.Error as error:
        raise unread(files, "scores", error) from error
    named = listed(files)
    if strange is not None:
        program_id, dataset, wrong, total, why = strange
        msg = (
            f"{named}: {wrong} of {total} scores are not of {version.name}@{version.revision[:8]}: the program "
            f"{program_id} {why}; they were made on {dataset}"
        )
        raise QueryError(msg)
    if twice is not None:
        model, program_id = twice
        msg = f"{named}: the score of the program {program_id} by {model} is there twice"
        raise QueryError(msg)


_STRANGE = """
with known as (select distinct problem_id, program_id from candidates where program_id is not null),
checked as (
    select
        scores.program_id,
        dataset,
        case
            when known.program_id is null then 'is not there'
            when not isfinite(score) then 'has a score that is no finite number'
        end as why
    from scores
    left join known using (problem_id, program_id)
)
select
    arg_min(program_id, program_id) filter (why is not null),
    arg_min(dataset, program_id) filter (why is not null),
    count(why) as wrong,
    count(*),
    arg_min(why, program_id) filter (why is not null)
from checked
having wrong > 0
"""
_TWICE = """
select model, program_id
from scores
group by model, model_revision, problem_id, program_id
having count(*) > 1
order by all
limit 1
"""
