"""Which files a source consists of, and the pin that says exactly which bytes they were.

In: a local path, or a Hub dataset id with the commit. Out: `SourceFiles`. It leaves out reading them (``rows.py``).
"""

import fnmatch
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dualset.builders.errors import RecipeError, SourceError
from dualset.builders.problems.rows import SUFFIXES

__all__ = ["DATA_FILES", "SourceFiles", "digest_of_files", "hub_files", "local_files"]

DATA_FILES = tuple(f"*{suffix}" for suffix in SUFFIXES)
"""Globs of the files that hold rows."""


class SourceFiles(NamedTuple):
    """Files in the order in which they are read, and their pin: the Hub commit, or a sha256 over their bytes."""

    paths: tuple[Path, ...]
    pin: str


def local_files(paths: Sequence[str | Path], globs: tuple[str, ...] = DATA_FILES) -> SourceFiles:
    """The files named, and of a folder every file below it whose name or path there fits a glob, sorted by path."""
    found = [file for path in paths for file in _files_at(Path(path), globs)]
    return SourceFiles(tuple(found), digest_of_files(found))


def _files_at(where: Path, globs: tuple[str, ...]) -> list[Path]:
    if where.is_file():
        return [where]
    if not where.is_dir():
        msg = f"{where}: no such file or folder"
        raise SourceError(msg)
    found = sorted(file for file in where.rglob("*") if file.is_file() and _fits(file, where, globs))
    if not found:
        msg = f"{where}: no file in this folder is called {', '.join(globs)}"
        raise SourceError(msg)
    return found


def _fits(file: Path, folder: Path, globs: tuple[str, ...]) -> bool:
    names = (file.name, file.relative_to(folder).as_posix())
    return any(fnmatch.fnmatchcase(name, glob) for name in names for glob in globs)


def hub_files(repo: str, revision: str | None, globs: tuple[str, ...] = DATA_FILES) -> SourceFiles:
    """The data files of a Hub dataset at one commit, downloaded into the Hugging Face cache.

    Honours HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE, as huggingface_hub does.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    if revision is None or not re.fullmatch(r"[0-9a-f]{40}", revision):
        seen = "no revision" if revision is None else f"revision {revision!r}"
        msg = (
            f"{repo}: {seen}: give the 40-digit commit sha, because branches and tags can move; it is shown by  "
            f"python -c 'from huggingface_hub import HfApi; print(HfApi().dataset_info(\"{repo}\").sha)'"
        )
        raise RecipeError(msg)
    try:
        folder = snapshot_download(repo, repo_type="dataset", revision=revision, allow_patterns=list(globs))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        msg = f"{repo} at {revision[:12]}: cannot be fetched from the Hub ({' '.join(str(error).split())})"
        raise SourceError(msg) from error
    return SourceFiles(local_files([folder], globs).paths, revision)


def digest_of_files(paths: Iterable[Path]) -> str:
    """One file: its sha256, as sha256sum prints it. Several: the sha256 over theirs, one a line, in the order given."""
    digests = []
    for path in paths:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()
