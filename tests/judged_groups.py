"""What judges said of a version's groups, made up: the rows and the file that ``dualset eval … --rankings`` writes.

``rankings_of(tables)`` has two judges, one of them in two revisions, three orders and two repeats: one judge likes the
first place and did not see some lists, one is right more often than not, and each gives some answers without a ranking.
"""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dualset.sql.rankings import SCHEMA

Row = dict[str, Any]
JUDGES = (("org/judge", None), ("org/judge", "0123abcd"), ("org/lazy", "ffff"))


def rankings_of(tables: Mapping[str, list[Row]], dataset: str = "demo@1234", seed: int = 0) -> list[Row]:
    """A row an answer."""
    draw = random.Random(seed)
    rows = []
    for group in tables["groups"]:
        members = list(zip(group["program_ids"], group["correct"], strict=True))
        for order_index in range(3):
            listed = draw.sample(members, len(members)) if order_index else members
            for repeat in range(2):
                for model, revision in JUDGES:
                    if model == "org/lazy" and draw.random() < 0.2:
                        continue
                    rows.append(
                        {
                            "model": model,
                            "model_revision": revision,
                            "group_id": group["group_id"],
                            "problem_id": group["problem_id"],
                            "repeat": repeat,
                            "order_index": order_index,
                            "shown": [program_id for program_id, _ in listed],
                            "correct": [right for _, right in listed],
                            "places": _places(model, [right for _, right in listed], draw),
                            "dataset": dataset,
                        }
                    )
    return rows


def _places(model: str, correct: list[bool], draw: random.Random) -> list[int] | None:
    if draw.random() < 0.15:
        return None
    lazy = model == "org/lazy"
    liked = [draw.random() + (i / 4 if lazy else -right / 3) for i, right in enumerate(correct)]
    return [sorted(liked).index(each) + 1 for each in liked]


def write_rankings(rows: list[Row], path: Path) -> Path:
    """The file."""
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    return path
