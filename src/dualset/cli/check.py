"""``dualset check RECIPE``: run the reference programs of a recipe's problems, and say which fail their own tests.

A failing reference is a finding about the data, so the exit code stays 0.
"""

import click

from dualset.cli.output import bar, print_json
from dualset.cli.sandbox import sandbox_of, sandbox_options

__all__ = ["command"]


@click.command("check")
@click.argument("recipe", type=click.Path())
@sandbox_options
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Override a key of the recipe.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(recipe: str, workers: int | None, isolation: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Run the reference programs of RECIPE's problems."""
    from dualset.builders.execution.check import check_references
    from dualset.builders.problems.load import load_problems
    from dualset.builders.recipe import load_recipe

    settings = load_recipe(recipe, overrides)
    problems = load_problems(settings.problems).problems
    with bar() as progress:
        report = check_references(problems, settings.labels, sandbox=sandbox_of(workers, isolation), progress=progress)
    if as_json:
        counted = {
            "problems": report.problems,
            "references_passed": report.references_passed,
            "references_failed": list(report.references_failed),
            "without_reference": list(report.without_reference),
        }
        print_json(counted)
        return
    click.echo(f"{report.references_passed} of {report.problems} problems: the first reference passes all tests")
    if report.without_reference:
        click.echo(f"{len(report.without_reference)} without a reference")
    for failure in report.failures:
        first, label = failure.label.first_failure, failure.label
        why = (first.exception, first.message) if first else ("no tests",)
        told = ": ".join(part for part in why if part)
        outcome = label.outcome or "unknown"
        name = f"{failure.problem.problem_id} {failure.problem.source_id} reference {failure.index + 1}"
        click.echo(f"{name}: {outcome}{': ' if told else ''}{told}")
