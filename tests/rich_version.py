"""The sample of ``sample_version.py`` with more of what named queries ask for.

``rich_tables()`` gives its rows: two rounds, models and temperatures that are unknown, tokens, reasons for ending,
lines that raise, times near the limit, time-outs, tests that nothing or everything fails, candidates without a label,
a statement and a source_id in two splits, equal code with two verdicts. ``flipped(tables)`` is another version of them.
"""

import copy
import random
from collections.abc import Mapping
from typing import Any

from sample_version import tiny_tables

from dualset.builders.dataset.records import program_id_of
from dualset.builders.dataset.schema import TABLES

Row = dict[str, Any]
Tables = dict[str, list[Row]]

MESSAGES = ("line 2: {m}", "line 1", "line 99: {m}", "{m}", None)
UNLABELLED = "p009"
TOOTHLESS = ("p010", "p013", "p014")
DOUBTFUL = ("p011", "p015")


def rich_tables(n_problems: int = 24, seed: int = 3) -> Tables:
    """The rows of every table, in key order; none for no problems."""
    tables = copy.deepcopy(tiny_tables(n_problems, seed))
    if not n_problems:
        return tables
    rng = random.Random(seed)
    for candidate in tables["candidates"]:
        _vary(candidate, rng)
    for label, observation in zip(tables["labels"], tables["observations"], strict=True):
        _time(label, observation, rng)
        if label["first_failure"]:
            message = rng.choice(MESSAGES)
            label["first_failure"]["message"] = message and message.format(m=label["first_failure"]["message"])
    for label in tables["labels"]:
        _retest(label)
    for table in ("labels", "groups", "observations"):
        tables[table] = [row for row in tables[table] if row["problem_id"] != UNLABELLED]
    _leak(tables)
    _contradict(tables)
    return {name: sorted(rows, key=lambda r: [r[k] for k in TABLES[name].key]) for name, rows in tables.items()}


def flipped(tables: Mapping[str, list[Row]]) -> Tables:
    """The same with every third verdict another one, and every seventh label gone."""
    other = copy.deepcopy(dict(tables))
    for i, label in enumerate(other["labels"]):
        if i % 3 == 0:
            label["passed"] = {True: False, False: None, None: True}[label["passed"]]
        if i % 6 == 0:
            label["limits"]["timeout_s"] = 3.0
    other["labels"] = [label for i, label in enumerate(other["labels"]) if i % 7]
    return other


def unlabelled(tables: Mapping[str, list[Row]]) -> Tables:
    """The same before anything was run: candidates only."""
    return {name: rows if name in ("problems", "candidates") else [] for name, rows in tables.items()}


def _vary(candidate: Row, rng: random.Random) -> None:
    candidate["round"] = rng.choice((0, 0, 1))
    candidate["model"] = rng.choice((None, "org/small", "org/large"))
    candidate["temperature"] = rng.choice((None, 0.8))
    candidate["n_tokens"] = rng.choice((None, rng.randrange(300)))
    candidate["finish_reason"] = rng.choice((None, "stop", "length", "prompt_too_long"))
    candidate["completion"] = rng.choice(("", candidate["completion"] + "é" * rng.randrange(300)))


def _time(label: Row, observation: Row, rng: random.Random) -> None:
    """A limit of 2 s; some wrong answers are time-outs, half of which were stopped and have no time."""
    label["limits"]["timeout_s"] = 2.0
    times = [rng.choice((0.5, 900.0, 1000.0, 1999.0)) for _ in label["outcomes"]]
    if label["outcome"] == "wrong_answer" and rng.random() < 0.5:
        at = label["outcomes"].index("wrong_answer")
        label["outcomes"] = (*label["outcomes"][:at], "time_limit", *label["outcomes"][at + 1 :])
        label["outcome"] = label["first_failure"]["outcome"] = "time_limit"
        times = times[:at] if rng.random() < 0.5 else [*times[:at], rng.choice((2001.0, 3900.0, 9000.0))]
    observation["durations_ms"] = tuple(times)


def _retest(label: Row) -> None:
    """Problems whose last test lets everything through, and problems whose third test lets nothing through."""
    if label["problem_id"] in TOOTHLESS:
        label["outcomes"] = (*label["outcomes"][:3], "pass")
    elif label["problem_id"] in DOUBTFUL and label["passed"]:
        label.update(passed=False, outcome="wrong_answer", outcomes=("pass", "pass", "wrong_answer", "pass"))
    label["tests_passed"] = list(label["outcomes"]).count("pass")


def _leak(tables: Tables) -> None:
    problems = {problem["problem_id"]: problem for problem in tables["problems"]}
    problems["p002"]["statement"] = "  " + problems["p000"]["statement"].upper().replace(" ", " \n\t")
    problems["p007"]["source_id"] = problems["p004"]["source_id"]


def _contradict(tables: Tables) -> None:
    """A right program of p000 fails in p002, which asks the same; and in p000, with blanks at the ends of its lines."""
    right = next(label for label in tables["labels"] if label["problem_id"] == "p000" and label["passed"])
    said = next(row for row in tables["candidates"] if row["program_id"] == right["program_id"])
    for problem_id, code in (("p002", said["code"]), ("p000", "\n" + said["code"].replace("\n", " \n \n"))):
        ours = {"problem_id": problem_id, "program_id": program_id_of(problem_id, code)}
        tables["candidates"].append(said | ours | {"candidate_id": f"{problem_id}-again", "code": code})
        known = [row for row in tables["labels"] if row["program_id"] == ours["program_id"]]
        if not known:
            tables["labels"].append(right | ours)
            known = tables["labels"][-1:]
        known[0].update(passed=False, outcome="wrong_answer", outcomes=("wrong_answer",) * 4, tests_passed=0)
