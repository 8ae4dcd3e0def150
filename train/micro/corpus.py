"""What the tiny policy learns from: tasks of the ``micro`` family, with slips, as (prompt, answer) chats.

In: a kind and a seed. Out: documents. The kinds: *write* a program (some answers hold a slip, so that its samples hold
both passes and failures), give a *verdict* on one program, rank two, three or four (*rank2*, *rank3*, *rank4*). Specs
that may become problems are never used. Right and wrong are decided by what programs do on a bank of inputs, not by how
they look: a slip can be harmless.

A kind of its own, for a policy that plays both roles of co-evolution, is *test*: one assert, its value worked out in a
comment before it (what is kept, what becomes of it), since this small a model cannot do that in its head.
"""

import random
from functools import cache
from typing import NamedTuple

from dualset.builders.candidates.prompts import load_template, writing_prompt
from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Style
from dualset.builders.groups.ranking import ranking_prompt, ranking_text
from dualset.builders.problems.micro import FOLD, KEEP, MAP, Slot, Spec, all_specs, held_out, program, solve, statement

__all__ = ["KINDS", "Document", "attempt", "documents", "same_behaviour"]

KINDS = ("write", "verdict", "rank2", "rank3", "rank4", "test")
SLIP_IN_WRITING = 0.35
SLIP_IN_JUDGING = 0.5


class Document(NamedTuple):
    """One user turn and the answer to learn."""

    prompt: str
    answer: str


def documents(kind: str, count: int, seed: int) -> list[Document]:
    """The documents of one kind; the same seed gives the same ones."""
    rng = random.Random(f"{kind}:{seed}")
    taught = [spec for spec in all_specs() if not held_out(spec)]
    return [_document(kind, rng.choice(taught), rng) for _ in range(count)]


def _document(kind: str, spec: Spec, rng: random.Random) -> Document:
    if kind == "write":
        code, _ = attempt(spec, rng, SLIP_IN_WRITING)
        return Document(_writing(spec), f"```python\n{code}```")
    if kind == "verdict":
        code, right = attempt(spec, rng, SLIP_IN_JUDGING)
        return Document(f"{statement(spec)}\n{code}Right?", "yes" if right else "no")
    if kind == "test":
        return _testing(spec, rng)
    return _ranking(spec, int(kind.removeprefix("rank")), rng)


def _writing(spec: Spec) -> str:
    problem = Problem(problem_id="", source="micro", source_id="", statement=statement(spec), style=Style.CALL)
    return writing_prompt(problem)[0]["content"]


def _testing(spec: Spec, rng: random.Random) -> Document:
    problem = Problem(
        problem_id="", source="micro", source_id="", statement=statement(spec), style=Style.CALL, entry_point="f"
    )
    xs = [rng.randint(-9, 12) for _ in range(rng.randint(1, 4))]
    kept = [x for x in xs if KEEP[spec.keep].apply(x, spec.keep_k)]
    changed = [MAP[spec.map].apply(x, spec.map_k) for x in kept]
    worked = f"# {xs} {kept} {changed}\nassert f({xs}) == {solve(spec, xs)}"
    return Document(load_template("assert-1").chat(problem)[0]["content"], f"```python\n{worked}\n```")


def _ranking(spec: Spec, k: int, rng: random.Random) -> Document:
    """K different programs, right and wrong mixed; the answer names the right ones first, ties in random order."""
    while True:
        shown: dict[str, bool] = {}
        while len(shown) < k:
            code, right = attempt(spec, rng, SLIP_IN_JUDGING)
            shown.setdefault(code, right)
        if 0 < sum(shown.values()) < k:
            break
    correct = list(shown.values())
    order = sorted(range(k), key=lambda i: (not correct[i], rng.random()))
    return Document(ranking_prompt(statement(spec), list(shown), "short")[0]["content"], ranking_text(order))


def attempt(spec: Spec, rng: random.Random, slip: float) -> tuple[str, bool]:
    """One try at the spec, wrong in a part or two with probability ``slip``: its code, and whether it is right."""
    tried = spec
    if rng.random() < slip:
        for _ in range(rng.choice((1, 1, 1, 2))):
            tried = _slipped(tried, rng)
    spelling = (rng.randrange(2), rng.randrange(2), rng.randrange(2))
    return program(tried, spelling), same_behaviour(tried, spec)


def _slipped(spec: Spec, rng: random.Random) -> Spec:
    part = rng.choice(("keep", "map", "fold", "digit"))
    if part == "fold":
        return spec._replace(fold=rng.choice([name for name in FOLD if name != spec.fold]))
    if part == "digit":
        digits = [name for name in ("keep_k", "map_k") if getattr(spec, name)]
        if digits:
            return _with(spec, **{rng.choice(digits): rng.randrange(2, 10)})
        part = "keep"
    slots: dict[str, Slot] = KEEP if part == "keep" else MAP
    name = rng.choice([name for name in slots if name != getattr(spec, part)])
    k = rng.randrange(2, 10) if slots[name].takes_digit else 0
    changed: dict[str, str | int] = {part: name, f"{part}_k": k}
    return _with(spec, **changed)


def _with(spec: Spec, **parts: str | int) -> Spec:
    """The spec with some parts changed."""
    return Spec(**(spec._asdict() | parts))


def same_behaviour(one: Spec, other: Spec) -> bool:
    """Whether two specs ask for the same thing on every input of the bank."""
    return one == other or _behaviour(one) == _behaviour(other)


@cache
def _behaviour(spec: Spec) -> str:
    return repr([solve(spec, xs) for xs in _bank()])


@cache
def _bank() -> list[list[int]]:
    rng = random.Random(7)
    return [[], *([rng.randint(-12, 12) for _ in range(rng.randint(1, 10))] for _ in range(24))]
