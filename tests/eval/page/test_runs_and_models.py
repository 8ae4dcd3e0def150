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


def test_a_watched_run_shows_reward_and_pass_rate_together(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    lines = [
        {"step": step, "reward": 1.0} | ({"watch/reward": 2 + step, "watch/passed": 0.5} if step % 10 == 1 else {})
        for step in range(1, 41)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    figures = {figure.name: figure for figure in run_page(read_run(folder), {}).figures}
    drawn = {(row["line"], row["step"]): row["value"] for row in drawn_rows(figures["watch"])}
    assert drawn["reward", 31] == pytest.approx(33 / 3)
    assert {drawn["pass rate", step] for step in (1, 11, 21, 31)} == {1.0}
    assert figures["watch"].numbers.rows[0] == (1, 3.0, 0.5)
    (folder / "metrics.jsonl").write_text('{"step": 1, "watch/reward": 1, "watch/passed": 0, "reward": 1}\n')
    assert "watch" not in {figure.name for figure in run_page(read_run(folder), {}).figures}


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
    assert tables["By difficulty"].rows == (
        ("easy", 4, "micro (first)", "0.600 [0.500, 0.700]"),
        ("easy", 4, "micro (second)", "0.600 [0.500, 0.700]"),
    )
    assert [figures[f"models-places-{i}"].title for i in (1, 2, 3)] == [
        "Places: micro (first)",
        "Places: dust",
        "Places: micro (second)",
    ]
    difference = tables["first: minus micro, problem by problem"].rows[0]
    assert difference == ("dust", "ndcg", "+0.600 [-0.100, +0.700]", "unknown")


def test_files_of_different_n_have_a_figure_each_and_pairs_of_one_name_their_file(tmp_path: Path) -> None:
    of_eight = evaluation("micro", "dust")
    for pair in of_eight["decomposition"]:
        pair["best_of_8"] = pair.pop("best_of_4") | {"value": 0.9}
    reports = {"four": evaluation("micro", "dust"), "again": evaluation("micro", "dust"), "eight": of_eight}
    figures = {figure.name: figure for figure in run_page(read_run(write_run(tmp_path / "dust")), reports).figures}
    four, eight = (figures[f"models-generator-and-judge-best-of-{n}"] for n in (4, 8))
    assert [row[0] for row in four.numbers.rows] == [
        "micro + micro (four)",
        "micro + dust (four)",
        "micro + micro (again)",
        "micro + dust (again)",
    ]
    assert {row["value"] for row in drawn_rows(four) if "value" in row} == {0.6}
    assert [row[0] for row in eight.numbers.rows] == ["micro + micro", "micro + dust"]
    assert eight.title == eight.numbers.title == "Generator + judge: best of 8"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("since", "2025-01-01"),
        ("until", "2025-01-01"),
        ("orders", 2),
        ("repeats", 2),
        ("tests", "public"),
        ("choose_by", ["majority"]),
        ("problems", 7),
    ],
)
def test_files_that_were_measured_otherwise_are_no_fair_comparison(tmp_path: Path, key: str, value: object) -> None:
    other = evaluation("dust")
    (other if key == "problems" else other["settings"])[key] = value
    page = run_page(read_run(write_run(tmp_path / "dust")), {"first": evaluation("micro"), "second": other})
    section = next(each for each in page.sections if each.anchor == "models")
    notes = [part.text for part in section.parts if isinstance(part, Note)]
    assert notes == [f"These files differ in {key}: they are no fair comparison."]


@pytest.mark.parametrize(("n", "low", "said"), [(19, 0.5, "unknown"), (20, 0.5, "yes"), (20, -0.1, "no")])
def test_a_difference_is_claimed_from_enough_problems_only(tmp_path: Path, n: int, low: float, said: str) -> None:
    measured = evaluation("micro", "dust")
    measured["models"][1]["against_first"]["ndcg"] |= {"n": n, "low": low}
    page = run_page(read_run(write_run(tmp_path / "dust")), {"first": measured})
    tables = {part.title: part for each in page.sections for part in each.parts if isinstance(part, Table)}
    assert tables["first: minus micro, problem by problem"].rows[0][3] == said


def test_a_model_without_a_revision_has_an_unknown_one(tmp_path: Path) -> None:
    measured = evaluation("served")
    measured["models"][0]["revision"] = None
    page = run_page(read_run(write_run(tmp_path / "dust")), {"first": measured})
    tables = {part.title: part for each in page.sections for part in each.parts if isinstance(part, Table)}
    assert tables["All metrics"].rows[0][:2] == ("served", "unknown")


def whole(*models: str, **more: Any) -> dict[str, Any]:
    """An evaluation with all that a reader asks for."""
    made = evaluation(*models) | {"problems": 9, "groups": 9} | more
    made["settings"] |= {"top_p": 1.0, "top_k": 0, "seed": 0}
    return made


def with_value(*keys: str | int, value: object) -> str:
    """A whole evaluation with another value there."""
    at = made = whole("micro", "dust")
    for key in keys[:-1]:
        at = at[key]  # type: ignore[index]
    at[keys[-1]] = value  # type: ignore[index]
    return json.dumps(made)


NDCG = ("models", 0, "metrics", "ndcg")


def test_a_whole_evaluation_is_read(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(whole("micro", "dust")))
    assert read_results(tmp_path / "results.json") == whole("micro", "dust")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        json.dumps(whole("m", models=[])),
        with_value("settings", "level", value=95),
        with_value("settings", "level", value="0.95"),
        with_value("settings", "level", value=None),
        with_value(*NDCG, "chance", value="abc"),
        with_value(*NDCG, "value", value="0.5"),
        with_value(*NDCG, "n", value="many"),
        with_value(*NDCG, "value", value=10**400),
        with_value(*NDCG, "value", value="@").replace('"@"', "1e999"),
        with_value(
            "decomposition", 0, value={key: whole("m")["decomposition"][0][key] for key in ("generator", "judge")}
        ),
        with_value("decomposition", 0, "best_of_4", "value", value="@").replace('"@"', "-1e999"),
        with_value("models", 0, "position_bias", "first", value=[10**400, 1]),
        with_value("strata", "difficulty", "easy", "problems", value="@").replace('"@"', "1e999"),
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
