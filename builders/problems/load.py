"""Read the problems that a recipe names, from a path, from the Hub at a pinned commit, or generated.

In: `ProblemSettings`. Out: a `ProblemSet` of distinct problems. Formats are one file each beside this one.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.problems.apps import APPS_FILES, parse_apps, read_apps_folder
from dualset.builders.problems.codecontests import parse_codecontests
from dualset.builders.problems.codeforces import parse_codeforces
from dualset.builders.problems.files import DATA_FILES, SourceFiles, hub_files, local_files
from dualset.builders.problems.humaneval import parse_humaneval
from dualset.builders.problems.jsonl import parse_jsonl
from dualset.builders.problems.leetcode import parse_leetcode
from dualset.builders.problems.limits import with_limits
from dualset.builders.problems.livecodebench import parse_livecodebench
from dualset.builders.problems.mapcoder import parse_mapcoder
from dualset.builders.problems.mbpp import parse_mbpp
from dualset.builders.problems.problem_set import ProblemSet, collect
from dualset.builders.problems.rows import Row, read_rows
from dualset.builders.problems.rstar import parse_rstar
from dualset.builders.problems.settings import ProblemSettings
from dualset.builders.problems.window import Window

__all__ = ["SOURCES", "load_problems"]

_PARSERS: dict[str, Callable[[Row], Problem]] = {
    "apps": parse_apps,
    "codecontests": parse_codecontests,
    "codeforces": parse_codeforces,
    "humaneval": parse_humaneval,
    "jsonl": parse_jsonl,
    "leetcode": parse_leetcode,
    "livecodebench": parse_livecodebench,
    "mapcoder": parse_mapcoder,
    "mbpp": parse_mbpp,
    "rstar-coder": parse_rstar,
}

SOURCES = (*sorted(_PARSERS), "micro")
"""The words that ``problems.source`` may be."""


def load_problems(settings: ProblemSettings) -> ProblemSet:
    """The problems, distinct and sorted by id.

    Raises:
        RecipeError: the settings contradict each other or name an unknown source.
        SourceError: a file is missing, torn or not of this format, or no problem was released in the window.
    """
    problems = _load(settings)
    return with_limits(problems, Path(settings.limits)) if settings.limits is not None else problems


def _load(settings: ProblemSettings) -> ProblemSet:
    if settings.source not in SOURCES:
        msg = f"problems.source is {settings.source!r}: {did_you_mean(settings.source, SOURCES)}"
        raise RecipeError(msg)
    window = Window(since=settings.since, until=settings.until)
    if settings.source == "micro":
        return _micro(settings, window)
    files = _files(settings)
    return collect(_parsed(settings, files), files.pin, settings.limit, window)


def _files(settings: ProblemSettings) -> SourceFiles:
    if (settings.path is None) == (settings.hub is None):
        seen = "neither" if settings.path is None else "both"
        msg = f"problems: source {settings.source!r} needs either path or hub, not {seen}"
        raise RecipeError(msg)
    if settings.path is not None:
        return _local_files(settings, Path(settings.path))
    return hub_files(settings.hub or "", settings.revision, (settings.files,) if settings.files else DATA_FILES)


def _local_files(settings: ProblemSettings, path: Path) -> SourceFiles:
    if settings.revision is not None:
        msg = f"problems.revision is {settings.revision!r}, a commit on the Hub, but path is on disk: leave it out"
        raise RecipeError(msg)
    if settings.files and path.is_file():
        msg = f"problems.files is {settings.files!r}, but path is one file: leave files out, or give the folder as path"
        raise RecipeError(msg)
    if settings.files:
        return local_files([path], (settings.files,))
    return local_files([path], APPS_FILES if settings.source == "apps" and path.is_dir() else DATA_FILES)


def _parsed(settings: ProblemSettings, files: SourceFiles) -> Iterator[tuple[str, Problem]]:
    for path in files.paths:
        for row in _rows(path):
            problem = _PARSERS[settings.source](row)
            tests = _spread(problem.tests, settings.max_tests)
            yield row.where, replace(problem, source_revision=files.pin, tests=tests)


def _spread(tests: tuple[Test, ...], most: int | None) -> tuple[Test, ...]:
    """At most so many tests, evenly over their order: sources list small tests first and large ones last."""
    if most is None or len(tests) <= most:
        return tests
    return tuple(tests[n * len(tests) // most] for n in range(most))


def _rows(path: Path) -> Iterator[Row]:
    """The rows of a file; a folder of APPS is one row, and its ``question.txt`` stands for it."""
    if path.name == "question.txt":
        yield read_apps_folder(path)
    elif path.name not in APPS_FILES:
        yield from read_rows(path)


def _micro(settings: ProblemSettings, window: Window) -> ProblemSet:
    from dualset.builders.problems.micro import micro_problems

    if given := [key for key in ("path", "hub", "revision", "files") if getattr(settings, key) is not None]:
        msg = f"problems: source 'micro' is generated from count and seed; it has no {' or '.join(given)}"
        raise RecipeError(msg)
    problems = micro_problems(settings.count, settings.seed)
    pin = f"micro count={settings.count} seed={settings.seed}"
    return collect(((f"micro problem {n}", p) for n, p in enumerate(problems)), pin, settings.limit, window)
