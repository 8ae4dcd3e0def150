"""The YAML head of a dataset card: what the Hub, its viewer and the ``datasets`` library read.

In: a version and its figures. Out: plain data: licences, tasks, size, and one config a table with its files by split,
so that ``load_dataset(path, "groups")`` works as it stands. Licence ids and tasks are those the Hub accepts.
"""

from collections.abc import Iterable
from typing import Any

from dualset.builders.dataset.figures import Figures
from dualset.builders.dataset.version import Version

__all__ = ["head"]

_LICENCES = (
    *("mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "lgpl-3.0", "unlicense", "cc0-1.0"),
    *("cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "odc-by"),
)
"""Those of the Hub's ids that problems come under."""


def head(version: Version, figures: Figures) -> dict[str, Any]:
    """The card's metadata."""
    return {
        "pretty_name": version.name,
        **_licence({source.license for source in figures.sources}),
        "task_categories": ["text-ranking", "text-generation"],
        "tags": ["dualset", "code", "code-generation", "execution-feedback", "ranking"],
        "size_categories": [_size(version.counts["candidates"])],
        "configs": [_config(version, table) for table in version.tables],
    }


def _licence(seen: Iterable[str | None]) -> dict[str, Any]:
    """All of them, where the Hub knows them all; an absent one is ``unknown``."""
    ids = sorted({each.lower() if each else "unknown" for each in seen}) or ["unknown"]
    if set(ids) <= {*_LICENCES, "unknown"}:
        return {"license": ids[0] if len(ids) == 1 else ids}
    return {"license": "other", "license_name": "by-problem"}


def _size(rows: int) -> str:
    """The Hub's word for a number of rows, from ``n<1K`` to ``100M<n<1B``."""
    if rows < 1000:
        return "n<1K"
    bounds = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
    step = min(len(str(rows)) - 4, len(bounds) - 2)
    return f"{bounds[step]}<n<{bounds[step + 1]}"


def _config(version: Version, table: str) -> dict[str, Any]:
    files = [{"split": split, "path": f"data/{table}/{split}-*.parquet"} for split in version.splits[table]]
    return {"config_name": table, "data_files": files} | ({"default": True} if table == "groups" else {})
