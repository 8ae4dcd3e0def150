"""HumanEval+ and MBPP+: tests as lists and a loop (the Hub), and as inputs with a reference (the releases)."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_rows import FOR, HALF, LOOP, MBPP_PLUS, OURS, check
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.dataset.records import Label, Problem, program_id_of
from dualset.builders.dataset.words import Visibility
from dualset.builders.execution.label import Program, label_programs
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.problems import listed_tests
from dualset.builders.problems.listed_tests import digest_of, split_listed
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings
from dualset.builders.problems.shapes import restore, shape_of


@pytest.fixture
def parse(tmp_path: Path) -> Callable[..., Problem]:
    """One row through the loader of a source."""

    def one(source: str, row: dict[str, Any]) -> Problem:
        path = tmp_path / "rows.jsonl"
        path.write_text(json.dumps(row), encoding="utf-8")
        [problem] = load_problems(ProblemSettings(source=source, path=str(path))).problems
        return problem

    return one


def labels(problem: Problem, *codes: str) -> list[Label]:
    programs = [Program(problem.problem_id, program_id_of(problem.problem_id, code), code) for code in codes]
    return [made.label for made in label_programs({problem.problem_id: problem}, programs, LabelSettings())]


def known(monkeypatch: pytest.MonkeyPatch, comparison: str, code: str = OURS) -> None:
    """Take a comparison of ours for one of EvalPlus's, whose code is theirs and not here."""
    functions = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    monkeypatch.setattr(listed_tests, "_COMPARISONS", {digest_of(functions): comparison})


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, "usual")


@pytest.mark.parametrize(
    ("comparison", "results", "other", "passes"),
    [
        ("sets", "[(1, 2), ()]", "def both(a, b):\n    return sorted({*a} & {*b}, reverse=True)", True),
        ("sets", "[(1, 2), ()]", "def both(a, b):\n    return [1]", False),
        ("found", "[True, False]", "import re\ndef both(a, b):\n    return re.match('.', 'x' * len(a))", True),
        ("found", "[True, False]", "def both(a, b):\n    return bool(a)", True),
        ("found", "[True, False]", "def both(a, b):\n    return None", False),
        ("found", "[True, False]", "def both(a, b):\n    return 0", False),
    ],
)
def test_the_other_ways_to_compare(
    parse: Callable[..., Problem],
    monkeypatch: pytest.MonkeyPatch,
    comparison: str,
    results: str,
    other: str,
    passes: bool,
) -> None:
    known(monkeypatch, comparison)
    row = MBPP_PLUS | {
        "test": OURS + LOOP.format("[[(1, 2), (1, 2)], [(), ()]]", results, "both", "0"),
        "test_list": [],
    }
    row |= {"test_list": ["assert both is not None and both((), ()) != 5"]}
    problem = parse("mbpp", row)
    assert "numpy" not in "".join(test.code or "" for test in problem.tests)
    assert (set(labels(problem, other)[0].outcomes[1:]) == {"pass"}) is passes


def test_numpy_is_not_asked_for_where_it_is_not_used(parse: Callable[..., Problem]) -> None:
    problem = parse("mbpp", MBPP_PLUS | {"test": "import numpy as np\n" + MBPP_PLUS["test"]})
    assert "numpy" not in "".join(test.code or "" for test in problem.tests)
    assert labels(problem, problem.reference_solutions[0])[0].passed


@pytest.mark.usefixtures("usual")
def test_the_usual_loop_becomes_a_test_an_input_without_numpy(parse: Callable[..., Problem]) -> None:
    test = check("[[1], [3, [1.0, 3.0]], [-4], [0, ['], [']]]", "[0.5, [0.5, 1.5], -2.0, None]")
    problem = parse("humaneval", HALF | {"test": test})
    codes = [test.code or "" for test in problem.tests]
    assert codes[0] == "assert abs(half(1) - 0.5) <= 1.05e-06"
    assert codes[2] == "assert abs(half(-4) - -2.0) <= 1.2e-06"
    assert codes[3] == "assert half(0, ['], [']) == None"
    assert codes[1].endswith("assertion(half(3, [1.0, 3.0]), [0.5, 1.5], 1e-06)")
    assert "numpy" not in "".join(codes)
    assert problem.license == "Apache-2.0"


@pytest.mark.usefixtures("usual")
def test_what_is_near_passes_and_what_is_not_fails(parse: Callable[..., Problem]) -> None:
    problem = parse("humaneval", HALF | {"test": check("[[1], [3, [1.0, 3.0]]]", "[0.5, [0.5, 1.5]]")})
    right = HALF["prompt"] + HALF["canonical_solution"]
    near = right + "\nexact = half\ndef half(*a):\n    r = exact(*a)\n    d = 4e-7\n"
    near += "    return r + d if isinstance(r, float) else [y + d for y in r]\n"
    short = near.replace("for y in r]", "for y in r[:1]]")
    far = near.replace("4e-7", "4e-6")
    assert [label.passed for label in labels(problem, right, near, short, far)] == [True, True, False, False]


