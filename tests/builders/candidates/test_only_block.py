"""The strict rule of training by a reward model: exactly one fenced block that parses."""

import pytest

from dualset.builders.candidates.extract import extract_code
from dualset.builders.candidates.only_block import only_block

CODE = "def f(x):\n    return x"
FENCED = f"```python\n{CODE}\n```"


@pytest.mark.parametrize(
    "answer",
    [
        FENCED,
        f"So:\n{FENCED}\nThat is it.",
        f"~~~\n{CODE}\n~~~",
        f"<think>\n{FENCED}\nno\n{FENCED}\n</think>\n{FENCED}",
        f"{FENCED}\n```",
    ],
)
def test_one_block_that_parses_is_valid(answer: str) -> None:
    assert only_block(answer) == CODE == extract_code(answer).code


@pytest.mark.parametrize(
    ("answer", "at_test_time"),
    [
        (f"{FENCED}\nor\n{FENCED}", CODE),
        ("```python\ndef f(x) return x\n```", "def f(x) return x"),
        (CODE, CODE),
        ("I do not know.", None),
        ("", None),
        ("```python\n\n```", None),
        (f"{FENCED}\n```python\ndef g", None),
        (f"```python\n{CODE}", None),
        (f"<think>\n{FENCED}", None),
    ],
)
def test_anything_else_is_invalid_whatever_the_lax_rule_finds(answer: str, at_test_time: str | None) -> None:
    assert only_block(answer) is None
    assert extract_code(answer).code == at_test_time
