"""Mutation scores of generated tests that are kept: part by part, so that what is finished is not run again.

In: whole problems whose tests are to be scored, each with a program that is right. Out: for each test that this program
passes how many of its mutants are known to be killed by it or not, and how many are killed. A part is one shard, named
by all that its scores are made from.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from dualset.builders.dataset.records import Problem, problem_id_of, program_id_of
from dualset.builders.execution.label import GRADER_VERSION
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.mutation.engine import mutants
from dualset.builders.mutation.kills import Job, Kills, KillSettings, kill_matrices
from dualset.builders.mutation.operators import MUTATION_VERSION
from dualset.builders.progress import Progress
from dualset.builders.shards import Shards

__all__ = ["KeptKills", "Killed"]

_SCHEMA = pa.schema(
    [("problem_id", pa.string()), ("test_id", pa.string()), ("mutants", pa.int32()), ("killed", pa.int32())]
)


class Killed(NamedTuple):
    """Of one test: the mutants of which it is known, and those that it kills."""

    mutants: int
    killed: int


class KeptKills:
    """Scores of tests.

    Args:
        folder: where they are kept.
        settings: limits of the unmutated program.
        cap: mutants of a program at most.
        sandbox: how programs are run.
        progress: told the programs done of a part.
    """

    def __init__(self, folder: Path, settings: LabelSettings, cap: int, sandbox: Sandbox, progress: Progress) -> None:
        self._shards = Shards(folder, _SCHEMA)
        self._settings, self._cap = KillSettings(limits=settings), cap
        self._sandbox, self._progress = sandbox, progress

    def of(self, part: Sequence[tuple[Problem, str]]) -> dict[tuple[str, str], Killed]:
        """By problem_id and test_id; a test that the program does not pass is not there."""
        if not part:
            return {}
        limits = self._settings.limits.limits
        made_from = [[problem_id_of(p), p.time_limit_s, p.memory_limit_mb, program_id_of("", code)] for p, code in part]
        settings = {**asdict(self._settings), "limits": asdict(limits)}
        key = [MUTATION_VERSION, GRADER_VERSION, settings, self._cap, [p.problem_id for p, _ in part], made_from]
        if not self._shards.done(key):
            jobs = [Job(p.problem_id, code, mutants(code, cap=self._cap).found) for p, code in part]
            ran = kill_matrices(
                {p.problem_id: p for p, _ in part}, jobs, self._settings, sandbox=self._sandbox, progress=self._progress
            )
            self._shards.write(key, (row for kills in ran for row in _rows(kills)))
        return {
            (row["problem_id"], row["test_id"]): Killed(row["mutants"], row["killed"]) for row in self._shards.read(key)
        }


def _rows(kills: Kills) -> list[dict[str, str | int]]:
    rows: list[dict[str, str | int]] = []
    for t, (test_id, passed) in enumerate(zip(kills.test_ids, kills.passed, strict=True)):
        known = [row[t] for row in kills.killed if row[t] is not None]
        if passed:
            told = {"mutants": len(known), "killed": sum(map(bool, known))}
            rows.append({"problem_id": kills.problem_id, "test_id": test_id, **told})
    return rows
