"""How right the programs are that selectors choose: the table of CodeT's and B4's papers, from a version's tables.

Run:  python benchmarks/selectors_codet.py [--home DIR] [--recipe recipes/humaneval-consensus.yaml] [--json]

Opens the version that the recipe names, or builds it: CodeGen-16B's programs for HumanEval on the tests that the same
model wrote (``matrices``), with the problems' own tests beside (``labels.truth``). The truth chooses nothing. Three
tables, each with a rule of its own, ties merged, and the published figures where there are any:

1. all problems, a sample is drawn: of the chosen programs, or of all where a selector chooses nothing (no tests, or
   none that any program passes). The published CodeT is weighted. CodeT's script packs a problem's tests into one
   function, which does not compile for three problems; those are drawn at random in a row of its own.
2. as in B4's script: distinct programs that load, a program is drawn; problems with right and wrong ones among them,
   without the three and those for which no test was written. As there, an empty sample is a program that passes
   nothing (elsewhere it is none). One problem has two tests, which no program passes and we refuse: any program is
   drawn. Tests that differ in their layout alone are one here and several there.
3. all distinct programs, a sample is drawn, problems with right and wrong ones.

Intervals: 95 %, problems resampled.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from machine import circumstances

from dualset.builders.build import build
from dualset.builders.consensus.labels import unpacked
from dualset.builders.consensus.matrix import Matrix
from dualset.builders.consensus.parse import parse_selector
from dualset.builders.consensus.quality import expected_correct
from dualset.builders.consensus.select import Ties, select
from dualset.builders.dataset.store import Version, names, open_version
from dualset.builders.errors import DualsetError, VersionError
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.problems.python_text import parse_python
from dualset.builders.recipe import load_recipe
from dualset.eval.bootstrap import LEVEL, RESAMPLES, difference, estimate

RECIPE = Path(__file__).parent.parent / "recipes" / "humaneval-consensus.yaml"
SELECTORS = ("b4(5,3)", "b4(4,3)", "codet", "maxpass")
NOT_PACKED = {"HumanEval/68", "HumanEval/106", "HumanEval/143"}
"""In CodeT's packing a test of these puts ``from m import *`` into a function."""
REFUSED = {"HumanEval/47"}
"""The problem all of whose tests we refuse."""
ONE_PASS = {"random": 0.221, "codet:weighted, 3 at random": 0.367}
B4_PAPER = {"b4(5,3)": 0.586, "b4(4,3)": 0.574, "codet": 0.522, "random": 0.327, "maxpass": 0.288}
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)
_SEED = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pool:
    """One problem.

    Attributes:
        matrix: None where no test was written.
        correct_N: the truth of each program of the matrix.
        loads_N: whether it gets through its own top level.
        random: the share of right samples; one without code is wrong.
        empty: whether a sample is empty.
        untested: without a matrix: of each program that parses whether it is right.
    """

    matrix: Matrix | None
    correct_N: tuple[bool | None, ...]
    loads_N: tuple[bool, ...]
    random: float
    empty: bool = False
    untested: tuple[bool | None, ...] = ()


Values = dict[str, float | None]


def pools(version: Version) -> dict[str, Pool]:
    """The problems by their name in HumanEval.

    Raises:
        VersionError: a table or the truth is missing.
    """
    if "matrices" not in version.tables:
        msg = f"{version.name} has no table matrices: it takes a recipe with a tests section"
        raise VersionError(msg)
    labels = {row["program_id"]: row for row in version.rows("labels", columns=["program_id", "outcomes", "truth"])}
    if all(row["truth"] is None for row in labels.values()):
        msg = f"{version.name} has no truth: build it with labels.truth: true"
        raise VersionError(msg)
    codes: dict[str, str] = {}
    drawn: dict[str, list[bool]] = {}
    of: dict[str, dict[str | None, None]] = {}
    for row in version.rows("candidates", columns=["problem_id", "program_id", "code"]):
        codes[row["program_id"]] = row["code"]
        right = row["program_id"] is not None and bool(labels[row["program_id"]]["truth"])
        drawn.setdefault(row["problem_id"], []).append(right)
        of.setdefault(row["problem_id"], {})[row["program_id"]] = None
    matrices = {row["problem_id"]: unpacked(row) for row in version.rows("matrices")}
    return {
        row["source_id"]: _pool(
            matrices.get(row["problem_id"]), labels, codes, drawn[row["problem_id"]], list(of[row["problem_id"]])
        )
        for row in version.rows("problems", columns=["problem_id", "source_id"])
    }


