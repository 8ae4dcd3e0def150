"""How long every named query takes on a version of a million candidates, 16 executions each.

Run:  python benchmarks/queries.py [--json] [--size 1000000] [--keep FOLDER] [--only NAME]

A sixteenth of the version is built as ``scale.py`` builds its own (64 candidates a problem, every one a program of its
own, verdicts made up), but one wrong program in four raises an exception, one in 256 is flaky and one in 1024 is near
its limit of time, so that no query is quick for having nothing to find. Sixteen copies of it, each with ids, statements
and code of its own, are the version; its Parquet files are written as a build writes them, but it has no digests and no
revision. With ``--keep`` it stays in FOLDER and is used again. Two judges have ranked every group of the test split in
two orders. ``label_flips`` compares the version with itself.

A query's seconds are the median of three runs in one session, after one that is not counted: from the text to the last
row. Opening the version is not among them. It leaves out the memory that they take (``scale.py``).
"""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import duckdb
import pyarrow as pa
import scale_steps
from machine import circumstances

from dualset.builders.dataset.schema import SCHEMA_VERSION, TABLES
from dualset.builders.dataset.store import open_version
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Outcome, Split
from dualset.builders.dataset.write import _Shards
from dualset.builders.execution.label import Labelled, Program
from dualset.sql.queries import bind, named_queries
from dualset.sql.session import ask, connect

_COPIES = 16
_EXCEPTIONS = ("IndexError", "NameError", "TypeError", "ValueError", "ZeroDivisionError", "KeyError", "RecursionError")
_made_up = scale_steps.verdict


