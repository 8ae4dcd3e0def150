"""Which reward a policy that writes is trained with, as it is typed: execution, rm:MODEL or rm:MODEL+execution.

In: the word. Out: `Asked`. Left out: the rewards themselves (``model_reward.py``, ``../execution_reward.py``).
"""

from typing import NamedTuple

from dualset.builders.errors import RecipeError

__all__ = ["EXECUTION", "Asked", "asked"]

EXECUTION = "execution"
_MODEL, _BOTH = "rm:", "+execution"


class Asked(NamedTuple):
    """``model`` is the reward model's folder or Hub id, if there is one; ``execution`` whether programs are run."""

    model: str | None
    execution: bool

    def named(self, model: str | None) -> str:
        """The word with the model's name in the place of where it lies."""
        if self.model is None:
            return EXECUTION
        return f"{_MODEL}{model}{_BOTH if self.execution else ''}"


def asked(reward: str | None) -> Asked:
    """Read it; None is execution.

    Raises:
        RecipeError: it is none of the three.
    """
    if reward in (None, EXECUTION):
        return Asked(None, True)
    model = str(reward).removeprefix(_MODEL).removesuffix(_BOTH)
    if not str(reward).startswith(_MODEL) or not model:
        msg = (
            f"the reward is {reward!r}, but writing is rewarded by {EXECUTION}, by {_MODEL}MODEL (a reward model) or "
            f"by {_MODEL}MODEL{_BOTH}"
        )
        raise RecipeError(msg)
    return Asked(model, str(reward).endswith(_BOTH))
