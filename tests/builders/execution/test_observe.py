"""What programs answer on each test: equal answers are equal, right or wrong, and no answer is null."""

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.crew import Program
from dualset.builders.execution.observe import Observed, observe_programs
from dualset.builders.execution.selftest.problems import QUICK, asserts, call, stdio


def observed(problem: Problem, *codes: str) -> list[Observed]:
    programs = [Program("p", str(i), code) for i, code in enumerate(codes)]
    return list(observe_programs({"p": problem}, programs, QUICK))


def test_printed_text_is_the_same_whatever_blanks_end_its_lines() -> None:
    problem = stdio(("1\n", "2\n"))
    one, two, three, four = observed(problem, "print(2)", "print('2 ')", "print(3)", "print('3')")
    assert one.outcomes == (Outcome.PASS,)
    assert one.answers == two.answers != three.answers == four.answers


def test_results_are_the_same_by_value_and_what_raises_gives_none() -> None:
    problem = call(("[1]", "2"), ("[2]", "4"))
    wrong = "def f(n):\n    return 7"
    also = "def f(x):\n    return 3 + 4"
    half = "def f(n):\n    if n == 2: raise ValueError\n    return 7"
    first, second, third = observed(problem, wrong, also, half)
    assert first.answers == second.answers
    assert None not in first.answers
    assert third.answers == (first.answers[0], None)
    assert third.outcomes == (Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR)


def test_an_assertion_on_a_result_tells_the_result_and_one_on_more_does_not() -> None:
    problem = asserts("assert f(1) == 2", "import math\nassert math.isclose(f(1), 2)")
    [seen] = observed(problem, "def f(n):\n    return n + 1")
    assert seen.outcomes == (Outcome.PASS, Outcome.PASS)
    assert seen.answers[0] is not None
    assert seen.answers[1] is None
