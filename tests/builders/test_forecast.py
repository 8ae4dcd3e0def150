"""What a build would take: known where it can be known, bounded where not, and then compared with what it took."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.build import build
from dualset.builders.candidates.identity import Identity, identify
from dualset.builders.candidates.policy import MICRO_POLICY_FOLDER
from dualset.builders.candidates.prompts import load_template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.sampler import Answered, Completion, Request
from dualset.builders.errors import ModelError
from dualset.builders.forecast.forecast import Forecast, forecast
from dualset.builders.problems.load import load_problems
from dualset.builders.recipe import Recipe, load_recipe

CODE = "```python\ndef f(x): return x + {}\n```"


def problem(name: str, *, tests: int = 2, **more: Any) -> dict[str, Any]:
    cases = [{"input": f"[{i}]", "expected": f"{i}"} for i in range(tests)]
    said = {"problem_id": name, "statement": f"Do {name}.", "style": "call", "entry_point": "f"}
    return said | {"tests": cases} | more


def recipe(folder: Path, problems: Iterable[dict[str, Any]], **candidates: Any) -> Recipe:
    """A recipe on disk; its candidates are sampled by micro unless said otherwise."""
    (folder / "problems.jsonl").write_text("".join(json.dumps(each) + "\n" for each in problems))
    section = {"source": "transformers", "model": "micro", "n": 4, "max_tokens": 16} | candidates
    (folder / "recipe.yaml").write_text(
        "name: demo\nproblems: {source: jsonl, path: problems.jsonl}\n"
        f"candidates: {json.dumps(section)}\nlabels: {{timeout_s: 1, memory_mb: 256}}\ngroups: {{size: 2}}\n"
    )
    return load_recipe(folder / "recipe.yaml")


def imports(folder: Path, problems: Iterable[dict[str, Any]], codes: dict[str, list[str]]) -> Recipe:
    rows = [{"problem_id": name, "code": code} for name, its in codes.items() for code in its]
    (folder / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return recipe(folder, problems, source="samples", model=None, format="jsonl", path="samples.jsonl", n=8)


def keep(
    work: Path, made: Recipe, indices: Iterable[int], revision: str | None = None, *, same: bool = False
) -> Sampled:
    """Put completions of all problems on disk, as sampling does."""
    settings = made.candidates
    assert settings is not None
    identity = identify(settings) if revision is None else Identity(str(settings.model), revision)
    sampled = Sampled.at(work / "completions", settings, identity, load_template("program"))
    for each in load_problems(made.problems).problems:
        chat = sampled.template.chat(each)
        for index in indices:
            text = CODE.format(0 if same else index)
            answered = Answered(Request(each.problem_id, index, 0, chat), Completion(text, 10 + index, "stop", None))
            sampled.kept.add(sampled.kept.path(each.problem_id, chat), answered)
    return sampled


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder: when it was changed last, and what is in it."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def test_samples_to_import_are_counted_exactly_and_the_build_runs_as_many(tmp_path: Path) -> None:
    home = tmp_path / "store"
    twice = ["def f(x): return x", "def f(x): return x", "def f(x): return 1", ""]
    made = imports(tmp_path, [problem("a"), problem("b", tests=3), problem("none", tests=0)], {"a": twice, "b": twice})
    before = forecast(made, home=home)
    assert (before.problems.distinct, before.problems.without_tests) == (3, 1)
    assert (before.samples.there, before.samples.missing) == (8, 0)
    assert (before.programs.exact, before.programs.at_most, before.programs_labelled) == (4, 4, 0)
    assert before.tests.exact == 2 * 2 + 2 * 3
    assert (before.prompt_tokens.exact, before.completion_tokens.exact) == (0, 0)
    assert not home.exists()

    version = build(made, home=home).version
    labels = list(version.rows("labels"))
    assert (len(labels), sum(len(label["outcomes"]) for label in labels)) == (4, 10)
    after = forecast(made, home=home)
    assert (after.programs.exact, after.programs_labelled, after.tests.exact) == (4, 4, 0)


def test_a_reference_is_counted_until_it_is_judged_and_then_its_problem_is_left_out(tmp_path: Path) -> None:
    home = tmp_path / "store"
    right, wrong = "def f(x): return x", "def f(x): return -1"
    problems = [
        problem("right", reference_solutions=[right]),
        problem("wrong", reference_solutions=[wrong]),
        problem("open"),
    ]
    made = imports(tmp_path, problems, {name: [right] for name in ("right", "wrong", "open")})
    before = forecast(made, home=home).problems
    assert (before.references, before.references_to_run, before.left_out) == (2, 2, 0)
    built = build(made, home=home)
    after = forecast(made, home=home)
    assert (after.problems.references_to_run, after.problems.left_out) == (0, 1)
    assert after.programs.exact == after.programs_labelled == built.counts["labels"] == 2


def test_a_program_that_the_machine_failed_is_run_again(tmp_path: Path) -> None:
    """The label's row is there, and settles nothing."""
    import pyarrow.parquet as pq

    home = tmp_path / "store"
    made = imports(tmp_path, [problem("a")], {"a": ["def f(x): return x", "def f(x): return 2"]})
    build(made, home=home)
    (shard,) = (home / "demo/work/labels").iterdir()
    table = pq.read_table(shard)
    rows = table.to_pylist()
    rows[0]["label"] |= {"outcomes": ["infra_error", "pass"], "passed": None}
    pq.write_table(table.from_pylist(rows, schema=table.schema), shard)
    seen = forecast(made, home=home)
    assert (seen.programs.exact, seen.programs_labelled, seen.tests.exact) == (2, 1, 2)


