"""How time, memory and bytes grow with a version: 10,000, 100,000 and 1,000,000 candidates, 16 executions each.

Run:  python benchmarks/scale.py [--json] [--size 10000 --size 100000 --size 1000000] [--long]

Each step is a process of its own: the build (import, labels, groups, commit) with made-up verdicts in the place of
running programs, a second version, their diff, every named query, ``dualset show``, what a trainer and an evaluation
load, and the same work with ``datasets``. What the steps are is said in ``scale_steps.py``. Peak memory is the largest
resident set of the process (``ru_maxrss``), pages of mapped files among it. Bytes are what the step left on disk.

It leaves out running programs (``sandbox.py``) and sampling. A million candidates take 25 to 40 minutes on two
cores, half of them with ``datasets``, and 10 GB in ``$TMPDIR``, which are given back.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from machine import circumstances
from scale_steps import CANDIDATES_A_PROBLEM, TESTS

from dualset.sql.queries import named_queries

_HERE = Path(__file__).resolve().parent
_DUALSET = ("-m", "dualset")
_PLACES = {"DUALSET_HOME": "dualsets", "HF_HOME": "huggingface", "TMPDIR": "tmp"}
Figures = dict[str, Any]


@click.command()
@click.option("--size", "sizes", multiple=True, type=int, default=(10_000, 100_000), show_default=True)
@click.option("--long", is_flag=True, help="Also a version with more than 2 GB of text in one column.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(sizes: tuple[int, ...], long: bool, as_json: bool) -> None:
    """Measure versions of several sizes."""
    figures = circumstances("datasets", "duckdb", "polars", "pyarrow")
    figures["what"] = (
        f"{CANDIDATES_A_PROBLEM} candidates a problem, {TESTS} tests, every candidate a program of its own"
    )
    figures["sizes"] = {}
    if not as_json:
        print(*(f"{name:<10} {value}" for name, value in figures.items() if name != "sizes"), sep="\n")
    for size in sizes:
        if not as_json:
            print(f"{size:,} candidates")
        figures["sizes"][size] = measured = _measured(size, as_json)
        if not as_json:
            print(*(f"  {name:<30} {value}" for name, value in measured.items() if name != "steps"), sep="\n")
    figures["growth"] = _growth(figures["sizes"])
    if long:
        with _runner(as_json) as run:
            run("long", *_step("long"))
            figures["long"] = json.loads(run("long-read", *_step("long-read"))) | {"steps": run.steps}
    if as_json:
        print(json.dumps(figures))
        return
    for name, ratios in figures["growth"].items():
        print(f"{name}: {ratios}")
    if long:
        print(f"read: {figures['long']['characters']} characters of {figures['long']['type']}")


class _Runner:
    """Runs steps in one folder, and writes down what each took."""

    def __init__(self, folder: Path, quiet: bool) -> None:
        self._folder, self._quiet = folder, quiet
        self.steps: dict[str, Figures] = {}

    def __call__(self, name: str, *command: str) -> str:
        """Run a step; what it printed."""
        env = os.environ | {key: str(self._folder / where) for key, where in _PLACES.items()}
        before, started = _bytes(self._folder), time.perf_counter()
        with (self._folder / "answer").open("wb") as out, (self._folder / "remarks").open("wb") as err:
            process = subprocess.Popen([sys.executable, *command], cwd=self._folder, env=env, stdout=out, stderr=err)
            _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said, remarks = ((self._folder / each).read_text() for each in ("answer", "remarks"))
        if process.returncode:
            msg = f"the step {name} ended with {process.returncode}: {remarks[-1000:]}"
            raise click.ClickException(msg)
        for each in ("answer", "remarks"):
            (self._folder / each).unlink()
        figures = {
            "seconds": round(seconds, 1),
            "peak_mb": round(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6),
            "mb_left": round((_bytes(self._folder) - before) / 1e6, 1),
        }
        self.steps[name] = figures
        if not self._quiet:
            print(f"  {name:<30}" + "".join(f"{value:>12,} {unit}" for unit, value in figures.items()), flush=True)
        return said

    def bytes_of(self, where: str) -> float:
        """MB below a folder."""
        return round(_bytes(self._folder / where) / 1e6, 1)


@contextmanager
def _runner(quiet: bool) -> Iterator[_Runner]:
    with tempfile.TemporaryDirectory(prefix="dualset-scale-") as folder:
        for place in _PLACES.values():
            (Path(folder) / place).mkdir()
        yield _Runner(Path(folder), quiet)


def _step(name: str, *more: object) -> tuple[str, ...]:
    return (str(_HERE / "scale_steps.py"), name, ".", *map(str, more))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _measured(size: int, quiet: bool) -> Figures:
    """All steps at one size, and the ratios to ``datasets``."""
    with _runner(quiet) as run:
        made = json.loads(run("make", *_step("make", size)))
        built = json.loads(run("build", *_step("build")))
        run("second", *_step("second"))
        run("diff", *_DUALSET, "diff", "scale@first", "scale@second", "--json")
        for name, query in named_queries().items():
            if query.needs_rankings or query.needs_scores:  # there is no judge here: queries.py makes one up
                continue
            compared = ("--with", "scale@second") if query.compares else ()
            run(f"sql {name}", *_DUALSET, "sql", "scale@first", "--name", name, *compared, "--format", "json")
        run("show", *_DUALSET, "show", "scale@first", "--json")
        for step in ("groups", "pool", "peer"):
            run(step, *_step(step))
        version = run.bytes_of("dualsets/scale/snapshots/" + built["revision"])
        ours, theirs = run.steps["build"], run.steps["peer"]
        return made | {
            "executions": built["counts"]["labels"] * TESTS,
            "groups": built["counts"]["groups"],
            "version_mb": version,
            "steps": run.steps,
            "ratio_to_datasets": {
                "seconds": round(ours["seconds"] / theirs["seconds"], 2),
                "peak_mb": round(ours["peak_mb"] / theirs["peak_mb"], 2),
                "parquet_mb": round(version / run.bytes_of("peer"), 2),
            },
        }


def _growth(sizes: Mapping[int, Figures]) -> Figures:
    """From each size to the next: how many times the candidates, and the seconds, memory and bytes of the build."""
    pairs = zip(sizes, list(sizes)[1:], strict=False)
    return {
        f"{small:,} to {large:,}": {
            "candidates": round(sizes[large]["candidates"] / sizes[small]["candidates"], 1),
            **{
                f"build_{unit}": round(sizes[large]["steps"]["build"][unit] / sizes[small]["steps"]["build"][unit], 1)
                for unit in ("seconds", "peak_mb")
            },
            "version_mb": round(sizes[large]["version_mb"] / sizes[small]["version_mb"], 1),
        }
        for small, large in pairs
    }


if __name__ == "__main__":
    main()
