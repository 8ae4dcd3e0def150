"""Every error that dualset raises on purpose: one line that says what happened, the value seen and what to do.

The command line prints the message and exits 1; a bug is any other exception, and keeps its traceback.

::

    DualsetError
    ├── RecipeError         a recipe or a setting: unknown key, wrong type, missing environment variable
    ├── SourceError         problems or samples to read: missing file, torn line, unknown format
    ├── ExecutionError      the sandbox itself cannot work (a program that fails is data, not an error)
    ├── VersionError        the version store
    │   ├── UnknownVersion  a reference that names nothing
    │   ├── CorruptVersion  a file that is not what the manifest says
    │   └── HubError        the Hub refuses, has moved on, or cannot be reached
    ├── QueryError          an SQL statement or a named query
    ├── ModelError          a model that cannot be loaded or sampled
    ├── TrainingError       a run that must not start: too few groups, prompts that do not fit
    └── MissingExtra        a library of an optional extra is not installed
"""

import difflib
from collections.abc import Iterable

__all__ = [
    "CorruptVersion",
    "DualsetError",
    "ExecutionError",
    "HubError",
    "MissingExtra",
    "ModelError",
    "QueryError",
    "RecipeError",
    "SourceError",
    "TrainingError",
    "UnknownVersion",
    "VersionError",
    "did_you_mean",
]


class DualsetError(Exception):
    """Base of all: the message is for the user, as it stands."""


class RecipeError(DualsetError):
    """A recipe, preset or setting is wrong."""


class SourceError(DualsetError):
    """Problems or samples cannot be read as what they are said to be."""


class ExecutionError(DualsetError):
    """The sandbox cannot do its work on this machine."""


class VersionError(DualsetError):
    """The version store refuses something."""


class UnknownVersion(VersionError):
    """A reference names no version."""


class CorruptVersion(VersionError):
    """A version's bytes are not what its manifest says."""


class HubError(VersionError):
    """The Hub refuses something, holds something else by now, or cannot be reached."""


class QueryError(DualsetError):
    """A query cannot be run."""


class ModelError(DualsetError):
    """A model cannot be loaded."""


class TrainingError(DualsetError):
    """A training run must not start."""


class MissingExtra(DualsetError):
    """A library of an optional extra is missing."""

    def __init__(self, library: str, extra: str) -> None:
        msg = f"{library} is not installed: run  pip install 'dualset[{extra}]'"
        super().__init__(msg)


def did_you_mean(seen: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown word: the nearest known one, and all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(seen, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}(known: {', '.join(names) or 'none'})"
