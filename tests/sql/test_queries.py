"""Each named query against plain Python over the same rows."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sample_version import tiny_version

from dualset.builders.dataset.store import Version
from dualset.builders.errors import QueryError
from dualset.sql.queries import bind, named_query
from dualset.sql.session import ask, connect

Row = dict[str, Any]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return tiny_version(tmp_path_factory.mktemp("store"), n_problems=40, seed=3)


def run(version: Version, name: str, **given: str) -> list[Row]:
    query = named_query(name)
    answer = ask(connect(version), query.sql, bind(query, given))
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def attempts(version: Version) -> list[Row]:
    """The candidates with correct and outcome, and their problem."""
    problems = {p["problem_id"]: p for p in version.rows("problems")}
    labels = {label["program_id"]: label for label in version.rows("labels")}
    rows = []
    for candidate in version.rows("candidates"):
        label = labels.get(candidate["program_id"])
        correct = False if candidate["program_id"] is None else label["passed"] if label else None
        outcome = "no_code" if candidate["program_id"] is None else label["outcome"] if label else None
        rows.append({**candidate, "correct": correct, "outcome": outcome, "problem": problems[candidate["problem_id"]]})
    return rows


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def rate(rows: list[Row]) -> float | None:
    known = [row["correct"] for row in rows if row["correct"] is not None]
    return round(sum(known) / len(known), 4) if known else None


def programs(rows: list[Row]) -> int:
    return len({row["program_id"] for row in rows} - {None})


@pytest.mark.parametrize("split", [None, "test"])
def test_pass_rate(version: Version, split: str | None) -> None:
    found = run(version, "pass_rate", **({"split": split} if split else {}))
    expected = {
        problem_id: (len(rows), programs(rows), sum(r["correct"] is not None for r in rows), rate(rows))
        for problem_id, rows in grouped(attempts(version), lambda r: r["problem_id"]).items()
        if split in (None, rows[0]["problem"]["split"])
    }
    columns = ("candidates", "programs", "labelled", "pass_rate")
    assert {r["problem_id"]: tuple(r[c] for c in columns) for r in found} == expected
    order = [(r["pass_rate"] is None, r["pass_rate"] or 0, r["problem_id"]) for r in found]
    assert order == sorted(order)
    assert len(run(version, "pass_rate", limit="3")) == 3


def test_outcomes_by_difficulty(version: Version) -> None:
    rows = attempts(version)
    of_difficulty = Counter(r["problem"]["difficulty"] for r in rows)
    expected = {
        (difficulty, outcome): (len(each), programs(each), round(len(each) / of_difficulty[difficulty], 4))
        for (difficulty, outcome), each in grouped(rows, lambda r: (r["problem"]["difficulty"], r["outcome"])).items()
    }
    found = run(version, "outcomes_by_difficulty")
    assert {(r["difficulty"], r["outcome"]): (r["candidates"], r["programs"], r["share"]) for r in found} == expected
    assert any(outcome is None for _, outcome in expected)  # the problem without tests


def test_exceptions(version: Version) -> None:
    failures = [label for label in version.rows("labels") if (label["first_failure"] or {}).get("exception")]
    expected = Counter(label["first_failure"]["exception"] for label in failures)
    found = run(version, "exceptions", limit="null")
    assert [(r["exception"], r["programs"]) for r in found] == sorted(expected.items(), key=lambda x: (-x[1], x[0]))
    assert found[0]["message"] in {label["first_failure"]["message"] for label in failures}


def test_near_misses(version: Version) -> None:
    candidates = Counter(c["program_id"] for c in version.rows("candidates"))
    expected = {
        (label["program_id"], label["first_failure"]["test_id"], candidates[label["program_id"]])
        for label in version.rows("labels")
        if label["passed"] is False and sum(outcome != "pass" for outcome in label["outcomes"]) == 1
    }
    found = run(version, "near_misses", limit="null")
    assert {(r["program_id"], r["test_id"], r["candidates"]) for r in found} == expected
    assert len(expected) > 5
    assert all(r["code"].startswith("def f") for r in found)
    assert run(version, "near_misses", min_tests="5") == []


def test_duplicates(version: Version) -> None:
    expected = {}
    for problem_id, rows in grouped(version.rows("candidates"), lambda r: r["problem_id"]).items():
        seen = Counter(r["program_id"] for r in rows if r["program_id"])
        expected[problem_id] = (seen.total(), len(seen), seen.total() - len(seen), max(seen.values()))
    columns = ("candidates", "programs", "repeated", "most_common")
    found = run(version, "duplicates", limit="null")
    assert {r["problem_id"]: tuple(r[c] for c in columns) for r in found} == expected


def test_group_balance(version: Version) -> None:
    split = {p["problem_id"]: p["split"] for p in version.rows("problems")}
    groups = list(version.rows("groups"))
    expected = {
        key: (len(rows), len({r["problem_id"] for r in rows}))
        for key, rows in grouped(
            groups, lambda r: (split[r["problem_id"]], len(r["correct"]), sum(r["correct"]))
        ).items()
    }
    found = run(version, "group_balance")
    assert {(r["split"], r["size"], r["n_correct"]): (r["groups"], r["problems"]) for r in found} == expected
    for part in ("train", "validation", "test"):
        assert sum(r["share"] for r in found if r["split"] == part) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_pass_at_k(version: Version, k: int) -> None:
    expected: dict[str, tuple[int, float]] = {}
    for model, rows in grouped(attempts(version), lambda r: r["model"]).items():
        estimates = []
        for each in grouped(rows, lambda r: r["problem_id"]).values():
            known = [r["correct"] for r in each if r["correct"] is not None]
            n, c = len(known), sum(known)
            if n >= k:
                estimates.append(1 - math.comb(n - c, k) / math.comb(n, k))
        expected[model] = (len(estimates), math.fsum(estimates) / len(estimates))
    found = run(version, "pass_at_k", k=str(k))
    assert {r["model"]: r["problems"] for r in found} == {model: n for model, (n, _) in expected.items()}
    for r in found:
        assert r["pass_at_k"] == pytest.approx(expected[r["model"]][1], abs=1e-6)
        assert r["k"] == k


def test_extraction(version: Version) -> None:
    expected = {
        key: (len(rows), sum(r["code"] is not None for r in rows), programs(rows), rate(rows))
        for key, rows in grouped(attempts(version), lambda r: (r["extraction"], r["model"])).items()
    }
    columns = ("candidates", "with_code", "programs", "pass_rate")
    found = run(version, "extraction")
    assert {(r["extraction"], r["model"]): tuple(r[c] for c in columns) for r in found} == expected


def test_killer_tests(version: Version) -> None:
    kills: Counter[Any] = Counter()
    sole: Counter[Any] = Counter()
    for label in version.rows("labels"):
        failed = [i for i, outcome in enumerate(label["outcomes"]) if outcome != "pass"]
        if label["passed"] is not None:
            kills.update((label["problem_id"], i) for i in failed)
            sole.update((label["problem_id"], i) for i in failed if len(failed) == 1)
    tests = {p["problem_id"]: p["tests"] for p in version.rows("problems")}
    found = run(version, "killer_tests", limit="null")
    assert {(r["problem_id"], r["test_index"]): r["kills"] for r in found} == kills
    assert {(r["problem_id"], r["test_index"]): r["sole_kills"] for r in found if r["sole_kills"]} == sole
    assert all(tests[r["problem_id"]][r["test_index"]]["test_id"] == r["test_id"] for r in found)


def test_recorded_verdicts(version: Version) -> None:
    recorded = [r for r in attempts(version) if r["recorded_passed"] is not None]
    expected = {
        key: (len(rows), programs(rows))
        for key, rows in grouped(recorded, lambda r: (r["model"], r["recorded_passed"], r["correct"])).items()
    }
    found = run(version, "recorded_verdicts")
    assert {
        (r["model"], r["recorded_passed"], r["correct"]): (r["candidates"], r["programs"]) for r in found
    } == expected


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("pass_rat", {}, "no query named 'pass_rat': did you mean 'pass_rate'"),
        ("pass_rate", {"limt": "3"}, "no parameter 'limt': did you mean 'limit'"),
        ("pass_rate", {"limit": "three"}, "limit is 'three': expected a whole number"),
        ("pass_at_k", {"k": "-1"}, "k is '-1': expected a whole number"),
        ("pass_at_k", {"k": "null"}, "k is 'null': expected a whole number"),
        ("pass_rate", {"split": "tset"}, "split is 'tset': did you mean 'test'"),
        ("pass_rate_by_length", {"unit": "words"}, r"unit is 'words': \(known: characters, code_characters, tokens\)"),
    ],
)
def test_a_wrong_name_or_parameter_is_told_what_is_right(name: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        bind(named_query(name), given)
