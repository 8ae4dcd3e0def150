"""Asserts that a model wrote: found wherever they stand, each alone, in one normal form; what says nothing is out."""

import ast
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Origin, Style, Visibility
from dualset.builders.generated.parse import MOST_TESTS, parse_tests, read_code, read_pair, read_tests
from dualset.builders.generated.reasons import Reason
from dualset.builders.generated.statements import LONGEST_STATEMENT


def problem(style: Style = Style.ASSERT, entry_point: str | None = "f", **more: Any) -> Problem:
    return Problem(
        problem_id="p", source="jsonl", source_id="p", statement="Do it.", style=style, entry_point=entry_point, **more
    )


def codes(text: str, entry_point: str | None = "f") -> list[str | None]:
    return [test.code for test in parse_tests(problem(entry_point=entry_point), text)]


def reasons(text: str, entry_point: str | None = "f", **more: Any) -> list[Reason]:
    found = read_tests(problem(entry_point=entry_point), text, **more)
    return [each for each in found if isinstance(each, Reason)]


@pytest.mark.parametrize(
    "text",
    [
        "assert f(1) == 2",
        "assert f(1)==2",
        "assert(f(1) == 2)",
        "assert f( 1 ) == 2, 'one and one'",
        "assert f(1) == 2, f'not {f(1)}'  # so",
        "Here you are:\n\n```python\nassert f(1) == 2\n```\nIt tests f.",
        "~~~\r\nassert f(1) == 2\r\n~~~",
        "```python\nassert f(1) == 2",
        "    assert f(1) == 2\n",
        "def test_it():\n\tassert f(1) == 2\n\ntest_it()",
        "1. `assert f(1) == 2`\n",
        "- assert f(1) == 2",
        ">>> assert f(1) == 2\n",
        "The test is\n`assert f(1) == 2` and nothing else",
        "assert f(\n    1,\n) == 2",
        "assert f(  # one\n    1\n) == \\\n    2",
        "<think>assert f(9) == 9</think>assert f(1) == 2",
        "thoughts\nassert f(9) == 9\n</think>\nassert f(1) == 2",
        "assert f(1) == 2\n<|endoftext|>",
        "x = f(3)\nassertEqual(f(1), 2)\nassert f(1) == 2",
    ],
)
def test_one_assert_is_found_wherever_it_stands(text: str) -> None:
    assert codes(text) == ["assert f(1) == 2"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("assert f(1) == 2; assert f(2) == 3;assert f(3) == 4", [(1, 2), (2, 3), (3, 4)]),
        ("assert f(1) == 2\nassert f(1) == 2\n\nassert f(2) == 3", [(1, 2), (1, 2), (2, 3)]),
        ("```\nassert f(1) == 2\n```\nand\n```\nassert f(2) == 3\n```", [(1, 2), (2, 3)]),
        ("assert f(1) == '\\\nassert f(2) == 3, ''", [(2, 3)]),
        ("assert f(1) == \\\nassert f(2) == 3", [(2, 3)]),
        ("assert f('''1\nassert f(2) == 3\nassert f('''3''')\nassert f(3) == 4", [(2, 3), (None, None), (3, 4)]),
        ("assert f([1,\n  assert f(2) == 3\n])", [(2, 3)]),
    ],
)
def test_all_asserts_are_found_in_order_and_repeated_ones_as_often(text: str, found: list[tuple[int, int]]) -> None:
    assert codes(text) == [f"assert f({a}) == {b}" if a else "assert f('3')" for a, b in found]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("assert f('a;b # c') == \"it's; `x`\"", "assert f('a;b # c') == \"it's; `x`\""),
        ("assert f('''a\n  b''') == 1", "assert f('a\\n  b') == 1"),
        ("assert f(u'x', 0x10, 1_000, 1.50) == -0.0", "assert f('x', 16, 1000, 1.5) == -0.0"),
        ("assert f([1,2]) is None", "assert f([1, 2]) is None"),
        ("assert not f('')", "assert not f('')"),
        ("assert f(1)", "assert f(1)"),
        ("assert list(map(f, [1, 2])) == [2, 3]", "assert list(map(f, [1, 2])) == [2, 3]"),
        ("assert f(1) == f(2)", "assert f(1) == f(2)"),
        ("assert abs(f(x=1) - 1e-9) < 1e-6", "assert abs(f(x=1) - 1e-09) < 1e-06"),
        ("assert Solution().f(1) == 2", "assert Solution().f(1) == 2"),
        ("assert f(1) == undefined_name", "assert f(1) == undefined_name"),
    ],
)
def test_what_an_assert_means_is_kept(text: str, kept: str) -> None:
    assert codes(text) == [kept]
    assert codes(kept) == [kept]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("There is nothing to test.", Reason.NO_TEST),
        ("", Reason.NO_TEST),
        ("self.assertEqual(f(1), 2)", Reason.NO_TEST),
        ("# assert f(1) == 2", Reason.NO_TEST),
        ("<think>assert f(1) == 2", Reason.UNCLOSED_THINK),
        ("assert that f(1) is 2", Reason.MALFORMED),
        ("assert f(1) == 2)\n", Reason.MALFORMED),
        ("assert f(1) == 2]\n\nassert_that(3)", Reason.MALFORMED),
        ("assert f('it's') == 1\n", Reason.MALFORMED),
        ("assert f(1) = 2", Reason.MALFORMED),
        ("assert \n    f(1) == 2", Reason.MALFORMED),
        ("assert f(1) == 2, \n", Reason.MALFORMED),
        ("assert f(a=1, a=2) == 2", Reason.MALFORMED),
        ("assert await f(1) == 2", Reason.MALFORMED),
        ("assert f((yield)) == 2", Reason.MALFORMED),
        ("assert f('\0') == 2", Reason.MALFORMED),
        ("assert f(1", Reason.CUT),
        ("assert f([1, 2], 'ab", Reason.CUT),
        ("assert f(1) == [\n  1,\n", Reason.CUT),
        ("assert True", Reason.NOT_THE_PROGRAM),
        ("assert f", Reason.NOT_THE_PROGRAM),
        ("assert callable(f)", Reason.NOT_THE_PROGRAM),
        ("assert f == f", Reason.NOT_THE_PROGRAM),
        ("assert g(1) == 2", Reason.NOT_THE_PROGRAM),
        ("assert 'f(1)' == 'f(1)'", Reason.NOT_THE_PROGRAM),
        ("assert 1 == 1, f(1)", Reason.NOT_THE_PROGRAM),
        ("assert 'aab'.f('a') == 2", Reason.NOT_THE_PROGRAM),
        ("assert (f := lambda x: 2)(1) == 2", Reason.NOT_THE_PROGRAM),
        ("assert (lambda f: f(1))(len) == 2", Reason.NOT_THE_PROGRAM),
        ("assert all(f(1) == 2 for f in [len])", Reason.NOT_THE_PROGRAM),
        ("assert f(1) == f( 1 )", Reason.SAYS_NOTHING),
        ("assert (f(1) == 2, 'a classic')", Reason.SAYS_NOTHING),
        ("assert [f(1)]", Reason.SAYS_NOTHING),
        ("assert not {f(1): 2}", Reason.SAYS_NOTHING),
        ("assert f(1) == 2 or True", Reason.SAYS_NOTHING),
        ("assert f(1) == 2 and not 1", Reason.SAYS_NOTHING),
        ("assert (lambda: f(1) == 2)", Reason.SAYS_NOTHING),
        ("assert (f(x) == 2 for x in [1])", Reason.SAYS_NOTHING),
        ("assert f(1) == f'{2}'", Reason.MALFORMED),
    ],
)
def test_what_is_no_test_has_a_reason(text: str, reason: Reason) -> None:
    assert codes(text) == []
    assert reasons(text) == [reason]


