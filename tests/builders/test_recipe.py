"""Recipes: strict keys and types, paths from the recipe's folder and the environment, and no path in the content."""

from pathlib import Path

import pytest

from dualset.builders.errors import RecipeError
from dualset.builders.recipe import load_recipe

MINIMAL = "name: demo\nproblems: {source: jsonl, path: problems.jsonl}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def test_defaults_and_a_path_beside_the_recipe(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, MINIMAL))
    assert recipe.problems.path == str(tmp_path / "problems.jsonl")
    assert (recipe.groups.size, recipe.labels.timeout_s, recipe.candidates) == (4, 10.0, None)


def test_an_override_reaches_its_key_and_wins(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, MINIMAL + "groups: {size: 4}\n"), ["groups.size=8", "labels.timeout_s=3"])
    assert (recipe.groups.size, recipe.labels.timeout_s) == (8, 3.0)


def test_the_environment_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_DATA", "/elsewhere")
    recipe = load_recipe(write(tmp_path, "name: d\nproblems: {source: jsonl, path: '${SOME_DATA}/p.jsonl'}"))
    assert recipe.problems.path == "/elsewhere/p.jsonl"


def test_no_path_and_no_name_reach_the_content(tmp_path: Path) -> None:
    model = tmp_path / "model"
    text = MINIMAL + f"candidates: {{source: transformers, model: {model}, batch_size: 3}}\n"
    content = load_recipe(write(tmp_path, text)).content
    assert str(tmp_path) not in repr(content)
    assert content["candidates"]["model"] == "model"
    assert "name" not in content
    assert "batch_size" not in content["candidates"]


def test_packages_are_a_list_of_modules_and_part_of_the_content(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, MINIMAL + "labels: {packages: [numpy, scipy.special]}\n"))
    assert recipe.labels.packages == ("numpy", "scipy.special")
    assert recipe.content["labels"]["packages"] == ("numpy", "scipy.special")
    assert load_recipe(write(tmp_path, MINIMAL + "labels: {packages: numpy}\n")).labels.packages == ("numpy",)


def test_limits_are_found_beside_the_recipe_and_their_path_is_no_content(tmp_path: Path) -> None:
    text = "name: d\nproblems: {source: jsonl, path: p.jsonl, limits: limits.jsonl}\n"
    recipe = load_recipe(write(tmp_path, text))
    assert recipe.problems.limits == str(tmp_path / "limits.jsonl")
    assert "limits" not in recipe.content["problems"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: d\nproblms: {}", r"unknown key 'problms': did you mean 'problems'\?"),
        (MINIMAL + "groups: {sizee: 3}", r"groups: unknown key 'sizee': did you mean 'size'\?"),
        (MINIMAL + "groups: {size: four}", r"groups: size is 'four': expected int"),
        (MINIMAL + "groups: {size: 1}", r"groups.size is 1: expected 2 or more"),
        (MINIMAL + "groups: 3", r"groups: expected a mapping of settings, found 3"),
        (MINIMAL + "groups: {order: sorted}", r"groups.order is 'sorted': expected sampling or shuffle"),
        (MINIMAL + "splits: {train: 0.9}", r"splits is .*: expected shares adding up to 1"),
        (MINIMAL + "labels: {timeout_s: true}", r"labels: timeout_s is True: expected float"),
        (MINIMAL + "candidates: {source: vlm}", r"candidates.source is 'vlm': did you mean 'vllm'\?"),
        (MINIMAL + "candidates: {source: vllm}", r"candidates.model is missing: source 'vllm' needs"),
        (
            MINIMAL + "candidates: {source: transformers, model: micro, format: codet}",
            r"candidates.format is given, but source 'transformers' does not use it \(used by: samples\)",
        ),
        (MINIMAL + "candidates: {source: samples, n: 3}", r"candidates.n is given, but source 'samples' does not use"),
        (MINIMAL + "candidates: {source: openai, model: m, n: 0}", r"candidates.n is 0: expected 1 or more"),
        (MINIMAL + "candidates: {source: openai, model: m, top_p: 0}", r"candidates.top_p is 0.0: expected above 0"),
        (MINIMAL + "candidates: {source: openai, model: m, stop: ['']}", r"candidates.stop is \[''\]: expected texts"),
        (
            MINIMAL + "candidates: {source: openai, model: m, server: {url: 'me:secret@localhost:8000'}}",
            r"candidates.server.url is 'no address': expected http",
        ),
        (
            MINIMAL + "candidates: {source: openai, model: m, server: {url: 'http://a/v1?api_key=secret'}}",
            r"candidates.server.url is 'no address': expected http",
        ),
        (
            MINIMAL + "candidates: {source: openai, model: m, server: {key_env: sk-secret}}",
            r"candidates.server.key_env is \"no variable's name\": expected one such as",
        ),
        (
            MINIMAL + "candidates: {source: openai, model: m, server: {extra_body: {api_key: secret, x: 1}}}",
            r"candidates.server.extra_body is \['api_key'\]: expected no key or token",
        ),
        (MINIMAL + "candidates: {source: openai, server: {ulr: x}}", r"unknown key 'ulr': did you mean 'url'\?"),
        (MINIMAL + "candidates: {source: vllm, engine: [1]}", r"candidates: engine is \[1\]: expected a mapping"),
        (MINIMAL + "candidates: {source: vllm, preset: dusty}", r"candidates.preset is 'dusty': did you mean 'dust'\?"),
        (MINIMAL + "labels: {packages: [numpy, 'os.path', 3d]}", r"labels.packages is \['numpy', 'os.path', '3d'\]"),
        (MINIMAL + "labels: {packages: [numpy, numpy]}", r"labels.packages is .*: expected different module names"),
        (MINIMAL + "labels: {packages: ['import']}", r"labels.packages is \['import'\]"),
        (MINIMAL + "labels: {packages: ['numpy; import os']}", r"labels.packages is"),
        (MINIMAL + "labels: {packages: [1]}", r"labels: packages is 1: expected str"),
        (MINIMAL + "name: twice", r"the key 'name' is there twice"),
        ("name: ../up\nproblems: {source: micro}", r"name is '../up'"),
        ("problems: {source: micro}", r"the key 'name' is missing"),
        ("name: d\nproblems: {path: x}", r"problems: the key 'source' is missing"),
        ("- a\n- b", r"holds list, not a mapping"),
        ("name: [", r"is not YAML"),
        ("name: d\nproblems: {source: jsonl, path: '${NOT_SET_ANYWHERE}/p'}", r"NOT_SET_ANYWHERE is not set"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        load_recipe(write(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "override", ["groups", "=3", "groups.size.more=1", "name.x=1", "groups.size=[", "groups.zize=1"]
)
def test_a_wrong_override_is_said_in_one_line(tmp_path: Path, override: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, MINIMAL + "groups: {size: 4}"), [override])
    assert "\n" not in str(caught.value)


def test_a_missing_recipe_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no recipe at .*nowhere.yaml"):
        load_recipe(tmp_path / "nowhere.yaml")
