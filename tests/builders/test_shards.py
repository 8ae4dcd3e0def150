"""Shards: whole or not there, and the same rows back."""

from pathlib import Path

import pyarrow as pa
import pytest

from dualset.builders.shards import Shards

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.large_string())])


def test_a_finished_shard_gives_its_rows_back(tmp_path: Path) -> None:
    shards = Shards(tmp_path / "work", SCHEMA)
    key = ["made from", 3]
    assert not shards.done(key)
    shards.write(key, [{"n": 1, "text": "a"}, {"n": None, "text": None}])
    assert Shards(tmp_path / "work", SCHEMA).read(key) == [{"n": 1, "text": "a"}, {"n": None, "text": None}]
    assert not shards.done(["made from", 4])


def test_work_cut_off_in_the_middle_leaves_no_shard(tmp_path: Path) -> None:
    def rows() -> object:
        yield {"n": 1, "text": "a"}
        raise KeyboardInterrupt

    shards = Shards(tmp_path / "work", SCHEMA)
    with pytest.raises(KeyboardInterrupt):
        shards.write("key", rows())  # type: ignore[arg-type]
    assert not shards.done("key")
