"""``dualset build RECIPE --dry-run``: what a build would take, for a person or as JSON.

What is known, what is a bound and what is a guess are said apart: ``12``, ``at most 12``, ``about 12 (from ...)``.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from dualset.cli.output import bar, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dualset.builders.forecast.figure import Figure
    from dualset.builders.forecast.forecast import Forecast
    from dualset.builders.recipe import Recipe

__all__ = ["show_forecast"]


def show_forecast(recipe: "Recipe", isolation: str, as_json: bool) -> None:
    """Print the forecast of a recipe.

    Raises:
        DualsetError: the recipe, a source or a file of samples is wrong, as a build would say.
    """
    from dualset.builders.forecast.forecast import forecast

    with bar() as progress:
        told = forecast(recipe, isolation=isolation, progress=progress)
    if as_json:
        print_json(asdict(told))
        return
    click.echo(f"{told.name}: what a build would do (nothing was sampled, run or written)")
    for name, text in _lines(told):
        click.echo(f"  {name:<19}{text}")


def _lines(told: "Forecast") -> "Iterator[tuple[str, str]]":
    yield from _problems(told)
    yield from _samples(told)
    if told.samples.missing:
        yield (
            "prompt tokens",
            f"{_figure(told.prompt_tokens)}; each prompt once: {_figure(told.prompt_tokens_distinct)}",
        )
        yield "completion tokens", _figure(told.completion_tokens)
    labelled = "not known" if told.programs_labelled is None else f"{told.programs_labelled:,}"
    yield "programs", f"{_figure(told.programs)}; labelled already: {labelled}"
    runs = f"; each program {told.repeat} times" if told.repeat > 1 else ""
    yield "tests to run", f"{_figure(told.tests)}{runs}"
    if told.generated_tests:
        yield "generated tests", "not foreseen: writing them, and running programs on them, comes on top"
    yield from _disk(told)
    here = f"{told.isolation} on this machine"
    yield "isolation", here if told.isolation else f"A BUILD WOULD REFUSE: {told.isolation_missing}"


def _disk(told: "Forecast") -> "Iterator[tuple[str, str]]":
    needed, free = told.disk_needed, told.disk.free_bytes
    room = "not known" if free is None else _size(free)
    yield "disk", f"{_figure(needed, _size)}; free at {told.disk.path}: {room}"
    if not told.disk.writable:
        yield "", "THIS PLACE CANNOT BE WRITTEN TO: set DUALSET_HOME to one that can"
    elif free is not None and (needed.estimate or 0) > free:
        yield "", "THAT IS MORE THAN IS FREE: make room, or set DUALSET_HOME"


def _problems(told: "Forecast") -> "Iterator[tuple[str, str]]":
    problems = told.problems
    notes = [f"{problems.repeated:,} repeated rows not counted"] if problems.repeated else []
    notes += [f"{problems.without_tests:,} without tests"] if problems.without_tests else []
    yield "problems", ", ".join([f"{problems.distinct:,}", *notes])
    if problems.left_out:
        yield "", f"{problems.left_out:,} left out, as their own reference program fails; not counted below"
    if problems.references_to_run:
        yield (
            "",
            f"{problems.references_to_run:,} reference programs are run first; where one fails, its problem, still "
            "counted here, is left out",
        )


def _samples(told: "Forecast") -> "Iterator[tuple[str, str]]":
    samples = told.samples
    if samples.source == "samples":
        yield "samples", f"{samples.there:,} to import"
        return
    yield (
        "samples",
        f"{samples.wanted:,}: {samples.there:,} on disk, {samples.missing:,} to draw from {samples.model} "
        f"({samples.source})",
    )
    if not samples.certain:
        yield (
            "",
            f"those on disk are by commit {str(samples.model_revision)[:12]}; a build asks the Hub first, and draws "
            "all anew where it has moved: set candidates.model_revision",
        )
    if samples.prompts_too_long:
        yield "", f"{samples.prompts_too_long:,} problems whose prompt does not fit the model: nothing is drawn"


def _figure(figure: "Figure", show: "Callable[[int], str]" = "{:,}".format) -> str:
    if figure.exact is not None:
        return show(figure.exact)
    told = [f"at most {show(figure.at_most)}"] if figure.at_most is not None else []
    told += [f"about {show(figure.estimate)} (from {figure.basis})"] if figure.estimate is not None else []
    return ", ".join(told) or "not known"


def _size(n_bytes: int) -> str:
    size = float(n_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"
