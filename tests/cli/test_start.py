"""The command line's manners: it starts light, knows its commands, and says what is near."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from dualset.cli import COMMANDS, cli

HEAVY = {"torch", "transformers", "trl", "datasets", "polars", "duckdb", "pyarrow", "numpy", "pandas", "rich", "yaml"}


def test_help_imports_nothing_heavy() -> None:
    code = "import sys\nfrom dualset.cli import cli\ntry: cli(['--help'])\nexcept SystemExit: print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Commands:" in out
    assert not HEAVY & set(out.splitlines()[-1].split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_every_option_is_explained(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help
    options = [p for p in command.params if p.param_type_name == "option"]
    assert all(getattr(p, "help", None) for p in options), [p.name for p in options if not getattr(p, "help", None)]


def test_a_misspelt_command_is_told_what_is_near() -> None:
    result = CliRunner().invoke(cli, ["buidl"])
    assert result.exit_code == 2
    assert "did you mean 'build'?" in result.output


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "dualset", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("dualset, version ")
