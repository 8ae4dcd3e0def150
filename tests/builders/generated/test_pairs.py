"""Tests for programs that read and print: fenced blocks, two by two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Origin, Style
from dualset.builders.generated.parse import LONGEST_PAIR, parse_tests, read_pair, read_tests
from dualset.builders.generated.reasons import Reason

PROBLEM = Problem(problem_id="p", source="jsonl", source_id="p", statement="Do it.", style=Style.STDIO)


def pairs(text: str) -> list[tuple[str | None, str | None]]:
    return [(test.input, test.expected) for test in parse_tests(PROBLEM, text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Input:\n```\n1 2\n```\nOutput:\n```\n3\n```\n", [("1 2\n", "3\n")]),
        ("```input\n1 2  \n\n```\n~~~output\n 3\n~~~", [("1 2\n", " 3\n")]),
        ("```\n```\n```\nhello\n```", [("", "hello\n")]),
        ("```\r\n1\r\n```\r\n```\r\n2\r\n```", [("1\n", "2\n")]),
        ("- first\n  ```\n  1\n  ```\n  ```\n  2\n  ```", [("1\n", "2\n")]),
        ("```\n1\n```\n```\n2\n```\n```\n3\n```\n```\n4\n```", [("1\n", "2\n"), ("3\n", "4\n")]),
        ("```python\nprint(int(input()) + 1)\n```\n```\n1\n```\n```\n2\n```", [("1\n", "2\n")]),
        ("<think>```\n9\n```</think>\n```\n1\n```\n```\n2\n```", [("1\n", "2\n")]),
        ("````\n```\n````\n````\n2\n````", [("```\n", "2\n")]),
    ],
)
def test_what_is_read_and_what_must_be_printed(text: str, found: list[tuple[str, str]]) -> None:
    assert pairs(text) == found


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("1 2 -> 3", [Reason.NO_TEST]),
        ("```\n1\n```", [Reason.UNPAIRED]),
        ("```\n1\n```\n```\n2\n```\n```\n3\n```", [Reason.UNPAIRED]),
        ("```\n1\n```\n```\n2", [Reason.CUT]),
        ("```\n1\n```\n```\n \n```", [Reason.EMPTY_EXPECTED]),
        ("```\n1\n```\n```\n" + "2" * (LONGEST_PAIR + 1) + "\n```", [Reason.TOO_LONG]),
    ],
)
def test_what_is_no_pair_has_a_reason(text: str, reasons: list[Reason]) -> None:
    assert list(read_tests(PROBLEM, text)) == reasons


def test_a_cut_answer_keeps_its_whole_pairs() -> None:
    text = "```\n1\n```\n```\n2\n```\n```\n3\n```\n```\n4"
    assert pairs(text) == [("1\n", "2\n")]
    assert list(read_tests(PROBLEM, text))[1:] == [Reason.CUT]


LINES = st.text(alphabet="ab 1`~\t", max_size=6).filter(lambda line: "```" not in line and "~~~" not in line)


@given(st.lists(LINES, max_size=4), st.lists(LINES, min_size=1, max_size=4))
def test_what_stands_in_the_blocks_is_what_comes_out(given_: list[str], expected: list[str]) -> None:
    texts = ["\n".join(lines) for lines in (given_, expected)]
    found = list(read_tests(PROBLEM, f"```\n{texts[0]}\n```\n\n```\n{texts[1]}\n```"))
    if not texts[1].strip():
        assert found == [Reason.EMPTY_EXPECTED]
    else:
        assert found == [read_pair(PROBLEM, *texts)]
        [test] = parse_tests(PROBLEM, f"```\n{texts[0]}\n```\n\n```\n{texts[1]}\n```")
        assert (test.input, test.expected) == tuple(f"{t.rstrip()}\n" if t.strip() else "" for t in texts)
        assert (test.code, test.origin) == (None, Origin.GENERATED)
