"""One sample as a format's reader hands it on, and the codings in which other people write verdicts.

In: what a file says. Out: `ImportedSample`; ``load.py`` makes candidates of them.
"""

import json
from dataclasses import dataclass
from typing import Any

from dualset.builders.candidates.extract import Extracted
from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome

__all__ = ["ImportedSample", "recorded_passed", "recorded_verdict"]

_PASSED = {"pass", "passed", "true", "accepted", "correct", "1"}
_FAILED = {"fail", "failed", "false", "timed out", "wrong", "incorrect", "0", "-1", "-2"}
_FAILED |= {outcome.value for outcome in Outcome} - {Outcome.PASS, Outcome.INFRA_ERROR}


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedSample:
    """What a file says about one sample; None where it does not say.

    Attributes:
        where: file and line, for complaints.
        problem: whose it is.
        completion: the model's text, or the code where only that was kept.
        found: the code in it.
        verdict: the recorded verdict, in the file's own coding.
    """

    where: str
    problem: Problem
    completion: str
    found: Extracted
    verdict: Any = None
    passed: bool | None = None
    sample_index: int | None = None
    round: int = 0
    model: str | None = None
    model_revision: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    finish_reason: str | None = None
    n_tokens: int | None = None
    mean_logprob: float | None = None


def recorded_passed(verdict: Any) -> bool | None:
    """True or false as far as the coding is known: booleans, 1/0, APPS's -1 and -2, ``passed``, ``failed: why``."""
    word = _word(verdict).strip().lower()
    if word in _PASSED:
        return True
    return False if word in _FAILED or word.startswith("failed:") else None


def recorded_verdict(verdict: Any) -> str | None:
    """The verdict as it was written, other than text as JSON."""
    return None if verdict is None else _word(verdict)


def _word(verdict: Any) -> str:
    return verdict if isinstance(verdict, str) else json.dumps(verdict)