def test_another_comparison_stays_as_it_is_in_every_test(parse: Callable[..., Problem]) -> None:
    row = HALF | {"test": check("[[1], [2]]", "[0.5, 1.1]", atol="0.2").replace("import numpy as np\n", "")}
    problem = parse("humaneval", row)
    assert len(problem.tests) == 2
    assert all("Another rule" in (test.code or "") for test in problem.tests)
    wrong = "def half(x):\n    return 0.65"
    assert [list(label.outcomes) for label in labels(problem, HALF["prompt"] + HALF["canonical_solution"], wrong)] == [
        ["pass", "pass"],
        ["pass", "wrong_answer"],
    ]


@pytest.mark.usefixtures("usual")
def test_a_reference_in_the_test_is_asked_for_each_input(parse: Callable[..., Problem]) -> None:
    helpers = OURS + "def ref_func(x):\n    return [ref_func(x - 1), x] if x else 0\n\n\n"
    loop = "def check(candidate):\n    inputs = [[0], [3]]\n    for i, inp in enumerate(inputs):\n"
    test = helpers + loop + "        assertion(candidate(*inp), ref_func(*inp), 0)\n\n\ncheck(half)\n"
    problem = parse("humaneval", HALF | {"test": test})
    right = "def half(x):\n    return [half(x - 1), x] if x else 0"
    made = labels(problem, right, right.replace(", x]", "]"))
    assert [list(label.outcomes) for label in made] == [["pass", "pass"], ["pass", "wrong_answer"]]


def test_the_line_that_no_program_can_pass_is_read_as_it_is_meant(parse: Callable[..., Problem]) -> None:
    poly = "import math\n\ndef _poly(xs, x):\n    return sum(c * math.pow(x, i) for i, c in enumerate(xs))\n\n\n"
    loop = f"inputs = [[[1, 2]], [[-6, 3]]]\n    results = [-0.5, 2.0]\n    {FOR}"
    test = f"{poly}def check(candidate):\n    {loop}\n        assert _poly(*candidate(*inp), inp) <= 0.0001\n"
    problem = parse("humaneval", HALF | {"entry_point": "find_zero", "test": test})
    right = "def find_zero(xs):\n    return -xs[0] / xs[1]"
    wrong = "def find_zero(xs):\n    return -100.0"
    assert [label.passed for label in labels(problem, right, wrong)] == [True, False]


def test_mbpp_plus_shows_the_asserts_and_hides_the_lists(parse: Callable[..., Problem]) -> None:
    problem = parse("mbpp", MBPP_PLUS)
    assert [test.visibility for test in problem.tests] == [Visibility.PUBLIC, *[Visibility.PRIVATE] * 2]
    assert problem.tests[0].code == "import math\nassert set(both((3, 4), (4, 5))) == set((4,))"
    assert (problem.entry_point, problem.license) == ("both", "Apache-2.0")
    assert problem.statement.endswith("must pass these tests:\nassert set(both((3, 4), (4, 5))) == set((4,))")
    [right, wrong] = labels(problem, problem.reference_solutions[0], "def both(a, b):\n    return (4,)")
    assert (right.passed, list(wrong.outcomes)) == (True, ["pass", "pass", "wrong_answer"])


def test_a_text_of_another_form_is_one_test(parse: Callable[..., Problem]) -> None:
    problem = parse("mbpp", MBPP_PLUS | {"test": "for n in (1, 2):\n    assert both((n,), (n,)) == (n,)\n"})
    assert len(problem.tests) == 2
    assert labels(problem, problem.reference_solutions[0])[0].passed


items = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.lists(items, max_size=3), items), min_size=1, max_size=5))
def test_lists_are_cut_where_python_would(pairs: list[tuple[list[Any], Any]]) -> None:
    """Brackets, commas and quotes in texts change nothing."""
    assert listed_tests._items(repr([i for i, _ in pairs])) == [repr(i) for i, _ in pairs]
    test = OURS + LOOP.format([i for i, _ in pairs], [o for _, o in pairs], "f", "0")
    blocks = split_listed(test, "f")
    assert blocks is not None
    assert len(blocks) == len(pairs)
    for block, (given_, expected) in zip(blocks, pairs, strict=True):
        said = {
            line.split(" = ")[0]: line.split(" = ", 1)[1]
            for line in block.split("\n")
            if line.startswith(("inp =", "exp ="))
        }
        if "inf" not in block:
            assert ast.literal_eval(said["inp"]) == given_
            assert ast.literal_eval(said["exp"]) == expected