def _pool(
    matrix: Matrix | None,
    labels: Mapping[str, Mapping[str, Any]],
    codes: Mapping[str, str],
    drawn: list[bool],
    programs: list[str | None],
) -> Pool:
    rows = matrix.rows if matrix else ()
    parsed = [] if matrix else [name for name in programs if name and parse_python(codes[name]) is not None]
    return Pool(
        matrix=matrix,
        correct_N=tuple(labels[name]["truth"] for name in rows),
        loads_N=tuple(_loads(labels[name]["outcomes"], codes[name]) for name in rows),
        random=sum(drawn) / len(drawn),
        empty=None in programs,
        untested=tuple(labels[name]["truth"] for name in parsed),
    )


def _loads(outcomes: list[str], code: str) -> bool:
    """False where every test ended alike in a failure that may be the top level's, and there is something to fail."""
    alike = set(outcomes)
    if len(alike) > 1 or alike & {"pass", "wrong_answer"}:
        return True
    tree = parse_python(code)
    return (
        "syntax_error" not in alike and tree is not None and all(isinstance(each, _DEFINITIONS) for each in tree.body)
    )


def share(pool: Pool, name: str, by_sample: bool) -> float | None:
    """The chance that what is drawn of the selector's choice is right; None where it chooses nothing."""
    if pool.matrix is None or not pool.matrix.passed_NM.any():
        return None
    counts = pool.matrix.row_counts_N.tolist() if by_sample else None
    return expected_correct(select(parse_selector(name), pool.matrix, Ties.MERGE), pool.correct_N, counts)


def all_problems(found: Mapping[str, Pool]) -> dict[str, Values]:
    """Table 1."""

    def of(name: str, at_random: set[str]) -> Values:
        shares = {key: None if key in at_random else share(pool, name, by_sample=True) for key, pool in found.items()}
        return {key: found[key].random if value is None else value for key, value in shares.items()}

    rows = {name: of(name, set()) for name in ("codet:weighted", *SELECTORS)}
    rows["codet:weighted, 3 at random"] = of("codet:weighted", NOT_PACKED)
    return rows | {"random": {key: pool.random for key, pool in found.items()}}


def mixed(found: Mapping[str, Pool], by_sample: bool) -> dict[str, Values]:
    """Tables 2 and 3."""
    kept = {key: pool for key, pool in found.items() if pool.matrix and len(set(pool.correct_N) - {None}) == 2}
    random = {key: _random(pool, by_sample) for key, pool in kept.items()}

    def of(name: str) -> Values:
        shares = {key: share(pool, name, by_sample) for key, pool in kept.items()}
        return {key: random[key] if value is None else value for key, value in shares.items()}

    return {name: of(name) for name in SELECTORS} | {"random": dict(random)}


def _random(pool: Pool, by_sample: bool) -> float:
    assert pool.matrix is not None
    weights_N = pool.matrix.row_counts_N if by_sample else np.ones(len(pool.correct_N))
    return float(np.average([bool(each) for each in pool.correct_N], weights=weights_N))


