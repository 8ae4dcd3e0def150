"""Ranking as text: the prompt that shows K programs, the answer that orders them, and the strict way back.

In: a statement and programs, or a model's answer. Out: chat messages, or an order. Source: DuST (arXiv 2605.11299) for
the task; the wording is ours. The way back is strict because a lax one is exploited: a policy that was rewarded for any
digits stopped ending its answers within 100 steps.
"""

import re
from collections.abc import Sequence

from dualset.builders.dataset.records import Message
from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["PROMPTS", "parse_ranking", "ranking_prompt", "ranking_text"]

_DUST = """\
Below are a programming problem and {k} candidate programs for it.

Problem:
{statement}

{programs}
Rank the candidates from the most to the least likely to pass every test of the problem. You may reason first. End \
with one line that holds only the candidate numbers, best first, separated by commas."""

_SHORT = """\
{statement}
{programs}Rank."""

PROMPTS = {"dust": (_DUST, "Candidate {i}:\n```python\n{code}\n```\n\n"), "short": (_SHORT, "{i}:\n{code}\n")}
"""Each prompt by name: the whole, and one program in it."""

_ORDER = re.compile(r"[1-9][0-9]{0,2}(?:\s*,\s*[1-9][0-9]{0,2})*")


def ranking_prompt(statement: str, programs: Sequence[str], prompt: str = "dust") -> tuple[Message, ...]:
    """One user turn that shows the programs, numbered from 1, and asks for their order.

    Raises:
        RecipeError: there is no prompt of that name.
    """
    if prompt not in PROMPTS:
        msg = f"groups.prompt is {prompt!r}: {did_you_mean(prompt, PROMPTS)}"
        raise RecipeError(msg)
    whole, each = PROMPTS[prompt]
    shown = "".join(each.format(i=i, code=code.rstrip("\n")) for i, code in enumerate(programs, start=1))
    text = whole.format(k=len(programs), statement=statement.rstrip("\n"), programs=shown)
    return ({"role": "user", "content": text},)


def ranking_text(order: Sequence[int]) -> str:
    """The answer for an order of 0-based positions, best first: ``[1, 0]`` is ``"2, 1"``."""
    return ", ".join(str(position + 1) for position in order)


def parse_ranking(answer: str, k: int) -> list[int] | None:
    """The order that an answer gives: 0-based positions, best first; None where it is malformed.

    Only the last line after the last ``</think>`` counts, and it must be exactly a permutation of 1..k; an unclosed
    ``<think>`` is malformed.
    """
    if answer.rfind("<think>") > answer.rfind("</think>"):
        return None
    lines = answer.rpartition("</think>")[2].strip().splitlines()
    if not lines or not _ORDER.fullmatch(last := lines[-1].strip()):
        return None
    order = [int(number) - 1 for number in last.split(",")]
    return order if sorted(order) == list(range(k)) else None
