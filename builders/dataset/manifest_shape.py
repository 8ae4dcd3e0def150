"""The shape of a manifest: whether JSON that came from outside can be taken for one.

In: parsed JSON of any shape. Out: true or false; what is not there at all is a ``KeyError``, ``TypeError`` or
``AttributeError`` of the one who asks. No name or path in a manifest that passes leads out of the store or the
snapshot, no file is named twice, and the counts that it repeats agree. Left out: whether the files are what it says
(``verify.py``), and whether it is what its revision says (``manifest.py``).
"""

import re
from collections.abc import Mapping
from typing import Any

from dualset.builders.dataset.history import is_word
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.words import Split

__all__ = ["is_manifest"]

_MAPPINGS = ("recipe", "seeds", "pins", "counts", "tables")
_REVISION = re.compile("[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DATA_FILE = re.compile(r"data/(\w+)/(train|validation|test)-\d{5}-of-\d{5}\.parquet", re.ASCII)


def is_manifest(said: Mapping[str, Any]) -> bool:
    """Whether it has the shape of a manifest.

    Raises:
        KeyError, TypeError, AttributeError: a part is missing or of another kind.
    """
    sound = _is_revision(said["revision"]) and _is_content(said["content"]) and _is_files(said["files"])
    return sound and _covers(said["content"], said["files"])


def _covers(content: Mapping[str, Any], files: Mapping[str, Any]) -> bool:
    """Whether the content says something of every table that has files: no rows come in beside the revision."""
    measured = {name for name, table in TABLES.items() if table.measured}
    return all(entry["table"] in measured or entry["table"] in content["tables"] for entry in files["parquet"])


def _is_content(content: Mapping[str, Any]) -> bool:
    return (
        type(content["schema_version"]) is int
        and all(isinstance(content[key], dict) for key in _MAPPINGS)
        and isinstance(content["parents"], list)
        and all(map(_is_revision, content["parents"]))
        and all(map(_is_count, content["counts"].values()))
        and content["tables"].keys() <= TABLES.keys()
        and not content["counts"].keys() & TABLES.keys()
        and all(map(_is_table, content["tables"].values()))
    )


def _is_table(entry: Mapping[str, Any]) -> bool:
    splits = entry["splits"]
    whole = _is_count(entry["rows"]) and all(map(_is_count, splits.values())) and splits.keys() <= set(Split)
    return whole and entry["rows"] == sum(splits.values()) and _is_revision(entry["digest"])


def _is_files(files: Mapping[str, Any]) -> bool:
    paths = [entry["path"] for entry in files["parquet"]]
    return (
        is_word(files["name"])
        and _TIME.fullmatch(files["created"]) is not None
        and isinstance(files["libraries"], dict)
        and len(set(paths)) == len(paths)
        and all(map(_is_file, files["parquet"]))
    )


def _is_file(entry: Mapping[str, Any]) -> bool:
    match = _DATA_FILE.fullmatch(entry["path"])
    named = match is not None and (match[1], match[2]) == (entry["table"], entry["split"]) and match[1] in TABLES
    return named and _is_count(entry["bytes"]) and _is_count(entry["rows"]) and _is_revision(entry["sha256"])


def _is_revision(text: object) -> bool:
    """Also the form of every other sha256."""
    return isinstance(text, str) and _REVISION.fullmatch(text) is not None


def _is_count(n: object) -> bool:
    return type(n) is int and n >= 0
