"""An overlap as one JSON object, as rows, or as text for people.

In: an `Overlap`. Out: plain data (`report`), or text in one of ``FORMATS``: ``table`` and ``markdown`` open with the
counts and the dates, ``csv`` has the matching pairs alone, with every column, ``json`` is the plain data.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dualset.eval.overlap.dates import Window
from dualset.eval.overlap.records import Match, Overlap, Side
from dualset.sql.formats import plain, table_text, to_csv, to_markdown
from dualset.sql.session import Answer

__all__ = ["COUNTS", "FORMATS", "report", "text"]

FORMATS = ("table", "markdown", "csv", "json")

COUNTS = {
    "matched": "problems of EVAL that match a problem of TRAIN in any way",
    "same_id": "with the same id, and statements that share something",
    "same_id_only": "with the same id, and statements that share nothing: names that two files give; no match",
    "same_statement": "with the same words in the same order",
    "statement": "with the same words, or the threshold of rare n-grams in one statement of TRAIN",
    "same_code": "with a program that TRAIN has too; null: not compared",
    "pairs": "matching pairs, of which matches lists the best few of each problem",
    "short": "statements of fewer than n words: compared whole",
    "empty": "statements without a word: not compared",
    "grams": "distinct n-grams of EVAL's statements",
    "common_grams": "of these in too many statements to count",
    "programs": "distinct programs of EVAL's problems compared; null: none were to be",
    "trivial_programs": "left out: too small, or the starter code",
    "unparsed_programs": "left out: not Python",
    "not_after": "released on the day of TRAIN's newest problem or before; null: a side has no dates",
    "undated": "problems of EVAL whose release is unknown",
}
"""Each count and what it says."""


def report(overlap: Overlap) -> dict[str, Any]:
    """Everything as plain data; times are UTC, ISO 8601."""
    return {
        "train": _plain_side(overlap.train),
        "eval": _plain_side(overlap.evaluation),
        "n": overlap.n,
        "threshold": overlap.threshold,
        "share": overlap.share,
        "counts": dict(overlap.counts),
        "matches": [plain(asdict(match)) for match in overlap.matches],
    }


def text(overlap: Overlap, form: str, *, terminal: bool = False) -> str:
    """The overlap in one of ``FORMATS``; on a terminal long tables are cut."""
    if form == "json":
        return json.dumps(report(overlap), ensure_ascii=False) + "\n"
    if form == "csv":
        rows = [asdict(match) for match in overlap.matches]
        return "".join(to_csv(Answer(tuple(Match.__dataclass_fields__), (tuple(row.values()) for row in rows))))
    shown = (
        Answer(tuple(_shown(overlap.matches[0])), (tuple(_shown(match).values()) for match in overlap.matches))
        if overlap.matches
        else None
    )
    lines = list(_lines(overlap))
    if form == "markdown":
        said = "".join(f"- {line.strip()}\n" for line in lines)
        return said + ("\n" + "".join(to_markdown(shown)) if shown else "")
    return "\n".join(lines) + "\n" + ("\n" + table_text(shown, terminal=terminal) if shown else "")


def _lines(overlap: Overlap) -> Iterator[str]:
    counts, n, problems = overlap.counts, overlap.n, overlap.evaluation.problems
    yield f"TRAIN {_said(overlap.train)}"
    yield f"EVAL {_said(overlap.evaluation)}"
    yield f"matched: {counts['matched']:,} of EVAL's {problems:,} problems ({overlap.share:.4f})"
    yield f"  same id: {counts['same_id']:,}"
    if counts["same_id_only"]:
        yield f"  same id, other statement: {counts['same_id_only']:,}, which is no match"
    yield f"  same words: {counts['same_statement']:,}"
    yield f"  same words, or {overlap.threshold:g} or more of the rare {n}-grams: {counts['statement']:,}"
    if counts["same_code"] is None:
        yield "  same program: not compared"
    else:
        left_out = f"{counts['trivial_programs']:,} trivial and {counts['unparsed_programs']:,} unparsed left out"
        yield f"  same program: {counts['same_code']:,} ({counts['programs']:,} programs compared, {left_out})"
    yield (
        f"{n}-grams: {counts['grams']:,}, of which {counts['common_grams']:,} are common; "
        f"{counts['short']:,} statements are shorter and compared whole, {counts['empty']:,} are empty"
    )
    yield _dates(overlap)


def _dates(overlap: Overlap) -> str:
    newest, counts = overlap.train.window.last, overlap.counts
    dated = overlap.evaluation.window.dated
    if counts["not_after"] is None or newest is None:
        sides = (("TRAIN", overlap.train), ("EVAL", overlap.evaluation))
        return f"dates: unknown for all of {' and '.join(name for name, side in sides if not side.window.dated)}"
    undated = f"{counts['undated']:,} of EVAL's and {overlap.train.window.undated:,} of TRAIN's are undated"
    older = f"{counts['not_after']:,} of EVAL's {dated:,} dated problems are no newer than TRAIN's newest"
    return f"dates: {older} ({newest:%Y-%m-%d}); {undated}"


def _said(side: Side) -> str:
    split = f", {side.split} split" if side.split else ""
    return f"{side.name}@{side.revision[:12]}{split}: {side.problems:,} problems, {_window(side.window)}"


def _window(window: Window) -> str:
    if window.first is None or window.last is None:
        return "release unknown"
    undated = f", {window.undated:,} undated" if window.undated else ""
    return f"released {window.first:%Y-%m-%d} to {window.last:%Y-%m-%d}{undated}"


def _shown(match: Match) -> dict[str, Any]:
    """A row for people: the sources' names, shares to three digits, days."""
    return {
        "eval": match.eval_source_id or match.eval_id,
        "train": match.train_source_id or match.train_id,
        "share": _rounded(match.share),
        "share_all": _rounded(match.share_all),
        "id": _mark(match.same_id),
        "words": _mark(match.same_statement),
        "codes": match.same_codes,
        "eval_released": _day(match.eval_released_at),
        "train_released": _day(match.train_released_at),
        "eval_id": match.eval_id,
        "train_id": match.train_id,
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def _mark(told: bool) -> str:
    return "same" if told else ""


def _day(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%d}"


def _plain_side(side: Side) -> dict[str, Any]:
    window = side.window
    return {
        "name": side.name,
        "revision": side.revision,
        "split": side.split,
        "problems": side.problems,
        "first_released": plain(window.first),
        "last_released": plain(window.last),
        "dated": window.dated,
        "undated": window.undated,
    }
