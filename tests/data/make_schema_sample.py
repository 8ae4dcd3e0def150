"""Writes ``tests/data/schema-N/``, a tiny version of today's schema; run it once, when a new schema comes:

``PYTHONPATH=tests python tests/data/make_schema_sample.py``

The folders of past schemas are never written again: they are what users have on their disks.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sample_version import tiny_content, tiny_tables

from dualset.builders.dataset.records import GeneratedTest, MatrixRow, row
from dualset.builders.dataset.schema import SCHEMA_VERSION
from dualset.builders.dataset.store import commit_version

HERE = Path(__file__).parent


def main() -> None:
    target = HERE / f"schema-{SCHEMA_VERSION}"
    if target.exists():
        sys.exit(f"{target} is there already: past schemas are never written again")
    tables = tiny_tables(4)
    for problem in tables["problems"]:
        problem["split"] = "train"  # one file a table: most of a tiny file is its footer
    tables |= _generated(tables["labels"])
    with TemporaryDirectory() as home:
        version = commit_version(f"schema-{SCHEMA_VERSION}", tables, content=tiny_content(), home=Path(home))
        shutil.copytree(version.path, target)
    (target / "README.md").unlink()  # the card is for people


def _generated(labels: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The optional tables: one generated test and a matrix of one cell."""
    label = labels[0]
    test = GeneratedTest(
        problem_id=label["problem_id"],
        test_index=0,
        test_id="0" * 16,
        input=None,
        expected=None,
        code="assert f([1]) == 1",
        count=2,
        chosen=True,
    )
    matrix = MatrixRow(
        problem_id=label["problem_id"],
        program_ids=(label["program_id"],),
        test_ids=(test.test_id,),
        program_counts=(1,),
        test_counts=(2,),
        passed="80",
        programs_unknown=0,
        tests_unknown=0,
        rank=1,
        tied=False,
    )
    return {"generated_tests": [row(test)], "matrices": [row(matrix)]}


if __name__ == "__main__":
    main()
