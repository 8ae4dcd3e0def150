"""Groups: always mixed, never an unknown verdict, nothing lost or repeated, the order shown reproducible."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.dataset.records import Candidate, Problem
from dualset.builders.dataset.words import Style
from dualset.builders.groups.mixed import balanced, make_groups, problem_kind
from dualset.builders.groups.ranking import parse_ranking
from dualset.builders.groups.settings import GroupSettings
from dualset.builders.groups.splits import split_of

PROBLEM = Problem(problem_id="p", source="jsonl", source_id="p", statement="Do it.", style=Style.CALL)

pools = st.lists(st.integers(0, 9), max_size=40)
verdict_tables = st.lists(st.sampled_from([True, False, None]), min_size=10, max_size=10)


def pool(programs: list[int]) -> list[Candidate]:
    return [
        Candidate(
            candidate_id=f"c{i:03}",
            problem_id="p",
            sample_index=i,
            program_id=None if n == 0 else f"program{n}",
            completion="",
            code=None if n == 0 else f"code {n}",
            extraction="given",
            sampler="imported",
        )
        for i, n in enumerate(programs)
    ]


@given(pools, verdict_tables, st.integers(2, 5), st.booleans(), st.sampled_from(["sampling", "shuffle"]))
def test_every_group_is_mixed_and_every_known_candidate_is_accounted_for(
    programs: list[int], table: list[bool | None], size: int, drop_identical: bool, order: str
) -> None:
    candidates = pool(programs)
    verdicts = {f"program{n}": passed for n, passed in enumerate(table)}
    settings = GroupSettings(size=size, drop_identical=drop_identical, order=order, prompt="short")
    chunks = make_groups(PROBLEM, candidates, verdicts, settings)
    by_id = {c.candidate_id: c for c in candidates}
    for group in chunks.groups:
        assert 0 < group.n_correct < size == len(group.candidate_ids)
        assert [verdicts[p] for p in group.program_ids] == list(group.correct)
        assert [by_id[c].program_id for c in group.candidate_ids] == list(group.program_ids)
        assert not drop_identical or len(set(group.program_ids)) == size
        best_first = parse_ranking(group.completion[0]["content"], size)
        assert best_first is not None
        assert [group.correct[i] for i in best_first] == sorted(group.correct, reverse=True)
    used = Counter(c for group in chunks.groups for c in group.candidate_ids)
    assert not used or max(used.values()) == 1
    known = sum(c.program_id is not None and verdicts[c.program_id] is not None for c in candidates)
    assert known == size * (len(chunks.groups) + chunks.all_pass + chunks.all_fail) + chunks.left_over


def test_groups_follow_the_sampling_order_whatever_order_candidates_come_in() -> None:
    candidates = pool([1, 2, 3, 4, 5, 6, 7, 8])
    verdicts = {f"program{n}": n % 2 == 0 for n in range(10)}
    settings = GroupSettings(prompt="short")
    forth = make_groups(PROBLEM, candidates, verdicts, settings)
    assert forth == make_groups(PROBLEM, candidates[::-1], verdicts, settings)
    assert [sorted(g.candidate_ids) for g in forth.groups] == [
        ["c000", "c001", "c002", "c003"],
        ["c004", "c005", "c006", "c007"],
    ]


def test_the_cap_keeps_the_first_groups_and_counts_the_rest() -> None:
    verdicts = {f"program{n}": n % 2 == 0 for n in range(10)}
    candidates = pool([1, 2, 3, 4, 5, 6, 7, 8])
    chunks = make_groups(PROBLEM, candidates, verdicts, GroupSettings(max_per_problem=1, prompt="short"))
    assert (len(chunks.groups), chunks.over_cap) == (1, 1)


def test_the_seed_changes_the_order_shown_and_nothing_else() -> None:
    verdicts = {f"program{n}": n % 2 == 0 for n in range(10)}
    candidates = pool([1, 2, 3, 4, 5, 6, 7, 8])
    shown = {
        make_groups(PROBLEM, candidates, verdicts, GroupSettings(seed=seed, prompt="short")).groups[0].candidate_ids
        for seed in range(20)
    }
    assert len(shown) > 5
    assert {frozenset(ids) for ids in shown} == {frozenset(["c000", "c001", "c002", "c003"])}


@given(st.lists(st.integers(1, 3), max_size=60), st.integers(0, 3))
def test_balance_keeps_each_kind_equally_often_in_any_order(kinds: list[int], seed: int) -> None:
    sizes = [(f"g{i}", n) for i, n in enumerate(kinds)]
    kept = balanced(sizes, seed)
    assert kept == balanced(sizes[::-1], seed)
    counted = Counter(n for group_id, n in sizes if group_id in kept)
    assert set(counted.values()) <= {min(Counter(kinds).values(), default=0)}


def test_a_problem_without_verdicts_is_unknown_and_not_all_fail() -> None:
    assert problem_kind(pool([1, 2]), {"program1": None}) == "unknown"
    assert problem_kind(pool([0, 0]), {}) == "unknown"
    assert problem_kind(pool([1, 2]), {"program1": False, "program2": None}) == "all_fail"


def test_splits_keep_their_shares_and_a_problem_never_moves() -> None:
    ids = [f"problem{i}" for i in range(4000)]
    counts = Counter(split_of(each, 0.8, 0.1) for each in ids)
    assert abs(counts["train"] / 4000 - 0.8) < 0.03
    assert abs(counts["test"] / 4000 - 0.1) < 0.02
    assert [split_of(i, 0.8, 0.1) for i in ids[:50]] == [split_of(i, 0.8, 0.1) for i in ids[:50][::-1]][::-1]
    assert split_of("problem1", 1.0, 0.0) == "train"
