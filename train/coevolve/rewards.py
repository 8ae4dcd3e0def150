"""What each role earns, as plain functions of what was seen (ZeroCoder, arXiv 2604.07864; CURE, 2506.03136).

In: a consensus, who passes what, mutation scores, verdicts. Out: a reward an answer; None leaves an answer out: it
teaches nothing, and does not move the mean that its group is compared with.
"""

from collections.abc import Mapping, Sequence
from math import cos, pi

from dualset.train.coevolve.bench import Passed, Scores
from dualset.train.coevolve.consensus import Agreed, Sampled
from dualset.train.coevolve.written import Written

__all__ = ["agreement_weight", "reward_coder", "reward_cure", "reward_right", "reward_share", "reward_tester"]


def reward_coder(said: Written, of: Sampled, agreed: Agreed) -> list[float | None]:
    """1 for a program of the consensus, else 0; no program is 0. None all through where nothing was decided."""
    if agreed.programs is None:
        return [None] * len(said.programs)
    return [
        0.0 if code is None else float(i in agreed.programs) if i in of.rows else None
        for i, code in enumerate(said.programs)
    ]


def reward_tester(
    said: Written,
    agreed: Agreed,
    passed: Mapping[str, bool | None],
    scores: Scores,
    weight: float,
    format_penalty: float,
) -> list[float | None]:
    """Agreement with a selected program, and the share of its mutants that the test kills.

    Args:
        said: what was written.
        agreed: the consensus; where nothing was decided, everything is None.
        passed: by test_id, whether the selected program passes the test.
        scores: by test_id, the mutation score; it is gated: a test that the program does not pass kills nothing. Where
            none is known for a test that the program passes (no mutants), agreement counts alone.
        weight: of agreement, from 0 to 1; the mutation score has the rest.
        format_penalty: what an answer that is no test costs.
    """
    if agreed.programs is None:
        return [None] * len(said.tests)
    rewards: list[float | None] = []
    for test in said.tests:
        if test is None:
            rewards.append(-format_penalty)
        elif (own := passed.get(test.test_id)) is None:
            rewards.append(None)
        elif not own:
            rewards.append(0.0)
        else:
            killed = scores.get(test.test_id)
            rewards.append(1.0 if killed is None else weight + (1 - weight) * killed)
    return rewards


def reward_share(said: Written, passed: Passed) -> list[float | None]:
    """The share of the tests that each program passes: the reward of test-driven RL, which believes its tests.

    No program is 0; None where there is no test, or none whose verdict is known.
    """
    tests = [test.test_id for test in said.tests if test is not None]
    if not tests:
        return [None] * len(said.programs)
    rewards: list[float | None] = []
    for code in said.programs:
        known = [] if code is None else [cell for name in tests if (cell := passed[code][name]) is not None]
        rewards.append(0.0 if code is None else sum(known) / len(known) if known else None)
    return rewards


def reward_right(said: Written, right: Mapping[str, bool | None]) -> list[float | None]:
    """1 for a program that passes all of the problem's own tests, else 0; None: unknown."""
    rewards: list[float | None] = []
    for code in said.programs:
        passed = False if code is None else right[code]
        rewards.append(None if passed is None else float(passed))
    return rewards


def reward_cure(
    said: Written, passed: Passed, right: Mapping[str, bool | None], format_penalty: float
) -> list[float | None]:
    """A test that every right program passes earns the share of the wrong ones that it fails; another loses the share
    of the wrong ones that it passes (CURE, arXiv 2506.03136, there in numbers of programs).

    Args:
        said: what was written; every sample is a program, repeats too.
        passed: who passes what.
        right: by code, whether it passes all of the problem's own tests; where it is unknown it counts on neither side.
        format_penalty: what an answer that is no test costs.

    Returns:
        None all through where no program is right or none is wrong: then a test cannot be judged.
    """
    known = [(code, right[code]) for code in said.programs if code is not None and right[code] is not None]
    good, bad = [code for code, is_right in known if is_right], [code for code, is_right in known if not is_right]
    if not good or not bad:
        return [None] * len(said.tests)
    return [
        -format_penalty
        if test is None
        else _cure([passed[code][test.test_id] for code in good], [passed[code][test.test_id] for code in bad])
        for test in said.tests
    ]


def _cure(good: Sequence[bool | None], bad: Sequence[bool | None]) -> float | None:
    if None in good or None in bad:
        return None
    accepted = sum(map(bool, bad)) / len(bad)
    return 1 - accepted if all(good) else -accepted


def agreement_weight(done: float, start: float, end: float) -> float:
    """From ``start`` to ``end`` by half a cosine.

    Args:
        done: how much of the training is done, from 0 to 1.
        start: at the beginning.
        end: at the end.
    """
    return end + (start - end) * (1 + cos(pi * min(1.0, max(0.0, done)))) / 2
