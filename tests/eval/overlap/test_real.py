"""On real problems: what is known to be in both is found, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
from overlap_version import version_of

from dualset.builders.dataset.store import Version
from dualset.builders.dataset.words import Split
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings
from dualset.eval.overlap.overlap import find_overlap


def loaded(home: Path, source: str, path: Path) -> Version:
    problems = load_problems(ProblemSettings(source=source, path=str(path))).problems
    return version_of(home, source, [replace(problem, split=Split.TRAIN) for problem in problems])


def test_the_leetcode_problems_of_livecodebench_are_found(data: Path, home: Path) -> None:
    """LiveCodeBench's titles of LeetCode problems are LeetCodeDataset's names: 38 are in both, by nothing else."""
    train = loaded(home, "leetcode", data / "leetcode_dataset/LeetCodeDataset-v0.3.1-test.jsonl.gz")
    evaluation = loaded(home, "livecodebench", data / "livecodebench/problems_public_tests")
    found = find_overlap(train, evaluation)
    names = {row["source_id"] for row in train.rows("problems")}
    in_both = {row["title"] for row in evaluation.rows("problems")} & names
    pairs: dict[str, set[str]] = {}
    for match in found.matches:
        pairs.setdefault(match.eval_title or "", set()).add(match.train_source_id or "")
    assert len(in_both) == 38
    assert pairs.keys() - in_both == {"construct-string-with-minimum-cost"}  # whose easy version TRAIN has
    assert {title for title, names in pairs.items() if title in names} == in_both
    others = {name for title, names in pairs.items() for name in names if name != title}
    assert all(name.endswith(("-ii", "-easy")) for name in others)
    assert found.counts["same_statement"] == 10
    assert (found.counts["not_after"], found.counts["undated"]) == (None, 723)


def test_humaneval_and_mbpp_share_nothing(data: Path, home: Path) -> None:
    mbpp = loaded(home, "mbpp", data / "mbpp/mbpp.jsonl")
    humaneval = loaded(home, "humaneval", data / "humaneval/HumanEval.jsonl.gz")
    assert find_overlap(mbpp, humaneval).counts["matched"] == 0
    assert find_overlap(humaneval, mbpp).counts["matched"] == 0


@pytest.mark.parametrize(("source", "path", "pair"), [("humaneval", "humaneval/HumanEval.jsonl.gz", {"56", "61"})])
def test_two_of_humanevals_problems_differ_in_punctuation_only(
    data: Path, home: Path, source: str, path: str, pair: set[str]
) -> None:
    version = loaded(home, source, data / path)
    found = find_overlap(version, version)
    others = {match.eval_source_id for match in found.matches if not match.same_id}
    assert others == {f"HumanEval/{number}" for number in pair}
