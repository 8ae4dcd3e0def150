"""Writes ``tests/data/schema-N/``, a tiny version of today's schema; run it once, when a new schema comes:

``PYTHONPATH=tests python tests/data/make_schema_sample.py``

The folders of past schemas are never written again: they are what users have on their disks.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sample_version import tiny_content, tiny_tables

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
    with TemporaryDirectory() as home:
        version = commit_version(f"schema-{SCHEMA_VERSION}", tables, content=tiny_content(), home=Path(home))
        shutil.copytree(version.path, target)
    (target / "README.md").unlink()  # the card is for people


if __name__ == "__main__":
    main()