def test_without_an_entry_point_any_function_of_the_program_may_be_called() -> None:
    assert codes("assert g(1) == 2\nassert len('a') == 1\nassert x == 1", None) == ["assert g(1) == 2"]


def test_a_test_that_reaches_the_end_of_a_cut_completion_may_lack_a_digit() -> None:
    text = "assert f(1) == 2\nassert f(2) == 1"
    assert codes(text) == ["assert f(1) == 2", "assert f(2) == 1"]
    assert [type(each) for each in read_tests(problem(), text, cut=True)] == [Test, Reason]
    assert reasons(text, cut=True) == [Reason.CUT]
    assert reasons(text + "\n", cut=True) == []


def test_who_wrote_it_is_said_and_its_id_depends_on_nothing_else() -> None:
    [test] = parse_tests(problem(), "assert f(1)==2, 'x'")
    assert (test.origin, test.visibility) == (Origin.GENERATED, Visibility.PRIVATE)
    official = Test(code="assert f(1) == 3")
    other = problem(entry_point="f", tests=(official,), title="another version")
    assert parse_tests(other, "assert(f(1)==2)") == [test]
    assert len(test.test_id) == 16


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def _storable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@given(st.lists(VALUES, max_size=3).filter(_storable), VALUES.filter(_storable), st.booleans())
def test_a_call_goes_to_json_and_back_exactly(arguments: list[Any], expected: Any, mirrored: bool) -> None:
    call = f"f({', '.join(map(repr, arguments))})"
    text = f"assert {expected!r} == {call}" if mirrored else f"assert {call} == {expected!r}, 'why'"
    [test] = parse_tests(problem(Style.CALL), text)
    assert test.code is None
    assert repr(json.loads(test.input or "")) == repr(arguments)
    assert repr(json.loads(test.expected or "")) == repr(expected)
    assert read_pair(problem(Style.CALL), test.input or "", test.expected or "") == test