def verdict(program: Program) -> Labelled:
    """That of ``scale_steps``, with exceptions, flaky programs and slow ones among them."""
    made = _made_up(program)
    label, seen, number = made.label, made.observation, int(program.program_id, 16) >> 16
    failure = label.first_failure
    if failure is not None and number % 4 == 0:
        name, message = _EXCEPTIONS[number // 4 % len(_EXCEPTIONS)], f"line {4 + number % 9}: made up"
        failure = replace(failure, outcome=Outcome.RUNTIME_ERROR, exception=name, message=message)
        first = label.outcomes.index(Outcome.WRONG_ANSWER)
        outcomes = (*label.outcomes[:first], Outcome.RUNTIME_ERROR, *label.outcomes[first + 1 :])
        label = replace(label, outcome=Outcome.RUNTIME_ERROR, first_failure=failure, outcomes=outcomes)
    if number % 256 == 1:
        label = replace(label, passed=None, flaky=True, runs=2)
    if number % 1024 == 2:
        seen = replace(seen, durations_ms=(5000.0, *seen.durations_ms[1:]))
    return Labelled(label, seen)


@click.command()
@click.option("--size", type=int, default=1_000_000, show_default=True, help="Candidates.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Where the version stays.")
@click.option("--only", "only", multiple=True, help="Only these queries.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(size: int, keep: Path | None, only: tuple[str, ...], as_json: bool) -> None:
    """Time the named queries."""
    figures: dict[str, Any] = circumstances("duckdb", "pyarrow")
    with _folder(keep) as folder:
        if not (folder / "wide.json").exists():
            _make(folder, size)
        version = _wide(folder)
        figures |= {table: version.counts[table] for table in ("problems", "candidates", "labels", "groups")}
        figures["version_mb"] = round(sum(path.stat().st_size for t in TABLES for path in version.files(t)) / 1e6)
        if not as_json:
            print(*(f"{name:<10} {value}" for name, value in figures.items()), sep="\n")
        figures["seconds"] = {}
        for name, seconds in _times(version, folder, only):
            figures["seconds"][name] = seconds
            if not as_json:
                print(f"  {name:<24} {seconds:>6.2f} s", flush=True)
    figures["queries"] = len(figures["seconds"])
    for bound in (0.5, 2):
        figures[f"under_{bound}_s"] = sum(seconds < bound for seconds in figures["seconds"].values())
    if as_json:
        print(json.dumps(figures))
    else:
        print(", ".join(f"{name} {figures[name]}" for name in ("queries", "under_0.5_s", "under_2_s")))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="dualset-queries-") as folder:
        yield Path(folder)


def _times(version: Version, folder: Path, only: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    if not (folder / "scores.parquet").exists():
        _score(version, folder / "scores.parquet")
    beside = {"rankings": folder / "rankings.parquet", "scores": folder / "scores.parquet"}
    connection = connect(version, other=version, **beside)
    for name, query in named_queries().items():
        if only and name not in only:
            continue
        seconds = []
        for _ in range(4):
            started = time.perf_counter()
            for _row in ask(connection, query.sql, bind(query, {})).rows:
                pass
            seconds.append(time.perf_counter() - started)
        yield name, round(statistics.median(seconds[1:]), 2)


def _make(folder: Path, size: int) -> None:
    scale_steps.verdict = verdict
    scale_steps.make(folder, size // _COPIES)
    scale_steps.build(folder)
    _widen(open_version("scale@first", home=folder / "dualsets"), folder)
    _judge(_wide(folder), folder / "rankings.parquet")


def _wide(folder: Path) -> Version:
    manifest = json.loads((folder / "wide.json").read_text())
    return Version(name="scale", revision="wide", path=folder / "wide", manifest=manifest)


def _widen(version: Version, folder: Path) -> None:
    """Copies of every row; the first digit of each id is the copy's."""
    files = []
    with duckdb.connect() as connection:
        for table in version.tables:
            for split in Split:
                paths = [str(path) for path in version.files(table, split)]
                (folder / "wide" / table).mkdir(parents=True, exist_ok=True)
                shards = _Shards(folder / "wide" / table, split.value, TABLES[table].schema)
                rows = 0
                for copy in range(_COPIES):
                    order = ", ".join(TABLES[table].key)
                    select = f"select * replace ({_changed(table, copy)}) from read_parquet({paths}) order by {order}"
                    for batch in connection.sql(select).to_arrow_reader(4096):
                        shards.add(_cast(batch, TABLES[table].schema))
                        rows += batch.num_rows
                made = [str(path.relative_to(folder / "wide")) for path in shards.close()]
                files += [{"path": path, "table": table, "split": split.value, "rows": 0} for path in made]
                files[-1]["rows"] = rows
    manifest = {"content": {"schema_version": SCHEMA_VERSION, "counts": {}, "recipe": {}}, "files": {"parquet": files}}
    (folder / "wide.json").write_text(json.dumps(manifest))


def _changed(table: str, copy: int) -> str:
    names = {column.name for column in TABLES[table].columns}
    ids = names & {"problem_id", "program_id", "candidate_id", "group_id"}
    changed = {name: f"'{copy:x}' || {name}[2:]" for name in ids}
    lists = names & {"program_ids", "candidate_ids"}
    changed |= {name: f"list_transform({name}, lambda x: '{copy:x}' || x[2:])" for name in lists}
    changed |= {name: f"{name} || '\n# {copy}'" for name in names & {"code", "completion"} if table == "candidates"}
    changed |= {name: f"'{copy} ' || {name}" for name in names & {"statement", "source_id"}}
    return ", ".join(f"{expression} as {name}" for name, expression in sorted(changed.items()))


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch[field.name].cast(field.type) for field in schema], schema=schema)


def _judge(version: Version, path: Path) -> None:
    """Every place is drawn, and one answer in twenty is malformed."""
    with duckdb.connect() as connection:
        groups = ", ".join(f"'{file}'" for file in version.files("groups", "test"))
        connection.execute(
            f"""
            copy (
                with drawn as (
                    select
                        'judge-' || model as model, null::varchar as model_revision, group_id, problem_id,
                        0::integer as repeat, nth::integer as order_index,
                        case when nth = 0 then program_ids else list_reverse(program_ids) end as shown,
                        case when nth = 0 then correct else list_reverse(correct) end as correct,
                        list_transform(
                            range(len(correct)), lambda i: hash(group_id || model || nth::varchar || i::varchar)
                        ) as drawn
                    from read_parquet([{groups}]), range(2) models(model), range(2) orders(nth)
                )
                select
                    * exclude (drawn),
                    case when drawn[1] % 20 > 0 then list_transform(
                        drawn, lambda x: list_position(list_sort(drawn), x)::integer
                    ) end as places,
                    'scale@wide' as dataset
                from drawn
            ) to '{path}' (format parquet)
            """
        )


def _score(version: Version, path: Path) -> None:
    """Every score is drawn; right programs have higher ones more often."""
    with duckdb.connect() as connection:
        labels = ", ".join(f"'{file}'" for file in version.files("labels"))
        connection.execute(
            f"""
            copy (
                select
                    'rm' as model, 'f00d' as model_revision, problem_id, program_id,
                    (hash(program_id) % 1000) / 250.0::double + coalesce(passed, false)::integer as score,
                    100::integer as tokens, false as cut, true as valid, 'scale@wide' as dataset
                from read_parquet([{labels}])
            ) to '{path}' (format parquet)
            """
        )


if __name__ == "__main__":
    main()
