"""The digest: what goes in comes back from Parquet, and anyone can recompute the revision from the documented lines."""

import math
import re
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from sample_version import tiny_version

from dualset.builders.dataset.digest import RowDigest, merged_rows, recompute_digest
from dualset.builders.dataset.schema import Column, Table
from dualset.builders.dataset.write import write_table

TABLE = Table(
    name="things",
    doc="",
    key=("problem_id", "thing_id"),
    columns=(
        Column("problem_id", pa.string(), ""),
        Column("thing_id", pa.string(), ""),
        Column("text", pa.large_string(), ""),
        Column("number", pa.float64(), ""),
        Column("time", pa.timestamp("us"), ""),
        Column("nested", pa.list_(pa.struct([("a", pa.int32()), ("b", pa.list_(pa.bool_()))])), ""),
    ),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "problem_id": st.sampled_from(["a", "b", "é", "𝔸"]),
            "thing_id": TEXT,
            "text": st.none() | TEXT,
            "number": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
            "time": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
            "nested": st.none()
            | st.lists(
                st.fixed_dictionaries({"a": st.none() | st.integers(-9, 9), "b": st.lists(st.none() | st.booleans())})
            ),
        }
    ),
    unique_by=lambda row: (row["problem_id"], row["thing_id"]),
)
SPLITS = {"a": "train", "b": "test", "é": "train", "𝔸": "validation"}


@given(ROWS)
def test_what_goes_in_comes_back_with_the_same_digest(rows: list[dict[str, Any]]) -> None:
    rows = sorted(rows, key=lambda row: (row["problem_id"], row["thing_id"]))
    with tempfile.TemporaryDirectory() as folder:
        written = write_table(TABLE, rows, Path(folder) / "things", dict(SPLITS))
        paths = [path for split in written.files.values() for path in split]
        assert list(merged_rows(TABLE, paths)) == rows
        assert recompute_digest(TABLE, paths) == written.entry["digest"]
        assert written.entry["rows"] == len(rows)
    digest = RowDigest()
    digest.update({**row, "number": None if row["number"] is None else float(row["number"])} for row in rows)
    assert digest.hexdigest() == written.entry["digest"]


@given(ROWS.filter(bool), st.data())
def test_any_other_value_gives_another_digest(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    before, after = RowDigest(), RowDigest()
    before.update(rows)
    place = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw(TEXT.filter(lambda text: text != rows[place]["text"]))
    after.update([*rows[:place], {**rows[place], "text": other}, *rows[place + 1 :]])
    assert before.hexdigest() != after.hexdigest()


def test_null_empty_and_zero_are_told_apart() -> None:
    seen = set()
    for value in (None, "", 0, 0.0, -0.0, False, [], [None]):
        digest = RowDigest()
        digest.update([{"x": value}])
        seen.add(digest.hexdigest())
    assert len(seen) == 8
    assert math.copysign(1, -0.0) == -1


def test_the_documented_lines_recompute_the_revision(home: Path) -> None:
    version = tiny_version(home)
    page = (Path(__file__).parents[3] / "docs/versions.md").read_text()
    found = re.search(r"```python\n(import hashlib.*?)```", page, re.DOTALL)
    assert found
    done = subprocess.run([sys.executable, "-c", found[1], str(version.path)], capture_output=True, text=True)
    assert done.stdout.strip() == version.revision, done.stderr
