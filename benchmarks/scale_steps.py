"""The steps of ``scale.py``, each run in a process of its own: ``python scale_steps.py STEP FOLDER [SIZE]``.

In: a folder that the steps before have filled. Out: files in it, and a line of JSON about what was made.

- ``make``: problems (16 tests each, 64 candidates each) and samples: answers with a fenced program of 300 to 1,500
  characters, each another one, so that every candidate has a label; in the order in which samplers write them, sample
  by sample over all problems, which is the worst for what goes problem by problem.
- ``build``: ``dualset build`` as it is, but for the running of programs: verdicts come from ``verdict`` below.
- ``second``: another version, from the rows of the first: about one program in 256 has the other verdict, its groups
  are gone, and about one candidate in 256 is.
- ``groups``: the training split as the trainer loads it. ``pool``: the test split as an evaluation does.
- ``peer``: with ``datasets`` alone: JSON in, ``map`` to find the code and the ids, ``sort`` by problem, ``filter`` to
  the distinct programs, ``map`` to labels and observations, ``map`` to groups, ``to_parquet`` for all five tables; with
  our functions for code, ids, verdicts and groups, batched. It has no check of what it reads, no digest, no key order
  within a problem, no splits, no card, and nothing of it survives a crash.
- ``long`` and ``long-read``: a version whose completions are more than 2 GB of text, and what libraries read of it.
"""

import json
import random
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dualset.builders.candidates.extract import extract_code
from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.records import Candidate, Failure, Label, Limits, Observation, Problem, program_id_of, row
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import Labelled

__all__ = ["CANDIDATES_A_PROBLEM", "STEPS", "TESTS"]

TESTS = 16
CANDIDATES_A_PROBLEM = 64
_LONG_ROWS, _LONG_TEXT = 1100, 2_000_000
_LINES = (
    "total = sum(values[i] * weights[i] for i in range(n))",
    "for left, right in zip(order, order[1:]):",
    "    best = max(best, right - left)",
    "if not stack or stack[-1] < value:",
    "    stack.append(value)",
    "seen.setdefault(key, []).append(index)",
    "graph = {u: [] for u in range(n)}",
    "while queue and distance[queue[0]] <= limit:",
    "    node = queue.popleft()",
    "result = (result * base + digit) % 998244353",
    "table = [[0] * (m + 1) for _ in range(n + 1)]",
    "# the prefix sums up to here are enough",
    "line = sys.stdin.readline().split()",
    "answer = min(answer, abs(total - 2 * prefix))",
)


def make(folder: Path, size: int) -> dict[str, Any]:
    """Write ``problems.jsonl``, ``samples.jsonl`` and the recipe."""
    draw = random.Random(0)
    n_problems = size // CANDIDATES_A_PROBLEM
    with (folder / "problems.jsonl").open("w") as file:
        for i in range(n_problems):
            file.write(json.dumps(_problem(i, draw)) + "\n")
    with (folder / "samples.jsonl").open("w") as file:
        for sample in range(CANDIDATES_A_PROBLEM):
            for i in range(n_problems):
                text = f"The sums can be kept sorted.\n\n```python\n{_code(draw, i, sample)}\n```\nIt is linear."
                said = {"problem_id": _name(i), "completion": text, "sample_index": sample, "temperature": 0.8}
                file.write(json.dumps(said | {"model": f"model-{sample % 4}"}) + "\n")
    (folder / "recipe.yaml").write_text(
        "name: scale\nproblems: {source: jsonl, path: problems.jsonl}\n"
        "candidates: {source: samples, format: jsonl, path: samples.jsonl}\n"
    )
    return {"problems": n_problems, "candidates": n_problems * CANDIDATES_A_PROBLEM}


def _name(i: int) -> str:
    return content_id(["scale", i])


def _problem(i: int, draw: random.Random) -> dict[str, Any]:
    tests = [
        {
            "input": " ".join(str(draw.randrange(10**6)) for _ in range(15)) + "\n",
            "expected": f"{draw.randrange(10**9)}\n",
        }
        for _ in range(TESTS)
    ]
    words = " ".join(draw.choice(_LINES) for _ in range(20))
    said = {"problem_id": _name(i), "statement": f"Problem {i}. {words}", "style": "stdio", "tests": tests}
    return said | {"difficulty": draw.choice(("easy", "medium", "hard"))}


def _code(draw: random.Random, i: int, sample: int) -> str:
    lines = [f"{draw.choice(_LINES)}  # {draw.randrange(10**6)}" for _ in range(draw.randrange(6, 25))]
    body = textwrap.indent("\n".join(lines), "    ")
    return f"import sys\n\ndef solve_{i}_{sample}(n, values):\n{body}\n\nsolve_{i}_{sample}(int(input()), [])"


