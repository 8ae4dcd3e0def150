"""Labels that are kept: programs are run part by part, and what is finished is not run again by the next build.

In: problems with their programs, and a folder. Out: rows of labels and observations, in key order. A part is whole
problems, about a thousand programs; it is kept as one shard, which is named by all that its labels were made from.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from dualset.builders.dataset.records import Problem, problem_id_of, row
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import GRADER_VERSION, label_programs
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.progress import Progress, silent
from dualset.builders.shards import Shards

__all__ = ["PROGRAMS_A_SHARD", "Codes", "KeptLabels", "Part", "Work", "in_parts", "labels_there", "shard_of"]

PROGRAMS_A_SHARD = 1000
_SAID_LATER = {"label_source": "execution", "truth": None}
"""Columns of a label that say how it is used: they are not kept."""
_LABEL = pa.schema([field for field in TABLES["labels"].schema if field.name not in _SAID_LATER])
_SCHEMA = pa.schema([("label", pa.struct(_LABEL)), ("observation", pa.struct(TABLES["observations"].schema))])
_DECIDES = ("timeout_s", "memory_mb", "output_kb", "repeat", "packages")
"""Of the settings: those that could change a verdict."""

Codes = Mapping[str, str]
"""program_id -> code, of one problem."""
Part = Sequence[tuple[Problem, Codes]]
"""Whole problems with their programs: what one shard is made from."""
Each = TypeVar("Each")


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Where and how programs are run, and who is told: ``stage`` is the progress's name and the folder's.

    ``ahead``, if any, is given all parts before they are labelled here, and may fill the folder by other means.
    """

    folder: Path
    stage: str
    settings: LabelSettings
    sandbox: Sandbox = ONE
    progress: Progress = silent
    ahead: "Callable[[Work, Iterable[Part]], None] | None" = None


def in_parts(each: Iterable[Each], n_programs: Callable[[Each], int]) -> Iterator[list[Each]]:
    """Whole problems, of about a shard's worth of programs together; the last ones may have none."""
    part: list[Each] = []
    programs = 0
    for one in each:
        part.append(one)
        programs += n_programs(one)
        if programs >= PROGRAMS_A_SHARD:
            yield part
            part, programs = [], 0
    if part:
        yield part


class KeptLabels:
    """The labels of programs that are given part by part; of those in memory is only the part at hand.

    Args:
        work: how they are run, and where they are kept.
        total: distinct programs of all parts, for the progress.
    """

    def __init__(self, work: Work, total: int) -> None:
        self._work, self._total, self._done = work, total, 0
        self._shards = Shards(work.folder, _SCHEMA)
        self._finished: list[Path] = []

    def label(self, part: Sequence[tuple[Problem, Codes]]) -> list[dict[str, Any]]:
        """Run each program that is not yet settled; the part's rows of the labels table, in key order."""
        problems = [problem for problem, _ in part]
        programs = [Program(p.problem_id, *each) for p, codes in part for each in sorted(codes.items())]
        if not programs:
            return []
        rows = self._label(problems, programs)
        self._done += len(programs)
        self._work.progress(self._work.stage, self._done, self._total)
        return rows

    def labels(self) -> Iterator[dict[str, Any]]:
        """Rows of the labels table, of all parts so far."""
        return (label | _SAID_LATER for label in self._rows("label"))

    def observations(self) -> Iterator[dict[str, Any]]:
        """Rows of the observations table, of all parts so far."""
        return self._rows("observation")

    def _rows(self, column: str) -> Iterator[dict[str, Any]]:
        return (row[column] for path in self._finished for row in self._shards.read_file(path, [column]))

    def _label(self, problems: Sequence[Problem], programs: Sequence[Program]) -> list[dict[str, Any]]:
        work = self._work
        key = _key(work.settings, problems, [(p.problem_id, p.program_id) for p in programs])
        settled = _settled(self._shards, key)
        missing = [program for program in programs if program.program_id not in settled]
        if missing:
            ran = label_programs(
                {p.problem_id: p for p in problems},
                missing,
                work.settings,
                sandbox=work.sandbox,
                progress=lambda _stage, n, _total: work.progress(work.stage, self._done + n, self._total),
            )
            settled |= {label.program_id: {"label": _kept(row(label)), "observation": row(seen)} for label, seen in ran}
            self._shards.write(key, (settled[program.program_id] for program in programs))
        self._finished.append(self._shards.path(key))
        return [settled[program.program_id]["label"] | _SAID_LATER for program in programs]


def _kept(label: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in label.items() if name not in _SAID_LATER}


def labels_there(
    folder: Path, settings: LabelSettings, part: Sequence[tuple[Problem, Iterable[str]]]
) -> dict[str, bool | None]:
    """``passed`` by program_id, of a part's programs that a build would not run again. Nothing is run or written.

    Args:
        folder: where labels are kept.
        settings: how programs would be run.
        part: whole problems with the ids of their programs, as `in_parts` makes it.
    """
    programs = [(problem.problem_id, program_id) for problem, ids in part for program_id in sorted(ids)]
    rows = _settled(Shards(folder, _SCHEMA), _key(settings, [problem for problem, _ in part], programs))
    return {program_id: row["label"]["passed"] for program_id, row in rows.items()}


def shard_of(folder: Path, settings: LabelSettings, part: Part) -> Path:
    """Where the shard of a part is or will be."""
    programs = [(problem.problem_id, program_id) for problem, codes in part for program_id in sorted(codes)]
    return Shards(folder, _SCHEMA).path(_key(settings, [problem for problem, _ in part], programs))


def _key(settings: LabelSettings, problems: Iterable[Problem], programs: Sequence[tuple[str, str]]) -> list[Any]:
    """All that the labels of a part are made from; a program's id is made from its code."""
    tested = [[problem_id_of(p), p.time_limit_s, p.memory_limit_mb] for p in problems]
    decided = {name: value for name, value in asdict(settings).items() if name in _DECIDES}
    if not settings.early_stop:
        decided["early_stop"] = False
    return [GRADER_VERSION, decided, tested, programs]


def _settled(shards: Shards, key: Any) -> dict[str, dict[str, Any]]:
    """The finished rows by program; a fault of the machine settles nothing, so those programs are run again."""
    rows = shards.read(key) if shards.done(key) else []
    return {each["label"]["program_id"]: each for each in rows if Outcome.INFRA_ERROR not in each["label"]["outcomes"]}
