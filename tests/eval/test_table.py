"""What a table says in words, and that a name that others gave cannot break it."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dualset.cli import cli
from dualset.eval.table import table

HOSTILE = "ev|il\n\n# INJECTED <img src=x>\x1b[31m"


def found(value: float, half: float, n: int = 50) -> dict[str, Any]:
    return {"value": value, "low": value - half, "high": value + half, "n": n, "chance": 0.5, "problems_needed": 400}


def told(n: int = 50, other: str = "B", **gains: tuple[float, float]) -> dict[str, Any]:
    metrics = {name: found(0.6, 0.1, n) for name in gains}
    against = {name: found(value, half, n) for name, (value, half) in gains.items()}
    settings = {
        "split": "test",
        **{"temperature": 0.6, "top_p": 0.95, "top_k": 20, "max_tokens": 64, "samples": 4, "best_of": 4},
        **{"repeats": 1, "orders": 1, "level": 0.95, "resamples": 100, "seed": 0, "tests": None},
    }
    return {
        "dataset": "d",
        "revision": "1" * 64,
        "problems": n,
        "groups": n,
        "problems_with_tests_to_choose_by": 0,
        "settings": settings,
        "models": [
            {"model": "A", "metrics": metrics, "position_bias": None},
            {"model": other, "metrics": metrics, "against_first": against, "position_bias": None},
        ],
        "decomposition": [],
        "strata": {},
    }


def test_a_difference_is_claimed_only_where_its_interval_leaves_out_zero() -> None:
    text = table(told(ndcg=(0.1, 0.05), top1=(0.1, 0.2), **{"pass@1": (-0.1, 0.05)}))
    assert "B is higher in ndcg (+0.100 [+0.050, +0.150]); lower in pass@1 (-0.100 [-0.150, -0.050]) than A." in text
    assert "Nothing here tells B from A." in table(told(top1=(0.1, 0.2)))


def test_few_problems_claim_nothing() -> None:
    text = table(told(n=5, ndcg=(0.1, 0.05)))
    assert "Fewer than 20 problems are too few to tell B from A." in text
    assert "]*" not in text


def test_names_cannot_break_the_text_or_the_markdown() -> None:
    plain = table(told(other=HOSTILE, ndcg=(0.1, 0.05)))
    assert "\x1b" not in plain
    assert "\n# INJECTED" not in plain
    markdown = table(told(other=HOSTILE, ndcg=(0.1, 0.05)), as_markdown=True)
    assert "<img" not in markdown
    widths = {line.replace("\\|", "").count("|") for line in markdown.splitlines() if line.startswith("| ")}
    assert widths == {4, 6}  # name, n and B; name, n, chance, A and B


@pytest.mark.parametrize("given", [["--repeats", "3"], ["--engine", "vllm"], ["--rankings", "said.parquet"]])
def test_what_asks_models_is_refused_where_none_is_asked(small_version: Path, given: list[str]) -> None:
    done = CliRunner().invoke(cli, ["eval", "--stored", str(small_version), "--split", "all", *given])
    assert done.exit_code == 2
    assert f"{given[0]} is about asking models, and --stored asks none" in done.output


def test_a_file_that_cannot_be_written_is_told_before_anything_is_done(small_version: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "eval.json", tmp_path):
        done = CliRunner().invoke(cli, ["eval", "--stored", str(small_version), "--split", "all", "-o", str(path)])
        assert done.exit_code != 0
        assert "Means over" not in done.output
