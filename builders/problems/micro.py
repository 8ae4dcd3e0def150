"""``micro``: an original family of small problems, generated from a seed, so that the whole pipeline runs offline.

A problem asks one thing of a list: keep some numbers, change each, fold them into a result. In: a count and a seed.
Out: problems with a statement, a reference program and tests. The oracle is the slots' own functions, never the
program's text, so that a reference that fails its tests would be seen.

One spec in five is *held out*: only those become problems here, and the shipped policy never saw them
(``train/micro``).
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.records import Problem, Test, problem_id_of, with_test_ids
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.errors import RecipeError

__all__ = [
    "FOLD",
    "KEEP",
    "MAP",
    "Slot",
    "Spec",
    "all_specs",
    "held_out",
    "micro_problems",
    "program",
    "solve",
    "statement",
]

N_TESTS = 8
_DIGITS = range(2, 10)


class Slot(NamedTuple):
    """One choice of a part: its words, its spellings in code and its function; ``{k}`` stands for a digit."""

    words: str
    codes: tuple[str, ...]
    apply: Callable[..., Any]

    @property
    def takes_digit(self) -> bool:
        """Whether the part needs a digit."""
        return "{k}" in self.words


KEEP = {
    "all": Slot("numbers in xs", ("",), lambda x, k: True),
    "even": Slot("even numbers in xs", ("x % 2 == 0", "not x % 2"), lambda x, k: x % 2 == 0),
    "odd": Slot("odd numbers in xs", ("x % 2 == 1", "x % 2"), lambda x, k: x % 2 == 1),
    "positive": Slot("positive numbers in xs", ("x > 0", "0 < x"), lambda x, k: x > 0),
    "negative": Slot("negative numbers in xs", ("x < 0", "0 > x"), lambda x, k: x < 0),
    "above": Slot("numbers above {k} in xs", ("x > {k}", "{k} < x"), lambda x, k: x > k),
    "below": Slot("numbers below {k} in xs", ("x < {k}", "{k} > x"), lambda x, k: x < k),
    "multiples": Slot("multiples of {k} in xs", ("x % {k} == 0", "not x % {k}"), lambda x, k: x % k == 0),
    "except": Slot("numbers other than {k} in xs", ("x != {k}", "not x == {k}"), lambda x, k: x != k),
}
MAP = {
    "same": Slot("", ("x",), lambda x, k: x),
    "square": Slot(", each squared", ("x * x", "x ** 2"), lambda x, k: x * x),
    "double": Slot(", each doubled", ("2 * x", "x + x"), lambda x, k: 2 * x),
    "negate": Slot(", each negated", ("-x", "0 - x"), lambda x, k: -x),
    "halve": Slot(", each halved and rounded down", ("x // 2", "x >> 1"), lambda x, k: x // 2),
    "size": Slot(", each without its sign", ("abs(x)", "max(x, -x)"), lambda x, k: abs(x)),
    "plus": Slot(", each plus {k}", ("x + {k}", "{k} + x"), lambda x, k: x + k),
    "minus": Slot(", each minus {k}", ("x - {k}", "-{k} + x"), lambda x, k: x - k),
    "modulo": Slot(", each modulo {k}", ("x % {k}",), lambda x, k: x % k),
}
FOLD = {
    "sum": Slot("the sum of the", ("sum({each})", "sum([{each}])"), sum),
    "largest": Slot(
        "the largest (or 0) of the",
        ("max(({each}), default=0)", "max([{each}], default=0)"),
        lambda ys: max(ys, default=0),
    ),
    "smallest": Slot(
        "the smallest (or 0) of the",
        ("min(({each}), default=0)", "min([{each}], default=0)"),
        lambda ys: min(ys, default=0),
    ),
    "list": Slot("the list of the", ("[{each}]", "list({each})"), list),
    "sorted": Slot("the sorted list of the", ("sorted({each})", "sorted([{each}])"), sorted),
    "reversed": Slot("the reversed list of the", ("[{each}][::-1]", "list(reversed([{each}]))"), lambda ys: ys[::-1]),
    "different": Slot(
        "the number of different values of the", ("len({{{each}}})", "len(set({each}))"), lambda ys: len(set(ys))
    ),
}


class Spec(NamedTuple):
    """What one problem asks: a key of KEEP, MAP and FOLD each, and their digits (0 where a part takes none)."""

    keep: str
    keep_k: int
    map: str
    map_k: int
    fold: str


def statement(spec: Spec) -> str:
    """The task in words."""
    kept = KEEP[spec.keep].words.format(k=spec.keep_k)
    changed = MAP[spec.map].words.format(k=spec.map_k)
    return f"Write f(xs): return {FOLD[spec.fold].words} {kept}{changed}."


def program(spec: Spec, spelling: tuple[int, int, int] = (0, 0, 0)) -> str:
    """A one-line program that does it; ``spelling`` picks among the ways to write each part."""
    keep, change, fold = (
        slot.codes[choice % len(slot.codes)]
        for slot, choice in zip((KEEP[spec.keep], MAP[spec.map], FOLD[spec.fold]), spelling, strict=True)
    )
    each = f"{change.format(k=spec.map_k)} for x in xs"
    if keep:
        each = f"{each} if {keep.format(k=spec.keep_k)}"
    return f"def f(xs):\n    return {fold.format(each=each)}\n"


def solve(spec: Spec, xs: list[int]) -> Any:
    """The right result, from the slots' functions."""
    keep, change, fold = KEEP[spec.keep].apply, MAP[spec.map].apply, FOLD[spec.fold].apply
    return fold([change(x, spec.map_k) for x in xs if keep(x, spec.keep_k)])