RELEASE = {
    "task_id": "Mbpp/9",
    "prompt": '"""\nWrite a function to turn a tuple.\nassert turn((1, 2)) == (2, 1)\n"""\n',
    "entry_point": "turn",
    "canonical_solution": "\ndef turn(t):\n    t = t[::-1]\n    return t\n",
    "base_input": [[[1, 2]]],
    "plus_input": [[[3, 4, 5]], [[]]],
    "atol": 0,
    "contract": "",
    "assertion": "import math\n\nassert turn((1, 2)) == (2, 1)\nassert turn((0,)) == (0,)\n",
}


def test_a_release_asks_its_reference_with_the_types_of_its_asserts(parse: Callable[..., Problem]) -> None:
    problem = parse("mbpp", RELEASE)
    assert [test.visibility for test in problem.tests] == [Visibility.PUBLIC, *[Visibility.PRIVATE] * 3]
    assert "given = ((3, 4, 5),)" in (problem.tests[2].code or "")
    assert '"""' not in problem.statement
    as_list = "def turn(t):\n    return list(t)[::-1] if len(t) > 2 else t[::-1]"
    [right, wrong] = labels(problem, problem.reference_solutions[0], as_list)
    assert (right.passed, list(wrong.outcomes)) == (True, ["pass", "pass", "wrong_answer", "pass"])


@pytest.mark.parametrize(
    ("asserts", "other", "passes"),
    [
        ("assert set(f([1, 2])) == {1, 2}", "def f(xs):\n    return xs[::-1]", True),
        ("assert f([1, 2]) == [1, 2]", "def f(xs):\n    return xs[::-1]", False),
        ("assert f([1, 2])", "def f(xs):\n    return 1", True),
        ("assert not f([])", "def f(xs):\n    return bool(xs)", True),
        ("assert f([1, 2]) == [1, 2]", "def f(xs):\n    return bool(xs)", False),
    ],
)
def test_results_are_compared_as_the_asserts_compare(
    parse: Callable[..., Problem], asserts: str, other: str, passes: bool
) -> None:
    row = {"task_id": "Mbpp/1", "prompt": f'"""\nDo.\n{asserts}\n"""', "entry_point": "f", "assertion": asserts}
    row |= {"canonical_solution": "def f(xs):\n    return xs\n", "base_input": [[[1, 2]]], "atol": 0}
    problem = parse("mbpp", row | {"plus_input": [[[3, 5]]]})
    assert labels(problem, other)[0].outcomes[-1] == ("pass" if passes else "wrong_answer")


def test_a_humaneval_release_without_tests_asks_its_reference(parse: Callable[..., Problem]) -> None:
    row = HALF | {"base_input": [[1]], "plus_input": [[5], [7]], "atol": 0.1}
    problem = parse("humaneval", row)
    assert len(problem.tests) == 3
    made = labels(
        problem,
        HALF["prompt"] + HALF["canonical_solution"],
        "def half(x):\n    return x / 2 + 0.05",
        "def half(x):\n    return x",
    )
    assert [label.passed for label in made] == [True, True, False]


@pytest.mark.parametrize(
    ("examples", "value", "expected"),
    [
        ([(((1, 2), (3,)),)], [[5, 6], []], ((5, 6), ())),
        ([([(1, "a")],)], [[2, "b"], []], [(2, "b"), ()]),
        ([([{1}, {}],)], [[2, 3], []], [{2, 3}, {}]),
        ([(1j,)], "2j", 2j),
        ([(1,)], "(1+2j)", 1 + 2j),
        ([("1",)], "2", "2"),
        ([({1: "a", "x": (2,)},)], {"3": [4], "y": []}, {3: (4,), "y": ()}),
        ([([1],), ((1,),)], [2], [2]),  # list in one example, tuple in the other
        ([((1, (2, 3)),)], [4, [5, [6]]], (4, (5, (6,)))),  # deeper than the example goes
        ([], [[1]], [[1]]),
    ],
)
def test_types_that_json_forgets_come_back_from_the_examples(
    examples: list[tuple[Any, ...]], value: Any, expected: Any
) -> None:
    shapes = shape_of(examples)
    back = restore(value, shapes[0] if shapes else None)
    assert repr(back) == repr(expected)


def test_real_mbpp_plus(data: Path) -> None:
    problems = load_problems(ProblemSettings(source="mbpp", path=str(data / "mbpp/MbppPlus-v0.1.0.jsonl")))
    assert (len(problems), sum(len(p.tests) for p in problems.problems)) == (399, 43073)
    assert all(p.entry_point for p in problems.problems)
    as_sets = {p.source_id for p in problems.problems if "== set(space" in (p.tests[-1].code or "")}
    assert as_sets == {f"Mbpp/{n}" for n in (2, 7, 111, 140, 232, 249)}, "those whose own asserts say set(f(...))"
    some = problems.problems[::100]
    programs = [
        Program(p.problem_id, program_id_of(p.problem_id, p.reference_solutions[0]), p.reference_solutions[0])
        for p in some
    ]
    made = label_programs({p.problem_id: p for p in some}, programs, LabelSettings())
    assert [label.label.passed for label in made] == [True] * len(some)
