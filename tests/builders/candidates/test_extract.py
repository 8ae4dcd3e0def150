"""The extraction rule: what models really write, and properties that hold for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.candidates.extract import extract_code, given_code

PROGRAM = "def f(x):\n    return x"


@pytest.mark.parametrize(
    ("answer", "code", "kind"),
    [
        (f"Sure:\n```python\n{PROGRAM}\n```\nDone.", PROGRAM, "fenced"),
        (f"```\n{PROGRAM}\n```", PROGRAM, "fenced"),
        (f"~~~py title=a\n{PROGRAM}\n~~~", PROGRAM, "fenced"),
        ("```python\nfirst = 1\n```\nbetter:\n```python\nsecond = 2\n```", "second = 2", "fenced"),
        ("1. so\n   ```python\n   def f(x):\n       return x\n   ```", PROGRAM, "fenced"),
        (f"```python\r\n{PROGRAM}\r\n```\r\n", PROGRAM + "\r", "fenced"),
        ("````md\n```python\nx = 1\n```\n````", "```python\nx = 1\n```", "fenced"),
        ("```python\nthis does not parse (\n```", "this does not parse (", "fenced"),
        (f"```python\n{PROGRAM}\n```\n```", PROGRAM, "fenced"),  # a stray fence at the end is no cut answer
        (f"<think>\n```python\nwrong = 1\n```\n</think>\n```python\n{PROGRAM}\n```", PROGRAM, "fenced"),
        (f"no opening tag </think> and so </think>{PROGRAM}", PROGRAM, "raw"),
        (PROGRAM, PROGRAM, "raw"),
        ("print(int(input()) * 2)\n", "print(int(input()) * 2)\n", "raw"),
        (f"<think>hm\n```python\n{PROGRAM}\n```", None, "unclosed_think"),
        (f"```python\n{PROGRAM}\n```\n<think>\nwait", None, "unclosed_think"),
        (f"Sure. <think>a draft:\n```python\n{PROGRAM}\n```\nno, wait", None, "unclosed_think"),
        (f"</think>```python\n{PROGRAM}", None, "no_code"),  # cut inside the program
        (f"```python\nfirst = 1\n```\n```python\n{PROGRAM}", None, "no_code"),  # likewise: not the earlier block
        ("```python\n\n```", None, "no_code"),
        ("Yes", None, "no_code"),
        ("3, 1, 2, 4", None, "no_code"),
        ("answer: yes", None, "no_code"),
        ("not sure", None, "no_code"),
        ("pass", None, "no_code"),
        ("I cannot do that.", None, "no_code"),
        ("", None, "no_code"),
        ("\x00", None, "no_code"),
        ("x = '\\d'", "x = '\\d'", "raw"),  # and no SyntaxWarning
    ],
)
def test_an_answer(answer: str, code: str | None, kind: str) -> None:
    assert extract_code(answer) == (code, kind)


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "-" * 200_000 + "1", "x=" * 100_000 + "1", "1" * 5_000, "a." * 130_000]
)
def test_texts_that_trouble_a_parser_are_no_program(text: str) -> None:
    assert extract_code(text).kind in {"no_code", "raw"}


def test_a_text_longer_than_any_program_is_not_parsed() -> None:
    assert extract_code("x = 1\n" * 60_000).kind == "no_code"


@pytest.mark.parametrize(("code", "found"), [("x", "x"), ("", None), (" \n\t", None)])
def test_given_code_stands_as_it_is(code: str, found: str | None) -> None:
    assert given_code(code).code == found


LINES = st.lists(st.text(st.characters(blacklist_characters="\n", blacklist_categories=["Cs"])), min_size=1)
MARKS = ("```", "~~~", "think>")  # a program that holds such a mark as text is cut at it: the rule's known price
CODE = LINES.map("\n".join).filter(lambda s: s.strip() and not any(mark in s for mark in MARKS))
PROSE = st.text(st.characters(blacklist_categories=["Cs"])).filter(lambda s: not set("`~<") & set(s))


@given(CODE, PROSE, PROSE, st.sampled_from(["```", "````", "~~~"]), st.sampled_from(["", "python", " Python 3"]))
def test_what_is_fenced_comes_back_whole(code: str, before: str, after: str, fence: str, info: str) -> None:
    answer = f"{before}\n{fence}{info}\n{code}\n{fence}\n{after}"
    assert extract_code(answer) == (code, "fenced")


@given(CODE, PROSE)
def test_thoughts_never_count(code: str, thought: str) -> None:
    answer = f"<think>{thought}\n```python\n{code}\n```"
    assert extract_code(answer) == (None, "unclosed_think")
    assert extract_code(f"{answer}</think>").code is None


@given(st.text())
def test_any_text_has_an_answer_and_code_is_never_blank(text: str) -> None:
    code, kind = extract_code(text)
    assert (code is None) == (kind in {"no_code", "unclosed_think"})
    assert code is None or code.strip()
    assert extract_code(text) == (code, kind)


def test_a_fence_in_a_docstring_does_not_end_the_block() -> None:
    code = 'def f(x):\n    """Doubles.\n\n    ```\n    f(2)\n    ```\n    """\n    return 2 * x'
    assert extract_code(f"Here:\n```python\n{code}\n```\n") == (code, "fenced")


def test_a_think_tag_inside_the_program_is_no_thought() -> None:
    code = 'print("<think>")'
    assert extract_code(f"```python\n{code}\n```") == (code, "fenced")
