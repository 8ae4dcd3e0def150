"""What others see: a pushed version, read at its commit by the libraries that people use, as the card tells them to.

Polars' own ``hf://`` reader has the Hub's address built in and asks no HF_ENDPOINT: ``test_hub_polars.py`` has it. Here
Polars reads the Hub's ``resolve`` pages by their addresses, and fsspec's files.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from hub_client import Client, settings
from loopback_hub import Hub
from sample_version import tiny_version

from dualset.builders.dataset.store import Version, open_version


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return tiny_version(tmp_path_factory.mktemp("version"))


@pytest.fixture(scope="module")
def pushed(process: Client, version: Version, made: list[Version]) -> str:
    """The commit of the version at ada/tiny, over which another was pushed."""
    first = process("push", str(version.path), "ada/tiny", "--tag", "v1").out
    assert process("push", str(made[1].path), "ada/tiny", "--tag", "v2").code == 0
    return first.strip().partition("@")[2]


def test_datasets_loads_a_table_at_a_commit(process: Client, pushed: str, version: Version) -> None:
    code = (
        "from datasets import load_dataset\n"
        "loaded = load_dataset('ada/tiny', 'groups', revision=sha)\n"
        "answer = {split: rows['group_id'][:] for split, rows in loaded.items()}\n"
    )
    wanted = {split: [row["group_id"] for row in version.rows("groups", split)] for split in ("train", "validation")}
    got = process.python(code, sha=pushed)
    assert {split: got[split] for split in wanted} == wanted
    assert process.python(code, sha="v1") == got


def test_datasets_streams_a_table_at_a_commit(process: Client, pushed: str, version: Version) -> None:
    code = (
        "from datasets import load_dataset\n"
        "rows = load_dataset('ada/tiny', 'labels', split='train', revision=sha, streaming=True)\n"
        "answer = [row['program_id'] for row in rows]\n"
    )
    assert process.python(code, sha=pushed) == [row["program_id"] for row in version.rows("labels", "train")]


def test_the_default_table_is_groups(process: Client, pushed: str, version: Version) -> None:
    code = "from datasets import load_dataset\nanswer = load_dataset('ada/tiny', revision=sha)['train'].column_names\n"
    assert process.python(code, sha=pushed) == list(next(version.rows("groups")))


def test_duckdb_queries_a_commit(process: Client, pushed: str, version: Version) -> None:
    code = (
        "import duckdb\n"
        "from huggingface_hub import HfFileSystem\n"
        "con = duckdb.connect()\n"
        "con.register_filesystem(HfFileSystem())\n"
        "files = f'hf://datasets/ada/tiny@{sha}/data/labels/*.parquet'\n"
        "answer = con.sql(f\"select count(*), count(*) filter (passed) from '{files}'\").fetchall()\n"
    )
    labels = list(version.rows("labels"))
    assert process.python(code, sha=pushed) == [[len(labels), sum(row["passed"] is True for row in labels)]]


def test_polars_scans_a_commit(hub: Hub, process: Client, pushed: str, version: Version) -> None:
    code = (
        "import polars as pl\n"
        "from huggingface_hub import HfFileSystem\n"
        "files = HfFileSystem()\n"
        "paths = sorted(files.glob(f'hf://datasets/ada/tiny@{sha}/data/candidates/*.parquet'))\n"
        "opened = pl.concat([pl.scan_parquet(files.open(path)) for path in paths])\n"
        'fetched = pl.scan_parquet([f\'{page}/{path.partition("@" + sha + "/")[2]}\' for path in paths])\n'
        "answer = [sorted(each.collect()['candidate_id']) for each in (opened, fetched.select('candidate_id'))]\n"
    )
    page = f"{hub.endpoint}/datasets/ada/tiny/resolve/{pushed}"
    wanted = sorted(row["candidate_id"] for row in version.rows("candidates"))
    assert process.python(code, sha=pushed, page=page) == [wanted, wanted]


def test_the_hf_command_downloads_a_version_that_dualset_opens(
    hub: Hub, pushed: str, version: Version, tmp_path: Path
) -> None:
    hf = Path(sys.executable).with_name("hf")
    place = tmp_path / "copy"
    command = [hf, "download", "ada/tiny", "--repo-type", "dataset", "--revision", pushed, "--local-dir", place]
    done = subprocess.run(command, env=settings(hub, tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert open_version(str(place)).revision == version.revision
