"""The libraries that people read a dataset of the Hub with, each in a process of its own: what ``publish.py`` times.

Run:  HF_ENDPOINT=... python benchmarks/readers.py READER ORG/NAME SHA

In: a reader's name, a repository and a commit. Out: one JSON object: the seconds that reading took, without the start
of Python and the imports; and of every table its rows and a digest of its sorted keys, so that rows that are missing,
repeated or other ones are seen. Left out: Polars' own ``hf://`` reader, which has the Hub's address built in and asks
no HF_ENDPOINT (``tests/builders/dataset/test_hub_polars.py`` has it); here Polars opens the Hub's files and pages.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["KEYS", "READERS", "digest"]

KEYS = {
    "problems": "problem_id",
    "candidates": "candidate_id",
    "labels": "program_id",
    "groups": "group_id",
    "observations": "program_id",
}
Read = Mapping[str, Iterable[str]]


def digest(keys: Iterable[str]) -> list[Any]:
    """The number of keys and the sha256 over them, sorted."""
    listed = sorted(keys)
    return [len(listed), hashlib.sha256("\n".join(listed).encode()).hexdigest()]


def _datasets(repo: str, sha: str) -> Callable[[], Read]:
    from datasets import load_dataset

    def read() -> Read:
        loaded = {table: load_dataset(repo, table, revision=sha) for table in KEYS}
        return {table: [k for rows in each.values() for k in rows[KEYS[table]][:]] for table, each in loaded.items()}

    return read


def _streaming(repo: str, sha: str) -> Callable[[], Read]:
    from datasets import load_dataset

    def keys(table: str) -> list[str]:
        splits = load_dataset(repo, table, revision=sha, streaming=True)
        return [row[KEYS[table]] for rows in splits.values() for row in rows]

    return lambda: {table: keys(table) for table in KEYS}


def _polars(repo: str, sha: str) -> Callable[[], Read]:
    import polars as pl
    from huggingface_hub import HfFileSystem

    page = f"{os.environ['HF_ENDPOINT']}/datasets/{repo}/resolve/{sha}"

    def keys(table: str) -> list[str]:
        found = HfFileSystem().glob(f"hf://datasets/{repo}@{sha}/data/{table}/*.parquet")
        paths = [f"{page}/{path.partition(f'@{sha}/')[2]}" for path in found]
        return pl.scan_parquet(paths).select(KEYS[table]).collect()[KEYS[table]].to_list()

    return lambda: {table: keys(table) for table in KEYS}


def _duckdb(repo: str, sha: str) -> Callable[[], Read]:
    import duckdb
    from huggingface_hub import HfFileSystem

    con = duckdb.connect()
    con.register_filesystem(HfFileSystem())

    def keys(table: str) -> list[str]:
        files = f"hf://datasets/{repo}@{sha}/data/{table}/*.parquet"
        return [key for (key,) in con.sql(f"select {KEYS[table]} from '{files}'").fetchall()]

    return lambda: {table: keys(table) for table in KEYS}


def _hf(repo: str, sha: str) -> Callable[[], Read]:
    import pyarrow.parquet as pq

    def keys(folder: Path, table: str) -> list[str]:
        files = sorted((folder / "data" / table).glob("*.parquet"))
        return [key for file in files for key in pq.read_table(file, columns=[KEYS[table]])[KEYS[table]].to_pylist()]

    def read() -> Read:
        with tempfile.TemporaryDirectory() as folder:
            what = [repo, "--repo-type", "dataset", "--revision", sha, "--local-dir", folder]
            subprocess.run([Path(sys.executable).with_name("hf"), "download", *what], check=True, capture_output=True)
            return {table: keys(Path(folder), table) for table in KEYS}

    return read


READERS: dict[str, Callable[[str, str], Callable[[], Read]]] = {
    "datasets": _datasets,
    "datasets, streaming": _streaming,
    "polars": _polars,
    "duckdb, hf://": _duckdb,
    "hf download": _hf,
}


if __name__ == "__main__" and sys.argv[1:]:  # without arguments there is nothing to do: make benchmarks runs every file
    reader, repo, sha = sys.argv[1:]
    read = READERS[reader](repo, sha)
    started = time.perf_counter()
    tables = read()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "tables": {table: digest(keys) for table, keys in tables.items()}}))
