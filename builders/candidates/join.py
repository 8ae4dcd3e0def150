"""Which problem a sample belongs to: by its name, or, where a format has no names, by its prompt.

In: a name or prompt, and the problems. Out: the problem, None where the recipe's ``limit`` left it out, or an error: a
sample is never dropped in silence.
"""

import difflib
import re
from collections import defaultdict

from dualset.builders.dataset.records import Problem
from dualset.builders.errors import SourceError
from dualset.builders.problems.problem_set import ProblemSet

__all__ = ["PromptIndex", "problem_named"]

_FIRST_LINE = re.compile(r"[\s\"']*[^\n]*")


def problem_named(name: str, problems: ProblemSet, where: str) -> Problem | None:
    """The problem of this source name or id."""
    problem = problems.named(name)
    if problem is None and name not in problems.left_out_names:
        near = difflib.get_close_matches(name, list(problems.by_source_id), n=1) or list(problems.by_source_id)[:1]
        msg = f"{where}: no problem {name!r} among the {len(problems)} of the recipe (nearest: {', '.join(near)})"
        raise SourceError(msg)
    return problem


class PromptIndex:
    """Problems by the code that they start from.

    CodeT's prompts are HumanEval's without the examples in the docstring, so equal text is not enough. A prompt belongs
    to the problem whose starter code has the same last ``def`` line and, of several, the longest common beginning.
    """

    def __init__(self, problems: ProblemSet) -> None:
        self._problems = problems
        self._starts: dict[str, list[Problem]] = defaultdict(list)
        for problem in (*problems.problems, *problems.left_out):
            self._starts[_last_def(problem.starter_code or "")].append(problem)

    def find(self, prompt: str, where: str) -> Problem | None:
        """The problem of this prompt."""
        shared = [(_common(prompt, p.starter_code or ""), p) for p in self._starts.get(_last_def(prompt), ())]
        shared = [(length, p) for length, p in shared if length >= _needed(prompt)]
        longest = max((length for length, _ in shared), default=0)
        best = [problem for length, problem in shared if length == longest]
        if not longest or len(best) > 1:
            which = "several problems start" if best else "no problem starts"
            msg = f"{where}: {which} with this prompt: {_last_def(prompt) or prompt[:60]!r}"
            raise SourceError(msg)
        return best[0] if best[0].problem_id in self._problems else None


def _last_def(prompt: str) -> str:
    lines = re.findall(r"^def .*$", prompt, re.MULTILINE)
    return lines[-1].strip() if lines else ""


def _needed(prompt: str) -> int:
    """Up to where a beginning must be shared: the docstring's first line, since twins share their ``def`` line."""
    last_def = list(re.finditer(r"^def .*\n", prompt, re.MULTILINE))
    first_line = _FIRST_LINE.match(prompt, last_def[-1].end()) if last_def else None
    return first_line.end() if first_line else 1


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
