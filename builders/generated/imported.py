"""Tests that somebody else had written, as files have them: one piece of a row at a time.

In: rows of a file, and the problems. Out: the problem of each piece and the piece, unread: a ``Written``. Formats:

``codet``
    CodeT's (arXiv 2207.10397): a prompt that ends with ``assert``, and what the model wrote after it (some repeat the
    word). Rows whose prompt ends otherwise are programs, which lie in the same folder, and are passed over.
``jsonl``
    ``problem_id`` and ``completion``, the model's answer; or ``code``, one assert; or ``input`` and ``expected``. Any
    other column of the candidates table may be there; ``finish_reason`` ``length`` says that the answer was cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from dualset.builders.candidates.join import PromptIndex, problem_named
from dualset.builders.dataset.records import Candidate, Problem, Test
from dualset.builders.dataset.words import Style
from dualset.builders.errors import did_you_mean
from dualset.builders.generated.parse import read_code, read_pair, read_tests
from dualset.builders.generated.reasons import Reason
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import Row, read_rows

__all__ = ["READERS", "Written"]

_COLUMNS = {field.name for field in fields(Candidate)} | {"input", "expected", "verdict"}
_OPENING = "assert "


class Written(NamedTuple):
    """A text (``cut`` at its end or not), or one test: its code, or its input and expected value."""

    text: str | None = None
    cut: bool = False
    code: str | None = None
    input: str | None = None
    expected: str | None = None

    def read(self, problem: Problem) -> Iterator[Test | Reason]:
        """The tests in it."""
        if self.text is not None:
            yield from read_tests(problem, self.text, cut=self.cut)
        elif self.code is not None:
            yield read_code(problem, self.code)
        else:
            yield read_pair(problem, self.input or "", self.expected or "")


def _read_codet(path: Path, problems: ProblemSet) -> Iterator[tuple[Problem, Written]]:
    index = PromptIndex(problems)
    for row in read_rows(path):
        prompt = row.text("prompt")
        if not prompt.endswith(_OPENING):
            continue
        if (problem := index.find(prompt, row.where)) is None:
            continue
        if problem.style is not Style.ASSERT:
            raise row.error(f"holds asserts, but problem {problem.source_id!r} is of style {problem.style.value!r}")
        for text in row.texts("samples"):
            yield problem, Written(text if text.startswith(_OPENING) else _OPENING + text)


def _read_jsonl(path: Path, problems: ProblemSet) -> Iterator[tuple[Problem, Written]]:
    for row in read_rows(path):
        for name in row.data:
            if name not in _COLUMNS:
                raise row.error(f"unknown column {name!r}: {did_you_mean(name, _COLUMNS)}")
        problem = problem_named(row.name("problem_id"), problems, row.where)
        if problem is not None:
            yield problem, _written(row, problem)


def _written(row: Row, problem: Problem) -> Written:
    """A completion goes before the code that was found in it."""
    completion, code = row.maybe_text("completion"), row.maybe_text("code")
    pair = (row.maybe_text("input"), row.maybe_text("expected"))
    alone = completion is not None or code is not None
    if not (pair == (None, None) if alone else None not in pair):
        raise row.error("needs 'completion', or 'code', or both 'input' and 'expected', and not several of these")
    if completion is not None:
        return Written(completion, row.maybe_text("finish_reason") == "length")
    fits = Style.ASSERT if code is not None else Style.STDIO
    if problem.style not in (fits, Style.CALL):
        wanted = "'input' and 'expected'" if code is not None else "'code'"
        raise row.error(f"problem {problem.source_id!r} is of style {problem.style.value!r}: give {wanted}")
    return Written(code=code, input=pair[0], expected=pair[1])


READERS: dict[str, Callable[[Path, ProblemSet], Iterator[tuple[Problem, Written]]]] = {
    "codet": _read_codet,
    "jsonl": _read_jsonl,
}
"""The readers of ``tests.format``."""
