"""Which statements of TRAIN repeat how much of which statements of EVAL.

In: EVAL's statements, and TRAIN's, streamed twice. Out: a `Shared` for each two, one of either side, that match. The
measure is the share of the EVAL statement's distinct n-grams that one TRAIN statement holds, over its *rare* grams:
phrases such as "the first line of each test case contains" stand in hundreds of problems and say nothing about which. A
gram is common, and left out, where it is in at least `COMMON_AT_LEAST` and in more than `COMMON_SHARE` of the distinct
statements of either side. Lest one or two rare grams decide, half the threshold must be met by all grams as well; and a
statement of which less than `MOSTLY_COMMON` is rare, as when TRAIN has many variants of it, also matches by
`NEARLY_ALL` of all its grams. The first reading counts, the second measures. Statements shorter than n words are
compared whole, and equal ones always match.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from dualset.eval.overlap.grams import GramIndex, Hits, Ints, Postings
from dualset.eval.overlap.words import words_of

__all__ = ["COMMON_AT_LEAST", "COMMON_SHARE", "MOSTLY_COMMON", "NEARLY_ALL", "Shared", "Statements"]

COMMON_SHARE = 0.01
COMMON_AT_LEAST = 5
MOSTLY_COMMON = 0.4
NEARLY_ALL = 0.8
_BATCH = 512
"""Statements of TRAIN looked up at once."""
_PAIRS = 2_000_000
"""(gram found, statement of EVAL that holds it) looked at once: bounds memory where many statements are alike."""
Key = TypeVar("Key")
Item = TypeVar("Item")
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shared(Generic[Key]):
    """A statement of TRAIN, by the key that came with it, and one of EVAL, by its place.

    Attributes:
        matches: the statements match.
        same: they have the same words in the same order.
        share: of the EVAL statement's rare grams those that are in the TRAIN statement; null where it has none.
        share_all: the same over all its grams. Of a statement with fewer than n words both are 1 or null.
    """

    train: Key
    place: int
    matches: bool
    same: bool
    share: float | None
    share_all: float | None


class _Wanted(NamedTuple):
    """Grams of EVAL's statements: how many count of each statement, who holds each, the share from which they match."""

    totals: Ints
    postings: Postings
    least: float


class Statements:
    """EVAL's statements, to be found in TRAIN's.

    Args:
        texts: EVAL's statements.
        n: words in a gram.

    Attributes:
        index: their grams.
        n_words: words of each.
    """

    def __init__(self, texts: Sequence[str], n: int) -> None:
        words = [words_of(text) for text in texts]
        self.index = GramIndex(words, n)
        self.n_words = [len(each) for each in words]
        self._whole: dict[bytes, list[int]] = {}
        for place, each in enumerate(words):
            if each:
                self._whole.setdefault(_digest(each), []).append(place)

    def rare(self, theirs: Iterable[str]) -> Flags:
        """Whether each gram is rare on both sides; a statement that occurs several times counts once.

        Args:
            theirs: TRAIN's statements.
        """
        seen: set[bytes] = set()
        held_by = np.zeros(self.index.n_grams, np.int64)
        for batch in _batches(theirs):
            new = []
            for words in map(words_of, batch):
                if (digest := _digest(words)) not in seen:
                    seen.add(digest)
                    new.append(words)
            np.add.at(held_by, self.index.find(new).grams, 1)
        ours = np.zeros(self.index.n_grams, np.int64)
        for places in self._whole.values():
            ours[self.index.grams_of(places[0])] += 1
        return ~(_common(held_by, len(seen)) | _common(ours, len(self._whole)))

    def find(
        self,
        theirs: Iterable[tuple[Key, str]],
        rare: Flags,
        threshold: float,
        also: Callable[[Key], Collection[int]] = lambda _: (),
    ) -> Iterator[Shared[Key]]:
        """The pairs that share at least the threshold or have the same words, and those asked for, in TRAIN's order.

        Args:
            theirs: TRAIN's statements, each with its key.
            rare: what :meth:`rare` said of them.
            threshold: a share of rare grams, above 0.
            also: places in EVAL that are measured against that statement of TRAIN whatever they share.
        """
        n_rare = np.array([int(rare[self.index.grams_of(i)].sum()) for i in range(len(self.n_words))], np.int64)
        wanted = self._wanted(rare, n_rare, threshold)
        for batch in _batches(theirs):
            words = [words_of(text) for _, text in batch]
            hits = self.index.find(words)
            near = {pair for each in wanted for pair in _near(hits, each)}
            near |= {(i, place) for i, text in enumerate(words) for place in self._whole.get(_digest(text), ())}
            asked = {(i, place) for i, (key, _) in enumerate(batch) for place in also(key)}
            for i, place in sorted(near | asked):
                same = place in self._whole.get(_digest(words[i]), ())
                share, share_all = self._shares(place, same, _of(hits, i), rare, int(n_rare[place]))
                matches = same or ((i, place) in near and (share_all or 0.0) >= threshold / 2)
                if matches or (i, place) in asked:
                    yield Shared(batch[i][0], place, matches, same, share, share_all)

    def _wanted(self, rare: Flags, n_rare: Ints, threshold: float) -> tuple[_Wanted, _Wanted]:
        """Rare grams; and all grams of the statements that have few rare ones."""
        dull = n_rare < MOSTLY_COMMON * self.index.totals
        return (
            _Wanted(n_rare, self.index.postings(lambda grams, _: rare[grams]), threshold),
            _Wanted(self.index.totals, self.index.postings(lambda _, places: dull[places]), max(threshold, NEARLY_ALL)),
        )

    def _shares(
        self, place: int, same: bool, held: Ints, rare: Flags, n_rare: int
    ) -> tuple[float | None, float | None]:
        """Over rare grams, and over all."""
        n = int(self.index.totals[place])
        if not n:
            return (1.0, 1.0) if same else (None, None)
        found = np.intersect1d(held, self.index.grams_of(place), assume_unique=True)
        return int(rare[found].sum()) / n_rare if n_rare else None, len(found) / n


def _near(hits: Hits, wanted: _Wanted) -> Iterator[tuple[int, int]]:
    """Of a batch: each (statement, place in EVAL of which it holds enough)."""
    width = max(len(wanted.totals), 1)
    for part in _parts(hits, wanted.postings):
        of_gram, places = wanted.postings.owners_of(part.grams)
        pairs, counts = np.unique(part.statements[of_gram] * width + places, return_counts=True)
        for pair in pairs[counts / wanted.totals[pairs % width] >= wanted.least].tolist():
            yield divmod(pair, width)


def _parts(hits: Hits, postings: Postings) -> Iterator[Hits]:
    """The hits cut between statements, so that none has many more than ``_PAIRS`` owners."""
    owners = np.cumsum(postings.offsets[hits.grams + 1] - postings.offsets[hits.grams])
    start = 0
    while start < len(owners):
        before = owners[start - 1] if start else 0
        last = min(int(np.searchsorted(owners, before + _PAIRS)), len(owners) - 1)
        end = int(np.searchsorted(hits.statements, hits.statements[last], side="right"))
        yield Hits(hits.statements[start:end], hits.grams[start:end])
        start = end


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _common(held_by: Ints, n: int) -> Flags:
    return (held_by >= COMMON_AT_LEAST) & (held_by > COMMON_SHARE * n)


def _of(hits: Hits, statement: int) -> Ints:
    start, end = np.searchsorted(hits.statements, [statement, statement + 1])
    return hits.grams[start:end]


def _digest(words: Sequence[str]) -> bytes:
    return blake2b(" ".join(words).encode(), digest_size=16).digest()
