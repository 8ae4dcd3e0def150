"""Written Parquet files are what the Hub's viewer reads: bounded row groups with a page index, whatever the rows."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualset.builders.dataset.digest import recompute_digest
from dualset.builders.dataset.schema import Column, Table
from dualset.builders.dataset.write import write_table

TABLE = Table(
    name="texts",
    doc="",
    key=("problem_id", "n"),
    columns=(
        Column("problem_id", pa.string(), ""),
        Column("n", pa.int32(), ""),
        Column("text", pa.large_string(), ""),
    ),
)
VIEWER_BYTES = 100 * 10**6


@pytest.mark.parametrize(
    "sizes",
    [
        [3_000_000] * 36,  # a batch of rows is more than a row group
        [60_000_000, 60_000_000],
        [10] * 70 + [66_000_000] + [40_000_000],
        [70_000_000],  # one row is never cut
    ],
)
def test_row_groups_stay_within_what_the_viewer_reads(tmp_path: Path, sizes: list[int]) -> None:
    rows = [{"problem_id": "p", "n": n, "text": f"{n:08d}" * (size // 8 + 1)} for n, size in enumerate(sizes)]
    written = write_table(TABLE, rows, tmp_path / "texts", {"p": "train"})
    (path,) = written.files["train"]
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    assert sum(group.num_rows for group in groups) == len(rows)
    for group in groups:
        assert group.total_byte_size <= VIEWER_BYTES
        assert all(group.column(i).has_offset_index for i in range(group.num_columns))
    assert recompute_digest(TABLE, [path]) == written.entry["digest"]


def test_small_rows_share_row_groups(tmp_path: Path) -> None:
    rows = ({"problem_id": "p", "n": n, "text": "x"} for n in range(20_000))
    (path,) = write_table(TABLE, rows, tmp_path / "texts", {"p": "train"}).files["train"]
    assert pq.read_metadata(path).num_row_groups == 1
