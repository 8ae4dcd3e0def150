"""A recipe whose labels come from generated tests, with its files: what tests of consensus builds share."""

import json
from pathlib import Path
from typing import Any

__all__ = ["ALSO", "HALF", "OTHER", "RAISES", "RIGHT", "write", "write_consensus_recipe"]

RIGHT, ALSO, HALF, OTHER, RAISES = (
    "def f(x):\n    return x * 2\n",
    "def f(x):\n    return x + x\n",
    "def f(x):\n    return 4\n",
    "def f(x):\n    return x * 3\n",
    "def f(x):\n    raise ValueError\n",
)
WROTE = [  # of which the fourth is wrong, the last is none, and the first was written twice
    *("assert f(1) == 2", "assert f(2) == 4", "assert f(5) == 10", "assert f(3) == 9", "assert f(1) == 2"),
    "assert f( == 1",
]
RECIPE = """\
name: doubles
problems: {source: jsonl, path: problems.jsonl}
candidates: {source: samples, format: jsonl, path: samples.jsonl}
tests: {source: samples, format: jsonl, path: tests.jsonl}
labels: {source: 'consensus:codet', timeout_s: 2, truth: true}
groups: {size: 4}
"""


def write_consensus_recipe(folder: Path) -> Path:
    """Problems ``both`` with generated tests and ``mute`` without; six samples each, one of them a repeat."""
    write(
        folder / "problems.jsonl",
        [
            {
                "problem_id": name,
                "statement": f"Double it ({name}).",
                "style": "assert",
                "entry_point": "f",
                "difficulty": "easy" if name == "both" else None,
                "tests": [{"code": "assert f(7) == 14"}],
                "reference_solutions": [RIGHT],
            }
            for name in ("both", "mute")
        ],
    )
    codes = [RIGHT, HALF, ALSO, OTHER, RAISES, RIGHT]
    write(
        folder / "samples.jsonl",
        [
            {"problem_id": name, "code": code, "sample_index": i}
            for name in ("both", "mute")
            for i, code in enumerate(codes)
        ],
    )
    write(folder / "tests.jsonl", [{"problem_id": "both", "code": code} for code in WROTE])
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder / "recipe.yaml"


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
