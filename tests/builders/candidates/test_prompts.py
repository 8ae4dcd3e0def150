"""Prompt templates: what they ask, that published ones never change, and what is refused."""

from pathlib import Path

import pytest

from dualset.builders.candidates.prompts import TEMPLATES, load_template, writing_prompt
from dualset.builders.dataset.ids import sha256_hex
from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style
from dualset.builders.errors import RecipeError

PUBLISHED = {
    "program-1": "917bcce912cfa690",
    "assert-1": "82277433a3f882a5",
    "statement-1": "73e53f1be01c2d6e",
    "suite-1": "33d0754869a67565",
    "tests-1": "d836f8c74876d12e",
}
"""Versions were made with these. A better prompt is a new file with a higher number."""


def problem(**more: object) -> Problem:
    known = {"problem_id": "p", "source": "x", "source_id": "p", "statement": "Say it.\n", "style": Style.STDIO}
    return Problem(**(known | more))  # type: ignore[arg-type]


def test_a_published_template_never_changes() -> None:
    assert {path.stem: sha256_hex(path.read_bytes())[:16] for path in TEMPLATES.glob("*.jinja")} == PUBLISHED


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({}, "Say it.\n\nWrite a Python program that reads from standard input and writes to standard output.\n"),
        ({"style": Style.CALL, "entry_point": "f"}, "Say it.\n\nWrite a Python function named `f`.\n"),
        ({"style": Style.ASSERT}, "Say it.\n\nWrite the Python code.\n"),
        (
            {"starter_code": "def f():\n    pass\n\n"},
            "Say it.\n\nComplete this Python code, and give it whole:\n```python\ndef f():\n    pass\n```\n",
        ),
    ],
)
def test_a_program_is_asked_for_as_its_style_needs(more: dict[str, object], asked: str) -> None:
    [turn] = writing_prompt(problem(**more))
    assert turn == {"role": "user", "content": f"{asked}Answer with one fenced code block."}


def test_a_generated_statement_stands_alone() -> None:
    assert writing_prompt(problem(source="micro", statement="double x"))[0]["content"] == "double x"


def test_a_statement_that_looks_like_a_template_is_left_alone() -> None:
    assert "{{ 7 * 7 }} {% if %}" in writing_prompt(problem(statement="{{ 7 * 7 }} {% if %}"))[0]["content"]


@pytest.mark.parametrize(("style", "said"), [(Style.STDIO, "standard input"), (Style.CALL, "`assert` statement")])
def test_tests_are_asked_for_by_the_same_path(style: Style, said: str) -> None:
    [turn] = load_template("tests").chat(problem(style=style, entry_point="f"))
    assert said in turn["content"]
    assert turn["content"].startswith("Say it.\n\nWrite one test")
    [turn] = load_template("suite").chat(problem(style=style, entry_point="f"))
    assert said in turn["content"]
    assert turn["content"].startswith("Say it.\n\nWrite several different tests")


def test_an_own_template_with_a_system_turn(tmp_path: Path) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text("{{ problem.statement }} In {{ problem.style }}, please.")
    template = load_template(str(path), "Be brief.")
    assert template.chat(problem()) == (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Say it.\n In stdio, please."},
    )
    assert template.pin == {
        "name": "mine",
        "sha256": sha256_hex(path.read_bytes()),
        "text": path.read_text(),
    }


def test_a_template_cannot_give_the_answers_away(tmp_path: Path) -> None:
    (tmp_path / "leak.jinja").write_text("{{ problem.tests }}{{ problem.reference_solutions }}")
    whole = problem(tests=(Test(input="1", expected="SECRET"),), reference_solutions=("SECRET",))
    with pytest.raises(
        RecipeError, match="leak cannot be filled in for problem p: 'dict object' has no attribute 'tes"
    ):
        load_template(str(tmp_path / "leak.jinja")).chat(whole)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("progam", r"candidates.prompt is 'progam': did you mean 'program'\?"),
        ("program-2", r"did you mean 'program-1'\?"),
        ("./nowhere.jinja", r"cannot read the prompt template nowhere.jinja|cannot read the prompt template ./nowhere"),
    ],
)
def test_what_is_no_template_is_said_in_one_line(name: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        load_template(name)


@pytest.mark.parametrize("text", ["{{ problem.statement", "{% for x in y %}", "{{ problem.title.upper() }}", "{{ x }}"])
def test_a_broken_template_is_said_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.jinja").write_text(text)
    with pytest.raises(RecipeError) as caught:
        load_template(str(tmp_path / "bad.jinja")).chat(problem())
    assert "\n" not in str(caught.value)


def test_a_template_can_do_nothing_but_write(tmp_path: Path) -> None:
    (tmp_path / "evil.jinja").write_text("{{ problem.statement.__class__.__mro__[1].__subclasses__() }}")
    with pytest.raises(RecipeError, match="unsafe"):
        load_template(str(tmp_path / "evil.jinja")).chat(problem())
