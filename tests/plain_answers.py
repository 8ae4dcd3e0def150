"""What the named queries should answer, in plain Python over the rows of a version: a function a query.

Each takes the tables (lists of rows) and the query's parameters, and returns the rows in the query's order. Nothing is
shared with the SQL or the Polars expressions.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]
OUTCOMES = (
    *("pass", "wrong_answer", "runtime_error", "time_limit", "memory_limit", "output_limit", "syntax_error"),
    *("no_code", "infra_error"),
)


def attempts(t: Tables, split: str | None = None) -> list[Row]:
    """The candidates with their verdict and problem."""
    problems, labels = by(t["problems"], "problem_id"), by(t["labels"], "program_id")
    rows = []
    for candidate in t["candidates"]:
        label = labels.get(candidate["program_id"], {})
        coded = candidate["program_id"] is not None
        problem = problems[candidate["problem_id"]]
        verdict = {
            "correct": label.get("passed") if coded else False,
            "outcome": label.get("outcome") if coded else "no_code",
            "tests_passed": label.get("tests_passed"),
            "flaky": label.get("flaky"),
            "split": problem["split"],
        }
        rows.append(candidate | verdict)
    return [row for row in rows if split in (None, row["split"])]


def by(rows: Iterable[Row], key: str) -> dict[Any, Row]:
    return {row[key]: row for row in rows}


def grouped(rows: Iterable[Row], *keys: str | Callable[[Row], Any]) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] if isinstance(key, str) else key(row) for key in keys)].append(row)
    return groups


def rounded(n: float | None, of: float | None, digits: int = 4) -> float | None:
    """n / of, halves away from zero; null where there is nothing to divide by."""
    return math.floor(n / of * 10**digits + 0.5) / 10**digits if of and n is not None else None


def ordered(rows: Iterable[Row], *keys: str, limit: int | None = None) -> list[Row]:
    """Sorted by these columns, nulls last; ``-`` before a number: the largest first."""

    def place(row: Row) -> list[tuple[bool, Any]]:
        values = [(row[key.lstrip("-")], key.startswith("-")) for key in keys]
        return [(v is None, 0 if v is None else -v if down else v) for v, down in values]

    return sorted(rows, key=place)[:limit]


def knew(rows: list[Row]) -> list[bool]:
    return [row["correct"] for row in rows if row["correct"] is not None]


def programs(rows: list[Row]) -> int:
    return len({row["program_id"] for row in rows} - {None})


def problems_of(rows: list[Row]) -> int:
    return len({row["problem_id"] for row in rows})


def quantile(values: Iterable[int | None], percent: int) -> int | None:
    """The smallest value that so many percent are not above."""
    known = sorted(value for value in values if value is not None)
    return known[max(0, -(-len(known) * percent // 100) - 1)] if known else None


def rates(rows: list[Row]) -> Row:
    known = knew(rows)
    return {"labelled": len(known), "correct": sum(known), "pass_rate": rounded(sum(known), len(known))}


def named(t: Tables, problem_id: str, *columns: str) -> Row:
    problem = by(t["problems"], "problem_id")[problem_id]
    return {column: problem[column] for column in columns}


def pass_rate(t: Tables, split: str | None = None, limit: int | None = None) -> list[Row]:
    answer = [
        {"problem_id": problem_id, **named(t, problem_id, "source_id", "difficulty", "split")}
        | {"candidates": len(rows), "programs": programs(rows)}
        | rates(rows)
        for (problem_id,), rows in grouped(attempts(t, split), "problem_id").items()
    ]
    return ordered(answer, "pass_rate", "problem_id", limit=limit)


def outcomes_by_problem(t: Tables, split: str | None = None, limit: int | None = None) -> list[Row]:
    answer = []
    for (problem_id,), rows in grouped(attempts(t, split), "problem_id").items():
        seen = Counter(row["outcome"] for row in rows)
        answer.append(
            {"problem_id": problem_id, **named(t, problem_id, "source_id", "difficulty", "split")}
            | {"candidates": len(rows)}
            | {outcome: seen[outcome] for outcome in OUTCOMES}
            | {"unlabelled": seen[None], "flaky": sum(row["flaky"] is True for row in rows)}
        )
    return ordered(answer, "problem_id", limit=limit)


def _outcomes_by(t: Tables, keys: tuple[str, ...], split: str | None) -> list[Row]:
    rows = attempts(t, split)
    totals = {key: len(each) for key, each in grouped(rows, *keys).items()}
    answer = []
    for (*key, outcome), each in grouped(rows, *keys, "outcome").items():
        row = dict(zip(keys, key, strict=True)) | {"outcome": outcome, "candidates": len(each)}
        row |= {"programs": programs(each), "problems": problems_of(each)}
        answer.append(row | {"share": rounded(len(each), totals[tuple(key)])})
    return ordered(answer, *keys, "-candidates", "outcome")


def outcomes_by_model(t: Tables, split: str | None = None) -> list[Row]:
    return _outcomes_by(t, ("model",), split)


def outcomes_by_round(t: Tables, split: str | None = None) -> list[Row]:
    return _outcomes_by(t, ("round", "model"), split)


def exception_lines(t: Tables, exception: str | None = None, limit: int | None = 20) -> list[Row]:
    codes = {row["program_id"]: row["code"] for row in t["candidates"]}
    raised = []
    for label in t["labels"]:
        failure = label["first_failure"] or {}
        if failure.get("exception") and exception in (None, failure["exception"]):
            told = re.match(r"line (\d+)(:|\Z)", failure["message"] or "")
            line = int(told[1]) if told else None
            lines = codes[label["program_id"]].split("\n")
            text = (lines[line - 1].strip() or None) if line and line <= len(lines) else None
            raised.append(label | {"exception": failure["exception"], "source_line": text, "line": line})
    answer = []
    for (kind, text), rows in grouped(raised, "exception", "source_line").items():
        located = [row for row in rows if row["line"] is not None]
        answer.append(
            {"exception": kind, "source_line": text, "programs": len(rows), "problems": problems_of(rows)}
            | {"program_id": min(row["program_id"] for row in rows)}
            | {"line": min(located, key=lambda r: r["program_id"])["line"] if located else None}
        )
    return ordered(answer, "-programs", "exception", "source_line", limit=limit)


def near_time_limit(t: Tables, percent: int = 50, limit: int | None = 20) -> list[Row]:
    labels, answer = by(t["labels"], "program_id"), []
    for cost in t["observations"]:
        label, times = labels[cost["program_id"]], cost["durations_ms"]
        if not times or not (label["passed"] or "time_limit" in label["outcomes"]):
            continue
        used = max(times) / (label["limits"]["timeout_s"] * 1000)
        if percent / 100 <= used <= 100 / max(percent, 1):
            answer.append(
                {"problem_id": label["problem_id"], **named(t, label["problem_id"], "source_id")}
                | {"program_id": label["program_id"], "passed": label["passed"], "outcome": label["outcome"]}
                | {"test_index": list(times).index(max(times)), "slowest_ms": max(times)}
                | {"limit_ms": label["limits"]["timeout_s"] * 1000, "used": rounded(used, 1)}
            )
    return ordered(answer, "-used", "problem_id", "program_id", limit=limit)


def _judged(t: Tables) -> dict[str, list[Row]]:
    known = [label for label in t["labels"] if label["passed"] is not None]
    return {problem_id: rows for (problem_id,), rows in grouped(known, "problem_id").items()}


def _tests(t: Tables) -> list[tuple[Row, int, Row, list[Row]]]:
    judged = _judged(t)
    return [
        (problem, i, test, judged.get(problem["problem_id"], []))
        for problem in t["problems"]
        for i, test in enumerate(problem["tests"])
    ]


def toothless_tests(t: Tables, min_wrong: int = 1, limit: int | None = 20) -> list[Row]:
    answer = []
    for problem, i, test, rows in _tests(t):
        wrong = [row for row in rows if not row["passed"]]
        if len(wrong) >= max(min_wrong, 1) and all(row["outcomes"][i] == "pass" for row in wrong):
            answer.append(
                {"problem_id": problem["problem_id"], "source_id": problem["source_id"], "test_index": i}
                | {key: test[key] for key in ("test_id", "visibility", "origin")}
                | {"programs": len(rows), "wrong": len(wrong)}
            )
    return ordered(answer, "-wrong", "problem_id", "test_index", limit=limit)


def doubtful_tests(t: Tables, min_programs: int = 2, limit: int | None = 20) -> list[Row]:
    answer = []
    for problem, i, test, rows in _tests(t):
        if len(rows) >= max(min_programs, 1) and all(row["outcomes"][i] != "pass" for row in rows):
            sole = [row for row in rows if len(row["outcomes"]) > 1 and Counter(row["outcomes"])["pass"] == 3]
            answer.append(
                {"problem_id": problem["problem_id"], "source_id": problem["source_id"], "test_index": i}
                | {key: test[key] for key in ("test_id", "visibility", "origin")}
                | {"tests": len(problem["tests"]), "reference_solutions": len(problem["reference_solutions"])}
                | {"programs": len(rows), "sole_failures": len(sole)}
            )
    return ordered(answer, "-sole_failures", "-programs", "problem_id", "test_index", limit=limit)


def diversity(t: Tables, split: str | None = None, limit: int | None = 20) -> list[Row]:
    coded = [row for row in attempts(t, split) if row["program_id"] is not None]
    labels = grouped(t["labels"], "problem_id")
    answer = []
    for (problem_id,), rows in grouped(coded, "problem_id").items():
        seen = Counter(row["program_id"] for row in rows)
        judged = labels.get((problem_id,))
        wrong = [label for label in judged or () if label["passed"] is False]
        answer.append(
            {"problem_id": problem_id, **named(t, problem_id, "source_id", "split")}
            | {"candidates": len(rows), "programs": len(seen)}
            | {"effective_programs": rounded(len(rows) ** 2, sum(n * n for n in seen.values()), 2)}
            | {"right_programs": sum(label["passed"] is True for label in judged) if judged else None}
            | {"wrong_programs": len(wrong) if judged else None}
            | {"ways_to_fail": len({tuple(label["outcomes"]) for label in wrong}) if judged else None}
        )
    return ordered(answer, "effective_programs", "problem_id", limit=limit)


def pass_at_k_curve(t: Tables, at_least: int = 1, split: str | None = None) -> list[Row]:
    answer = []
    for (model, temperature), rows in grouped(attempts(t, split), "model", "temperature").items():
        known = [knew(each) for each in grouped(rows, "problem_id").values()]
        known = [each for each in known if len(each) >= max(at_least, 1)]
        k = 1
        while enough := [each for each in known if len(each) >= k]:
            wrong = [math.comb(len(each) - sum(each), k) / math.comb(len(each), k) for each in enough]
            estimate = rounded(math.fsum(1 - each for each in wrong), len(enough), 6)
            answer.append({"model": model, "temperature": temperature, "k": k} | {"problems": len(enough)})
            answer[-1]["pass_at_k"] = estimate
            k *= 2
    return ordered(answer, "model", "temperature", "k")


def _tenth(part: int, whole: int) -> tuple[float, float]:
    at = 10 * part // whole / 10
    return (1.0, 1.0) if part == whole else (at, at if part == 0 else (10 * part // whole + 1) / 10)


def group_yield(t: Tables, split: str | None = None) -> list[Row]:
    groups = grouped(t["groups"], "problem_id")
    answer: dict[Any, Row] = {}
    for (problem_id,), rows in grouped(attempts(t, split), "problem_id").items():
        known = knew(rows)
        place = _tenth(sum(known), len(known)) if known else (None, None)
        row = answer.setdefault(place, Counter())
        ours = groups.get((problem_id,), [])
        row.update(problems=1, candidates=len(rows), problems_with_groups=bool(ours), groups=len(ours))
        row.update(right=sum(g["n_correct"] for g in ours), members=sum(len(g["correct"]) for g in ours))
    rows = [
        {"pass_rate_from": start, "pass_rate_to": end}
        | {key: int(row[key]) for key in ("problems", "candidates", "problems_with_groups", "groups")}
        | {"groups_a_problem": rounded(row["groups"], row["problems"], 2)}
        | {"right_share": rounded(row["right"], row["members"])}
        for (start, end), row in answer.items()
    ]
    return ordered(rows, "pass_rate_from", "pass_rate_to")


def flaky_programs(t: Tables, limit: int | None = 20) -> list[Row]:
    written = grouped(t["candidates"], "program_id")
    answer = []
    for label in t["labels"]:
        if label["flaky"]:
            said = written.get((label["program_id"],), [])
            answer.append(
                {"problem_id": label["problem_id"], **named(t, label["problem_id"], "source_id")}
                | {key: label[key] for key in ("program_id", "runs", "outcome", "tests_passed", "tests_total")}
                | {"outcomes": list(label["outcomes"]), "candidates": len(said)}
                | {"code": said[0]["code"] if said else None}
            )
    return ordered(answer, "problem_id", "program_id", limit=limit)


def _length(row: Row, unit: str) -> int | None:
    if unit == "tokens":
        return row["n_tokens"]
    text = row["code" if unit == "code_characters" else "completion"]
    return None if text is None else len(text)


def length_by_outcome(t: Tables, unit: str = "characters", split: str | None = None) -> list[Row]:
    answer = []
    for (model, outcome), rows in grouped(attempts(t, split), "model", "outcome").items():
        known = [size for row in rows if (size := _length(row, unit)) is not None]
        places = {"shortest_tenth": 10, "median": 50, "longest_tenth": 90}
        answer.append(
            {"model": model, "outcome": outcome, "candidates": len(rows), "known": len(known)}
            | {name: quantile(known, percent) for name, percent in places.items()}
        )
    return ordered(answer, "model", "-candidates", "outcome")


def pass_rate_by_length(t: Tables, unit: str = "characters", split: str | None = None) -> list[Row]:
    def start(row: Row) -> int | None:
        size = _length(row, unit)
        return 2 ** int(math.log2(size)) if size else size

    answer = [
        {"model": model, "length_from": at, "candidates": len(rows)}
        | rates(rows)
        | {"cut": sum(row["finish_reason"] == "length" for row in rows)}
        for (model, at), rows in grouped(attempts(t, split), "model", start).items()
    ]
    return ordered(answer, "model", "length_from")


def finish_reasons(t: Tables) -> list[Row]:
    answer = [
        {"finish_reason": reason, "model": model, "candidates": len(rows)}
        | {"with_code": sum(row["code"] is not None for row in rows)}
        | rates(rows)
        | {"median_tokens": quantile((row["n_tokens"] for row in rows), 50)}
        for (reason, model), rows in grouped(attempts(t), "finish_reason", "model").items()
    ]
    return ordered(answer, "-candidates", "finish_reason", "model")


def extraction_failures(t: Tables, model: str | None = None, limit: int | None = 20) -> list[Row]:
    answer = [
        {"problem_id": row["problem_id"], **named(t, row["problem_id"], "source_id")}
        | {key: row[key] for key in ("candidate_id", "model", "extraction", "finish_reason", "n_tokens")}
        | {"characters": len(row["completion"]), "ending": row["completion"][-200:]}
        for row in t["candidates"]
        if row["program_id"] is None and model in (None, row["model"])
    ]
    return ordered(answer, "problem_id", "candidate_id", limit=limit)


def split_leakage(t: Tables, limit: int | None = 20) -> list[Row]:
    answer = []
    keys: dict[str, Callable[[Row], Any]] = {
        "statement": lambda row: " ".join(row["statement"].lower().split()),
        "source_id": lambda row: (row["source"], row["source_id"]),
    }
    for shared, key in keys.items():
        for rows in grouped(t["problems"], key).values():
            splits = sorted({row["split"] for row in rows})
            if len(splits) > 1:
                answer.append(
                    {"shared": shared, "source_id": min(row["source_id"] for row in rows), "problems": len(rows)}
                    | {"splits": splits, "problem_ids": sorted(row["problem_id"] for row in rows)}
                )
    return ordered(answer, "-problems", "shared", "problem_ids", limit=limit)


def first_failures(t: Tables, split: str | None = None) -> list[Row]:
    splits = {p["problem_id"]: p["split"] for p in t["problems"]}
    wrong = [r for r in t["labels"] if r["passed"] is False and split in (None, splits[r["problem_id"]])]
    places = grouped(wrong, lambda row: next(i for i, outcome in enumerate(row["outcomes"]) if outcome != "pass"))
    answer, found = [], 0
    for (index,), rows in sorted(places.items()):
        found += len(rows)
        answer.append(
            {"test_index": index, "programs": len(rows), "problems": problems_of(rows)}
            | {"share": rounded(len(rows), len(wrong)), "found": rounded(found, len(wrong))}
        )
    return answer


def partial_credit(t: Tables, split: str | None = None) -> list[Row]:
    splits = {p["problem_id"]: p["split"] for p in t["problems"]}
    known = [r for r in t["labels"] if r["passed"] is not None and split in (None, splits[r["problem_id"]])]
    places = grouped(known, lambda row: _tenth(row["tests_passed"], row["tests_total"]))
    answer = [
        {"share_from": at[0], "share_to": at[1], "programs": len(rows), "problems": problems_of(rows)}
        | {"share": rounded(len(rows), len(known))}
        for (at,), rows in places.items()
    ]
    return ordered(answer, "share_from", "share_to")


def hardest_solved(t: Tables, split: str | None = None, limit: int | None = 20) -> list[Row]:
    answer = []
    for (problem_id,), rows in grouped(attempts(t, split), "problem_id").items():
        right = [row for row in rows if row["correct"]]
        if right:
            shown = min(right, key=lambda row: row["program_id"])
            answer.append(
                {"problem_id": problem_id, **named(t, problem_id, "source_id", "difficulty", "split")}
                | rates(rows)
                | {"program_id": shown["program_id"], "code": shown["code"]}
            )
    return ordered(answer, "pass_rate", "-labelled", "problem_id", limit=limit)


def never_solved(t: Tables, split: str | None = None, limit: int | None = 20) -> list[Row]:
    answer = []
    for (problem_id,), rows in grouped(attempts(t, split), "problem_id").items():
        known = [row for row in rows if row["correct"] is not None]
        if known and not any(row["correct"] for row in known):
            problem = by(t["problems"], "problem_id")[problem_id]
            best = max((row["tests_passed"] for row in known if row["tests_passed"] is not None), default=None)
            tests = len(problem["tests"])
            answer.append(
                {"problem_id": problem_id, **named(t, problem_id, "source_id", "difficulty", "split")}
                | {"candidates": len(rows), "labelled": len(known), "programs": programs(rows)}
                | {"most_tests_passed": best, "tests": tests}
                | {"reference_solutions": len(problem["reference_solutions"])}
                | {"nearness": best / tests if tests and best is not None else None}
            )
    found = ordered(answer, "-nearness", "-labelled", "problem_id", limit=limit)
    return [{key: value for key, value in row.items() if key != "nearness"} for row in found]


def cost_by_model(t: Tables) -> list[Row]:
    answer = []
    for (model,), rows in grouped(attempts(t), "model").items():
        known = [row for row in rows if row["n_tokens"] is not None and row["correct"] is not None]
        right = [row for row in known if row["correct"]]
        tokens = sum(row["n_tokens"] for row in known) if known else None
        answer.append(
            {"model": model, "candidates": len(rows), "counted": len(known), "tokens": tokens, "correct": len(right)}
            | {"programs": programs(right), "problems_solved": problems_of(right)}
            | {"tokens_a_pass": rounded(tokens, len(right), 1), "tokens_a_program": rounded(tokens, programs(right), 1)}
            | {"tokens_a_problem": rounded(tokens, problems_of(right), 1)}
        )
    return ordered(answer, "tokens_a_pass", "model")


def label_conflicts(t: Tables, blanks: str = "kept", limit: int | None = 20) -> list[Row]:
    statements = {p["problem_id"]: " ".join(p["statement"].lower().split()) for p in t["problems"]}
    labels = by(t["labels"], "program_id")
    texts: dict[Any, dict[str, Row]] = defaultdict(dict)
    for row in t["candidates"]:
        label = labels.get(row["program_id"])
        if label and label["passed"] is not None:
            text = row["code"]
            if blanks == "ignored":
                text = "\n".join(line.rstrip() for line in text.split("\n") if line.strip())
            texts[statements[row["problem_id"]], text][row["program_id"]] = label | {"code": row["code"]}
    answer = []
    for rows in texts.values():
        right = {program_id: row for program_id, row in rows.items() if row["passed"]}
        wrong = rows.keys() - right.keys()
        if right and wrong:
            answer.append(
                {"problem_ids": sorted({row["problem_id"] for row in rows.values()})}
                | {"right_programs": len(right), "wrong_programs": len(wrong)}
                | {"right_program_id": min(right), "wrong_program_id": min(wrong), "code": right[min(right)]["code"]}
                | {"n": len(rows)}
            )
    found = ordered(answer, "-n", "right_program_id", limit=limit)
    return [{key: value for key, value in row.items() if key != "n"} for row in found]


def label_flips(t: Tables, other: Tables, limit: int | None = 20) -> list[Row]:
    before, answer = by(other["labels"], "program_id"), []
    for row in t["labels"]:
        was = before.get(row["program_id"])
        if was and was["passed"] != row["passed"]:
            flaky = {was["flaky"], row["flaky"]}
            answer.append(
                {"problem_id": row["problem_id"], **named(t, row["problem_id"], "source_id")}
                | {"program_id": row["program_id"], "other_passed": was["passed"], "passed": row["passed"]}
                | {"other_outcome": was["outcome"], "outcome": row["outcome"]}
                | {"other_tests_passed": was["tests_passed"], "tests_passed": row["tests_passed"]}
                | {"same_limits": was["limits"] == row["limits"]}
                | {"flaky": True if True in flaky else None if None in flaky else False}
            )
    return ordered(answer, "problem_id", "program_id", limit=limit)


def _ranked(t: Tables, model: str | None = None) -> list[Row]:
    """The answers that name a first program, with it."""
    rows = [row for row in t["rankings"] if row["places"] is not None and model in (None, row["model"])]
    return [row | {"slot": row["places"].index(1), "first": row["shown"][row["places"].index(1)]} for row in rows]


def _listed(answers: list[Row], right: bool) -> list[Row]:
    """A row a program that was shown and is right, or is not."""
    return [
        answer | {"program_id": program_id}
        for answer in answers
        for program_id, passes in zip(answer["shown"], answer["correct"], strict=True)
        if passes == right
    ]


def judge_errors(t: Tables, model: str | None = None, limit: int | None = 20) -> list[Row]:
    answers = _ranked(t, model)
    labels = by(t["labels"], "program_id")
    codes = {row["program_id"]: row["code"] for row in t["candidates"]}
    wrong = grouped(_listed(answers, False), "model", "model_revision", "problem_id", "program_id")
    answer = []
    for (name, revision, problem_id, program_id), rows in wrong.items():
        label = labels[program_id]
        beside = {each for row in rows for each, right in zip(row["shown"], row["correct"], strict=True) if right}
        failure = label["first_failure"]
        failed = [i for i, outcome in enumerate(label["outcomes"]) if outcome != "pass"]
        answer.append(
            {"model": name, "model_revision": revision, "problem_id": problem_id, **named(t, problem_id, "source_id")}
            | {"program_id": program_id, "first": sum(row["first"] == program_id for row in rows), "shown": len(rows)}
            | {"outcome": label["outcome"], "test_index": failed[0] if failed else None}
            | {"test_id": failure and failure["test_id"], "exception": failure and failure["exception"]}
            | {name: label[name] for name in ("tests_passed", "tests_total")}
            | {"passed_share": rounded(label["tests_passed"], label["tests_total"])}
            | {"characters": len(codes[program_id])}
            | {"right_characters": rounded(sum(len(codes[each]) for each in beside), len(beside), 0)}
            | {"code": codes[program_id]}
        )
    fooled = [row for row in answer if row["first"]]
    keys = ("-first", "-passed_share", "problem_id", "program_id", "model", "model_revision")
    return ordered(fooled, *keys, limit=limit)


def judge_error_kinds(t: Tables) -> list[Row]:
    labels = by(t["labels"], "program_id")
    wrong = [row | {"outcome": labels[row["program_id"]]["outcome"]} for row in _listed(_ranked(t), False)]
    answer = []
    for (model, revision), of_judge in grouped(wrong, "model", "model_revision").items():
        errors = sum(row["program_id"] == row["first"] for row in of_judge)
        for (outcome,), rows in grouped(of_judge, "outcome").items():
            first = sum(row["program_id"] == row["first"] for row in rows)
            answer.append(
                {"model": model, "model_revision": revision, "outcome": outcome, "shown": len(rows), "first": first}
                | {"first_rate": rounded(first, len(rows)), "share_of_errors": rounded(first, errors)}
                | {"share_of_shown": rounded(len(rows), len(of_judge))}
                | {"lift": rounded(first * len(of_judge), errors * len(rows), 2)}
            )
    return ordered(answer, "model", "model_revision", "-first", "outcome")


def judge_position_bias(t: Tables) -> list[Row]:
    answer = []
    rows = [row | {"size": len(row["shown"])} for row in _ranked(t)]
    for (model, revision, size), answers in grouped(rows, "model", "model_revision", "size").items():
        for slot in range(size):
            first = [row["slot"] == slot for row in answers]
            right = [is_first for row, is_first in zip(answers, first, strict=True) if row["correct"][slot]]
            wrong = [is_first for row, is_first in zip(answers, first, strict=True) if not row["correct"][slot]]
            answer.append(
                {"model": model, "model_revision": revision, "size": size, "slot": slot + 1, "answers": len(answers)}
                | {"first": sum(first), "first_share": rounded(sum(first), len(first)), "chance": rounded(1, size)}
                | {"right_here": len(right), "right_first": rounded(sum(right), len(right))}
                | {"wrong_first": rounded(sum(wrong), len(wrong))}
            )
    return ordered(answer, "model", "model_revision", "size", "slot")


def judge_by_difficulty(t: Tables, split: str | None = None) -> list[Row]:
    def discounts(ranks: Iterable[int]) -> float:
        return sum(1 / math.log2(rank + 1) for rank in ranks)

    def scores(row: Row) -> Row:
        size, n_right = len(row["shown"]), sum(row["correct"])
        blind = {"top1": n_right / size, "ndcg": n_right / size * discounts(range(1, size + 1))}
        seen = blind
        if row["places"] is not None:
            right = [place for place, passes in zip(row["places"], row["correct"], strict=True) if passes]
            seen = {"top1": 1 in right, "ndcg": discounts(right)}
        ideal = {"top1": 1, "ndcg": discounts(range(1, n_right + 1))}
        made = {name: seen[name] / ideal[name] for name in ideal}
        return row | made | {f"{name}_chance": blind[name] / ideal[name] for name in ideal}

    names = ("top1", "top1_chance", "ndcg", "ndcg_chance")
    of_problem = []
    for (model, revision, problem_id), rows in grouped(
        map(scores, t["rankings"]), "model", "model_revision", "problem_id"
    ).items():
        about = named(t, problem_id, "difficulty", "split")
        malformed = sum(row["places"] is None for row in rows)
        if split in (None, about["split"]):
            of_problem.append(
                {"model": model, "model_revision": revision, "rankings": len(rows), "malformed": malformed}
                | {"difficulty": about["difficulty"]}
                | {name: sum(row[name] for row in rows) / len(rows) for name in names}
            )
    answer = [
        {"model": model, "model_revision": revision, "difficulty": difficulty, "problems": len(rows)}
        | {name: sum(row[name] for row in rows) for name in ("rankings", "malformed")}
        | {name: rounded(sum(row[name] for row in rows), len(rows)) for name in names}
        for (model, revision, difficulty), rows in grouped(of_problem, "model", "model_revision", "difficulty").items()
    ]
    return ordered(answer, "model", "model_revision", "difficulty")


def judge_agreement(t: Tables) -> list[Row]:
    of_judge = grouped(_ranked(t), lambda row: "@".join(filter(None, (row["model"], row["model_revision"]))))
    answer = []
    for (mine,), ours in of_judge.items():
        for (other,), others in of_judge.items():
            theirs = {(row["group_id"], row["repeat"], row["order_index"]): row for row in others}
            pairs = [
                (row, theirs[row["group_id"], row["repeat"], row["order_index"]])
                for row in ours
                if (row["group_id"], row["repeat"], row["order_index"]) in theirs
            ]
            pairs = [(a, b) for a, b in pairs if a["shown"] == b["shown"]]
            if mine >= other or not pairs:
                continue
            firsts = Counter((a["correct"][a["slot"]], b["correct"][b["slot"]]) for a, b in pairs)
            compared = [
                (a["places"][i] < a["places"][j]) == (b["places"][i] < b["places"][j])
                for a, b in pairs
                for j in range(len(a["shown"]))
                for i in range(j)
            ]
            same = sum(a["slot"] == b["slot"] for a, b in pairs)
            answer.append(
                {"judge": mine, "other_judge": other, "rankings": len(pairs), "same_first": rounded(same, len(pairs))}
                | {"both_right": firsts[True, True], "only_judge": firsts[True, False]}
                | {"only_other": firsts[False, True], "both_wrong": firsts[False, False]}
                | {"same_pairs": rounded(sum(compared), len(compared))}
            )
    return ordered(answer, "judge", "other_judge")


def _won(t: Tables, split: str | None) -> list[Row]:
    """A row a pair of a right and a wrong program of one problem."""
    labels = by(t["labels"], "program_id")
    splits = {row["problem_id"]: row["split"] for row in t["problems"]}
    scored = [
        row | labels[row["program_id"]]
        for row in t["scores"]
        if row["program_id"] in labels and split in (None, splits[row["problem_id"]])
    ]
    pairs = []
    for rows in grouped(scored, "model", "model_revision", "problem_id").values():
        for right in rows:
            for wrong in rows:
                if right["passed"] and wrong["passed"] is False:
                    gap = right["score"] - wrong["score"]
                    pairs.append(wrong | {"gap": gap, "won": (gap > 0) + 0.5 * (gap == 0)})
    return pairs


def _by_problem(pairs: list[Row], *columns: str) -> tuple[int, list[float]]:
    means = grouped(pairs, "problem_id").values()
    return len(means), [sum(sum(row[name] for row in rows) / len(rows) for rows in means) for name in columns]


def score_auc(t: Tables, split: str | None = None) -> list[Row]:
    answer = []
    for (model, revision), of_model in grouped(_won(t, split), "model", "model_revision").items():
        kinds = [(None, of_model), *((kind, rows) for (kind,), rows in grouped(of_model, "outcome").items())]
        for outcome, rows in kinds:
            problems, [auc] = _by_problem(rows, "won")
            answer.append(
                {"model": model, "model_revision": revision, "outcome": outcome, "problems": problems}
                | {"pairs": len(rows), "auc": rounded(auc, problems)}
            )
    return sorted(answer, key=lambda row: (row["model"], row["model_revision"], row["outcome"] or ""))


def score_near_misses(t: Tables, split: str | None = None) -> list[Row]:
    kinds = ["all", "more than half", "at most half", "one"]

    def fails(row: Row) -> str:
        failed = row["tests_total"] - row["tests_passed"]
        return (
            "all"
            if not row["tests_passed"]
            else "one"
            if failed == 1
            else kinds[1 + (2 * failed <= row["tests_total"])]
        )

    answer = []
    for (model, revision, kind), rows in grouped(_won(t, split), "model", "model_revision", fails).items():
        problems, [accuracy, gap] = _by_problem(rows, "won", "gap")
        answer.append(
            {"model": model, "model_revision": revision, "fails": kind, "problems": problems, "pairs": len(rows)}
            | {"accuracy": rounded(accuracy, problems), "mean_gap": rounded(gap, problems)}
        )
    return sorted(answer, key=lambda row: (row["model"], row["model_revision"], kinds.index(row["fails"])))


def score_calibration(t: Tables, split: str | None = None) -> list[Row]:
    def sure(row: Row) -> float:
        return 1 / (1 + math.exp(-abs(row["gap"])))

    def bin_of(row: Row) -> int:
        return min(int((sure(row) - 0.5) * 20), 9)

    decided = [row for row in _won(t, split) if row["gap"]]
    answer = []
    for (model, revision, number), rows in grouped(decided, "model", "model_revision", bin_of).items():
        answer.append(
            {"model": model, "model_revision": revision, "sure_from": round(0.5 + number * 0.05, 2), "pairs": len(rows)}
            | {"problems": problems_of(rows), "predicted": rounded(sum(map(sure, rows)), len(rows))}
            | {"actual": rounded(sum(row["gap"] > 0 for row in rows), len(rows))}
        )
    return ordered(answer, "model", "model_revision", "sure_from")


def score_errors(t: Tables, model: str | None = None, limit: int | None = 20) -> list[Row]:
    labels, codes = by(t["labels"], "program_id"), by(t["candidates"], "program_id")
    answer = []
    labelled = [row for row in t["scores"] if row["program_id"] in labels]
    for rows in grouped(labelled, "model", "model_revision", "problem_id").values():
        right = [row["score"] for row in rows if labels[row["program_id"]]["passed"]]
        for row in rows:
            label = labels[row["program_id"]]
            if right and label["passed"] is False and row["score"] > max(right) and model in (None, row["model"]):
                answer.append(
                    {name: row[name] for name in ("model", "model_revision", "problem_id")}
                    | named(t, row["problem_id"], "source_id")
                    | {"program_id": row["program_id"], "score": rounded(row["score"], 1)}
                    | {"best_right": rounded(max(right), 1), "gap": rounded(row["score"] - max(right), 1)}
                    | {name: label[name] for name in ("outcome", "tests_passed", "tests_total")}
                    | {"code": codes[row["program_id"]]["code"], "exact": row["score"] - max(right)}
                )
    found = ordered(answer, "-exact", "problem_id", "program_id", "model", "model_revision", limit=limit)
    return [{name: value for name, value in row.items() if name != "exact"} for row in found]
