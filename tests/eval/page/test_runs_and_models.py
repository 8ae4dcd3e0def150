"""Pages of runs: curves beside random orders, evaluations with intervals, and files that are neither."""

import json
from pathlib import Path
from typing import Any

import pytest
from report_pages import evaluation, write_run

from dualset.builders.errors import SourceError
from dualset.eval.page.compose import run_page
from dualset.eval.page.curves import moving_mean, thinned
from dualset.eval.page.models import read_results
from dualset.eval.page.parts import Figure, Note, Table
from dualset.eval.page.record import is_run, read_run


def drawn_rows(figure: Figure) -> list[dict[str, Any]]:
    """What a chart is drawn from."""
    return [row for rows in figure.chart(300).to_dict()["datasets"].values() for row in rows]


def test_a_run_has_its_curves_beside_random_orders(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "dust"))
    page = run_page(run, {})
    assert page.said == "micro trained for 40 steps on tiny@222222222222."
    figures = {figure.name: figure for figure in page.figures}
    assert {"reward", "ranking-ndcg", "reward-by-n-correct", "entropy"} <= set(figures)
    ndcg = figures["ranking-ndcg"].numbers
    assert ndcg.columns == ("step", "this run", "random orders")
    assert ndcg.rows[0] == (4, pytest.approx(0.8025), 0.75)  # the first whole tenth: steps 1 to 4
    lines = {name: {row["line"] for row in drawn_rows(figures[name])} for name in ("ranking-ndcg", "entropy")}
    assert lines == {"ranking-ndcg": {"each step", "this run", "random orders"}, "entropy": {"each step", "this run"}}


def test_a_resumed_run_counts_a_step_once_as_it_was_logged_last(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    with (folder / "metrics.jsonl").open("w") as file:
        for step, reward in [(1, 0.1), (2, 0.2), (3, float("nan")), (2, 0.5)]:
            file.write(json.dumps({"step": step, "reward": reward}) + "\n")
    assert read_run(folder).series["reward"] == {1: 0.1, 2: 0.5, 3: None}


def test_a_long_run_is_averaged_in_blocks() -> None:
    points = thinned({step: float(step) for step in range(1, 1001)}, most=100)
    assert points[:2] == [(10, 5.5), (20, 15.5)]
    assert len(points) == 100
    assert thinned({1: None, 2: 3.0}) == [(2, 3.0)]
    assert thinned({}) == moving_mean([]) == []
    assert moving_mean([(step, float(step)) for step in range(1, 21)])[:2] == [(2, 1.5), (3, 2.5)]


def test_models_have_intervals_pairs_places_and_parts(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "dust"))
    page = run_page(run, {"first": evaluation("micro", "dust"), "second": evaluation("micro", revision="4" * 64)})
    section = next(each for each in page.sections if each.anchor == "models")
    figures = {figure.name: figure for figure in page.figures}
    assert [row[0] for row in figures["models-ndcg"].numbers.rows] == ["micro (first)", "dust", "micro (second)"]
    assert figures["models-ndcg"].numbers.rows[0][1:] == (0.6, 0.5, 0.7, 0.5)
    assert "models-top1" not in figures  # no model has a value
    assert [row[0] for row in figures["models-generator-and-judge"].numbers.rows] == ["micro + micro", "micro + dust"]
    assert figures["models-places-1"].numbers.rows == ((1, 0.75, 0.5, 0.5), (2, 0.25, 0.5, None))
    notes = [part.text for part in section.parts if isinstance(part, Note)]
    assert notes[0] == "second was measured on tiny@444444444444, which is not the version of this page."
    assert notes[1].startswith("These files differ in revision")
    tables = {part.title: part for part in section.parts if isinstance(part, Table)}
    assert tables["By difficulty"].rows[0] == ("easy", 4, "micro", "0.600 [0.500, 0.700]")
    difference = tables["first: minus micro, problem by problem"].rows[0]
    assert difference == ("dust", "ndcg", "+0.600 [-0.100, +0.700]", "no")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"models": []}',
        '{"models": [{"model": "m"}]}',
        json.dumps(evaluation("m") | {"strata": [1]}),
        json.dumps(evaluation("m") | {"x": float("nan")}),
    ],
)
def test_what_is_no_evaluation_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"results\.json is no evaluation as  dualset eval -o FILE  writes it"):
        read_results(path)


def test_a_folder_of_rounds_names_its_runs(tmp_path: Path) -> None:
    for name in ("round-1-rank", "round-2-rank"):
        write_run(tmp_path / "refresh" / name)
    with pytest.raises(SourceError, match=r"refresh holds several runs: give one of them, .*round-1-rank or .*round-2"):
        is_run(tmp_path / "refresh")
    assert is_run(tmp_path / "refresh" / "round-1-rank")
    assert not is_run(tmp_path / "nothing")


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    (folder / "metrics.jsonl").write_text('{"step": 1, "reward": 1}\nno json\n{"step": 2, "reward": 1}\n')
    with pytest.raises(SourceError, match=r"metrics\.jsonl, line 2 is no step of a run"):
        read_run(folder)
    (folder / "run.json").write_text("{}")
    with pytest.raises(SourceError, match=r"run\.json is no record of a run"):
        read_run(folder)
