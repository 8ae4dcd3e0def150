"""Shards: whole or not there, and the same rows back."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from dualset.builders.errors import VersionError
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


REPLACE = """
import os, sys
from itertools import cycle
for path in cycle(sys.argv[2:]):
    os.link(path, "next.tmp")
    os.replace("next.tmp", sys.argv[1])
"""


def test_a_shard_that_is_replaced_while_it_is_read_is_one_or_the_other(tmp_path: Path) -> None:
    """By path, the footer was read from one file and the rows from the next."""
    shards = Shards(tmp_path, SCHEMA)
    contents = {n: [{"n": i, "text": str(n) * i} for i in range(n)] for n in (10, 1000)}
    for n, rows in contents.items():
        shards.write(n, rows)
    shards.write("key", contents[10])
    paths = [str(shards.path(key)) for key in ("key", 10, 1000)]
    with subprocess.Popen([sys.executable, "-c", REPLACE, *paths], cwd=tmp_path) as other:
        try:
            read = [shards.read("key") for _ in range(300)]
        finally:
            other.kill()
    assert all(rows == contents[len(rows)] for rows in read)
    assert {len(rows) for rows in read} == contents.keys()


def test_a_damaged_shard_is_told_in_one_line(tmp_path: Path) -> None:
    shards = Shards(tmp_path, SCHEMA)
    shards.write("key", [{"n": n, "text": f"{n} is a number"} for n in range(100)])
    whole = shards.path("key").read_bytes()
    for damaged in (whole[:-1], whole[: len(whole) // 2], b"", whole[:300] + bytes([whole[300] ^ 1]) + whole[301:]):
        shards.path("key").write_bytes(damaged)
        with pytest.raises(VersionError, match=r"\.parquet is damaged \(.+\): delete it and run the same"):
            shards.read("key")
