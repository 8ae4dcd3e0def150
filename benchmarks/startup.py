"""How long ``dualset --help`` takes, beside a bare Python and an empty click command, interleaved in one run.

Run:  python benchmarks/startup.py [--json] [--runs 15]
"""

import json
import statistics
import subprocess
import sys
import time

import click
from machine import circumstances

PROGRAMS = {
    "bare python": "pass",
    "empty click command": "import click\nclick.command()(lambda: None)(['--help'], standalone_mode=False)",
    "dualset --help": "from dualset.cli import cli\ncli(['--help'], standalone_mode=False)",
}


@click.command()
@click.option("--runs", default=15, show_default=True, help="Runs of each, interleaved; the median counts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(runs: int, as_json: bool) -> None:
    """Time the start of the command line."""
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(runs):
        for name, code in PROGRAMS.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - started)
    medians = {name: round(statistics.median(each) * 1000, 1) for name, each in times.items()}
    figures = circumstances("click") | {
        "median_ms": medians,
        "over_bare_python_ms": round(medians["dualset --help"] - medians["bare python"], 1),
        "ratio_to_empty_click": round(medians["dualset --help"] / medians["empty click command"], 2),
    }
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<22} {value}")


if __name__ == "__main__":
    main()