def verdict(program: Program) -> Labelled:
    """What running the program might have said: decided by its id, and by how hard its problem is."""
    number = int(program.program_id, 16)
    hard = int(content_id(program.problem_id)[:2], 16)
    passed = number % 256 >= hard
    first = number % TESTS
    others = (Outcome.PASS, Outcome.WRONG_ANSWER, Outcome.PASS, Outcome.RUNTIME_ERROR)
    outcomes = [Outcome.PASS] * TESTS
    if not passed:
        outcomes[first:] = [Outcome.WRONG_ANSWER, *(others[(number >> i) % 4] for i in range(first + 1, TESTS))]
    failure = Failure(
        test_id=content_id(first), outcome=Outcome.WRONG_ANSWER, actual=f"{number % 10**9} instead of what was asked\n"
    )
    label = Label(
        program_id=program.program_id,
        problem_id=program.problem_id,
        passed=passed,
        outcome=Outcome.PASS if passed else Outcome.WRONG_ANSWER,
        tests_passed=outcomes.count(Outcome.PASS),
        tests_total=TESTS,
        outcomes=tuple(outcomes),
        first_failure=None if passed else failure,
        runs=1,
        flaky=None,
        limits=Limits(),
    )
    seen = Observation(
        program_id=program.program_id,
        problem_id=program.problem_id,
        isolation="none: not run",
        durations_ms=tuple(((number >> i) % 1000) / 100 for i in range(TESTS)),
        peak_memory_mb=number % 100 / 4,
    )
    return Labelled(label, seen)


def build(folder: Path) -> dict[str, Any]:
    """Build the version as the command line does."""
    from dualset.builders import build as building
    from dualset.builders.execution import kept
    from dualset.builders.recipe import load_recipe

    def ran(_problems: Any, programs: Iterable[Program], *_: Any, **__: Any) -> Iterator[Labelled]:
        return map(verdict, programs)

    kept.label_programs = ran  # the only thing that is not real
    built = building.build(load_recipe(folder / "recipe.yaml"), home=folder / "dualsets", tag="first")
    return {"revision": built.version.revision, "counts": dict(built.counts)}


def second(folder: Path) -> dict[str, Any]:
    """Commit the other version."""
    from dualset.builders.dataset.schema import TABLES
    from dualset.builders.dataset.store import VersionContent, commit_version, open_version

    first = open_version("scale@first", home=folder / "dualsets")

    def other(table: str) -> Iterator[dict[str, Any]]:
        for each in first.rows(table):
            if table == "candidates" and each["candidate_id"].endswith("00"):
                continue
            if table == "groups" and any(program.endswith("00") for program in each["program_ids"]):
                continue
            if table == "labels" and each["program_id"].endswith("00"):
                each["passed"] = not each["passed"]
            yield each

    content = VersionContent(recipe={"name": "other"}, parents=(first.revision,))
    tables = {table: other(table) for table in TABLES}
    return {
        "revision": commit_version("scale", tables, content=content, home=folder / "dualsets", tag="second").revision
    }


def groups(folder: Path) -> dict[str, Any]:
    """Load what a training run loads."""
    from dualset.builders.dataset.store import open_version
    from dualset.train.rows import load_groups

    rows = load_groups(open_version("scale@first", home=folder / "dualsets"), "train", ["prompt", "correct"])
    return {"rows": len(rows), "longest": max(map(len, rows[len(rows) - 100 :]["prompt"]))}


def pool(folder: Path) -> dict[str, Any]:
    """Load what an evaluation loads."""
    from dualset.builders.dataset.store import open_version
    from dualset.eval.pool import pool_of
    from dualset.eval.settings import EvalSettings

    made = pool_of(open_version("scale@first", home=folder / "dualsets"), EvalSettings())
    return {"problems": len(made.problems), "groups": len(made.groups)}


def peer(folder: Path) -> dict[str, Any]:
    """The same with ``datasets``."""
    from datasets import load_dataset

    out = folder / "peer"
    out.mkdir()

    def read(name: str) -> Any:
        return load_dataset("json", data_files=str(folder / name), split="train")

    problems = read("problems.jsonl")
    problems.to_parquet(out / "problems.parquet")
    asked = {each["problem_id"]: each for each in problems.remove_columns("tests")}
    candidates = read("samples.jsonl").map(_found, batched=True).sort("problem_id")
    candidates.to_parquet(out / "candidates.parquet")
    seen: set[str] = set()
    programs = candidates.filter(lambda name: not (name in seen or seen.add(name)), input_columns="program_id")
    columns = candidates.column_names
    programs.map(_labels, batched=True, remove_columns=columns).to_parquet(out / "labels.parquet")
    programs.map(_observations, batched=True, remove_columns=columns).to_parquet(out / "observations.parquet")
    grouped = candidates.map(_Groups(asked), batched=True, batch_size=CANDIDATES_A_PROBLEM, remove_columns=columns)
    grouped.to_parquet(out / "groups.parquet")
    return {"candidates": len(candidates), "labels": len(programs), "groups": len(grouped)}


