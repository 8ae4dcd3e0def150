"""Rankings asked for in several shown orders: what they come to, and which places a judge likes."""

from typing import Any

import pytest

from dualset.builders.candidates.samplers.sampler import Completion, Request
from dualset.builders.groups.ranking import ranking_text
from dualset.eval.asking import Question, Shown, questions_of, rank_all
from dualset.eval.position import position_bias
from dualset.eval.power import problems_needed

PROGRAMS = ["A", "B", "C", "D"]


class Says:
    """Answers by a rule that sees the programs in the order shown."""

    def __init__(self, rule: Any) -> None:
        self.rule = rule

    def answer(self, requests: list[Request], progress: Any, stage: str) -> list[Completion]:
        """A ranking text for each."""
        return [Completion(self.rule(request), 1, "stop", None) for request in requests]


def shown_in(request: Request) -> list[str]:
    return [line for line in request.chat[0]["content"].splitlines() if line in PROGRAMS]


def by_name(request: Request) -> str:
    """A judge without bias: A is best, D is worst, wherever they stand."""
    seen = shown_in(request)
    return ranking_text(sorted(range(len(seen)), key=lambda place: seen[place]))


def asked(rule: Any, orders: int, repeats: int = 1, n: int = 20) -> list[list[Any]]:
    questions = [questions_of(f"q{i}", "?", PROGRAMS, "short", orders, 0) for i in range(n)]
    says: Any = Says(rule)
    return rank_all(says, questions, repeats=repeats, seed=0, progress=lambda *_: None, stage="rank")


def test_an_unbiased_judge_gives_one_order_however_it_is_shown() -> None:
    for orders in (1, 5):
        assert all(each.order == [0, 1, 2, 3] and each.valid == 1.0 for [each] in asked(by_name, orders))


def test_a_judge_that_likes_the_first_place_is_averaged_out() -> None:
    """It says 1, 2, 3, 4 to all: shown once that is the given order, over many orders no program is preferred."""
    assert all(each.order == [0, 1, 2, 3] for [each] in asked(lambda _: "1, 2, 3, 4", 1))
    firsts = [each.order[0] for [each] in asked(lambda _: "1, 2, 3, 4", 41, n=60)]
    assert all(firsts.count(program) < 35 for program in range(4))


def test_malformed_answers_count_in_the_share_and_nowhere_else() -> None:
    def half(request: Request) -> str:
        return by_name(request) if "order" not in request.problem_id else "none"

    [[each], *_] = asked(half, 2)
    assert (each.order, each.valid) == ([0, 1, 2, 3], 0.5)
    [[none], *_] = asked(lambda _: "none", 3)
    assert (none.order, none.valid) == (None, 0.0)


def test_a_mean_rank_by_hand() -> None:
    """Given order says 1, 2; shown as B, A it says 2, 1 (A before B), and C between: mean ranks 0, 1.5, 1.5."""
    chat = ({"role": "user", "content": "?"},)
    question = Question("q", (Shown(chat, (0, 1, 2)), Shown(chat, (2, 1, 0))))
    answers = iter(["1, 2, 3", "3, 1, 2"])
    says: Any = Says(lambda _: next(answers))
    [[each]] = rank_all(says, [question], repeats=1, seed=0, progress=lambda *_: None, stage="")
    assert each.order == [0, 1, 2]
    assert each.answers == ([0, 1, 2], [2, 0, 1])


def test_repeats_ask_again_with_other_seeds() -> None:
    seeds: list[int] = []

    def rule(request: Request) -> str:
        seeds.append(request.seed)
        return by_name(request)

    assert all(len(repeats) == 3 for repeats in asked(rule, 2, repeats=3, n=2))
    assert len(seeds) == len(set(seeds)) == 12


def test_position_bias_by_hand() -> None:
    answers = [([0, 1], [True, False]), ([0, 1], [False, True]), ([1, 0], [False, True]), (None, [True, False])]
    bias = position_bias(answers)
    assert bias is not None
    assert (bias.size, bias.answers) == (2, 3)
    assert bias.first == pytest.approx([2 / 3, 1 / 3])
    assert bias.right == pytest.approx([1 / 3, 2 / 3])
    assert bias.pair_accuracy == [1.0, 0.5]
    assert position_bias([(None, [True])]) is None


def test_the_problems_needed_are_those_that_find_the_difference() -> None:
    """Simulated: with so many problems about 80 % of the evaluations find it."""
    import numpy as np

    drawn = np.random.default_rng(0)
    seen = drawn.normal(0.05, 0.3, size=4000)
    n = problems_needed(list(seen), 0.05)
    assert n is not None
    means = drawn.normal(0.05, 0.3, size=(4000, n))
    found = np.abs(means.mean(1)) > 1.96 * means.std(1, ddof=1) / np.sqrt(n)
    assert 0.77 < found.mean() < 0.83
    assert problems_needed([0.1], 0.05) is None
    assert problems_needed([0.1, 0.1], 0.05) is None
