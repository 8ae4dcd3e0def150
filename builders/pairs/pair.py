"""A preference pair: two programs of one problem, the first of which is better.

In: nothing. Out: the record and its columns. The first is *chosen*: it passes every test; the second *rejected*: it
fails at least one. Pairs that were published by others say what they say, and know less (``published.py``).
"""

from dataclasses import dataclass

from dualset.builders.dataset.ids import content_id

__all__ = ["Pair", "pair_id_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One pair.

    Attributes:
        pair_id: 16 hex digits of the sha256 of statement and codes.
        problem_id: of both programs.
        split: of the problem.
        question_content: the problem's statement.
        code_pos: the chosen program.
        code_neg: the rejected one.
        chosen_id: program_id of the chosen one; null where the pair was published by others.
        rejected_id: of the rejected one, likewise.
        outcome: the first failing test's outcome of the rejected one; null where unknown.
        tests_passed: of the rejected one; null where unknown.
        tests_total: tests it was run on; null where unknown.
        label_source: what decided: execution, a consensus, or the data set that it was published in.
    """

    pair_id: str
    problem_id: str
    split: str
    question_content: str
    code_pos: str
    code_neg: str
    chosen_id: str | None = None
    rejected_id: str | None = None
    outcome: str | None = None
    tests_passed: int | None = None
    tests_total: int | None = None
    label_source: str | None = None


def pair_id_of(statement: str, chosen: str, rejected: str) -> str:
    """A pair is what is asked and the two codes."""
    return content_id([statement, chosen, rejected])