def _rows(batch: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    return (dict(zip(batch, each, strict=True)) for each in zip(*batch.values(), strict=True))


def _columns(rows: list[dict[str, Any]], like: type) -> dict[str, list[Any]]:
    return {name: [each[name] for each in rows] for name in like.__dataclass_fields__}  # type: ignore[attr-defined]


def _found(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    found = [extract_code(text) for text in batch["completion"]]
    pairs = zip(batch["problem_id"], found, strict=True)
    return {
        "code": [each.code for each in found],
        "extraction": [each.kind for each in found],
        "program_id": [program_id_of(name, each.code or "") for name, each in pairs],
        "candidate_id": [content_id(each) for each in _rows(batch)],
    }


def _verdicts(batch: Mapping[str, list[Any]]) -> list[Labelled]:
    return [verdict(Program(*each, "")) for each in zip(batch["problem_id"], batch["program_id"], strict=True)]


def _labels(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return _columns([asdict(each.label) for each in _verdicts(batch)], Label)


def _observations(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return _columns([asdict(each.observation) for each in _verdicts(batch)], Observation)


class _Groups:
    """One problem's candidates become its groups."""

    def __init__(self, asked: dict[str, dict[str, Any]]) -> None:
        self.asked = asked

    def __call__(self, batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        from dualset.builders.dataset.records import Group
        from dualset.builders.groups.mixed import make_groups
        from dualset.builders.groups.settings import GroupSettings

        said = self.asked[batch["problem_id"][0]]
        problem = Problem(
            problem_id=said["problem_id"], source="", source_id="", statement=said["statement"], style=Style.STDIO
        )
        passed = {each.label.program_id: each.label.passed for each in _verdicts(batch)}
        made = make_groups(problem, [Candidate(sampler="", **each) for each in _rows(batch)], passed, GroupSettings())
        return _columns([row(group) for group in made.groups], Group)


def long(folder: Path) -> dict[str, Any]:
    """Commit a version whose completions are more than 2 GB of text."""
    from dualset.builders.dataset.store import VersionContent, commit_version
    from dualset.builders.dataset.words import Split

    problem = Problem(problem_id="long", source="", source_id="", statement="", style=Style.STDIO, split=Split.TRAIN)
    candidates = (
        row(
            Candidate(
                candidate_id=f"{i:016x}",
                problem_id="long",
                sample_index=i,
                program_id=None,
                completion=random.Random(i).randbytes(_LONG_TEXT // 2).hex(),
                code=None,
                extraction="no_code",
                sampler="imported",
            )
        )
        for i in range(_LONG_ROWS)
    )
    tables = {"problems": [row(problem)], "candidates": candidates, "labels": [], "groups": [], "observations": []}
    commit_version("long", tables, content=VersionContent(recipe={}), home=folder / "dualsets")
    return {"characters": _LONG_ROWS * _LONG_TEXT}


def long_read(folder: Path) -> dict[str, Any]:
    """Read it again: our rows, SQL, Polars, and ``datasets`` with a shuffle, which 32-bit text does not survive."""
    import polars as pl
    from datasets import load_dataset

    from dualset.builders.dataset.store import open_version
    from dualset.sql.session import ask, connect

    version = open_version("long", home=folder / "dualsets")
    files = [str(path) for path in version.files("candidates")]
    loaded = load_dataset("parquet", data_files=files, split="train")
    read = {
        "rows": sum(len(each["completion"]) for each in version.rows("candidates", columns=["completion"])),
        "sql": int(next(ask(connect(version), "select sum(len(completion)) from candidates").rows)[0]),
        "polars": pl.scan_parquet(files).select(pl.col("completion").str.len_chars().sum()).collect().item(),
        "datasets": sum(len(each["completion"]) for each in loaded.shuffle(seed=0).select_columns("completion")),
    }
    if set(read.values()) != {_LONG_ROWS * _LONG_TEXT}:
        msg = f"characters read: {read}, not {_LONG_ROWS * _LONG_TEXT}"
        raise SystemExit(msg)
    return {"characters": read, "type": str(loaded.features["completion"].dtype)}


STEPS = {"make": make, "build": build, "second": second, "groups": groups, "pool": pool, "peer": peer}
STEPS |= {"long": long, "long-read": long_read}

if __name__ == "__main__":
    step, where, *size = sys.argv[1:]
    print(json.dumps(STEPS[step](Path(where), *map(int, size))))  # type: ignore[operator]
