"""What a comparison finds, as frozen records: two sides, matching pairs, counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dualset.eval.overlap.dates import Window

__all__ = ["Match", "Overlap", "Side"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """A version and the split of it that was compared (None: all), how many problems, and when they were released."""

    name: str
    revision: str
    split: str | None
    problems: int
    window: Window


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A problem of EVAL and one of TRAIN that have something in common.

    Attributes:
        statement_matches: by its words, or by the share of its n-grams.
        share: of EVAL's rare n-grams those in TRAIN's statement; 1 where a statement of fewer than n words is the same;
            null where it has no rare ones, or is short and not the same.
        share_all: the same over all of its n-grams.
        same_id: the ids are equal.
        same_statement: the statements have the same words in the same order.
        same_codes: how many distinct programs of EVAL's problem TRAIN's problem has too; null: not compared.
    """

    eval_id: str
    eval_source: str
    eval_source_id: str | None
    eval_title: str | None
    eval_released_at: datetime | None
    train_id: str
    train_source: str
    train_source_id: str | None
    train_title: str | None
    train_released_at: datetime | None
    statement_matches: bool
    share: float | None
    share_all: float | None
    same_id: bool
    same_statement: bool
    same_codes: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """What two sides have in common.

    Attributes:
        n: words in a gram.
        threshold: the share of rare n-grams from which statements match.
        counts: numbers of EVAL's problems and of what was compared, by the words of ``report.COUNTS``; null: unknown,
            or not compared.
        matches: the matching pairs by EVAL's id, best first; of each problem of EVAL a few.
    """

    train: Side
    evaluation: Side
    n: int
    threshold: float
    counts: Mapping[str, int | None]
    matches: tuple[Match, ...]

    @property
    def share(self) -> float:
        """The share of EVAL's problems that match in any way."""
        return (self.counts["matched"] or 0) / self.evaluation.problems
