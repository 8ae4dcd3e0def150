"""``dualset check RECIPE``: are its problems sound? References must pass their tests, wrong programs must fail them.

What is found is a finding about the data, so the exit code stays 0.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualset.cli.output import bar, print_json, remark
from dualset.cli.sandbox import sandbox_of, sandbox_options

if TYPE_CHECKING:
    from dualset.builders.execution.check import ReferenceFailure, Report

__all__ = ["command"]

_WRONG = {
    "empty": "a program without code",
    "constant": "programs that give one answer to everything",
    "first_line": "a program that gives the first line or element of each answer",
}
_ABOVE_0 = click.FloatRange(0, min_open=True)


@click.command("check")
@click.argument("recipe", type=click.Path())
@click.option(
    "--write-limits", type=click.Path(dir_okay=False), help="Write limits from the references' time, as JSON lines."
)
@click.option(
    "--factor", type=_ABOVE_0, default=5.0, show_default=True, help="Limit, in times the slowest reference test."
)
@click.option("--floor", type=_ABOVE_0, default=1.0, show_default=True, help="Least limit, in CPU seconds a test.")
@sandbox_options
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Override a key of the recipe.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    recipe: str,
    write_limits: str | None,
    factor: float,
    floor: float,
    workers: int | None,
    isolation: str,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run the reference programs of RECIPE's problems, which must pass, and wrong programs, which must fail.

    The wrong programs are one without code, some that give one answer to everything, and one that gives the first line
    of each answer. A problem that accepts one has tests, or a checker, that accept anything.
    """
    from dualset.builders.execution.check import check_problems
    from dualset.builders.problems.load import load_problems
    from dualset.builders.recipe import load_recipe

    settings = load_recipe(recipe, overrides)
    problem_set = load_problems(settings.problems)
    for line in problem_set.remarks:
        remark(line)
    problems = problem_set.problems
    with bar() as progress:
        report = check_problems(problems, settings.labels, sandbox=sandbox_of(workers, isolation), progress=progress)
    if write_limits:
        _write_limits(report, Path(write_limits), factor, floor)
    if as_json:
        print_json(_plain(report))
    else:
        _print(report)


def _write_limits(report: "Report", path: Path, factor: float, floor_s: float) -> None:
    from dualset.builders.execution.limits import limits_from
    from dualset.builders.problems.limits import write_limits

    limits = limits_from(report.slowest_s, factor=factor, floor_s=floor_s)
    write_limits(limits, path)
    remark(f"wrote the limits of {len(limits)} problems to {path}: name it as problems.limits in the recipe")


def _plain(report: "Report") -> dict[str, object]:
    accepted = [{"problem_id": each.problem.problem_id, "program": each.kind} for each in report.accepted]
    return {
        "problems": report.problems,
        "references_passed": report.references_passed,
        "references_failed": list(report.references_failed),
        "without_reference": list(report.without_reference),
        "references_unknown": list(report.references_unknown),
        "accepts_wrong": list(dict.fromkeys(each["problem_id"] for each in accepted)),
        "accepted": accepted,
        "wrong_unknown": list(report.wrong_unknown),
    }


def _print(report: "Report") -> None:
    click.echo(f"{report.references_passed} of {report.problems} problems: the first reference passes all tests")
    if report.without_reference:
        click.echo(f"{len(report.without_reference)} without a reference")
    for failure in report.failures:
        click.echo(_told(failure))
    wrong = len({each.problem.problem_id for each in report.accepted})
    click.echo(f"{wrong} of {report.problems} problems: a program known to be wrong passes all tests")
    for problem, kind in report.accepted:
        click.echo(f"{problem.problem_id} {problem.source_id} accepts {_WRONG[kind]}")
    for problem_id in report.wrong_unknown:
        click.echo(f"{problem_id}: a wrong program could not be judged")


def _told(failure: "ReferenceFailure") -> str:
    problem, label = failure.problem, failure.label
    first = label.first_failure
    why = (first.exception, first.message) if first else ("no tests",)
    told = ": ".join(part for part in why if part)
    name = f"{problem.problem_id} {problem.source_id} reference {failure.index + 1}"
    return f"{name}: {label.outcome or 'unknown'}{': ' if told else ''}{told}"
