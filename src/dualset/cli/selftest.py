"""``dualset selftest``: can the grader be fooled on this machine, do programs do harm, do right ones pass?

One row for each level of isolation, then one line for each thing that should not have happened. Exit 1 if there is any;
at level ``none`` harm is shown and expected, since nothing keeps programs from this machine there.
"""

from typing import TYPE_CHECKING, Any

import click

from dualset.cli.output import bar, print_json

if TYPE_CHECKING:
    from dualset.builders.execution.selftest.report import Offence, Report

__all__ = ["command"]

_ALL = "all"
_COLUMNS = ("level", "hostile", "fooled", "harm", "honest", "failed", "unknown", "seconds")


@click.command("selftest")
@click.option(
    "--isolation",
    default=_ALL,
    show_default=True,
    metavar="LEVEL",
    help="The level to test: auto, namespaces, landlock, seccomp or none; all: every one that works here.",
)
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Sandbox processes.")
@click.option("--kind", "only", multiple=True, metavar="KIND", help="Only programs of this kind; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, isolation: str, workers: int, only: tuple[str, ...], as_json: bool) -> None:
    """Run the grader's own hostile and honest programs on this machine."""
    from dualset.builders.execution.selftest.corpus import of_kinds
    from dualset.builders.execution.selftest.run import run

    levels, entries = _levels(isolation), of_kinds(only)
    with bar() as progress:
        reports = [run(level, entries, workers=workers, progress=progress) for level in levels]
    sound = all(report.sound for report in reports)
    if as_json:
        print_json({"sound": sound, "levels": [_row(report) for report in reports]})
    else:
        _show(reports, every=isolation == "none")
    ctx.exit(0 if sound else 1)


def _levels(asked: str) -> list[str]:
    from dualset.builders.execution.ladder import Level, climb, level_of

    if asked != _ALL:
        return [str(level_of(asked))]
    return [str(rung.level) for rung in climb() if rung.missing is None or rung.level == Level.NONE]


def _row(report: "Report") -> dict[str, Any]:
    return {
        "level": report.level,
        "layers": report.layers,
        "hostile": report.hostile,
        "fooled": len(report.fooled),
        "harm": len(report.harm),
        "honest": report.honest,
        "failed": len(report.failed),
        "unknown": len(report.unknown),
        "left_out": report.left_out,
        "seconds": round(report.seconds, 1),
        "sound": report.sound,
        "offences": [
            {"program": its.program, "kind": its.kind, "sort": its.sort, "what": its.what} for its in report.offences
        ],
    }


def _show(reports: "list[Report]", *, every: bool) -> None:
    """The table, then what should not have happened; of harm where no jail was only counts, unless asked for."""
    rows = [_COLUMNS, *([str(_row(report)[column]) for column in _COLUMNS] for report in reports)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        click.echo("  ".join(cells))
    for report in reports:
        if report.left_out:
            click.echo(f"{report.level}: {report.left_out} programs left out that only a jail holds")
        expected = [] if every or report.level != "none" else report.harm
        if expected:
            click.echo(f"none: {len(expected)} harms, since no jail holds programs: --isolation none names each")
        for offence in report.offences:
            if offence not in expected:
                click.echo(_line(report, offence))


def _line(report: "Report", offence: "Offence") -> str:
    who = f"{offence.program} ({offence.kind})" if offence.program else "(which program cannot be said)"
    return f"{report.level}: {offence.sort}: {who}: {offence.what}"
