"""Queries about a consensus, against plain Python: how often it is right, and how many of the written tests are."""

from statistics import fmean
from typing import Any

import pytest
from consensus_version import write_consensus_recipe

from dualset.builders.build import build
from dualset.builders.dataset.store import Version
from dualset.builders.recipe import load_recipe
from dualset.sql.queries import bind, named_query
from dualset.sql.session import ask, connect


@pytest.fixture(scope="module", params=["consensus:codet", "consensus:maxpass", "execution"])
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Version:
    folder = tmp_path_factory.mktemp("consensus")
    recipe = load_recipe(write_consensus_recipe(folder), [f"labels.source={request.param}", "labels.mutants=8"])
    return build(recipe, home=folder / "dualsets").version


def answer(version: Version, name: str) -> list[dict[str, Any]]:
    query = named_query(name)
    with connect(version) as connection:
        found = ask(connection, query.sql, bind(query, {}))
        return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_selection_noise(version: Version) -> None:
    known: dict[str, list[tuple[bool, bool]]] = {}
    for row in version.rows("labels"):
        if row["label_source"] != "execution" and None not in (row["passed"], row["truth"]):
            known.setdefault(row["problem_id"], []).append((row["passed"], row["truth"]))
    if not known:
        assert answer(version, "selection_noise") == []
        return
    rates = {name: fmean(truth for _, truth in each) for name, each in known.items()}
    right = {name: fmean(truth for passed, truth in each if passed) for name, each in known.items()}
    [found] = answer(version, "selection_noise")
    assert (found["difficulty"], found["problems"]) == ("easy", len(known))
    assert found["programs"] == sum(map(len, known.values()))
    assert found["chosen"] == sum(passed for each in known.values() for passed, _ in each)
    assert found["pass_rate"] == pytest.approx(fmean(rates.values()), abs=1e-4)
    assert found["selection_noise"] == pytest.approx(1 - fmean(right.values()), abs=1e-4)
    assert found["mixed_problems"] == sum(0 < rate < 1 for rate in rates.values())


def test_test_accuracy(version: Version) -> None:
    known = [row for row in version.rows("generated_tests") if row["valid"] is not None]
    chosen = [row["valid"] for row in known if row["chosen"]]
    [found] = answer(version, "test_accuracy")
    assert (found["tests"], found["right"]) == (4, 3)
    assert found["accuracy"] == fmean(row["valid"] for row in known)
    weighted = sum(row["count"] for row in known if row["valid"]) / sum(row["count"] for row in known)
    assert found["accuracy_weighted"] == pytest.approx(weighted, abs=1e-4)
    assert found["chosen"] == len(chosen)
    assert found["accuracy_chosen"] == (fmean(chosen) if chosen else None)


def test_mutation_score(version: Version) -> None:
    known = [row for row in version.rows("generated_tests") if row["mutants"]]
    assert {row["code"] for row in known} == {"assert f(1) == 2", "assert f(2) == 4", "assert f(5) == 10"}
    assert all(0 <= row["killed"] <= row["mutants"] <= 8 for row in known)
    by_code = {row["code"]: row["killed"] for row in known}
    assert by_code["assert f(5) == 10"] >= by_code["assert f(2) == 4"]  # 2 * 2 = 2 + 2 = 2 ** 2
    [found] = answer(version, "mutation_score")
    assert (found["tests"], found["chosen"]) == (3, sum(bool(row["chosen"]) for row in known))
    assert found["mutation_score"] == pytest.approx(fmean(row["killed"] / row["mutants"] for row in known), abs=1e-4)
    assert found["without_kill"] == sum(row["killed"] == 0 for row in known)
