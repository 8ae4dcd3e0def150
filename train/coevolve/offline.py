"""Tests that the base model wrote once, before the first step: the baseline "offline test-driven RL".

In: the problems of a run. Out: the answers of the tester for each, kept in the run's folder, so that a resumed run has
the very same. They are drawn apart from the training's own random numbers, so that a run which finds them in its folder
goes on like the one that wrote them.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dualset.builders.dataset.ids import content_id
from dualset.builders.errors import TrainingError
from dualset.builders.progress import Progress
from dualset.train.coevolve.asks import Asks
from dualset.train.coevolve.rollout import answers, generate
from dualset.train.coevolve.turns import Role
from dualset.train.coevolve.written import Answer

__all__ = ["OFFLINE_TESTS", "OfflineTests"]

OFFLINE_TESTS = "offline_tests.jsonl"
_AT_ONCE = 16


class OfflineTests:
    """Written on the first call, with the trainer as it is before its first step; then always the same.

    Args:
        problem_ids: of all turns of the run.
        asks: what is asked for each.
        folder: of the run.
        seed: of the run.
        progress: told the problems done.
    """

    def __init__(self, problem_ids: Sequence[str], asks: Asks, folder: Path, seed: int, progress: Progress) -> None:
        self._names = list(dict.fromkeys(problem_ids))
        self._asks, self._path, self._seed, self._progress = asks, folder / OFFLINE_TESTS, seed, progress
        self._said: dict[str, list[Answer]] | None = None

    def __call__(self, trainer: Any) -> Mapping[str, list[Answer]]:
        """The answers by problem_id.

        Raises:
            TrainingError: the run has begun and its tests are lost.
        """
        if self._said is None:
            self._said = self._read()
        if self._said is None:
            if trainer.state.global_step:
                msg = f"{self._path} is lost or torn, and the base model's tests cannot be written again: start anew"
                raise TrainingError(msg)
            self._said = self._write(trainer)
        return self._said

    @property
    def _id(self) -> str:
        """What the file is for: these prompts, in this order."""
        return content_id([self._seed, *([name, self._asks.chats[name][Role.TESTER]] for name in self._names)])

    def _read(self) -> dict[str, list[Answer]] | None:
        """None: there is none, or it is not whole, or another run's."""
        try:
            head, *rows = map(json.loads, self._path.read_text(encoding="utf-8").splitlines())
            said = {row["problem_id"]: [Answer(**each) for each in row["answers"]] for row in rows}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return said if head == {"for": self._id} and list(said) == self._names else None

    def _write(self, trainer: Any) -> dict[str, list[Answer]]:
        import torch

        said: dict[str, list[Answer]] = {}
        with torch.random.fork_rng():
            torch.manual_seed(self._seed)
            for start in range(0, len(self._names), _AT_ONCE):
                part = self._names[start : start + _AT_ONCE]
                raw = generate(trainer, [self._asks.chats[name][Role.TESTER] for name in part])
                flat, each = answers(trainer, raw["completion_ids"]), trainer.num_generations
                said |= {name: flat[i * each : (i + 1) * each] for i, name in enumerate(part)}
                self._progress("tests", start + len(part), len(self._names))
        rows = [{"problem_id": name, "answers": [each._asdict() for each in of]} for name, of in said.items()]
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in [{"for": self._id}, *rows])
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        return said
