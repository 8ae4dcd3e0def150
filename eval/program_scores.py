"""What a reward model scores the programs of a version: a table beside it, which ``dualset sql --scores FILE`` asks.

In: a reward model and a version. Out: a Parquet file of one row a distinct program (``sql/scores.py`` says its
columns), with the model's revision, and how accurate it is. Scores are kept in shards of some hundred programs, named
by all that decides them (the model's digest, statements, codes, where chats are cut): a run that was stopped goes on,
and programs that were scored are not scored again. Left out: choosing by scores (``choosing/by_reward.py``).
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dualset.builders.at_work import at_work
from dualset.builders.candidates.policy import Place, locate_model
from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.store import Version, store_home
from dualset.builders.dataset.words import Split
from dualset.builders.errors import QueryError
from dualset.builders.problems.python_text import parse_python
from dualset.builders.progress import Progress, silent
from dualset.builders.shards import Shards
from dualset.eval.pair_accuracy import PairAccuracy, program_accuracy
from dualset.eval.reward_model import MAX_TOKENS, RewardModel, check_reward_model, load_reward_model, scored_tokens
from dualset.sql.scores import SCHEMA

__all__ = ["Scored", "score_version"]

_A_SHARD = 512
"""Programs scored between two that are kept; whole problems, so a shard may hold more."""
_KEPT = pa.schema([SCHEMA.field(name) for name in ("problem_id", "program_id", "score", "tokens", "cut", "valid")])


class Program(NamedTuple):
    """One program to score."""

    problem_id: str
    program_id: str
    statement: str
    code: str


class Scored(NamedTuple):
    """What was written.

    Attributes:
        model: its name.
        revision: its Hub commit, or the digest of its files.
        programs: rows.
        cut: of these, how many the model saw only the beginning of.
        accuracy: over all pairs of a right and a wrong program of one problem; by split, and ``all``.
    """

    model: str
    revision: str
    programs: int
    cut: int
    accuracy: Mapping[str, PairAccuracy]


def score_version(
    model: str,
    version: Version,
    path: Path,
    *,
    split: str | None = None,
    revision: str | None = None,
    device: str = "auto",
    batch_size: int = 16,
    max_tokens: int = MAX_TOKENS,
    home: Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Scored:
    """Score every distinct program, and write the file; it is there whole or not at all.

    Args:
        model: a folder or a Hub id.
        version: opened.
        path: of the Parquet file.
        split: train, validation or test; None: all.
        revision: of a Hub model, its commit; of a folder, the digest that it must have.
        device: cpu, cuda or auto.
        batch_size: programs a forward pass.
        max_tokens: where chats are cut.
        home: the store, in which scores are kept; None: $DUALSET_HOME.
        seed: of the intervals.
        progress: told the programs done.

    Raises:
        ModelError: there is no such model, or it is none that gives one score.
        VersionError: there is no such split, or no room.
        QueryError: the version has no programs there, or the file cannot be written.
    """
    place = locate_model(model, revision)
    check_reward_model(model if revision is None else str(place.folder))
    total = sum(version.splits["labels"].get(each, 0) for each in Split if split in (None, each))
    kept = Shards((home or store_home()) / version.name / "work" / "scores", _KEPT)
    scorer = _Scorer(place, device, batch_size, max_tokens)
    kept.folder.mkdir(parents=True, exist_ok=True)
    with at_work(kept.folder):
        shards = [*_in_shards(_programs(version, split), scorer, kept, progress, total)]
    if not shards:
        where = "" if split is None else f" in its {split} split"
        msg = f"{version.name}@{version.revision[:12]} has no programs{where}: nothing to score"
        raise QueryError(msg)
    return _written(shards, kept, place, version, path, split, seed)


class _Scorer:
    """The model, loaded when it is first needed."""

    def __init__(self, place: Place, device: str, batch_size: int, max_tokens: int) -> None:
        self.way = {"model": place.revision, "max_tokens": max_tokens}
        self._place, self._device, self._batch_size, self._max_tokens = place, device, batch_size, max_tokens
        self._model: RewardModel | None = None

    def rows(self, programs: list[Program]) -> Iterator[dict[str, Any]]:
        """A row each."""
        if self._model is None:
            where = str(self._place.folder)
            self._model = load_reward_model(where, device=self._device, max_tokens=self._max_tokens)
        pairs = [(each.statement, each.code) for each in programs]
        scores, _ = self._model.score(pairs, batch_size=self._batch_size)
        lengths = map(len, scored_tokens(self._model.policy.tokenizer, pairs))
        for program, score, tokens in zip(programs, scores, lengths, strict=True):
            cut = tokens > self._model.max_tokens
            named = {"problem_id": program.problem_id, "program_id": program.program_id}
            valid = parse_python(program.code) is not None
            yield named | {"score": score, "tokens": tokens, "cut": cut, "valid": valid}


def _programs(version: Version, split: str | None) -> Iterator[list[Program]]:
    """Those of a problem, one problem after the other in key order."""
    statements = {
        row["problem_id"]: row["statement"] for row in version.rows("problems", split, ("problem_id", "statement"))
    }
    rows = version.rows("candidates", split, ("problem_id", "program_id", "code"))
    for problem_id, candidates in groupby(rows, key=lambda row: row["problem_id"]):
        codes = {row["program_id"]: row["code"] for row in candidates if row["program_id"] is not None}
        yield [Program(problem_id, each, statements[problem_id], code) for each, code in sorted(codes.items())]


def _in_shards(
    problems: Iterable[list[Program]], scorer: _Scorer, kept: Shards, progress: Progress, total: int
) -> Iterator[Any]:
    """The keys of the shards, each finished."""
    waiting: list[Program] = []
    done = 0

    def finish() -> Any:
        key = scorer.way | {"programs": content_id([[each.program_id, each.statement, each.code] for each in waiting])}
        if not kept.done(key):
            kept.write(key, scorer.rows(waiting))
        return key

    for programs in problems:
        waiting += programs
        if len(waiting) >= _A_SHARD:
            yield finish()
            done += len(waiting)
            progress("score", done, total)
            waiting = []
    if waiting:
        yield finish()


def _written(
    shards: list[Any], kept: Shards, place: Place, version: Version, path: Path, split: str | None, seed: int
) -> Scored:
    named = {"model": place.name, "model_revision": place.revision}
    named |= {"dataset": f"{version.name}@{version.revision}"}
    facts: dict[str, list[tuple[str, bool | None, float]]] = {}
    programs = cut = 0
    passed, splits = _labels(version, split), _splits(version, split)
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with pq.ParquetWriter(unfinished, SCHEMA, compression="zstd") as writer:
                for key in shards:
                    rows = [row | named for row in kept.read(key)]
                    writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
                    programs += len(rows)
                    cut += sum(row["cut"] for row in rows)
                    for row in rows:
                        fact = (row["problem_id"], passed.get(row["program_id"]), row["score"])
                        facts.setdefault(splits[row["problem_id"]], []).append(fact)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}"
        raise QueryError(msg) from error
    facts = {name: facts[name] for name in Split if name in facts}
    by_split = {str(name): program_accuracy(each, seed=seed) for name, each in facts.items()}
    every = program_accuracy((fact for each in facts.values() for fact in each), seed=seed)
    return Scored(place.name, place.revision, programs, cut, {"all": every, **by_split})


def _labels(version: Version, split: str | None) -> dict[str, bool | None]:
    return {row["program_id"]: row["passed"] for row in version.rows("labels", split, ("program_id", "passed"))}


def _splits(version: Version, split: str | None) -> dict[str, str]:
    return {row["problem_id"]: row["split"] for row in version.rows("problems", split, ("problem_id", "split"))}
