"""Asking for a ranking: in one shown order or in several, once or more often, and what the answers come to.

In: programs with their statement, or a chat that shows them. Out: an order a repeat, and the bare answers with what
stood where. Shown in several orders, a program's place is its mean rank over the well-formed answers (ties: as in the
version), which averages out a model's liking for some place in the list. A malformed answer gives every program the
same expected rank, so the others decide; where all are malformed, nobody does.
"""

import random
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from dualset.builders.candidates.sample import first_seed
from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.dataset.records import Message
from dualset.builders.groups.ranking import parse_ranking, ranking_prompt
from dualset.builders.progress import Progress
from dualset.eval.respondent import Respondent

__all__ = ["Question", "Ranked", "Shown", "questions_of", "rank_all"]


class Shown(NamedTuple):
    """One way of showing the programs: ``places[i]`` says which of them stands at place i of the chat."""

    chat: tuple[Message, ...]
    places: tuple[int, ...]


class Question(NamedTuple):
    """What is ranked: its name, which decides the seeds, and the ways it is shown."""

    name: str
    shown: tuple[Shown, ...]


class Ranked(NamedTuple):
    """One repeat.

    Attributes:
        order: positions of the programs, best first; None: no answer was well formed.
        valid: the share of its answers that were.
        answers: for each way of showing, the places named best first; None: malformed.
    """

    order: list[int] | None
    valid: float
    answers: tuple[list[int] | None, ...]


def questions_of(name: str, statement: str, programs: Sequence[str], prompt: str, orders: int, seed: int) -> Question:
    """A question whose first order is the given one and whose others are drawn from its name and the seed."""
    ways = [tuple(range(len(programs)))]
    draw = random.Random(first_seed(seed, f"show {name}"))
    for _ in range(orders - 1):
        ways.append(tuple(draw.sample(range(len(programs)), len(programs))))
    return Question(
        name, tuple(Shown(ranking_prompt(statement, [programs[i] for i in places], prompt), places) for places in ways)
    )


def rank_all(
    asked: Respondent, questions: Sequence[Question], *, repeats: int, seed: int, progress: Progress, stage: str
) -> list[list[Ranked]]:
    """Each question's answers, a `Ranked` a repeat. A prompt that does not fit the model has malformed answers.

    Raises:
        ModelError: see `Respondent.answer`.
    """
    requests = [
        Request(name := question.name if nth == 0 else f"{question.name} order {nth}", r, _seed(seed, name) + r, s.chat)
        for question in questions
        for nth, s in enumerate(question.shown)
        for r in range(repeats)
    ]
    texts = iter([each.text for each in asked.answer(requests, progress, stage)])
    ranked = []
    for question in questions:
        said = [[parse_ranking(next(texts), len(shown.places)) for _ in range(repeats)] for shown in question.shown]
        ranked.append([_ranked(question, [way[r] for way in said]) for r in range(repeats)])
    return ranked


def _ranked(question: Question, answers: Sequence[list[int] | None]) -> Ranked:
    ranks: list[dict[int, int]] = []
    for shown, answer in zip(question.shown, answers, strict=True):
        if answer is not None:
            ranks.append({shown.places[place]: rank for rank, place in enumerate(answer)})
    order = None
    if ranks:
        mean = {program: fmean(each[program] for each in ranks) for program in ranks[0]}
        order = sorted(mean, key=lambda program: (mean[program], program))
    return Ranked(order, len(ranks) / len(answers), tuple(answers))


def _seed(seed: int, name: str) -> int:
    return first_seed(seed, f"rank {name}")
