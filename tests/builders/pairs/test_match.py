"""Which programs are paired: against a brute force, and the promises that a user leans on."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.errors import RecipeError
from dualset.builders.pairs.match import Program, Verdict, match
from dualset.builders.pairs.settings import PairSettings

ALL = PairSettings(max_per_problem=None)


def program(name: str, passed: int, code: str | None = None, total: int = 4) -> Program:
    outcome = "pass" if passed == total else "wrong_answer"
    return Program(name, code or f"code {name}", Verdict(passed == total, outcome, passed, total))


programs = st.lists(
    st.tuples(st.text("ab \n", min_size=1, max_size=6).filter(str.strip), st.integers(0, 4)), max_size=9
).map(lambda drawn: [program(f"{i:02}", passed, code) for i, (code, passed) in enumerate(drawn)])


@given(programs, st.sampled_from(["hardest", "drawn"]), st.integers(0, 3))
def test_without_a_cap_it_is_every_right_one_with_every_wrong_one(drawn: list[Program], order: str, seed: int) -> None:
    verdicts: dict[str, set[bool]] = {}
    for each in drawn:
        verdicts.setdefault(each.code.strip(), set()).add(each.verdict.passed)
    right = {code for code, said in verdicts.items() if said == {True}}
    wrong = {code for code, said in verdicts.items() if said == {False}}
    found = match("p", drawn, PairSettings(max_per_problem=None, order=order, seed=seed))
    assert sorted((a.code.strip(), b.code.strip()) for a, b in found) == sorted(product(right, wrong))


@given(programs, st.integers(1, 5))
def test_a_cap_takes_the_first_and_near_misses_come_first(drawn: list[Program], cap: int) -> None:
    whole = match("p", drawn, ALL)
    assert match("p", drawn, PairSettings(max_per_problem=cap)) == whole[:cap]
    n_wrong = len({rejected.program_id for _, rejected in whole})
    first = [rejected.share for _, rejected in whole[:n_wrong]]
    assert first == sorted(first, reverse=True)
    assert len({rejected.program_id for _, rejected in whole[:n_wrong]}) == n_wrong  # each before any twice


@given(programs, st.floats(1, 4))
def test_lengths_match_and_the_nearest_comes_first(drawn: list[Program], ratio: float) -> None:
    found = match("p", drawn, PairSettings(max_per_problem=None, length_ratio=ratio))
    ratios: dict[str, list[float]] = {}
    for chosen, rejected in found:
        long, short = sorted((len(chosen.code.strip()), len(rejected.code.strip())), reverse=True)
        ratios.setdefault(rejected.program_id, []).append(long / short)
    assert all(each <= ratio and mine == sorted(mine) for mine in ratios.values() for each in mine)
    assert len(found) == sum(
        max(len(a.code.strip()), len(b.code.strip())) / min(len(a.code.strip()), len(b.code.strip())) <= ratio
        for a, b in match("p", drawn, ALL)
    )


def test_the_right_programs_take_turns() -> None:
    drawn = [program(f"r{i}", 4) for i in range(3)] + [program(f"w{i}", 0) for i in range(3)]
    first = match("p", drawn, PairSettings(max_per_problem=3))
    assert len({chosen.program_id for chosen, _ in first}) == 3
    assert len({rejected.program_id for _, rejected in first}) == 3


def test_one_seed_is_one_order_and_another_is_another() -> None:
    drawn = [program(f"r{i}", 4) for i in range(4)] + [program(f"w{i}", 1) for i in range(4)]
    orders = [match("p", drawn, PairSettings(seed=seed)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert match("p", drawn[::-1], PairSettings(seed=1)) == orders[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"order": "hardes"}, "did you mean 'hardest'"),
        ({"max_per_problem": 0}, "pairs a problem is 0"),
        ({"length_ratio": 0.5}, "the length ratio is 0.5"),
        ({"length_ratio": float("nan")}, "the length ratio is nan"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        PairSettings(**settings).check()  # type: ignore[arg-type]
