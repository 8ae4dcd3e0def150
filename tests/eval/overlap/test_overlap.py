"""Two versions compared: what matches, how it is counted, and what is left unknown."""

from datetime import datetime
from pathlib import Path

import pytest
from overlap_version import day, problem, version_of

from dualset.builders.errors import VersionError
from dualset.eval.overlap.dates import not_after, window_of
from dualset.eval.overlap.overlap import find_overlap

PRIMES = "Given a number n, print every prime number up to and including n in rising order, one a line."
SAME = "given a NUMBER n:   print every prime number\nup to and including n, in rising order: one a line"
LONGER = f"Little Anna likes primes. {PRIMES} There are at most 100 numbers in the input of this one."
OTHER = "Reverse the words of each line without touching the blanks that stand between any two of them."
CODE = "n = int(input())\nfor p in range(2, n + 1):\n    if all(p % d for d in range(2, p)):\n        print(p)\n"


def test_statements_match_by_words_and_by_share(home: Path) -> None:
    train = version_of(home, "train", [problem("t1", SAME), problem("t2", LONGER), problem("t3", OTHER)])
    found = find_overlap(train, version_of(home, "eval", [problem("e1", PRIMES), problem("e2", "Say hello.")]))
    assert [(m.eval_id, m.train_id, m.same_statement, m.share, m.share_all) for m in found.matches] == [
        ("e1", "t1", True, 1.0, 1.0),
        ("e1", "t2", False, 1.0, 1.0),
    ]
    assert {name: found.counts[name] for name in ("matched", "same_statement", "statement", "pairs", "short")} == {
        "matched": 1,
        "same_statement": 1,
        "statement": 1,
        "pairs": 2,
        "short": 1,
    }
    assert found.share == 0.5


def test_the_share_is_of_the_evaluation_statement(home: Path) -> None:
    """A short problem inside a long one is found; of the long one the short is a small part."""
    short, long = version_of(home, "a", [problem("a", PRIMES)]), version_of(home, "b", [problem("b", LONGER)])
    assert [match.share for match in find_overlap(long, short).matches] == [1.0]
    n = len(LONGER.split()) - 7
    held = len(PRIMES.split()) - 7
    assert [m.share for m in find_overlap(short, long, threshold=0.1).matches] == [held / n]


def test_short_statements_are_compared_whole_and_empty_ones_not_at_all(home: Path) -> None:
    train = version_of(
        home, "train", [problem("t1", "say HELLO"), problem("t2", "…"), problem("t3", "say hello to all")]
    )
    found = find_overlap(train, version_of(home, "eval", [problem("e1", "Say hello."), problem("e2", "!!")]))
    assert [(m.eval_id, m.train_id, m.share) for m in found.matches] == [("e1", "t1", 1.0)]
    assert (found.counts["short"], found.counts["empty"], found.counts["grams"]) == (1, 1, 0)


def test_programs_match_whatever_the_statements_say(home: Path) -> None:
    train = version_of(home, "train", [problem("t1", OTHER)], {"t1": [CODE + "# mine", CODE, "print(1)"]})
    evaluation = version_of(home, "eval", [problem("e1", PRIMES, reference_solutions=(CODE, "print(1)"))])
    found = find_overlap(train, evaluation)
    assert [(m.train_id, m.same_codes, m.share) for m in found.matches] == [("t1", 1, 0.0)]
    assert (found.counts["same_code"], found.counts["statement"], found.counts["matched"]) == (1, 0, 1)
    assert (found.counts["programs"], found.counts["trivial_programs"]) == (1, 1)
    without = find_overlap(train, evaluation, codes=False)
    assert (without.counts["same_code"], without.counts["programs"], without.matches) == (None, None, ())


def test_equal_ids_count_only_where_the_statements_have_to_do_with_each_other(home: Path) -> None:
    """Two jsonl files may both begin with 1."""
    train = version_of(home, "train", [problem("1", OTHER), problem("2", LONGER)])
    found = find_overlap(train, version_of(home, "eval", [problem("1", PRIMES), problem("2", PRIMES + " Be quick.")]))
    assert (found.counts["same_id"], found.counts["same_id_only"]) == (1, 1)
    assert [(m.eval_id, m.train_id, m.same_id) for m in found.matches] == [("2", "2", True), ("1", "2", False)]


