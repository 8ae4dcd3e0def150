"""Problems of an evaluation set that a training version holds as well: by id, statement or program, and by date.

Run:  dualset overlap TRAIN EVAL

In: two versions, or one and two of its splits. Out: an `Overlap`. EVAL's statements and the forms of its programs are
held in memory, TRAIN is streamed: its statements twice, its programs once. How statements are compared is said in
``statements.py``, how programs are in ``same_codes.py``, and what makes a match in ``tally.py``. Left out: paraphrases,
translations and renamed variables, equal tests, and what a model had seen before it was trained here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dualset.builders.dataset.version import Version
from dualset.builders.errors import VersionError
from dualset.builders.progress import Progress, silent
from dualset.eval.overlap.dates import not_after, window_of
from dualset.eval.overlap.records import Match, Overlap, Side
from dualset.eval.overlap.same_codes import CodeIndex, programs
from dualset.eval.overlap.statements import Shared, Statements
from dualset.eval.overlap.tally import Tally

__all__ = ["EACH", "THRESHOLD", "N", "find_overlap"]

N = 8
THRESHOLD = 0.5
"""On LeetCodeDataset against LiveCodeBench, the 38 problems that both have share 0.59 or more, and no problem shares
more than 0.22 with one of another title, except for the easy and hard version of one (``docs/overlap.md``)."""
EACH = 3
_COLUMNS = ["problem_id", "source", "source_id", "title", "statement", "released_at"]
Row = Mapping[str, Any]


def find_overlap(
    train: Version,
    evaluation: Version,
    *,
    train_split: str | None = None,
    eval_split: str | None = None,
    n: int = N,
    threshold: float = THRESHOLD,
    each: int = EACH,
    codes: bool = True,
    progress: Progress = silent,
) -> Overlap:
    """Compare the two.

    Args:
        train: the version trained on.
        evaluation: the version measured on.
        train_split: only that split of TRAIN; None: all.
        eval_split: only that split of EVAL; None: all.
        n: words in a gram.
        threshold: the share of rare n-grams from which statements match; above 0, at most 1.
        each: pairs kept of each problem of EVAL; all are counted.
        codes: compare programs too.
        progress: told what is done.

    Raises:
        VersionError: a side has no problems, or there is no such split.
    """
    sides = _side(train, train_split), _side(evaluation, eval_split)
    mine = list(evaluation.rows("problems", eval_split, _COLUMNS))
    places = {row["problem_id"]: place for place, row in enumerate(mine)}
    index = CodeIndex(programs(evaluation, eval_split), places) if codes else None
    same = index.find(programs(train, train_split), lambda done: progress("programs", done, 0)) if index else {}
    statements = Statements([row["statement"] for row in mine], n)
    tally = Tally(each)

    def read(stage: str) -> Iterator[tuple[Row, str]]:
        for done, row in enumerate(train.rows("problems", train_split, _COLUMNS), start=1):
            progress(stage, done, sides[0].problems)
            yield row, row["statement"]

    def also(row: Row) -> set[int]:
        problem_id = row["problem_id"]
        return {*same.get(problem_id, ()), *([places[problem_id]] if problem_id in places else [])}

    rare = statements.rare(text for _, text in read("count"))
    for shared in statements.find(read("compare"), rare, threshold, also):
        common = same.get(shared.train["problem_id"], {}).get(shared.place, ())
        tally.add(shared.place, _match(mine[shared.place], shared, len(common) if index else None))
    lengths = statements.n_words
    return Overlap(
        train=sides[0],
        evaluation=sides[1],
        n=n,
        threshold=threshold,
        counts={
            **tally.counts(codes=codes),
            "short": sum(0 < length < n for length in lengths),
            "empty": lengths.count(0),
            "grams": statements.index.n_grams,
            "common_grams": int((~rare).sum()),
            "programs": index.n_forms if index else None,
            "trivial_programs": index.n_trivial if index else None,
            "unparsed_programs": index.n_unparsed if index else None,
            "not_after": not_after((row["released_at"] for row in mine), sides[0].window.last),
            "undated": sides[1].window.undated,
        },
        matches=tuple(tally.matches()),
    )


def _side(version: Version, split: str | None) -> Side:
    window = window_of(row["released_at"] for row in version.rows("problems", split, ["released_at"]))
    problems = window.dated + window.undated
    if not problems:
        msg = f"{version.name}@{version.revision[:12]} has no problems{f' in its {split} split' if split else ''}"
        raise VersionError(msg)
    return Side(name=version.name, revision=version.revision, split=split, problems=problems, window=window)


def _match(mine: Row, shared: Shared[Row], same_codes: int | None) -> Match:
    theirs = shared.train
    return Match(
        eval_id=mine["problem_id"],
        eval_source=mine["source"],
        eval_source_id=mine["source_id"],
        eval_title=mine["title"],
        eval_released_at=mine["released_at"],
        train_id=theirs["problem_id"],
        train_source=theirs["source"],
        train_source_id=theirs["source_id"],
        train_title=theirs["title"],
        train_released_at=theirs["released_at"],
        statement_matches=shared.matches,
        share=shared.share,
        share_all=shared.share_all,
        same_id=mine["problem_id"] == theirs["problem_id"],
        same_statement=shared.same,
        same_codes=same_codes,
    )
