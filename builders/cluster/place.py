"""The place that all machines of a build see: a folder, or the address of a store; small files, whole or not there.

In: a path on a shared file system, or any fsspec URL. Out: bytes by name, such as ``arrived/labels/KEY.parquet``. Each
file is written under a temporary name and renamed. Left out: locks; one build at a time works at a place.
"""

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dualset.builders.at_work import TEMPORARY
from dualset.builders.errors import VersionError

__all__ = ["Place"]

_AT_A_TIME = 16
_WITHOUT_FOLDERS = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci"}
"""Stores of objects, where to make a folder is to make a bucket."""


class Place:
    """A folder of small files.

    Args:
        address: an absolute path, or a URL.

    Raises:
        VersionError: nothing is known of such an address, or its library is not installed.
    """

    def __init__(self, address: str) -> None:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
        from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

        self.address = address
        try:
            self._fs, self._root = url_to_fs(address)
        except (ImportError, ValueError) as error:
            msg = f"--work {address}: {_line(error)}"
            raise VersionError(msg) from error
        self.appends = isinstance(self._fs, LocalFileSystem)
        if "memory" in _protocols(self._fs):
            msg = f"--work {address}: that is the memory of one process, which no other sees: give a shared place"
            raise VersionError(msg)

    def check(self) -> None:
        """Write a file and remove it.

        Raises:
            VersionError: that does not work.
        """
        name = f"check-{secrets.token_hex(8)}"
        try:
            self.put(name, b"")
            self.remove([name])
        except Exception as error:  # each kind of store has its own errors
            msg = f"cannot write to {self.address}: {_line(error)}"
            raise VersionError(msg) from error

    def put(self, name: str, data: bytes) -> None:
        """Write a file; there is the whole of it or nothing."""
        path = self._path(name)
        temporary = f"{path}.{secrets.token_hex(8)}{TEMPORARY}"
        self._make_parent(path)
        if not self.appends:
            self._fs.pipe_file(temporary, data)
            self._fs.mv(temporary, path)
            return
        with Path(temporary).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file, where `appends` says that this place can."""
        path = Path(self._path(name))
        self._make_parent(str(path))
        with path.open("ab") as file:
            file.write(data)

    def get(self, name: str) -> bytes | None:
        """What is in a file; None: there is none."""
        try:
            data: bytes = self._fs.cat_file(self._path(name))
        except FileNotFoundError:
            return None
        return data

    def get_all(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Those of these files that are there, some at a time."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            for start in range(0, len(names), _AT_A_TIME):
                part = names[start : start + _AT_A_TIME]
                found = zip(part, pool.map(self.get, part), strict=True)
                yield from ((name, data) for name, data in found if data is not None)

    def names(self, folder: str) -> list[str]:
        """The finished files in a folder, sorted; they are looked for anew each time."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.ls(self._path(folder), detail=False)
        except FileNotFoundError:
            return []
        bare = (Path(path).name for path in found)
        return sorted(f"{folder}/{name}" for name in bare if not name.endswith(TEMPORARY))

    def move(self, old: str, new: str) -> None:
        """Give a file its other name, in place of what has that name already."""
        self._make_parent(self._path(new))
        if self.appends:
            os.replace(self._path(old), self._path(new))
        else:
            self._fs.mv(self._path(old), self._path(new))

    def remove(self, names: Sequence[str]) -> None:
        """Remove files, as far as they are there."""
        for name in names:
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                continue

    def remove_folder(self, folder: str) -> None:
        """Remove a folder and all in it, if it is there."""
        if self.appends:
            shutil.rmtree(self._path(folder), ignore_errors=True)
            return
        try:
            self._fs.rm(self._path(folder), recursive=True)
        except FileNotFoundError:
            return

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _make_parent(self, path: str) -> None:
        if self.appends:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        elif not _WITHOUT_FOLDERS.intersection(_protocols(self._fs)):
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)


def _protocols(fs: Any) -> Sequence[str]:
    return [fs.protocol] if isinstance(fs.protocol, str) else list(fs.protocol)


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."