def _choices(slots: dict[str, Slot]) -> Iterator[tuple[str, int]]:
    for name, slot in slots.items():
        for k in _DIGITS if slot.takes_digit else (0,):
            yield name, k


@cache
def all_specs() -> tuple[Spec, ...]:
    """Every spec, in a fixed order."""
    return tuple(Spec(*kept, *changed, fold) for kept in _choices(KEEP) for changed in _choices(MAP) for fold in FOLD)


def held_out(spec: Spec) -> bool:
    """Whether the spec is kept from the shipped policy's training, and so may be a problem: one in five, by hash."""
    return int(content_id(list(spec))[:8], 16) % 5 == 0


def micro_problems(count: int, seed: int) -> tuple[Problem, ...]:
    """Distinct problems drawn from the held-out specs.

    Raises:
        RecipeError: fewer are held out than asked for.
    """
    pool = [spec for spec in all_specs() if held_out(spec)]
    if not 1 <= count <= len(pool):
        msg = f"problems.count is {count}: micro has 1 to {len(pool)} problems"
        raise RecipeError(msg)
    return tuple(_problem(spec, seed) for spec in random.Random(seed).sample(pool, count))


def _problem(spec: Spec, seed: int) -> Problem:
    name = "-".join(str(part) for part in spec if part)
    draw = random.Random(f"{seed}:{name}")
    inputs = [[], *([draw.randint(-12, 12) for _ in range(draw.randint(4, 10))] for _ in range(N_TESTS - 1))]
    tests = tuple(
        Test(input=json.dumps([xs]), expected=json.dumps(solve(spec, xs)), visibility=Visibility.PRIVATE)
        for xs in inputs
    )
    problem = Problem(
        problem_id="",
        source="micro",
        source_id=name,
        title=name,
        statement=statement(spec),
        style=Style.CALL,
        entry_point="f",
        tests=with_test_ids(tests),
        reference_solutions=(program(spec),),
        difficulty=("easy", "medium", "hard")[(spec.keep != "all") + (spec.map != "same")],
        tags=(spec.keep, spec.map, spec.fold),
        license="Apache-2.0",
    )
    return replace(problem, problem_id=problem_id_of(problem))