def only_loading(found: Mapping[str, Pool]) -> Iterator[tuple[str, Pool]]:
    """The problems that CodeT's packing can run, with the programs that load."""
    for key, pool in found.items():
        if key in NOT_PACKED or (pool.matrix is None and key not in REFUSED):
            continue
        rows = [i for i, loads in enumerate(pool.loads_N) if loads]
        correct = [pool.correct_N[i] for i in rows] if pool.matrix else list(pool.untested)
        cells = pool.matrix.passed_NM[rows] if pool.matrix else np.zeros((len(correct), 0), dtype=np.bool_)
        if pool.empty:
            cells = np.vstack([cells, np.zeros((1, cells.shape[1]), dtype=np.bool_)])
            correct.append(False)
        yield (
            key,
            Pool(
                matrix=Matrix.of(cells),
                correct_N=tuple(correct),
                loads_N=(True,) * len(correct),
                random=pool.random,
            ),
        )


def table(rows: Mapping[str, Values], published: Mapping[str, float]) -> dict[str, Any]:
    """Means with their intervals, and the paired difference from unweighted CodeT."""
    made: dict[str, Any] = {}
    for name, values in rows.items():
        mean, gap = estimate(values, seed=_SEED), difference(values, rows["codet"], seed=_SEED)
        made[name] = {"published": published.get(name)} | _rounded(mean._asdict())
        made[name]["minus_codet"] = None if name == "codet" else _rounded(gap._asdict())
    return made


def _rounded(numbers: Mapping[str, float | None]) -> dict[str, float | None]:
    return {key: None if value is None else round(value, 4) for key, value in numbers.items()}


def opened(recipe: Path, home: Path | None, workers: int) -> Version:
    """The version of the recipe's name in the store; built where there is none."""
    settings = load_recipe(recipe, ["labels.truth=true"])
    if settings.name not in names(home=home):
        print(f"building {settings.name}", flush=True)
        return build(settings, home=home, sandbox=Sandbox(workers=workers)).version
    return open_version(settings.name, home=home)


@click.command()
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="The store; $DUALSET_HOME.")
@click.option("--recipe", type=click.Path(exists=True, path_type=Path), default=RECIPE, help="What to build or open.")
@click.option("--workers", default=2, show_default=True, help="Of the sandbox, where it is built.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(home: Path | None, recipe: Path, workers: int, as_json: bool) -> None:
    """Measure the selectors' choices."""
    try:
        version = opened(recipe, home, workers)
        found = pools(version)
    except DualsetError as error:
        raise click.ClickException(str(error)) from error
    loading = dict(only_loading(found))
    tables = {
        "1. pass@1 of all problems, by sample": table(all_problems(found), ONE_PASS),
        "2. mixed problems, programs that load, by program": table(mixed(loading, by_sample=False), B4_PAPER),
        "3. mixed problems, all programs, by sample": table(mixed(found, by_sample=True), {}),
    }
    figures = circumstances("numpy") | {
        "version": f"{version.name}@{version.revision[:12]}",
        "programs": sum(len(pool.correct_N) for pool in found.values()),
        "programs_that_do_not_load": sum(not each for pool in found.values() for each in pool.loads_N),
        "problems_without_tests": sum(pool.matrix is None for pool in found.values()),
        "interval": f"{LEVEL:.0%} over {RESAMPLES} resamplings of problems, seed {_SEED}; ties merged",
    }
    print(json.dumps(figures | {"tables": tables}) if as_json else "\n".join(_lines(figures, tables)))


def _lines(figures: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield from (f"{key:<26} {value}" for key, value in figures.items())
    for title, rows in tables.items():
        heads = f"{'published':>10}{'here':>8}   {'interval':<16}- codet"
        yield f"\n{title} (n = {rows['random']['n']})\n{'':<30}{heads}"
        for name, row in rows.items():
            yield f"  {name:<28}{_number(row['published']):>10}{_number(row['value']):>8}   {_ends(row)}   {_gap(row)}"


def _gap(row: Mapping[str, Any]) -> str:
    gap = row["minus_codet"]
    return "" if gap is None else f"{gap['value']:+.3f} {_ends(gap)}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _ends(row: Mapping[str, Any]) -> str:
    return f"[{row['low']:.3f}, {row['high']:.3f}]"


if __name__ == "__main__":
    main()