def test_of_many_pairs_the_best_are_listed_and_all_are_counted(home: Path) -> None:
    words = PRIMES.split()
    problems = [problem(f"t{i:02d}", " ".join([*words[: len(words) - i], "else"])) for i in range(4)]
    problems += [problem("t90", PRIMES), problem("t91", PRIMES + "!")]
    train = version_of(home, "train", problems)
    evaluation = version_of(home, "eval", [problem("e", PRIMES)])
    found = find_overlap(train, evaluation, each=4)
    assert [match.train_id for match in found.matches] == ["t90", "t91", "t00", "t01"]
    assert found.counts["pairs"] == 5  # of the last three quarters are left, most of them common by now
    assert [match.train_id for match in find_overlap(train, evaluation, each=1).matches] == ["t90"]


def test_problems_with_the_best_matches_come_first(home: Path) -> None:
    train = version_of(home, "train", [problem("t1", LONGER), problem("t2", OTHER)])
    evaluation = version_of(home, "eval", [problem("e1", PRIMES + " Do it in one pass."), problem("e2", OTHER)])
    assert [match.eval_id for match in find_overlap(train, evaluation).matches] == ["e2", "e1"]


def test_splits_of_one_version_are_compared(home: Path) -> None:
    both = [problem("a", PRIMES), problem("b", LONGER, split="test"), problem("c", OTHER, split="test")]
    version = version_of(home, "v", both, {"a": [CODE], "c": [CODE]})
    found = find_overlap(version, version, train_split="train", eval_split="test", threshold=0.3)
    assert [(m.eval_id, m.train_id, m.same_codes) for m in found.matches] == [("b", "a", 0), ("c", "a", 1)]
    with pytest.raises(VersionError, match="no problems in its validation split"):
        find_overlap(version, version, train_split="train", eval_split="validation")


def test_a_version_matches_itself_whole(home: Path) -> None:
    version = version_of(home, "v", [problem("a", PRIMES), problem("b", "hi")], {"a": [CODE]})
    found = find_overlap(version, version)
    assert [(m.eval_id, m.same_id, m.same_statement, m.same_codes) for m in found.matches] == [
        ("a", True, True, 1),
        ("b", True, True, 0),
    ]


def test_dates_unknown_are_neither_old_nor_new(home: Path) -> None:
    times: list[datetime | None] = [day("2024-05-01"), None, day("2024-05-03")]
    assert window_of(times) == (times[0], times[2], 2, 1)
    assert window_of([None]) == (None, None, 0, 1)
    assert not_after(times, day("2024-05-01")) == 1
    assert not_after([datetime(2024, 5, 1, 23)], datetime(2024, 5, 1, 1)) == 1  # a day is as fine as sources say it
    assert not_after(times, None) is None
    assert not_after([None], day("2024-05-01")) is None
    dated = [problem(f"p{i}", PRIMES, released_at=time) for i, time in enumerate(times)]
    train = version_of(home, "train", [problem("t", PRIMES, released_at=day("2024-05-02")), problem("u", OTHER)])
    found = find_overlap(train, version_of(home, "eval", dated))
    assert (found.counts["not_after"], found.counts["undated"], found.train.window.undated) == (1, 1, 1)
    assert [match.eval_released_at for match in found.matches] == times
    assert {match.train_released_at for match in found.matches} == {day("2024-05-02")}


def test_the_same_comparison_gives_the_same_answer(home: Path) -> None:
    words = (PRIMES + LONGER + OTHER).split()
    train = version_of(home, "train", [problem(f"t{i}", " ".join(words[i:])) for i in range(9)])
    evaluation = version_of(home, "eval", [problem(f"e{i}", " ".join(words[:-i])) for i in range(1, 9)])
    assert find_overlap(train, evaluation, threshold=0.1) == find_overlap(train, evaluation, threshold=0.1)
