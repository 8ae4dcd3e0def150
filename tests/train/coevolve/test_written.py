"""Answers as programs and tests."""

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Style
from dualset.train.coevolve.written import Answer, written

PROBLEM = Problem(problem_id="p", source="x", source_id="p", statement="?", style=Style.CALL, entry_point="f")


def fenced(text: str, *, cut: bool = False) -> Answer:
    return Answer(f"```python\n{text}\n```", cut)


def test_a_test_is_one_test_and_nothing_beside_it() -> None:
    answers = [
        fenced("# worked out\nassert f([1, 2]) == 3"),
        fenced("assert f([1]) == 1\nassert f([2]) == 2"),
        fenced("assert f([1]) == 1\nassert f(x) == 2"),
        fenced("assert f([1]) =="),
        Answer("```python\nassert f([1, 2]) == 33", cut=True),
        Answer("no test", cut=False),
        fenced("assert f([1,2]) == 3"),
    ]
    found = written(PROBLEM, [], answers).tests
    assert [test is not None for test in found] == [True, False, False, False, False, False, True]
    assert found[0] == found[6]  # the same test, however it is laid out
    assert found[0] is not None
    assert (found[0].input, found[0].expected) == ("[[1, 2]]", "3")


def test_programs_are_found_as_everywhere_and_told_apart_by_their_text() -> None:
    said = written(PROBLEM, [fenced("def f(x): return x"), Answer("?", cut=False), fenced("def f(x): return x")], [])
    assert [code is None for code in said.programs] == [False, True, False]
    assert len(said.distinct_programs) == 1
    assert said.distinct_tests == []