@pytest.mark.parametrize(
    "text",
    [
        "assert f((1, 2)) == 3",
        "assert f(1) == (2,)",
        "assert f({1}) == 3",
        "assert f({1: 2}) == 3",
        "assert f(1e999) == 3",
        "assert f(1j) == 3",
        "assert f(b'a') == 3",
        "assert f('\\ud800') == 3",
        "assert f(x=1) == 3",
        "assert f(*[1]) == 3",
        "assert f([1] * 3) == 3",
        "assert f(1) > 3",
        "assert f(1) is 3",
        "assert f(1)",
        "assert sorted(f(1)) == [3]",
        "assert f(1) == f(2)",
    ],
)
def test_what_json_cannot_hold_exactly_is_no_call_test(text: str) -> None:
    assert list(read_tests(problem(Style.CALL), text)) == [Reason.NOT_JSON]


def test_call_tests_compare_values_so_identity_is_equality() -> None:
    [test] = parse_tests(problem(Style.CALL, "Solution().f"), "assert Solution().f([1]) is True")
    assert (test.input, test.expected) == ("[[1]]", "true")


LITERALS = st.integers() | st.text(alphabet="ab'\"#;()[]` é\\\n", max_size=6) | st.lists(st.integers(), max_size=3)


@given(st.lists(st.tuples(LITERALS, LITERALS), min_size=1, max_size=5), st.data())
def test_every_layout_is_the_same_test_and_torn_ones_between_spoil_nothing(
    pairs: list[tuple[Any, Any]], data: st.DataObject
) -> None:
    whole, lines = [], []
    for given_, expected in pairs:
        plain = f"assert f({given_!r}) == {expected!r}"
        whole.append(plain)
        layouts = (
            f"assert(f( {given_!r} )=={expected!r})",
            f"    assert f(\n{given_!r},\n)== {expected!r}, 'm'",
            plain,
        )
        lines.append(data.draw(st.sampled_from(layouts)))
        lines.append(plain[: data.draw(st.integers(0, len(plain) - 1))])
    found = codes("\n".join(lines))
    normal = [f"assert {ast.unparse(ast.parse(text[7:], mode='eval'))}" for text in whole]
    rest = iter(found)
    assert all(code in rest for code in normal)  # in this order; a torn one may still say something


@given(st.text(max_size=200), st.sampled_from(list(Style)))
def test_any_text_is_read_and_what_comes_out_reads_back(text: str, style: Style) -> None:
    for opening in ("", "assert ", "assert f(", "```\n", "<think>"):
        for found in read_tests(problem(style), opening + text):
            if isinstance(found, Test):
                again = read_code(problem(style), found.code) if found.code else None
                assert found.code is None or again == found
                (found.code or found.input or "").encode()


HUGE = {
    "one line": "assert f(" + "1" * 1_000_000 + ") == 2",
    "hex": "assert f(0x" + "f" * 3_000 + ") == 2",
    "parentheses": "assert f(" + "(" * 10_000 + ")" * 10_000 + ") == 2",
    "never closed": "assert (\n" * 110_000,
    "brackets": "assert f(" + "[" * 900_000,
    "signs": "assert f(" + "-" * 3_900 + "1) == 2",
    "a long sum": "assert f(" + "1+" * 1_900 + "1) == 2",
    "attributes": "assert f(a" + ".a" * 1_900 + ") == 2",
    "nots": "assert " + "not " * 900 + "f(1)",
    "power": "assert f(9**9**9**9) == 'a'*10**10",
    "NUL": "assert f(1) == 2\0\n" * 10_000,
    "quotes": "assert '''\nassert \"\"\"\n" * 40_000,
    "backslashes": "assert f(" + "\\" * 900_000,
    "spaces": " " * 1_000_000 + "assert",
    "bullets": "- " * 500_000 + "assert f(1) == 2",
    "semicolons": "assert f(1) == 2;" * 60_000,
    "backticks": "```\n" * 250_000,
    "nested thoughts": "<think>" * 140_000,
    "surrogates": "assert f('\ud800') == '\udfff'\n" * 10,
    "escapes": "assert f('" + "\\N{BULLET}" * 300 + "') == 2",
}


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("name", HUGE)
def test_a_hostile_text_neither_crashes_nor_hangs(name: str, style: Style) -> None:
    began = time.process_time()
    found = list(read_tests(problem(style), HUGE[name]))
    assert time.process_time() - began < 5
    assert len(found) <= MOST_TESTS + 1
    assert all(isinstance(each, Reason) or len(each.code or "") < 20 * LONGEST_STATEMENT for each in found)


def test_how_deep_the_caller_is_changes_nothing() -> None:
    texts = ["assert f(" + "-" * n + "1) == 2" for n in (80, 90, 95, 96, 97, 98, 99, 100, 110)]

    def below(frames: int) -> list[list[str | None]]:
        return below(frames - 1) if frames else [codes(text) for text in texts]

    assert below(300) == below(0)
    assert codes(texts[0]) == [texts[0]]
    assert codes(texts[-1]) == []
