"""The dataset card: ``README.md`` of a snapshot, made from its manifest, the schema and nothing else.

In: the snapshot's folder (for its licences) and manifest. Out: Markdown whose YAML head makes ``load_dataset(path,
"groups")`` work as it stands. The card is no part of the revision and has no date: one version has one card.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from dualset.builders.dataset.digest import merged_rows
from dualset.builders.dataset.ids import canonical_json
from dualset.builders.dataset.manifest import Manifest
from dualset.builders.dataset.schema import TABLES, Table

__all__ = ["card", "describe_table"]


def card(folder: Path, manifest: Manifest) -> str:
    """The card's text."""
    licences = _licences(folder, manifest)
    head = yaml.safe_dump(_head(manifest, licences), sort_keys=False, allow_unicode=True)
    return f"---\n{head}---\n\n{_body(manifest, licences)}"


def describe_table(table: Table, level: int) -> str:
    """A table's columns as Markdown, under a heading of that level."""
    rows = "\n".join(f"| `{column.name}` | `{_type(column.type)}` | {column.doc} |" for column in table.columns)
    order = ", ".join(f"`{name}`" for name in table.key)
    head = f"{'#' * level} {table.name}\n\n{table.doc[0].upper()}{table.doc[1:]}. Sorted by {order}."
    return f"{head}\n\n| column | type | meaning |\n|---|---|---|\n{rows}"


def _type(kind: pa.DataType) -> str:
    """The Arrow type as people say it: the width of a text's offsets is nobody's business."""
    return str(kind).replace("large_string", "string").replace("item: ", "").replace("timestamp[us]", "timestamp (us)")


def _licences(folder: Path, manifest: Manifest) -> Counter[str]:
    """Problems by licence; "unknown" where the source does not say."""
    files = [folder / file["path"] for file in manifest["files"]["parquet"] if file["table"] == "problems"]
    rows = merged_rows(TABLES["problems"], files, ["license"])
    return Counter(row["license"] or "unknown" for row in rows)


def _head(manifest: Manifest, licences: Counter[str]) -> dict[str, Any]:
    one = next(iter(licences)) if len(licences) == 1 else None
    known = {"MIT": "mit", "Apache-2.0": "apache-2.0", "CC-BY-4.0": "cc-by-4.0"}.get(one or "")
    licence = {"license": known} if known else {"license": "other", "license_name": "by-problem"}
    configs = [_config(table, manifest) for table in TABLES]
    return {**licence, "tags": ["dualset", "code", "ranking"], "configs": configs}


def _config(table: str, manifest: Manifest) -> dict[str, Any]:
    splits = dict.fromkeys(file["split"] for file in manifest["files"]["parquet"] if file["table"] == table)
    files = [{"split": split, "path": f"data/{table}/{split}-*.parquet"} for split in splits]
    return {"config_name": table, "data_files": files} | ({"default": True} if table == "groups" else {})


def _body(manifest: Manifest, licences: Counter[str]) -> str:
    name, revision = manifest["files"]["name"], manifest["revision"]
    parts = [
        f"# {name}\n\nSampled programs of a code model, what became of each when it was run, and groups of right and "
        "wrong ones of the same problem, ready for learning to rank. Built by dualset.\n\n"
        f"Revision `{revision}`: the sha256 of the `content` part of `manifest.json`, which holds a digest of every "
        "table's rows.",
        _counts(manifest),
        _loading(),
        "## Where it comes from\n\n"
        + "".join(f"- {key}: `{value}`\n" for key, value in manifest["content"]["pins"].items())
        + "- licences of the problems: "
        + ", ".join(f"{licence} ({n})" for licence, n in sorted(licences.items()))
        + "\n- recipe:\n\n```json\n"
        + canonical_json(manifest["content"]["recipe"]).decode()
        + "\n```",
        "## Tables",
        *(describe_table(table, level=3) for table in TABLES.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _counts(manifest: Manifest) -> str:
    rows = "".join(_row_counts(manifest))
    counts = "".join(f"- {key.replace('_', ' ')}: {n:,}\n" for key, n in sorted(manifest["content"]["counts"].items()))
    return f"## What it holds\n\n| table | train | validation | test |\n|---|---|---|---|\n{rows}\n{counts}".rstrip()


def _row_counts(manifest: Manifest) -> Iterator[str]:
    """Tables that are no part of the revision are left out: their rows could differ."""
    for table, entry in manifest["content"]["tables"].items():
        cells = (f"{entry['splits'].get(split, 0):,}" for split in ("train", "validation", "test"))
        yield f"| {table} | {' | '.join(cells)} |\n"


def _loading() -> str:
    return (
        "## How to load it\n\n```python\nimport datasets, duckdb, polars\n\n"
        'datasets.load_dataset("path/of/this/folder", "groups", split="train")\n'
        "duckdb.sql(\"select passed, count(*) from 'path/of/this/folder/data/labels/*.parquet' group by passed\")\n"
        'polars.scan_parquet("path/of/this/folder/data/candidates/*.parquet")\n```'
    )
