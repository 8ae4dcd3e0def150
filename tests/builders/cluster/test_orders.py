"""Orders say the same on the machine that reads them, and a machine that cannot work says why in one line."""

import json
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import pytest

from dualset.builders.candidates.identity import identify
from dualset.builders.candidates.prompts import load_template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
from dualset.builders.cluster import worker
from dualset.builders.cluster.orders import (
    Header,
    LabelOrder,
    SampleOrder,
    read_header,
    read_order,
    sample_orders,
    write_header,
    write_order,
)
from dualset.builders.cluster.place import Place
from dualset.builders.dataset.records import Problem, Test, program_id_of
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.kept import shard_of
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.problems.micro import micro_problems

CODE = "def f(x):\n    return '\ud800 half of a pair, \u0000, é'"
HARD = Problem(
    problem_id="p\u2028",
    source="jsonl",
    source_id="1",
    statement="\ud83d alone",
    style="call",  # type: ignore[arg-type]
    entry_point="f",
    tests=(Test(input="[1]", expected="2"), Test(code="assert True")),
    reference_solutions=("x",),
    released_at=datetime(2026, 1, 2, 3, 4, 5, 678),
    tags=("a", "b"),
    time_limit_s=1.5,
    memory_limit_mb=64,
)


def test_an_order_of_labels_is_read_as_it_was_written(tmp_path: Path) -> None:
    place, settings = Place(str(tmp_path)), LabelSettings(packages=("numpy",), repeat=2)
    part = [(problem, {program_id_of(problem.problem_id, CODE): CODE}) for problem in (HARD, *micro_problems(3, 0))]
    shard = shard_of(tmp_path, settings, part).name
    write_header(place, "run", Header(stage="labels", settings=asdict(settings), isolation="none"))
    name = write_order(place, "run", LabelOrder(shard, part))
    header, data = read_header(place, "run"), read_order(place, "run", name)
    assert data is not None
    order = LabelOrder.of(data)
    assert (header.label_settings, header.isolation) == (settings, "none")
    assert list(order.part) == part
    assert shard_of(tmp_path, header.label_settings, order.part).name == shard == order.shard


def test_an_order_of_samples_asks_what_the_build_itself_would_ask(tmp_path: Path) -> None:
    settings = CandidateSettings(
        source="transformers", model="micro", n=3, stop=("\n\n",), template_args={"a": [1, None]}, seed=5
    )
    sampled = Sampled.at(tmp_path, settings, identify(settings), load_template("statement", "Be brief."), round_index=1)
    missing = [(problem, [0, 2]) for problem in micro_problems(5, 0)]
    orders = sample_orders(sampled, missing, 2)
    assert [len(order.asked) for order in orders] == [2, 2, 1]
    read = [SampleOrder.of(json.loads(json.dumps(order.plain()))) for order in orders]
    asked = [request for order in read for request in order.requests()]
    assert asked == list(sampled._requests(missing))
    file = read[0].asked[0][0]
    assert [r.sample_index for r in read[0].requests([(file, 0)])] == [2, 0, 2]


def test_settings_of_every_source_come_through(tmp_path: Path) -> None:
    place = Place(str(tmp_path))
    server = ServerSettings(url="http://h/v1", extra_body={"x": {"y": [1]}}, concurrency=3)
    for settings in (
        CandidateSettings(source="openai", model="m", server=server, thinking=False, temperature=0.0),
        CandidateSettings(source="vllm", model="m", engine={"tensor_parallel_size": 2}, data_parallel=4, top_p=0.5),
    ):
        write_header(place, "run", Header(stage="completions/x", settings=asdict(settings)))
        assert read_header(place, "run").candidate_settings == settings


def test_a_machine_that_does_not_see_the_place_says_so_in_one_line(tmp_path: Path) -> None:
    write_header(Place(str(tmp_path / "driver")), "run", Header(stage="labels", settings={}))
    told = worker.label(str(tmp_path / "other"), "run", "name")
    assert told.stop is not None
    assert "does not see what the driver writes to" in told.stop
    assert "\n" not in told.stop


def test_a_machine_with_another_version_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(str(tmp_path))
    monkeypatch.setattr("dualset.__version__", "0.0.9")
    write_header(place, "run", Header(stage="labels", settings={}))
    monkeypatch.undo()
    with pytest.raises(ExecutionError, match=r"has dualset .*, the driver has dualset 0\.0\.9 .*install the same"):
        read_header(place, "run")
    assert "install the same" in str(worker.Asking(str(tmp_path), "run").sample("name").stop)


def test_an_order_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    write_header(Place(str(tmp_path)), "run", Header(stage="labels", settings={}))
    assert worker.label(str(tmp_path), "run", "gone") == worker.Told(order="gone")


def test_an_order_that_ends_its_process_each_time_is_given_back(tmp_path: Path) -> None:
    place = Place(str(tmp_path))
    [problem] = micro_problems(1, 0)
    write_header(place, "run", Header(stage="labels", settings=asdict(LabelSettings()), isolation="none"))
    name = write_order(place, "run", LabelOrder("0" * 16 + ".parquet", [(replace(problem, tests=()), {})]))
    for n in range(5):
        place.put(f"orders/run/begun/{name}/{n}", b"")
    told = worker.label(str(tmp_path), "run", name)
    assert told.failed is not None
    assert "was begun 5 times" in told.failed
