"""Checkers from the problem's text to the label, and checker programs in their jail."""

import threading
from dataclasses import replace

import pytest
from sandbox_programs import ADD, QUICK, TOTAL, asserts, call, label, label_all, sandboxes_left, stdio

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.errors import ExecutionError
from dualset.builders.execution import checker_jail
from dualset.builders.execution.checker_jail import CheckerJail
from dualset.builders.execution.checkers import CheckerFault, read_checker
from dualset.builders.execution.ladder import AUTO, level_of

EXPECTED = "2 1\n0.5\n"
SPELLINGS = {
    "same": "2 1\n0.5\n",
    "no end": "2 1\n0.5",
    "spaced": "  2   1 \n0.5\n\n",
    "one line": "2 1 0.5\n",
    "respelt": "2.0 1\n.5\n",
    "near": "2 1\n0.5000001\n",
    "turned": "0.5\n2 1\n",
    "prefix": "2 1\n",
    "nothing": "",
}


@pytest.mark.parametrize(
    ("checker", "right"),
    [
        (None, {"same", "no end", "spaced", "respelt"}),
        ("exact", {"same", "no end"}),
        ("whitespace", {"same", "no end", "spaced", "one line"}),
        ("float:1e-6", {"same", "no end", "spaced", "respelt", "near"}),
        ("unordered", {"same", "no end", "spaced", "respelt", "turned"}),
    ],
)
def test_what_each_checker_takes_for_right(checker: str | None, right: set[str]) -> None:
    rule = read_checker(checker).texts
    assert rule is not None
    assert {name for name, printed in SPELLINGS.items() if rule(printed, EXPECTED)} == right


@pytest.mark.parametrize(
    ("checker", "right"),
    [
        (None, {"[1, 2.0]", "(1, 2)", "[True, 2]"}),
        ("exact", {"(1, 2)"}),
        ("float:1e-6", {"[1, 2.0]", "(1, 2)", "[True, 2]", "[1.0000001, 2]"}),
        ("unordered", {"[1, 2.0]", "(1, 2)", "[True, 2]", "[2, 1]"}),
    ],
)
def test_what_each_checker_takes_for_right_in_values(checker: str | None, right: set[str]) -> None:
    its = replace(call(("[]", "[1, 2]")), checker=checker)
    answers = ["[1, 2.0]", "(1, 2)", "[True, 2]", "[1.0000001, 2]", "[2, 1]", "[1, 2, 3]", "{1, 2}", "'[1, 2]'"]
    labels = label_all([(answer, its, f"def f(): return {answer}") for answer in answers])
    assert {name for name, made in labels.items() if made.passed} == right


@pytest.mark.parametrize(
    "text", ["float", "float:x", "special", "float:-1", "float:nan", "Exact", "python", "python\n \n", "exact\nmore"]
)
def test_what_is_no_checker_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ExecutionError, match="unknown checker") as caught:
        read_checker(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("its", "checker"),
    [
        (TOTAL, "whitespace"),
        (asserts("assert f(1) == 2"), "exact"),
        (asserts("assert f(1)"), "python\nx = 1"),
    ],
)
def test_a_checker_that_does_not_fit_the_style_is_refused(its: Problem, checker: str) -> None:
    with pytest.raises(ExecutionError, match=r"is of style .* where its checker") as caught:
        label(replace(its, checker=checker), "pass")
    assert "\n" not in str(caught.value)


SQUARE_ROOT = """python
def check(input, expected, actual):
    token = actual.strip()
    return len(token) < 20 and token.lstrip("-").isdecimal() and int(token) ** 2 == int(input)
"""
ROOTS = replace(stdio(("4\n", "2\n"), ("9\n", "3\n")), checker=SQUARE_ROOT)


@pytest.mark.parametrize(
    ("code", "passed"),
    [
        ("print(round(int(input()) ** 0.5))", True),
        ("print(-round(int(input()) ** 0.5))", True),
        ("print(2)", False),
        ("print('return True')", False),
        ("import os; os.write(1, b'\\xff\\xed\\xa0\\x80')", False),
        ("", False),
        ("import os; os.write(1, b'2' * 10**5)", False),
        ("raise SystemExit(3)", False),
    ],
)
def test_a_checker_program_decides_on_what_was_printed(code: str, passed: bool) -> None:
    made = label(ROOTS, code)
    assert made.passed is passed
    assert Outcome.INFRA_ERROR not in made.outcomes


VALUES = """python
def check(input, expected, actual):
    return [type(actual).__name__, input, expected] == ["{kind}", [[3, 4]], {{"a": None}}]
"""


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("(1, 2)", "list"),
        ("{1, 2}", "set"),
        ("b'x'", "bytes"),
        ("None", "NoneType"),
        ("10 ** 400", "int"),
        ("1j", "complex"),
        ("__import__('decimal').Decimal('0.5')", "float"),
        ("__import__('fractions').Fraction(1, 2)", "float"),
    ],
)
def test_a_checker_program_is_given_decoded_values(answer: str, kind: str) -> None:
    its = replace(call(("[[3, 4]]", '{"a": null}')), checker=VALUES.format(kind=kind))
    assert label(its, f"def f(xs): return {answer}").passed is True


