"""Validity-preserving shaping: exact, stable for any score, never below what an invalid answer earns."""

import math
import sys
from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dualset.builders.errors import ModelError
from dualset.train.reward_model.shaping import INVALID, shaped

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite)
@example(1e308)
@example(-1e308)
@example(sys.float_info.max)
@example(-sys.float_info.max)
@example(sys.float_info.min)
@example(0.0)
@example(-745.2)
def test_any_score_gives_a_finite_reward_that_is_not_below_an_invalid_answers(score: float) -> None:
    [reward, invalid] = shaped([score, None])
    assert math.isfinite(reward)
    assert reward >= invalid == INVALID == 0.0
    assert reward >= score
    assert (reward > 0) == (score > -745) or -746 < score <= -745


@given(finite, finite)
def test_the_order_of_scores_is_kept(one: float, other: float) -> None:
    low, high = shaped(sorted((one, other)))
    assert low <= high


@given(st.floats(-700, 700))
def test_it_is_the_softplus(score: float) -> None:
    with localcontext() as context:
        context.prec = 400
        exact = (1 + Decimal(score).exp()).ln()
    assert shaped([score])[0] == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("score", [math.inf, -math.inf, math.nan])
def test_what_is_no_finite_number_is_refused(score: float) -> None:
    with pytest.raises(ModelError, match=r"scored a program (-?inf|nan): its weights are broken"):
        shaped([0.0, score, None])


def test_zero_is_log_two_and_large_scores_stay_themselves() -> None:
    assert shaped([0.0, 1e308, 800.0, None]) == [math.log(2), 1e308, 800.0, 0.0]
    assert shaped([]) == []
