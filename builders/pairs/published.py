"""Pairs that others have published, at a pinned Hub commit or from their files: CodeScaler's and AceCoder's.

In: a word (codescaler, acecode) and the 40-digit commit, or files. Out: pairs; what has no code on one side, or the
same on both, is left out and counted. A problem is its statement, and its split a hash of that: no statement is in two.

- ``codescaler``: LARK-Lab/CodeScalerPair-51K, columns ``question_content``, ``code_pos`` (passes all), ``code_neg``
- ``acecode``: TIGER-Lab/AceCodePair-300K, columns ``instruction``, ``input``, ``chosen``, ``rejected``: answers, of
  which the last fenced block is the code. Its rule is another: the chosen one passes at least 80 % of generated tests
  and at least 40 points more than the rejected one, which passes some. Its pairs are no proof that the chosen is right.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dualset.builders.candidates.extract import extract_code
from dualset.builders.dataset.ids import content_id
from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.groups.splits import split_of
from dualset.builders.pairs.pair import Pair, pair_id_of
from dualset.builders.problems.files import SourceFiles, hub_files, local_files
from dualset.builders.problems.rows import Row, read_rows

__all__ = ["PUBLISHED", "Published", "Tally", "published_files", "published_pairs"]


class Published(NamedTuple):
    """A published data set: its Hub id, and which of its files are read."""

    repo: str
    globs: tuple[str, ...]


PUBLISHED = {
    "codescaler": Published("LARK-Lab/CodeScalerPair-51K", ("*.parquet", "*.jsonl")),
    "acecode": Published("TIGER-Lab/AceCodePair-300K", ("data/train-*.parquet",)),
}


@dataclass(kw_only=True, slots=True)
class Tally:
    """What was read: rows, and those left out by why."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def published_files(name: str, revision: str | None, paths: Sequence[Path] = ()) -> SourceFiles:
    """Its files: local ones where they are given, else those of the Hub commit.

    Raises:
        RecipeError: no such data set, or no 40-digit commit.
        SourceError: the files are not there.
    """
    if name not in PUBLISHED:
        msg = f"no published pairs {name!r}: {did_you_mean(name, PUBLISHED)}"
        raise RecipeError(msg)
    known = PUBLISHED[name]
    return local_files(list(paths)) if paths else hub_files(known.repo, revision, known.globs)


def published_pairs(
    name: str, files: SourceFiles, *, train: float = 0.9, validation: float = 0.05, tally: Tally | None = None
) -> Iterator[Pair]:
    """The pairs, in the order of the files.

    Args:
        name: codescaler or acecode.
        files: of `published_files`.
        train: share of the problems in the train split.
        validation: likewise; the rest is test.
        tally: filled with what was read.

    Raises:
        SourceError: a file cannot be read, or lacks a column.
    """
    tally = tally or Tally()
    seen: set[str] = set()
    for path in files.paths:
        for row in read_rows(path):
            tally.rows += 1
            statement, chosen, rejected = _READ[name](row)
            statement = statement.strip()
            why = _unfit(chosen, rejected)
            pair_id = None if why else pair_id_of(statement, str(chosen).strip(), str(rejected).strip())
            why = "twice" if pair_id in seen else why
            if why or pair_id is None:
                tally.left_out[str(why)] += 1
                continue
            seen.add(pair_id)
            problem_id = content_id({"published": name, "statement": statement})
            yield Pair(
                pair_id=pair_id,
                problem_id=problem_id,
                split=split_of(problem_id, train, validation),
                question_content=statement,
                code_pos=str(chosen),
                code_neg=str(rejected),
                label_source=f"{PUBLISHED[name].repo}@{files.pin}",
            )


def _unfit(chosen: str | None, rejected: str | None) -> str | None:
    if not (chosen or "").strip() or not (rejected or "").strip():
        return "no code"
    return "the same code" if str(chosen).strip() == str(rejected).strip() else None


def _codescaler(row: Row) -> tuple[str, str | None, str | None]:
    return row.text("question_content"), row.maybe_text("code_pos"), row.maybe_text("code_neg")


def _acecode(row: Row) -> tuple[str, str | None, str | None]:
    asked = [row.maybe_text("instruction"), row.maybe_text("input")]
    statement = "\n\n".join(part for part in asked if part and part.strip())
    if not statement:
        raise row.error("neither 'instruction' nor 'input' says what is asked")
    answers = (row.maybe_text("chosen"), row.maybe_text("rejected"))
    chosen, rejected = (None if answer is None else extract_code(answer).code for answer in answers)
    return statement, chosen, rejected


_READ = {"codescaler": _codescaler, "acecode": _acecode}