def test_with_no_completion_on_disk_there_are_bounds_and_no_guesses(tmp_path: Path) -> None:
    seen = forecast(recipe(tmp_path, [problem("a"), problem("b", tests=5)]), home=tmp_path / "store")
    assert (seen.samples.wanted, seen.samples.there, seen.samples.missing) == (8, 0, 8)
    assert (seen.completion_tokens.at_most, seen.completion_tokens.estimate) == (8 * 16, None)
    assert (seen.programs.exact, seen.programs.at_most, seen.programs.estimate) == (None, 8, None)
    assert (seen.tests.exact, seen.tests.at_most) == (None, 4 * 2 + 4 * 5)
    assert seen.programs_labelled == 0


def test_completions_on_disk_are_counted_and_the_guess_rests_on_them(tmp_path: Path) -> None:
    work = tmp_path / "store/demo/work"
    keep(work, recipe(tmp_path, [problem("a"), problem("b", tests=5)]), range(2))
    seen = forecast(recipe(tmp_path, [problem("a"), problem("b", tests=5)], n=6), home=tmp_path / "store")
    assert (seen.samples.there, seen.samples.missing, seen.samples.certain) == (4, 8, True)
    assert (seen.completion_tokens.at_most, seen.completion_tokens.estimate) == (8 * 16, 84)  # 10.5 is the mean
    assert seen.completion_tokens.basis == "the mean of 4 on disk"
    assert (seen.programs.at_most, seen.programs.estimate) == (4 + 8, 4 + 8)
    assert seen.tests.at_most == 6 * 2 + 6 * 5


def test_a_model_that_repeats_itself_is_expected_to_go_on(tmp_path: Path) -> None:
    keep(tmp_path / "store/demo/work", recipe(tmp_path, [problem("a")]), range(4), same=True)
    seen = forecast(recipe(tmp_path, [problem("a")], n=8), home=tmp_path / "store")
    assert (seen.programs.at_most, seen.programs.estimate) == (5, 2)


