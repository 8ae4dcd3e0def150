"""How statements are compared, against the same in plain Python."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.eval.overlap.grams import GramIndex
from dualset.eval.overlap.statements import COMMON_AT_LEAST, COMMON_SHARE, MOSTLY_COMMON, NEARLY_ALL, Statements
from dualset.eval.overlap.words import words_of

Grams = set[tuple[str, ...]]
TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=12).map(" ".join), max_size=14)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Find  the\tN-th item_2.", ["find", "the", "n", "th", "item", "2"]),
        ("Ｆｉｎｄ ①", ["find", "1"]),
        ("STRASSE Straße ǅ", ["strasse", "strasse", "dž"]),
        ("1 \\leq N \\leq 10^5", ["1", "leq", "n", "leq", "10", "5"]),
        ("каждый ΣΊΣΥΦΟΣ", ["каждый", "σίσυφοσ"]),
        ("… !? _ \n", []),
    ],
)
def test_words_are_letters_and_digits_without_case_or_width(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text())
def test_words_of_words_are_the_same_words(text: str) -> None:
    assert words_of(" ".join(words_of(text))) == words_of(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_texts_are_read_like_all_others(text: str) -> None:
    assert words_of(text) == words_of(text + " é")[:-1]


def grams(words: Sequence[str], n: int) -> Grams:
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


@given(TEXTS, TEXTS, st.sampled_from([1, 2, 3, 8]))
def test_the_index_finds_the_grams_that_both_have(ours: list[str], theirs: list[str], n: int) -> None:
    index = GramIndex([text.split() for text in ours], n)
    hits = index.find([text.split() for text in theirs])
    everything = index.postings(lambda grams, _: np.ones(len(grams), np.bool_))
    of_hit, places = everything.owners_of(hits.grams)
    found = Counter(zip(hits.statements[of_hit].tolist(), places.tolist(), strict=True))
    expected = {
        (i, place): len(shared)
        for i, text in enumerate(theirs)
        for place, other in enumerate(ours)
        if (shared := grams(text.split(), n) & grams(other.split(), n))
    }
    assert found == expected
    assert index.totals.tolist() == [len(grams(text.split(), n)) for text in ours]
    assert index.n_grams == len(set[tuple[str, ...]]().union(*(grams(text.split(), n) for text in ours)))
    assert all(len(index.grams_of(i)) == total for i, total in enumerate(index.totals))


def common(texts: Sequence[str], n: int) -> Grams:
    """Grams in at least five and more than a hundredth of the distinct statements."""
    distinct = {tuple(text.split()) for text in texts}
    held_by = Counter(gram for words in distinct for gram in grams(words, n))
    return {g for g, k in held_by.items() if k >= COMMON_AT_LEAST and k > COMMON_SHARE * len(distinct)}


@given(TEXTS, TEXTS, st.sampled_from([1, 2, 3]), st.sampled_from([0.01, 0.3, 0.5, 0.7, 1.0]))
def test_shares_are_those_of_plain_sets(ours: list[str], theirs: list[str], n: int, threshold: float) -> None:
    expected = {}
    dull = common([t for t in ours if t], n) | common(theirs, n)
    for i, text in enumerate(theirs):
        for place, other in enumerate(ours):
            mine, shared = grams(other.split(), n), grams(text.split(), n) & grams(other.split(), n)
            same = bool(other) and other == text
            rare = mine - dull
            share = len(shared & rare) / len(rare) if rare else None
            whole = len(shared) / len(mine) if mine else 0.0
            few = len(rare) < MOSTLY_COMMON * len(mine) and whole >= max(NEARLY_ALL, threshold)
            if not mine and same:
                expected[i, place] = (True, 1.0, 1.0)
            elif same or few or (share is not None and share >= threshold and whole >= threshold / 2):
                expected[i, place] = (same, share, len(shared) / len(mine))
    statements = Statements(ours, n)

    pairs = list(enumerate(theirs))
    found = list(statements.find(pairs, statements.rare(text for _, text in pairs), threshold))
    assert {(each.train, each.place): (each.same, each.share, each.share_all) for each in found} == expected
    assert all(each.matches for each in found)
    assert len(found) == len(expected)


def test_pairs_that_are_asked_for_are_measured_whatever_they_share() -> None:
    statements = Statements(["a b c d", "e f"], 2)

    pairs = [("x", "b c z")]
    found = list(statements.find(pairs, statements.rare(text for _, text in pairs), 0.9, lambda _: {0, 1}))
    assert [(each.place, each.matches, each.share) for each in found] == [(0, False, 1 / 3), (1, False, 0.0)]


def test_a_phrase_of_many_statements_does_not_make_a_match() -> None:
    """Two problems of a series that opens alike shared 0.42 of all grams and 0.13 of the rare ones (Codeforces)."""
    opening = "this is the easy version the only difference is the limit on n and the number of test cases"
    theirs = [f"{opening} task {i} says one{i} two{i} three{i} four{i} five{i} six{i} seven{i}" for i in range(9)]
    ours = [f"{opening} task 99 asks for another thing that nobody else has asked for so far"]
    statements = Statements(ours, 8)

    pairs = list(enumerate(theirs))
    rare = statements.rare(text for _, text in pairs)
    assert not list(statements.find(pairs, rare, 0.1))
    assert [round(each.share_all or 0, 2) for each in statements.find(pairs, rare, 0.1, lambda _: {0})] == [0.5] * 9


def test_statements_that_occur_often_are_still_found() -> None:
    """A repeated statement counts once, so that a problem that TRAIN holds ten times does not become a phrase."""
    text = "count the pairs of indices whose sum is a prime number less than k"
    statements = Statements([text], 8)

    pairs = [(i, text + "!" * i) for i in range(10)]
    found = list(statements.find(pairs, statements.rare(text for _, text in pairs), 0.5))
    assert [(each.train, each.share) for each in found] == [(i, 1.0) for i in range(10)]


def test_a_statement_that_trains_variants_made_common_is_still_found() -> None:
    """Six variants of one problem make all of its grams common in a small TRAIN: then all of them count."""
    words = [f"w{i}" for i in range(30)]
    theirs = [" ".join([*words[: 30 - i], "else"]) for i in range(6)]
    statements = Statements([" ".join(words)], 8)

    pairs = list(enumerate(theirs))
    rare = statements.rare(text for _, text in pairs)
    assert rare.sum() == 4  # those that fewer than five of the six have
    found = [(each.train, each.share, each.share_all) for each in statements.find(pairs, rare, 0.5)]
    assert found == [(0, 1.0, 1.0), (1, 3 / 4, 22 / 23), (2, 2 / 4, 21 / 23), (3, 1 / 4, 20 / 23), (4, 0.0, 19 / 23)]


def test_a_single_rare_gram_does_not_decide() -> None:
    """All but the last of this statement's grams are common, and the last one ends a text about something else."""
    words = [f"w{i}" for i in range(30)]
    theirs = [" ".join([f"x{i}", *words]) for i in range(6)] + [" ".join(["other", *words[-7:], "end"])]
    statements = Statements([" ".join([*words, "end"])], 8)
    pairs = list(enumerate(theirs))
    rare = statements.rare(text for _, text in pairs)
    assert rare.sum() == 1
    found = {each.train: each for each in statements.find(pairs, rare, 0.5, lambda _: {0})}
    assert (found[6].matches, found[6].share, found[6].share_all) == (False, 1.0, 1 / 24)
    assert [(found[i].matches, found[i].share, found[i].share_all) for i in range(6)] == [(True, 0.0, 23 / 24)] * 6


def test_many_alike_statements_are_cut_into_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [f"{'a b c d e f g h'} {i}" for i in range(20)]
    whole = found_among(ours)
    monkeypatch.setattr("dualset.eval.overlap.statements._PAIRS", 7)
    assert found_among(ours) == whole
    assert len(whole) == 20 * 20


def found_among(texts: list[str]) -> list[tuple[int, int, float | None]]:
    statements = Statements(texts, 3)

    pairs = list(enumerate(texts))
    return [
        (each.train, each.place, each.share)
        for each in statements.find(pairs, statements.rare(text for _, text in pairs), 0.5)
    ]
