"""Whose turn it is."""

import pytest

from dualset.builders.errors import RecipeError
from dualset.train.coevolve.settings import read_coevolution
from dualset.train.coevolve.turns import Role, turns

NAMES = [f"p{i}" for i in range(11)]


def test_roles_alternate_and_no_problem_is_twice_in_a_pass() -> None:
    made = turns(NAMES, 3, 8, tuple(Role), seed=1)
    assert [turn.role for turn in made] == [Role.CODER, Role.TESTER] * 4
    first = [name for turn in made[:3] for name in turn.problem_ids]
    assert len(set(first)) == 9
    assert set(first) <= set(NAMES)
    assert [turn.problem_ids for turn in made[:3]] != [turn.problem_ids for turn in made[3:6]]


def test_the_same_seed_gives_the_same_turns_and_another_gives_others() -> None:
    assert turns(NAMES, 4, 5, tuple(Role), 1) == turns(NAMES, 4, 5, tuple(Role), 1)
    assert turns(NAMES, 4, 5, tuple(Role), 1) != turns(NAMES, 4, 5, tuple(Role), 2)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    assert turns(NAMES, 4, 7, tuple(Role), 1)[:3] == turns(NAMES, 4, 3, tuple(Role), 1)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"selectr": "codet"}, "unknown key 'selectr': did you mean 'selector'?"),
        ({"method": "offlin"}, "coevolution.method is 'offlin': did you mean 'offline'?"),
        ({"agreement_to": 1.5}, "coevolution.agreement_to is 1.5: expected a weight from 0 to 1"),
        ({"mutants": 0}, "coevolution.mutants is 0: expected 1 or more"),
        ({"selector": "dyb4", "calibrate_split": "train"}, "calibrate_split is 'train', which is trained on"),
        ({"selector": "b5"}, "unknown selector 'b5'"),
    ],
)
def test_settings_that_cannot_be_are_one_line(section: dict[str, object], told: str) -> None:
    with pytest.raises(RecipeError, match=r".") as caught:
        read_coevolution(section, "train")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
