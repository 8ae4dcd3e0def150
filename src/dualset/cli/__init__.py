"""The command line: one file a command, loaded when it is asked for, nothing heavy imported at module level.

stdout carries data only; progress and remarks go to stderr. Exit 0: done; 1: a handled error, in one line; 2: usage.
"""

import errno
import importlib
from typing import Any

import click

from dualset import __version__
from dualset.builders.errors import DualsetError, did_you_mean
from dualset.cli.output import show_remarks

__all__ = ["cli", "main"]

COMMANDS = {
    "quickstart": "the whole idea in a few minutes, offline",
    "build": "run a recipe: problems, candidates, labels, groups, a version",
    "check": "references must pass their tests, wrong programs must fail them",
    "selftest": "can the grader be fooled, do programs do harm on this machine",
    "doctor": "is this machine fit for the work, and what to do",
    "versions": "list the versions of a dataset",
    "show": "what a version holds and where it comes from",
    "diff": "what changed from one version to another",
    "tag": "name a version",
    "push": "publish a version on the Hugging Face Hub",
    "pull": "get a version from the Hugging Face Hub",
    "sql": "ask a version a question in SQL, or run a named query",
    "report": "a version or a run as one page to look at, and its figures for a paper",
    "pairs": "preference pairs of a version, or published ones, as a file",
    "train": "train a model from a version: rank, imitate, generate, reward, refresh, iterate",
    "score": "what a reward model scores the programs of a version",
    "eval": "measure models: writing, ranking, and choosing the best of N",
    "overlap": "problems of an evaluation set that a training version holds as well",
}


class LazyGroup(click.Group):
    """Commands live in ``dualset.cli.NAME`` as ``command`` and are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the work, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the command's file."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"dualset.cli.{name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Unknown commands are told what is near."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            msg = f"no command {args[0]!r}: {did_you_mean(args[0], COMMANDS)}"
            raise click.UsageError(msg, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """A handled error is one line on stderr and exit 1."""
        show_remarks()
        try:
            return super().invoke(ctx)
        except DualsetError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dualset")
def cli() -> None:
    """Turn a code model's own attempts into versioned ranking datasets, and those into a better model.

    Versions live under $DUALSET_HOME (default ./dualsets). A REF is NAME, NAME@TAG, NAME@REVISION (8 digits or
    more), a path, or hf://datasets/ORG/NAME@TAG-or-sha, which is pulled.
    """


def main() -> None:
    """The ``dualset`` program."""
    cli()
