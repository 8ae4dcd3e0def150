"""An inverted index over the word n-grams of one side's statements, and what another side's statements share with it.

In: statements as words (``words.py``). Out: a `GramIndex`: the distinct n-grams numbered from 0, which statements hold
them, and for any batch of other statements the (statement, gram) pairs found. A gram is looked up by a 64-bit hash of
its words' numbers, and each hit is compared word by word, so no collision ever counts. Memory is that of the indexed
side, at most about 150 bytes a word of it while it is made; the other side is streamed.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["GramIndex", "Hits", "Ints", "Postings"]

Ints = npt.NDArray[np.int64]

_NONE = -1
"""The number of a word that the indexed side does not have, and of the gap between two statements."""
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)


class Hits(NamedTuple):
    """Distinct pairs, sorted: ``statements[i]`` of the batch holds gram ``grams[i]`` of the index."""

    statements: Ints
    grams: Ints


class Postings(NamedTuple):
    """Gram g is held by the statements ``owners[offsets[g]:offsets[g + 1]]``."""

    offsets: Ints
    owners: Ints

    def owners_of(self, grams: Ints) -> tuple[Ints, Ints]:
        """Each (place in ``grams``, statement that holds it)."""
        starts = self.offsets[grams]
        counts = self.offsets[grams + 1] - starts
        ends = np.cumsum(counts)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
        return np.repeat(np.arange(len(grams)), counts), self.owners[np.repeat(starts, counts) + within]


class GramIndex:
    """The distinct n-grams of statements.

    Attributes:
        n: words in a gram.
        n_grams: how many distinct grams there are.
        totals: distinct grams of each statement; 0 where it has fewer than n words.
        held_by: how many of the statements hold each gram.
    """

    def __init__(self, statements: Sequence[Sequence[str]], n: int) -> None:
        self.n = n
        self._numbers: dict[str, int] = {}
        for words in statements:
            for word in words:
                self._numbers.setdefault(word, len(self._numbers))
        self._ids, starts = self._numbered(statements)
        places = self._places(self._ids)
        self._multiplier, self._keys, self._first, grams = self._distinct(places)
        owners = np.searchsorted(starts, places, side="right") - 1
        pairs = np.unique(grams * max(len(statements), 1) + owners)
        self.n_grams = len(self._keys)
        self._owners: Ints = pairs % max(len(statements), 1)  # by gram
        by_gram = pairs // max(len(statements), 1)
        self.held_by: Ints = np.bincount(by_gram, minlength=self.n_grams)
        order = np.argsort(self._owners, kind="stable")
        self._grams = by_gram[order]  # by statement
        self.totals: Ints = np.bincount(self._owners, minlength=len(statements))
        self._starts: Ints = np.concatenate([[0], np.cumsum(self.totals)])

    def grams_of(self, statement: int) -> Ints:
        """The grams of one indexed statement, sorted."""
        return self._grams[self._starts[statement] : self._starts[statement + 1]]

    def postings(self, counts: Callable[[Ints, Ints], npt.NDArray[np.bool_]]) -> Postings:
        """Which statements hold each gram, as far as that pair counts.

        Args:
            counts: of (grams, statements that hold them) which count.
        """
        grams = np.repeat(np.arange(self.n_grams), self.held_by)
        kept = counts(grams, self._owners)
        held_by = np.bincount(grams[kept], minlength=self.n_grams)
        return Postings(np.concatenate([[0], np.cumsum(held_by)]), self._owners[kept])

    def find(self, statements: Sequence[Sequence[str]]) -> Hits:
        """The indexed grams that these statements hold."""
        ids, starts = self._numbered(statements)
        places = self._places(ids)
        if not self.n_grams or not len(places):
            return Hits(np.zeros(0, np.int64), np.zeros(0, np.int64))
        hashes = self._hashes(ids, places, self._multiplier)
        grams = np.minimum(np.searchsorted(self._keys, hashes), self.n_grams - 1)
        hit = self._keys[grams] == hashes
        places, grams = places[hit], grams[hit]
        same = self._same(ids, places, self._first[grams])
        owners = np.searchsorted(starts, places[same], side="right") - 1
        pairs = np.unique(owners * self.n_grams + grams[same])
        return Hits(pairs // self.n_grams, pairs % self.n_grams)

    def _numbered(self, statements: Sequence[Sequence[str]]) -> tuple[Ints, Ints]:
        """All words' numbers, a gap after each statement, and where each statement starts."""
        known = self._numbers.get
        lengths = np.fromiter((len(words) + 1 for words in statements), np.int64, len(statements))
        ids: list[int] = []
        for words in statements:
            ids += map(known, words, repeat(_NONE))
            ids.append(_NONE)
        return np.array(ids, np.int64), np.cumsum(lengths) - lengths

    def _places(self, ids: Ints) -> Ints:
        """Where n known words in a row begin."""
        if len(ids) < self.n:
            return np.zeros(0, np.int64)
        gaps = np.concatenate([[0], np.cumsum(ids == _NONE)])
        return np.flatnonzero(gaps[self.n :] == gaps[: -self.n])

    def _hashes(self, ids: Ints, places: Ints, multiplier: int) -> npt.NDArray[np.uint64]:
        hashes = np.zeros(len(places), np.uint64)
        for k in range(self.n):
            hashes = hashes * np.uint64(multiplier) + ids[places + k].astype(np.uint64) + np.uint64(1)
        return hashes

    def _same(self, ids: Ints, places: Ints, others: Ints) -> npt.NDArray[np.bool_]:
        """Whether n words from each place are those of the index from the other place."""
        same = np.ones(len(places), np.bool_)
        for k in range(self.n):
            same &= ids[places + k] == self._ids[others + k]
        return same

    def _distinct(self, places: Ints) -> tuple[int, npt.NDArray[np.uint64], Ints, Ints]:
        """A multiplier under which no two of the grams have one hash, the hashes, a place of each, each place's gram.

        Raises:
            ArithmeticError: none of the multipliers does: not for any text that was not made for it.
        """
        for multiplier in _MULTIPLIERS:
            hashes = self._hashes(self._ids, places, multiplier)
            keys, first, grams = np.unique(hashes, return_index=True, return_inverse=True)
            if self._same(self._ids, places, places[first][grams]).all():
                return multiplier, keys, places[first], grams
        msg = "n-grams cannot be told apart by their hashes"
        raise ArithmeticError(msg)
