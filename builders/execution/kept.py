"""Labels that are kept: programs are run shard by shard, and what is finished is not run again by the next build.

In: problems with their programs, and a folder. Out: shards of labels and observations, in key order. A shard is whole
problems, about a thousand programs, and is named by all that its labels were made from.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dualset.builders.dataset.records import Problem, problem_id_of, row
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.label import GRADER_VERSION, Program, label_programs
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.progress import Progress, silent
from dualset.builders.shards import Shards

__all__ = ["PROGRAMS_A_SHARD", "KeptLabels", "Work", "label_and_keep"]

PROGRAMS_A_SHARD = 1000

Codes = Mapping[str, Mapping[str, str]]
"""problem_id -> program_id -> code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptLabels:
    """A finished shard of labels and observations, read when asked for."""

    shards: Shards
    key: Any

    def labels(self) -> Iterator[dict[str, Any]]:
        """Rows of the labels table."""
        return (each["label"] for each in self.shards.read(self.key))

    def observations(self) -> Iterator[dict[str, Any]]:
        """Rows of the observations table."""
        return (each["observation"] for each in self.shards.read(self.key))


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Where and how programs are run, and who is told: ``stage`` is the progress's name and the folder's."""

    folder: Path
    stage: str
    settings: LabelSettings
    sandbox: Sandbox = ONE
    progress: Progress = silent


def label_and_keep(problems: Sequence[Problem], codes: Codes, work: Work) -> Iterator[KeptLabels]:
    """Run each program that is not yet settled; the shards come in key order, each when it is finished."""
    schema = pa.schema([(name, pa.struct(TABLES[f"{name}s"].schema)) for name in ("label", "observation")])
    shards = Shards(work.folder, schema)
    parts = list(_parts(problems, codes))
    total = sum(len(programs) for _, programs in parts)
    done = 0
    for part, programs in parts:
        yield _shard(shards, part, programs, work, done, total)
        done += len(programs)
        work.progress(work.stage, done, total)


def _shard(
    shards: Shards, part: Sequence[Problem], programs: Sequence[Program], work: Work, before: int, total: int
) -> KeptLabels:
    tested = [[problem_id_of(p), p.time_limit_s, p.memory_limit_mb] for p in part]
    key = [GRADER_VERSION, asdict(work.settings), tested, [p[:2] for p in programs]]
    settled = _settled(shards, key)
    missing = [program for program in programs if program.program_id not in settled]
    if missing:
        ran = label_programs(
            {p.problem_id: p for p in part},
            missing,
            work.settings,
            sandbox=work.sandbox,
            progress=lambda _stage, n, _total: work.progress(work.stage, before + n, total),
        )
        settled |= {label.program_id: {"label": row(label), "observation": row(seen)} for label, seen in ran}
        shards.write(key, (settled[program.program_id] for program in programs))
    return KeptLabels(shards=shards, key=key)


def _settled(shards: Shards, key: Any) -> dict[str, dict[str, Any]]:
    """The finished rows by program; a fault of the machine settles nothing, so those programs are run again."""
    rows = shards.read(key) if shards.done(key) else []
    return {each["label"]["program_id"]: each for each in rows if Outcome.INFRA_ERROR not in each["label"]["outcomes"]}


def _parts(problems: Iterable[Problem], codes: Codes) -> Iterator[tuple[list[Problem], list[Program]]]:
    """Whole problems with their distinct programs, about a shard's worth at a time."""
    part: list[Problem] = []
    programs: list[Program] = []
    for problem in problems:
        distinct = sorted(codes.get(problem.problem_id, {}).items())
        part.append(problem)
        programs += [Program(problem.problem_id, program_id, code) for program_id, code in distinct]
        if len(programs) >= PROGRAMS_A_SHARD:
            yield part, programs
            part, programs = [], []
    if programs:
        yield part, programs
