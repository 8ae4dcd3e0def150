"""The card and the docs: the libraries load a snapshot as it stands, and the pages say what the rows and schema say."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from datasets.utils.metadata import MetadataConfigs
from hub_client import Client
from huggingface_hub import DatasetCard, DatasetCardData
from markdown_it import MarkdownIt
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset.card_head import head
from dualset.builders.dataset.card_seal import is_sealed
from dualset.builders.dataset.describe import tables_page
from dualset.builders.dataset.figures import count_version
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, commit_version

ROOT = Path(__file__).parents[3]
ALWAYS = [table.name for table in TABLES.values() if not table.optional]
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
    for table in version.tables:
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
    card = text_of(tiny_version(home))
    assert card == text_of(tiny_version(tmp_path / "elsewhere"))
    assert re.search("20[0-9]{2}-", card.partition("## How to load")[0]) is None, "a date"
    for table in TABLES.values():
        assert table.optional or all(f"`{column.name}`" in card for column in table.columns)


def test_the_head_is_what_the_hub_and_datasets_accept(home: Path) -> None:
    version = tiny_version(home)
    parsed = DatasetCard(text_of(version)).data
    assert isinstance(parsed, DatasetCardData)
    configs = MetadataConfigs.from_dataset_card_data(parsed)
    assert list(configs) == list(version.tables)
    assert [name for name, config in configs.items() if config.get("default")] == ["groups"]
    for name, config in configs.items():
        found = {each["split"]: sorted(version.path.glob(each["path"])) for each in config["data_files"]}
        assert found == {split: sorted(version.files(name, split)) for split in version.splits[name]}
    assert parsed.license == "mit"
    assert parsed.size_categories == ["n<1K"]
    assert parsed.task_categories == ["text-ranking", "text-generation"]
    assert parsed.pretty_name == "tiny"


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["MIT"], {"license": "mit"}),
        ([None], {"license": "unknown"}),
        (["CC-BY-4.0", "MIT", None], {"license": ["cc-by-4.0", "mit", "unknown"]}),
        (["MIT", "all rights: mine"], {"license": "other", "license_name": "by-problem"}),
    ],
)
def test_the_licences_of_the_sources_are_named(
    home: Path, licences: list[str | None], expected: dict[str, Any]
) -> None:
    tables = tiny_tables()
    for i, problem in enumerate(tables["problems"]):
        problem["license"] = licences[i % len(licences)]
    card = text_of(commit_version("tiny", tables, content=tiny_content(), home=home))
    head = yaml.safe_load(card.split("---")[1])
    assert {key: head[key] for key in head if key.startswith("license")} == expected
    for licence in licences:
        assert f"- {f'`{licence}`' if licence else 'unknown'}: {12 // len(licences)} problems" in card


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (16_400, "10K<n<100K"),
        (10**6 - 1, "100K<n<1M"),
        (10**6, "1M<n<10M"),
        (10**9, "100M<n<1B"),
    ],
)
def test_the_size_is_in_the_hub_s_words(home: Path, rows: int, word: str) -> None:
    words = json.loads((Path(datasets.__file__).parent / "utils/resources/size_categories.json").read_text())
    version = tiny_version(home, n_problems=1)
    (file,) = (file for file in version.manifest["files"]["parquet"] if file["table"] == "candidates")
    file["rows"] = rows
    assert head(version, count_version(version))["size_categories"] == [word]
    assert word in words


def test_the_numbers_are_those_of_the_rows(home: Path) -> None:
    version = tiny_version(home)
    card = text_of(version)
    cells = {line.split("|")[1].strip(): [each.strip() for each in line.split("|")[2:-1]] for line in table_lines(card)}
    for name, table in (
        ("problems", "problems"),
        ("groups (mixed)", "groups"),
        ("labels (distinct programs)", "labels"),
    ):
        by_split = [len(list(version.rows(table, split))) for split in ("train", "validation", "test")]
        assert cells[name] == [str(n) for n in (*by_split, sum(by_split))]
    labels = list(version.rows("labels"))
    outcomes = Counter(label["outcome"] for label in labels)
    for outcome, n in outcomes.items():
        assert cells[f"`{outcome}`" if outcome else "no tests"][0] == str(n)
    flaky = sum(label["flaky"] for label in labels)
    assert f"{flaky} did not do the same each time (flake rate {100 * flaky / len(labels):.1f} %)" in card
    assert version.revision in card
    assert "temperature" in card
    assert yaml.safe_load(card.split("```yaml\n")[1].split("```")[0]) == version.manifest["content"]["recipe"]


def test_the_first_lines_say_what_this_version_is(home: Path) -> None:
    version = tiny_version(home)
    models = list(dict.fromkeys(each.model for each in count_version(version).samplers))
    n = {name: len(list(version.rows(name))) for name in TABLES}
    said = f"{n['candidates']} completions by `{models[0]}` and `{models[1]}` for {n['problems']} problems of `"
    assert said in text_of(version).partition("## What it holds")[0]


def test_a_group_is_shown_with_its_answer(home: Path) -> None:
    version = tiny_version(home)
    group = next(version.rows("groups", "train"))
    shown = text_of(version).partition("as a model is shown it:")[2]
    assert group["prompt"][0]["content"].splitlines()[0] in shown
    assert f"`{group['completion'][-1]['content']}`" in shown
    right = [str(i + 1) for i, correct in enumerate(group["correct"]) if correct]
    assert f"Right: {', '.join(right)}." in shown


def test_a_long_group_loses_its_middle_and_the_ends_of_its_lines(home: Path) -> None:
    tables = tiny_tables()
    for group in tables["groups"]:
        group["prompt"] = [{"role": "user", "content": "\n".join(["first " * 100, *"abc" * 100, "Rank them."])}]
    card = text_of(commit_version("tiny", tables, content=tiny_content(), home=home))
    shown = card.partition("```text\n")[2].partition("\n```")[0].splitlines()
    assert (len(shown), shown[-4], shown[-1]) == (60, "…", "Rank them.")
    assert shown[0] == ("first " * 16) + "…"


def test_settings_that_a_source_does_not_use_and_empty_ones_are_not_shown(home: Path) -> None:
    recipe = {
        "problems": {"source": "jsonl", "count": 200, "seed": 0},
        "candidates": {"source": "vllm", "n": 8, "model": None, "engine": {}, "stop": [], "server": {"extra_body": {}}},
    }
    card = text_of(commit_version("tiny", tiny_tables(), content=replace(tiny_content(), recipe=recipe), home=home))
    shown = yaml.safe_load(card.split("```yaml\n")[1].split("```")[0])
    assert shown == {"problems": {"source": "jsonl"}, "candidates": {"source": "vllm", "n": 8}}


def test_the_prompt_is_shown_as_it_was_asked(home: Path) -> None:
    text = "{{ problem.statement }}\n```python\n{{ problem.starter_code }}\n```"
    pins = {"problems": "a" * 64, "prompt": {"name": "mine", "sha256": "b" * 64, "text": text}}
    card = text_of(commit_version("tiny", tiny_tables(), content=replace(tiny_content(), pins=pins), home=home))
    assert f"by the template `mine` (sha256 `{'b' * 64}`):\n\n````jinja\n{text}\n````" in card


def test_a_digest_does_not_make_a_table_too_wide(home: Path) -> None:
    tables = tiny_tables()
    for row in tables["problems"]:
        row |= {"source": "humaneval", "source_revision": "b" * 64}
    for row in tables["candidates"]:
        row["model_revision"] = "c" * 64
    card = text_of(commit_version("tiny", tables, content=tiny_content(), home=home))
    assert "| `humaneval` ([arXiv 2107.03374](https://arxiv.org/abs/2107.03374)) | `bbbbbbbbbbbb…` |" in card
    assert max(map(len, table_lines(card.partition("## Tables")[0]))) < 130


def test_where_nothing_was_run_twice_no_flake_rate_is_claimed(home: Path) -> None:
    tables = tiny_tables()
    for label in tables["labels"]:
        label |= {"runs": 1, "flaky": None}
    card = text_of(commit_version("tiny", tables, content=tiny_content(), home=home))
    assert "the flake rate is not known" in card
    assert "Each program was run once" in card


@pytest.mark.parametrize("empty", [ALWAYS, ["groups"], ["labels", "groups", "observations"], ["candidates"]])
def test_a_card_of_empty_tables_is_whole(home: Path, empty: list[str]) -> None:
    tables = {name: [] if name in empty else rows for name, rows in tiny_tables().items()}
    version = commit_version("none", tables, content=tiny_content(), home=home)
    card = text_of(version)
    assert headings(card) == headings(text_of(tiny_version(home)))
    assert "nan" not in card.lower().split()
    assert "None" not in card
    assert f"Without rows: {', '.join(empty)}." in card


def test_an_edit_breaks_the_seal(home: Path) -> None:
    card = text_of(tiny_version(home))
    assert is_sealed(card)
    for edited in (card + "x", card + "\n", "x" + card, card.replace("problems", "Problems", 1), card[:-1], "", "\n"):
        assert not is_sealed(edited)


HOSTILE = "a | b `c` ```\n## Heading\n---\n<script>alert(1)</script> \x1b[2J é" + "x" * 500


def test_what_others_wrote_cannot_break_the_page(home: Path) -> None:
    tables = tiny_tables()
    tables["problems"][0] |= {"license": HOSTILE, "source": HOSTILE, "source_revision": HOSTILE}
    tables["candidates"][0] |= {"model": HOSTILE, "sampler": HOSTILE}
    for group in tables["groups"]:
        group["prompt"] = [{"role": "user", "content": HOSTILE}]
        group["completion"] = [{"role": "assistant", "content": HOSTILE}]
    content = replace(tiny_content(), recipe={"problems": {"source": HOSTILE}}, pins={"problems": HOSTILE, HOSTILE: 1})
    card = text_of(commit_version("tiny", tables, content=content, home=home))
    assert headings(card) == headings(text_of(tiny_version(home)))
    shown = MarkdownIt("gfm-like", {"linkify": False}).render(card.split("---\n", 2)[2])
    assert "<script>" not in shown
    assert "\x1b" not in card
    assert max(len(line) for line in card.splitlines() if line.startswith("|")) < 1000


@pytest.mark.parametrize("table", ["groups", "labels"])
def test_the_card_s_own_code_loads_the_version_at_its_commit(process: Client, tmp_path: Path, table: str) -> None:
    tables = tiny_tables() if table == "groups" else tiny_tables() | {"groups": []}
    version = commit_version("card", tables, content=tiny_content(), home=tmp_path)
    sha = process("push", str(version.path), f"ada/card-{table}").out.strip().partition("@")[2]
    get = (
        f"from huggingface_hub import hf_hub_download\nanswer = open(hf_hub_download('ada/card-{table}', 'README.md', "
    )
    page = process.python(f"{get}repo_type='dataset', revision=sha)).read()", sha=sha)
    assert "ORG" not in page
    blocks = [block.split("```")[0].replace("SHA", sha) for block in page.split("```python\n")[1:]]
    assert len(blocks) == 3
    loaded = process.python(f"{blocks[0]}\nanswer = {table}['problem_id'][:]")
    assert loaded == [row["problem_id"] for row in version.rows(table, "train")]
    counts = process.python(blocks[1].replace("con.sql", "answer = con.sql").rstrip() + ".fetchall()")
    assert dict(counts) == Counter(row["passed"] for row in version.rows("labels"))
    compile(blocks[2], "polars", "exec")  # its hf:// reader asks no HF_ENDPOINT: test_hub_polars.py
    assert f"hf://datasets/ada/card-{table}@{sha}/data/candidates/*.parquet" in blocks[2]
    (commands,) = (block.split("```")[0] for block in page.split("```bash\n")[1:])
    for line in commands.strip().replace("SHA", sha).splitlines():
        assert process(*line.split()[1:]).code == 0, line


def text_of(version: Version) -> str:
    return (version.path / "README.md").read_text("utf-8")


def table_lines(card: str) -> list[str]:
    return [line for line in card.splitlines() if line.startswith("| ")]


def headings(card: str) -> list[str]:
    """As a Markdown reader finds them, so that one that broke out of a cell or a fence is found too."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(card.split("---\n", 2)[2])
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"][1:]


def test_the_page_about_tables_is_up_to_date() -> None:
    assert (ROOT / "docs/tables.md").read_text() == tables_page(), "run  python -m dualset.builders.dataset.describe"
