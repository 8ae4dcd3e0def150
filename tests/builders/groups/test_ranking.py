"""The ranking's way out and the strict way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.errors import RecipeError
from dualset.builders.groups.ranking import PROMPTS, parse_ranking, ranking_prompt, ranking_text


@given(st.integers(1, 12).flatmap(lambda k: st.permutations(range(k))))
def test_a_ranking_survives_the_way_out_and_back(order: list[int]) -> None:
    assert parse_ranking(ranking_text(order), len(order)) == order


@pytest.mark.parametrize(
    ("answer", "order"),
    [
        ("2, 1, 3", [1, 0, 2]),
        ("2,1,3\n", [1, 0, 2]),
        ("Candidate 1 forgets the empty list.\n2, 1, 3", [1, 0, 2]),
        ("<think>1, 2, 3</think>\n3, 2, 1", [2, 1, 0]),
        ("<think>maybe 1, 2, 3", None),
        ("<think>a</think> 1, 2, 3 <think>no", None),
        ("2, 1", None),
        ("2, 1, 1", None),
        ("2, 1, 3, 4", None),
        ("0, 1, 2", None),
        ("01, 2, 3", None),
        ("2, 1, 3.", None),
        ("[2, 1, 3]", None),
        ("2 1 3", None),
        ("2, 1, 3\nI am sure.", None),
        ("2, 1, ٣", None),
        ("", None),
        ("</think>", None),
    ],
)
def test_only_a_last_line_that_is_exactly_a_permutation_counts(answer: str, order: list[int] | None) -> None:
    assert parse_ranking(answer, 3) == order


@given(st.text(max_size=60), st.integers(1, 5))
def test_any_text_is_a_permutation_or_nothing(answer: str, k: int) -> None:
    order = parse_ranking(answer, k)
    assert order is None or sorted(order) == list(range(k))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_shows_the_statement_and_each_program_once_in_order(prompt: str) -> None:
    (message,) = ranking_prompt("Add {one} to x.", ["def f(x): return {x}", "def g(x): return 2"], prompt)
    text = message["content"]
    assert message["role"] == "user"
    assert text.count("Add {one} to x.") == 1
    assert text.index("def f(x): return {x}") < text.index("def g(x): return 2")


def test_an_unknown_prompt_is_told_what_is_known() -> None:
    with pytest.raises(RecipeError, match=r"groups.prompt is 'dusk': did you mean 'dust'\?"):
        ranking_prompt("s", ["a"], "dusk")
