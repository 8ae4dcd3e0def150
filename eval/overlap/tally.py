"""Which of EVAL's problems match, how, and with which of TRAIN's best.

In: pairs, one at a time, of which most may not match. Out: sets of places in EVAL, and for each place its best few
pairs. A pair matches where the statements do, where both have a program, or where the ids are equal and the statements
share any n-gram: a jsonl file gives ids as it likes, and two files may both begin with 1.
"""

import heapq
from collections.abc import Iterator
from typing import Any

from dualset.eval.overlap.records import Match

__all__ = ["Tally"]


class Tally:
    """Takes pairs; the sets and ``matches`` at any time.

    Attributes:
        pairs: how many matched.
    """

    def __init__(self, each: int) -> None:
        self.each, self.pairs = each, 0
        self.matched, self.same_id, self.same_id_only = set[int](), set[int](), set[int]()
        self.same_statement, self.statement, self.same_code = set[int](), set[int](), set[int]()
        self._best: dict[int, list[tuple[tuple[Any, ...], Match]]] = {}

    def add(self, place: int, match: Match) -> None:
        """One pair of EVAL's problem at that place."""
        related = match.same_statement or bool(match.share_all)
        if match.same_id and not related:
            self.same_id_only.add(place)
        ways = {
            "same_id": match.same_id and related,
            "same_statement": match.same_statement,
            "statement": match.statement_matches,
            "same_code": bool(match.same_codes),
        }
        if not any(ways.values()):
            return
        self.matched.add(place)
        for way in (way for way, told in ways.items() if told):
            getattr(self, way).add(place)
        self.pairs += 1
        self._keep(place, match)

    def matches(self) -> Iterator[Match]:
        """The best pairs of each place: the place with the best one first, its pairs together."""
        kept = {place: sorted(pairs, key=_rank, reverse=True) for place, pairs in sorted(self._best.items())}
        for pairs in sorted(kept.values(), key=lambda pairs: _rank(pairs[0])[:-1], reverse=True):
            yield from (match for _, match in pairs)

    def counts(self, *, codes: bool) -> dict[str, int | None]:
        """How many places match in each way, and the pairs; without codes that way is null."""
        ways = ("matched", "same_id", "same_id_only", "same_statement", "statement")
        counts: dict[str, int | None] = {way: len(getattr(self, way)) for way in ways}
        return {**counts, "same_code": len(self.same_code) if codes else None, "pairs": self.pairs}

    def _keep(self, place: int, match: Match) -> None:
        """Of equally good pairs those that came first."""
        rank = (match.same_id, match.same_statement, match.share or 0.0, match.same_codes or 0, -self.pairs)
        heap = self._best.setdefault(place, [])
        heapq.heappush(heap, (rank, match))
        if len(heap) > self.each:
            heapq.heappop(heap)


def _rank(kept: tuple[tuple[Any, ...], Match]) -> tuple[Any, ...]:
    return kept[0]