@pytest.mark.parametrize(
    "answer",
    [
        "object()",
        "[lambda: 1]",
        "__import__('decimal').Decimal('sNaN')",
        "__import__('fractions').Fraction(10 ** 400, 3)",
        "{i: i for i in range(5000)}",
    ],
)
def test_no_checker_is_asked_about_what_is_no_plain_data(answer: str) -> None:
    its = replace(TOTAL, checker="python\ndef check(input, expected, actual): return True")
    assert label(its, f"def f(xs): return {answer}").passed is False


def test_a_deep_or_long_answer_harms_neither_the_checker_nor_us() -> None:
    its = replace(TOTAL, checker="python\ndef check(input, expected, actual): return actual == expected")
    deep = "def f(xs):\n    made = []\n    for _ in range({n}): made = [made]\n    return made"
    labels = label_all([(str(n), its, deep.format(n=n)) for n in (100, 900, 20_000)])
    assert [made.passed for made in labels.values()] == [False] * 3
    long = label(its, "def f(xs): return list(range(30_000))")
    assert (long.passed, set(long.outcomes)) == (False, {Outcome.WRONG_ANSWER})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    raise KeyError('k')", "the checker did not decide: runtime_error: KeyError: line 3: 'k'"),
        ("    return 1", "the checker returned 1 and not True or False"),
        ("    pass", "the checker returned null and not True or False"),
        ("    return 'true'", 'the checker returned "true" and not True or False'),
        ("    import os; os._exit(0)", "the checker did not decide: runtime_error"),
        ("    raise SystemExit", "the checker did not decide: runtime_error: SystemExit"),
        ("  return (", "the checker did not decide: syntax_error: SyntaxError: line 3"),
        ("    return bytearray(2 * 10**9) == 1", "the checker did not decide: memory_limit"),
    ],
)
def test_a_checker_that_does_not_decide_makes_the_label_unknown(body: str, message: str) -> None:
    its = replace(ADD, checker=f"python\ndef check(input, expected, actual):\n{body}\n")
    made = label(its, "print(sum(map(int, input().split())))")
    assert (made.passed, set(made.outcomes)) == (None, {Outcome.INFRA_ERROR})
    assert made.first_failure is not None
    assert str(made.first_failure.message).startswith(message)


def test_a_checker_without_check_says_so() -> None:
    made = label(replace(ADD, checker="python\nx = 1"), "print(1)")
    assert made.passed is None
    assert made.first_failure is not None
    assert "name 'check' is not defined" in str(made.first_failure.message)


def test_a_checker_that_never_ends_makes_the_label_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker_jail, "_LIMITS", replace(checker_jail._LIMITS, timeout_s=0.5))
    checker = "python\ndef check(input, expected, actual):\n    while True: pass"
    made = label(replace(stdio(("", "1")), checker=checker), "print(1)")
    assert made.passed is None
    assert made.first_failure is not None
    assert made.first_failure.message == "the checker did not decide: time_limit"


def test_a_judged_program_leaves_nothing_to_the_checker() -> None:
    """The program soils everything that it can reach; the checker finds a fresh interpreter and an empty folder."""
    checker = (
        "python\nimport builtins, os, sys\n"
        "def check(input, expected, actual):\n"
        "    seen = (hasattr(builtins, 'mark'), os.listdir('.'), 'mark' in sys.modules)\n"
        "    return seen == (False, [], False)\n"
    )
    code = (
        "import builtins, os, sys\nbuiltins.mark = sys.modules['mark'] = 1\nopen('mark', 'w').close()\n"
        "builtins.sorted = builtins.len = lambda *a: 1\nprint(1)"
    )
    assert label(replace(stdio(("", "1"), ("x", "2")), checker=checker), code).passed is True


def test_checkers_leave_nothing_from_one_question_to_the_next() -> None:
    checker = "python\nseen = []\ndef check(input, expected, actual):\n    seen.append(1)\n    return len(seen) == 1"
    assert label(replace(ADD, checker=checker), "print(1)").passed is True


def test_any_number_of_threads_may_ask_and_nothing_is_left() -> None:
    jail = CheckerJail(level_of(AUTO))
    source = "def check(input, expected, actual): return input == actual"
    answers: dict[int, bool] = {}

    def ask(i: int) -> None:
        answers[i] = jail.ask(source, [i, None, i if i % 2 else -1])

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jail.stop()
    with pytest.raises(CheckerFault):
        jail.ask(source, [1, 1, 1])
    jail.close()
    assert answers == {i: bool(i % 2) for i in range(6)}
    assert not sandboxes_left()


def test_programs_and_checkers_may_import_the_packages_of_the_recipe_and_no_others() -> None:
    checker = "python\nimport numpy\ndef check(input, expected, actual): return numpy.int64(actual) == int(expected)"
    its = replace(stdio(("", "3")), checker=checker)
    code = "import numpy\nprint(numpy.arange(3).sum())"
    assert label(its, code, replace(QUICK, memory_mb=512, timeout_s=5.0, packages=("numpy",))).passed is True
    without = label(its, code)
    assert without.first_failure is not None
    assert without.first_failure.exception == "ModuleNotFoundError"


def test_labels_by_a_checker_program_are_the_same_with_any_number_of_workers() -> None:
    cases = [(str(i), ROOTS, f"print(round(int(input()) ** 0.5) + {i % 3})") for i in range(12)]
    assert [made.passed for made in label_all(cases, QUICK).values()] == [i % 3 == 0 for i in range(12)]
