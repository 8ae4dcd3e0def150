"""Published pairs: of a Hub commit, which must be given, and of files; what has no code is left out and counted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_client import Client, client_of
from loopback_hub import Hub, running_hub

from dualset.builders.errors import RecipeError, SourceError
from dualset.builders.pairs.published import Tally, published_files, published_pairs

CODESCALER = [
    {"question_content": "Double x.", "code_pos": "print(2 * x)", "code_neg": "print(x)"},
    {"question_content": "Double x.", "code_pos": "print(2 * x)", "code_neg": "print(x)"},
    {"question_content": "Double x.", "code_pos": "print(x + x)", "code_neg": " "},
    {"question_content": "Halve x.", "code_pos": "print(x / 2)", "code_neg": "print(x / 2)\n"},
    {"question_content": "Halve x.", "code_pos": "print(x / 2)", "code_neg": "print(x)"},
]
ACECODE = [
    {
        "instruction": "Write it.",
        "input": "Add a and b.",
        "chosen": "Sure:\n```python\ndef f(a, b): return a + b\n```",
        "rejected": "```python\ndef f(a, b): return a\n```\nDone.",
        "id": 7,
    },
    {"instruction": "", "input": "Say no.", "chosen": "I cannot.", "rejected": "No.", "id": 8},
]


def parquet(rows: list[dict[str, Any]], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_a_statement_and_codes_that_end_in_blanks_are_the_same_ones_and_null_is_no_code(tmp_path: Path) -> None:
    rows = [
        {"question_content": "Double x.", "code_pos": "print(2 * x)", "code_neg": "print(x)"},
        {"question_content": "Double x.\n", "code_pos": "print(2 * x)\n", "code_neg": "print(x)"},
        {"question_content": "Double x.\n", "code_pos": "print(x + x)", "code_neg": "print(x)"},
        {"question_content": "Double x.", "code_pos": None, "code_neg": "print(x)"},
    ]
    files, tally = published_files("codescaler", None, [parquet(rows, tmp_path / "p.parquet")]), Tally()
    found = list(published_pairs("codescaler", files, tally=tally))
    assert len(found) == 2
    assert len({(each.problem_id, each.split) for each in found}) == 1
    assert dict(tally.left_out) == {"twice": 1, "no code": 1}


def test_codescaler_pairs_from_a_file(tmp_path: Path) -> None:
    files, tally = published_files("codescaler", None, [parquet(CODESCALER, tmp_path / "p.parquet")]), Tally()
    found = list(published_pairs("codescaler", files, tally=tally))
    assert [(each.question_content, each.code_neg) for each in found] == [
        ("Double x.", "print(x)"),
        ("Halve x.", "print(x)"),
    ]
    assert (tally.rows, dict(tally.left_out)) == (5, {"twice": 1, "no code": 1, "the same code": 1})
    assert found[0].label_source == f"LARK-Lab/CodeScalerPair-51K@{files.pin}"
    assert found[0].tests_passed is None


def test_a_statement_is_in_one_split(tmp_path: Path) -> None:
    rows = [CODESCALER[0] | {"question_content": f"{i % 50}", "code_neg": f"print({i})"} for i in range(500)]
    found = published_pairs("codescaler", published_files("codescaler", None, [parquet(rows, tmp_path / "p.parquet")]))
    splits: dict[str, set[str]] = {}
    for each in found:
        splits.setdefault(each.question_content, set()).add(each.split)
    assert len(splits) == 50
    assert all(len(each) == 1 for each in splits.values())
    assert {split for each in splits.values() for split in each} == {"train", "validation", "test"}


def test_acecode_answers_become_code(tmp_path: Path) -> None:
    files = published_files("acecode", None, [parquet(ACECODE, tmp_path / "data/train-0.parquet").parent.parent])
    tally = Tally()
    [one] = published_pairs("acecode", files, tally=tally)
    assert one.question_content == "Write it.\n\nAdd a and b."
    assert (one.code_pos, one.code_neg) == ("def f(a, b): return a + b", "def f(a, b): return a")
    assert dict(tally.left_out) == {"no code": 1}


@pytest.mark.parametrize("revision", [None, "main", "a" * 39])
def test_without_a_commit_there_is_nothing(revision: str | None) -> None:
    with pytest.raises(RecipeError, match="give the 40-digit commit sha"):
        published_files("codescaler", revision)


def test_other_columns_and_names_are_told(tmp_path: Path) -> None:
    files = published_files("codescaler", None, [parquet(ACECODE, tmp_path / "p.parquet")])
    with pytest.raises(SourceError, match="no 'question_content'"):
        list(published_pairs("codescaler", files))
    with pytest.raises(RecipeError, match="did you mean 'codescaler'"):
        published_files("codescale", None)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Hub]]:
    folder = tmp_path_factory.mktemp("hub")
    with running_hub() as hub, client_of(hub, folder) as process:
        yield process, hub


def test_the_command_reads_a_commit_of_the_hub(client: tuple[Client, Hub], tmp_path: Path) -> None:
    process, hub = client
    data = parquet(CODESCALER, tmp_path / "train.parquet").read_bytes()
    hub.add("LARK-Lab/CodeScalerPair-51K", {"data/train-0.parquet": data, "README.md": b"# pairs"})
    sha = hub.dataset("LARK-Lab/CodeScalerPair-51K").head.sha
    out = tmp_path / "pairs.jsonl"
    done = process("pairs", "codescaler", "--revision", sha, "--split", "all", "--out", str(out), "--json")
    assert done.code == 0, done
    told = json.loads(done.out)
    assert (told["pairs"], told["problems"], told["source"]) == (2, 2, f"codescaler@{sha[:12]}")
    assert told["left_out"] == {"twice": 1, "no code": 1, "the same code": 1}
    assert [json.loads(line)["label_source"][-40:] for line in out.read_text().splitlines()] == [sha, sha]
    unpinned = process("pairs", "codescaler", "--revision", "main", "--out", str(out))
    assert "40-digit commit" in unpinned.line
