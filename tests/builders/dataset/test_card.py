"""The card and the docs: the datasets library loads a snapshot as it stands; the pages say what the schema says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset.describe import tables_page
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import commit_version

ROOT = Path(__file__).parents[3]
LOAD = """
import json, sys
import datasets
datasets.disable_progress_bars()
path, files = sys.argv[1], json.loads(sys.argv[2])
loaded = {name: datasets.load_dataset(path, name) for name in datasets.get_dataset_config_names(path)}
loaded["default"] = datasets.load_dataset(path)
loaded["parquet"] = datasets.load_dataset("parquet", data_files=files)
print(json.dumps({name: {split: len(rows) for split, rows in each.items()} for name, each in loaded.items()}))
print(json.dumps(loaded["groups"]["train"][0]))
"""


def load(tmp_path: Path, script: str, *args: str) -> list[str]:
    env = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_DATASETS_CACHE": str(tmp_path / "c"),
    }
    done = subprocess.run([sys.executable, "-c", script, *args], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_datasets_library_loads_every_table_offline(home: Path, tmp_path: Path) -> None:
    version = tiny_version(home)
    files = {s: [str(p) for p in version.files("groups", s)] for s in ("train", "validation", "test")}
    counts, first = map(json.loads, load(tmp_path, LOAD, str(version.path), json.dumps(files)))
    for table in TABLES:
        rows = {s: len(list(version.rows(table, s))) for s in ("train", "validation", "test")}
        assert counts[table] == {split: n for split, n in rows.items() if n}
    assert counts["default"] == counts["parquet"] == counts["groups"]
    assert first == next(iter(version.rows("groups", "train")))


def test_a_version_without_groups_still_loads_and_streams_none(home: Path, tmp_path: Path) -> None:
    version = commit_version("none", tiny_tables() | {"groups": []}, content=tiny_content(), home=home)
    assert [path.name for path in version.files("groups")] == ["train-00000-of-00001.parquet"]
    script = (
        "import sys, datasets\ndatasets.disable_progress_bars()\n"
        "print(len(datasets.load_dataset(sys.argv[1], 'labels')['train']))\n"
        "groups = datasets.load_dataset(sys.argv[1], 'groups', streaming=True)['train']\n"
        "print(list(groups), 'prompt' in groups.features)\n"
    )
    n = len(list(version.rows("labels", "train")))
    assert load(tmp_path, script, str(version.path)) == [str(n), "[] True"]


def test_one_version_has_one_card(home: Path, tmp_path: Path) -> None:
    card = (tiny_version(home).path / "README.md").read_text()
    assert card == (tiny_version(tmp_path / "elsewhere").path / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])
    assert head["license"] == "mit"
    assert [config["config_name"] for config in head["configs"]] == list(TABLES)
    for table in TABLES.values():
        assert all(f"`{column.name}`" in card for column in table.columns)


def test_the_page_about_tables_is_up_to_date() -> None:
    assert (ROOT / "docs/tables.md").read_text() == tables_page(), "run  python -m dualset.builders.dataset.describe"