def test_completions_beyond_n_are_not_counted(tmp_path: Path) -> None:
    keep(tmp_path / "store/demo/work", recipe(tmp_path, [problem("a")]), range(4))
    seen = forecast(recipe(tmp_path, [problem("a")], n=3), home=tmp_path / "store")
    assert (seen.samples.there, seen.samples.missing, seen.programs.exact) == (3, 0, 3)
    assert seen.completion_tokens.exact == 0


def test_looking_leaves_no_trace_not_even_of_a_torn_line(tmp_path: Path) -> None:
    made = recipe(tmp_path, [problem("a")])
    sampled = keep(tmp_path / "store/demo/work", made, range(4))
    (file,) = sampled.kept.folder.glob("*.gz")
    file.write_bytes(file.read_bytes()[:-5])
    before = everything(tmp_path)
    assert forecast(made, home=tmp_path / "store").samples.there == 3
    assert everything(tmp_path) == before


def test_a_folder_that_does_not_say_what_it_holds_is_passed_over(tmp_path: Path) -> None:
    made = recipe(tmp_path, [problem("a")])
    folder = keep(tmp_path / "store/demo/work", made, range(4)).kept.folder
    (folder / "way.json").write_bytes(b"\x00{")
    assert forecast(made, home=tmp_path / "store").samples.there == 0


def test_another_temperature_is_another_way(tmp_path: Path) -> None:
    keep(tmp_path / "store/demo/work", recipe(tmp_path, [problem("a")]), range(4))
    seen = forecast(recipe(tmp_path, [problem("a")], temperature=0.5), home=tmp_path / "store")
    assert (seen.samples.there, seen.samples.missing) == (0, 4)


def test_a_model_folder_is_known_by_its_files(tmp_path: Path) -> None:
    model = tmp_path / "mine"
    shutil.copytree(MICRO_POLICY_FOLDER, model)
    made = recipe(tmp_path, [problem("a")], model=str(model))
    keep(tmp_path / "store/demo/work", made, range(4))
    assert forecast(made, home=tmp_path / "store").samples.there == 4
    with (model / "model.safetensors").open("ab") as file:
        file.write(b"0")
    assert forecast(made, home=tmp_path / "store").samples.there == 0


def branch(folder: Path, **more: Any) -> Recipe:
    return recipe(folder, [problem("a")], model="org/model", **more)


def test_a_branch_is_not_looked_up_and_what_is_there_is_said_to_be_uncertain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    commit = "a" * 40
    seen = forecast(branch(tmp_path), home=tmp_path / "store").samples
    assert (seen.there, seen.certain, seen.model_revision) == (0, True, None)
    keep(tmp_path / "store/demo/work", branch(tmp_path), range(4), commit)
    seen = forecast(branch(tmp_path), home=tmp_path / "store").samples
    assert (seen.there, seen.certain, seen.model_revision) == (4, False, commit)
    seen = forecast(branch(tmp_path, model_revision=commit), home=tmp_path / "store").samples
    assert (seen.there, seen.certain, seen.model_revision) == (4, True, commit)
    seen = forecast(branch(tmp_path, model_revision="b" * 40), home=tmp_path / "store").samples
    assert (seen.there, seen.certain) == (0, True)


def test_no_such_model_is_said_as_a_build_says_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model at 'nowhere'"):
        forecast(recipe(tmp_path, [problem("a")], model="nowhere"), home=tmp_path / "store")


def test_a_prompt_that_does_not_fit_costs_nothing(tmp_path: Path) -> None:
    problems = [problem("short"), problem("long", statement="a word " * 2000)]
    seen = forecast(recipe(tmp_path, problems), home=tmp_path / "store")
    assert (seen.samples.missing, seen.samples.prompts_too_long) == (8, 1)
    assert seen.completion_tokens.at_most == 4 * 16
    assert seen.programs.at_most == 4


def test_a_long_prompt_leaves_less_room(tmp_path: Path) -> None:
    seen = forecast(recipe(tmp_path, [problem("a")], max_tokens=5000), home=tmp_path / "store")
    prompt = seen.prompt_tokens_distinct.exact
    assert prompt is not None
    assert seen.prompt_tokens.exact == 4 * prompt
    assert seen.completion_tokens.at_most == 4 * (1024 - prompt)


