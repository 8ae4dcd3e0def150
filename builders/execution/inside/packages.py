"""Installed packages that programs may import: those that the recipe lists, and what these need.

A program that imports something else fails, wherever it runs: what else happens to be installed decides no label.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

__all__ = ["allow"]


class _Listed:
    """Finds top-level modules of these names in these folders."""

    def __init__(self, names: Sequence[str], folders: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._folders = list(folders)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As importlib asks it."""
        if path is not None or fullname not in self._names:
            return None
        return PathFinder.find_spec(fullname, self._folders, target)


def allow(names: Sequence[str], folders: Sequence[str]) -> None:
    """Make the packages importable, after everything else has been looked through."""
    if names:
        sys.meta_path.append(_Listed(names, folders))  # the base class would import much
