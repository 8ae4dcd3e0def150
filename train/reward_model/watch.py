"""Watching for reward hacking: every so many steps some of the policy's programs are run, and their reward is compared.

In: what the policy wrote and what the reward model gave for it. Out: ``watch/...`` figures in ``metrics.jsonl``, and
whether the two have *parted*: the reward goes on rising while fewer programs pass. Whole groups of answers to one
prompt are drawn, by seed and step, so that right and wrong answers to the same problem are compared. An answer passes
by the rule of measuring (the last block counts), which is what the policy will be judged by. What is seen here never
rewards.

The stop rule: with figures smoothed over `WINDOW` looks, training has parted where the pass rate is more than ``stop``
below its best so far, and the reward is above what it was then.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from dualset.builders.candidates.extract import extract_code
from dualset.eval.pair_accuracy import program_accuracy
from dualset.train.grader import Attempted, Grader
from dualset.train.reward_model.watch_settings import WatchSettings

__all__ = ["WINDOW", "Look", "Watch", "looks_in"]

WINDOW = 3
"""Looks that a smoothed figure is the mean of."""


class Look(NamedTuple):
    """What one look saw; ``auc`` is how often a right program earned more than a wrong one of its problem, or null."""

    step: int
    passed: float
    reward: float
    auc: float | None = None


class Watch:
    """Follows one run.

    Args:
        grader: runs programs.
        tested: the problems that have tests.
        settings: how to watch.
        seed: of what is drawn.
        past: the looks of the run that this one goes on with.
    """

    def __init__(
        self, grader: Grader, tested: frozenset[str], settings: WatchSettings, *, seed: int, past: Sequence[Look] = ()
    ) -> None:
        self.settings, self.looks = settings, list(past)
        self._grader, self._tested, self._seed = grader, tested, seed

    def look(
        self,
        step: int,
        problems: Sequence[str],
        answers: Sequence[str],
        rewards: Sequence[float],
        log_metric: Callable[[str, float], None] | None,
    ) -> None:
        """Look, if it is time; of several processes all do, at the same step."""
        from accelerate.utils import gather_object

        if self.looks and step // self.settings.every == self.looks[-1].step // self.settings.every:
            return
        seen = gather_object(self._seen(step, problems, answers, rewards))
        if not seen:
            return
        of_pairs = program_accuracy((name, passed, reward) for name, passed, reward in seen).estimate.value
        self.looks.append(Look(step, fmean(each[1] for each in seen), fmean(each[2] for each in seen), of_pairs))
        if log_metric is not None:
            found = self.looks[-1]
            log_metric("watch/passed", found.passed)
            log_metric("watch/reward", found.reward)
            if found.auc is not None:
                log_metric("watch/auc", found.auc)

    def _seen(
        self, step: int, problems: Sequence[str], answers: Sequence[str], rewards: Sequence[float]
    ) -> list[tuple[str, bool, float]]:
        """(problem, passes, reward) of the answers drawn; those whose verdict is unknown are left out."""
        drawn = self._drawn(step, problems)
        codes = {i: extract_code(answers[i]).code for i in drawn}
        coded = [i for i in drawn if codes[i] is not None]
        verdicts = self._grader.passed([Attempted(problems[i], str(codes[i])) for i in coded])
        passed = dict(zip(coded, verdicts, strict=True))  # an answer without code does not pass
        known = [(i, passed.get(i, False)) for i in drawn]
        return [(problems[i], found, rewards[i]) for i, found in known if found is not None]

    def _drawn(self, step: int, problems: Sequence[str]) -> list[int]:
        names = sorted(set(problems) & self._tested)
        random.Random(f"{self._seed}:{step}").shuffle(names)
        drawn: list[int] = []
        for name in names:
            if len(drawn) >= self.settings.size:
                break
            drawn += [i for i, each in enumerate(problems) if each == name]
        return drawn

    @property
    def parted(self) -> tuple[Look, Look] | None:
        """The best look so far and the one that parted from it, both smoothed; None: they go together."""
        if self.settings.stop is None or len(self.looks) <= WINDOW:
            return None
        *before, now = [_mean(self.looks[i - WINDOW : i]) for i in range(WINDOW, len(self.looks) + 1)]
        best = max(before, key=lambda look: look.passed)
        return (best, now) if best.passed - now.passed > self.settings.stop and now.reward > best.reward else None

    def told(self) -> Mapping[str, Any]:
        """For the record."""
        parted = self.parted
        return {
            "every": self.settings.every,
            "size": self.settings.size,
            "stop": self.settings.stop,
            "looks": len(self.looks),
            "first": self.looks[0]._asdict() if self.looks else None,
            "last": self.looks[-1]._asdict() if self.looks else None,
            "parted": None if parted is None else {"best": parted[0]._asdict(), "now": parted[1]._asdict()},
        }


def _mean(looks: Sequence[Look]) -> Look:
    return Look(looks[-1].step, fmean(look.passed for look in looks), fmean(look.reward for look in looks))


def looks_in(metrics: Path) -> list[Look]:
    """The looks that a run's ``metrics.jsonl`` tells of; of a step, the one before its line."""
    if not metrics.exists():
        return []
    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    return [
        Look(line["step"] - 1, line["watch/passed"], line["watch/reward"], line.get("watch/auc"))
        for line in lines
        if line.get("watch/passed") is not None
    ]