def counted(seen: Forecast) -> tuple[Any, ...]:
    return seen.tokenizer, seen.prompt_tokens.exact, seen.prompt_tokens.estimate


def test_where_the_tokenizer_is_not_here_characters_are_counted_and_that_is_said(tmp_path: Path) -> None:
    model = tmp_path / "mine"
    shutil.copytree(MICRO_POLICY_FOLDER, model)
    made = recipe(tmp_path, [problem("a")], model=str(model), prompt="statement")
    assert counted(forecast(made, home=tmp_path / "store"))[0] == str(model)
    (model / "tokenizer.json").unlink()
    seen = forecast(made, home=tmp_path / "store")
    assert counted(seen) == (None, None, 4 * 2)  # "Do a." has 5 characters
    assert str(seen.prompt_tokens.basis).startswith("4 characters a token")
    assert seen.completion_tokens.at_most == 4 * 16


def test_what_a_server_makes_of_a_prompt_is_a_guess(tmp_path: Path) -> None:
    seen = forecast(recipe(tmp_path, [problem("a")], source="openai", max_tokens=5000), home=tmp_path / "store")
    assert counted(seen)[:2] == ("micro", None)
    assert seen.samples.prompts_too_long is None
    assert seen.completion_tokens.at_most == 4 * 5000
    unknown = recipe(tmp_path, [problem("a")], source="openai", model="some/odd/name-5")
    assert counted(forecast(unknown, home=tmp_path / "store"))[0] is None


def test_no_level_of_isolation_is_a_finding_and_an_unknown_one_an_error(tmp_path: Path) -> None:
    from dualset.builders.errors import ExecutionError

    made = recipe(tmp_path, [problem("a")])
    with pytest.raises(ExecutionError, match="no isolation level 'nonsense'"):
        forecast(made, home=tmp_path / "store", isolation="nonsense")
    assert forecast(made, home=tmp_path / "store", isolation="none").isolation == "none"


@pytest.mark.slow
def test_a_real_model_keeps_to_the_bounds(tmp_path: Path) -> None:
    """Micro: nothing on disk, then a quarter of the samples, then all."""
    home, told = tmp_path / "store", Path(__file__).parents[2] / "recipes/micro.yaml"
    small = ["problems.count=30", "candidates.max_tokens=48"]
    first, whole = (load_recipe(told, [*small, f"candidates.n={n}"]) for n in (2, 8))
    nothing = forecast(whole, home=home)
    assert not home.exists()
    build(first, home=home)
    quarter = forecast(whole, home=home)
    assert (quarter.samples.there, quarter.samples.missing) == (60, 180)
    assert quarter.programs_labelled is None
    disk_before = sum(size for size in sizes(home))
    version = build(whole, home=home).version
    candidates = list(version.rows("candidates"))
    drawn = sum(c["n_tokens"] for c in candidates if c["sample_index"] >= 2)
    programs = version.counts["labels"]
    tests = sum(len(label["outcomes"]) for label in version.rows("labels"))
    for seen in (nothing, quarter):
        assert programs <= known(seen.programs.at_most)
        assert tests <= known(seen.tests.at_most)
    assert drawn <= known(quarter.completion_tokens.at_most)
    assert drawn == pytest.approx(known(quarter.completion_tokens.estimate), rel=0.25)
    assert programs == pytest.approx(known(quarter.programs.estimate), rel=0.25)
    assert known(quarter.disk_needed.estimate) >= sum(sizes(home)) - disk_before
    after = forecast(whole, home=home)
    assert (after.programs.exact, after.programs_labelled, after.tests.exact) == (programs, programs, 0)
    assert after.samples.missing == 0


def known(number: int | None) -> int:
    assert number is not None
    return number


def sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
