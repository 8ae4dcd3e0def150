"""``dualset quickstart``: the whole idea offline, on generated problems and the tiny policy of the package.

In: nothing. Out: a version ``micro`` in the store, two models under ``models/``, one table. It does nothing that the
other commands cannot: each stage says the command that does the same.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualset.cli.output import bar, remark
from dualset.cli.sandbox import sandbox_of, sandbox_options

if TYPE_CHECKING:
    from dualset.builders.dataset.store import Version
    from dualset.builders.execution.ladder import Sandbox

__all__ = ["command"]

AS_SAMPLED = "--temperature 1 --top-p 1 --top-k 0"
"""The pool was sampled so; at a low temperature the tiny policy hardly errs, and there is nothing to choose."""
QUERIES = ("outcomes_by_difficulty", "pass_at_k", "group_balance")


@click.command("quickstart")
@click.option("--steps", type=click.IntRange(1), help="Training steps of each model.  [default: the presets']")
@sandbox_options
@click.option(
    "--models", type=click.Path(path_type=Path), default=Path("models"), show_default=True, help="Their folder."
)
def command(steps: int | None, workers: int | None, isolation: str, models: Path) -> None:
    """Sample, label, group, query, train and evaluate: the whole idea in minutes, offline, without a GPU."""
    sandbox = sandbox_of(workers, isolation)
    started = time.monotonic()
    recipe = _recipe()
    with _stage(1, "sample a tiny policy, run its programs, keep mixed groups", f"dualset build {recipe}"):
        version = _build(recipe, sandbox)
    ref = f"{version.name}@{version.revision[:12]}"
    with _stage(2, "ask the version three questions", f"dualset sql {ref} --name NAME"):
        _ask(version)
    with _stage(3, "SFT on right rankings, from the pinned revision", f"dualset train imitate {ref} --preset micro"):
        imitated = _train("imitate", ref, models / "quickstart-imitate", steps)
    with _stage(4, "GRPO on the same groups", f"dualset train rank {ref} --preset micro"):
        ranked = _train("rank", ref, models / "quickstart-rank", steps)
    with _stage(
        5, "measure all three on held-out problems", f"dualset eval micro {imitated} {ranked} {ref} {AS_SAMPLED}"
    ):
        _evaluate(["micro", str(imitated), str(ranked)], ref, sandbox)
    remark(f"\nDone in {time.monotonic() - started:.0f} s.")
    remark(f"The version is in {version.path}, the models are in {imitated} and {ranked}.")
    remark(f"Next:  dualset show {ref}   dualset sql {ref} --list   dualset build --help")


@contextmanager
def _stage(number: int, what: str, same: str) -> Iterator[None]:
    remark(f"\n{number}. {what}\n   $ {same}")
    started = time.monotonic()
    yield
    remark(f"   ({time.monotonic() - started:.0f} s)")


def _recipe() -> Path:
    """The micro recipe, as it comes with the package."""
    import dualset

    return Path(dualset.__file__).parent / "recipes" / "micro.yaml"


def _build(recipe: Path, sandbox: "Sandbox") -> "Version":
    from dualset.builders.build import build
    from dualset.builders.recipe import load_recipe

    with bar() as progress:
        built = build(load_recipe(recipe), sandbox=sandbox, progress=progress)
    counts = built.counts
    remark(
        f"   {counts['problems']} problems, {counts['candidates']} candidates, {counts['labels']} distinct programs "
        f"({counts['programs_passed']} pass), {counts['mixed_groups']} mixed groups"
    )
    remark(f"   {built.version.name}@{built.version.revision}")
    return built.version


def _ask(version: "Version") -> None:
    from dualset.sql.formats import table_text
    from dualset.sql.queries import bind, named_query
    from dualset.sql.session import ask, connect

    session = connect(version)
    for name in QUERIES:
        query = named_query(name)
        click.echo(f"\n{query.title}  (--name {name})")
        click.echo(table_text(ask(session, query.sql, bind(query, {})), terminal=True))


def _train(kind: str, ref: str, folder: Path, steps: int | None) -> Path:
    from dualset.train.settings import TrainSettings

    if kind == "rank":
        from dualset.train.rank import rank as train
    else:
        from dualset.train.imitate import imitate as train
    settings = TrainSettings(ref=ref, model="micro", preset="micro", output=folder, max_steps=steps, overwrite=True)
    with bar() as progress:
        return train(settings, progress=progress).path


def _evaluate(models: list[str], ref: str, sandbox: "Sandbox") -> None:
    from dualset.eval.evaluate import evaluate
    from dualset.eval.report import report
    from dualset.eval.settings import EvalSettings
    from dualset.eval.table import table

    with bar() as progress:
        found = evaluate(
            models, ref, EvalSettings(temperature=1.0, top_p=1.0, top_k=0), sandbox=sandbox, progress=progress
        )
    click.echo("\n" + table(report(found)))
