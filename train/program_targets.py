"""Programs as what SFT imitates: of each problem one that is right, or the one that a verifier scores highest.

In: a version's candidates. Out: rows of a prompt that asks for a program, and the answer that held it. Two forms:

``programs``
    one that passes, drawn by the seed among the problem's candidates (rejection sampling).
``programs:FILE``
    the one of the highest score in a file of ``dualset score``, whatever its label says: verifier-chosen samples, for
    problems without tests (VDS-TTT, arXiv 2505.19475, which also leaves out what scores below a threshold).

An answer is the whole completion where the program was its last fenced block; else the program, fenced. Left out:
rankings (``targets.py``).
"""

import random
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.dataset.records import problem_from_row
from dualset.builders.dataset.store import Version
from dualset.builders.errors import QueryError, RecipeError, TrainingError
from dualset.builders.recorded import recorded
from dualset.sql.scores import check_files
from dualset.train.targets import Targets

__all__ = ["PROGRAMS", "names_programs", "program_rows"]

PROGRAMS = "programs"
_COLUMNS = ["problem_id", "candidate_id", "program_id", "completion", "code", "extraction"]
Candidate = Mapping[str, Any]


def names_programs(targets: str) -> bool:
    """Whether ``--targets`` asks for programs."""
    return targets == PROGRAMS or targets.startswith(f"{PROGRAMS}:")


def program_rows(version: Version, split: str, targets: str, *, least: float | None, seed: int) -> Targets:
    """The rows; columns ``prompt``, ``completion``, ``problem_id``.

    Args:
        version: whose candidates.
        split: of its problems.
        targets: ``programs`` or ``programs:FILE``.
        least: the least score of a program that is imitated; None: any.
        seed: of the draw among right ones.

    Raises:
        RecipeError: a least score without scores.
        TrainingError: no problem has such a program.
        QueryError: the file of scores cannot be read, or says nothing of these programs.
    """
    import datasets

    word, colon, file = targets.partition(":")
    if colon and not file:
        msg = f"targets is {targets!r}, with no file after the colon: give {word}:FILE, or {word} alone for labels"
        raise RecipeError(msg)
    if least is not None and not file:
        msg = f"min-score is {least}, but {PROGRAMS} are chosen by their labels: give --targets {PROGRAMS}:FILE"
        raise RecipeError(msg)
    choose = _by_score(version, split, Path(file), least) if file else _right_ones(version, split, seed)
    template = recorded(version).template
    problems = {row["problem_id"]: problem_from_row(row) for row in version.rows("problems", split=split)}
    made: dict[str, list[Any]] = {"prompt": [], "completion": [], "problem_id": []}
    for problem_id, of in _by_problem(version, split):
        chosen = choose(problem_id, of)
        if chosen is not None:
            problem = problems[problem_id]
            made["prompt"].append(list(template.chat(problem) if template else writing_prompt(problem)))
            made["completion"].append([{"role": "assistant", "content": _answer(chosen)}])
            made["problem_id"].append(problem_id)
    if not made["problem_id"]:
        what = (
            f"a program that {file} scores{'' if least is None else f' {least} or more'}" if file else "one that passes"
        )
        msg = f"none of {len(problems)} problems of the {split} split of {version.name} has {what}: nothing to imitate"
        raise TrainingError(msg)
    return Targets(datasets.Dataset.from_dict(made), len(problems))


Choose = Callable[[str, list[Candidate]], Candidate | None]


def _right_ones(version: Version, split: str, seed: int) -> Choose:
    labels = version.rows("labels", split=split, columns=["program_id", "passed"])
    right = {row["program_id"] for row in labels if row["passed"]}

    def choose(problem_id: str, of: list[Candidate]) -> Candidate | None:
        passing = [each for each in of if each["program_id"] in right]
        return random.Random(f"{seed}:{problem_id}").choice(passing) if passing else None

    return choose


def _by_score(version: Version, split: str, path: Path, least: float | None) -> Choose:
    import pyarrow.parquet as pq

    [file] = check_files([path])
    columns = pq.read_table(file, columns=["program_id", "score", "valid", "model_revision"]).to_pydict()
    if len(set(columns["model_revision"])) > 1:
        msg = f"{path} holds scores of {len(set(columns['model_revision']))} models, which do not compare: give one's"
        raise QueryError(msg)
    scores: dict[str, float] = dict(zip(columns["program_id"], columns["score"], strict=True))
    wanted = {row["program_id"] for row in version.rows("labels", split=split, columns=["program_id"])}
    if missing := len(wanted - scores.keys()):
        msg = (
            f"{path} has no score for {missing} of {len(wanted)} programs in the {split} split of "
            f"{version.name}@{version.revision[:8]}: score that version"
        )
        raise QueryError(msg)
    valid = {name for name, fits in zip(columns["program_id"], columns["valid"], strict=True) if fits}
    high = {name for name in valid if least is None or scores[name] >= least}

    def choose(problem_id: str, of: list[Candidate]) -> Candidate | None:
        scored = [each for each in of if each["program_id"] in high]
        return max(scored, key=lambda each: (scores[each["program_id"]], each["program_id"]), default=None)

    return choose


def _by_problem(version: Version, split: str) -> Iterator[tuple[str, list[Candidate]]]:
    rows = version.rows("candidates", split=split, columns=_COLUMNS)
    for problem_id, of in groupby(rows, key=lambda row: str(row["problem_id"])):
        yield problem_id, [row for row in of if row["code"] is not None]


def _answer(candidate: Candidate) -> str:
    if candidate["extraction"] == "fenced":
        return str(candidate["completion"])
    return f"```python\n{candidate['code'].rstrip()}\n```"
