"""What training in rounds is told."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.next_round import ADD, REPLACE

__all__ = ["ITERATE", "REFRESH", "RoundSettings"]

REFRESH, ITERATE = "refresh", "iterate"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundSettings:
    """A run of several rounds.

    Attributes:
        kind: refresh (each round ranks a pool that the current model wrote) or iterate (each round first learns to
            write, then to rank such a pool).
        ref: the version of the first round.
        model: the base model; None: the one that wrote the version's candidates.
        model_revision: its Hub commit.
        output: the folder to make.
        rounds: how many.
        pool: what becomes of the candidates so far in the next round: replace or add.
        steps: optimizer steps of each trainer in each round.
        preset: of the trainers: dust, micro or a YAML file for each kind.
        overrides: ``key=value`` for the configs of all trainers.
        sampling: ``key=value`` for the recipe's ``candidates`` section of later rounds, such as ``n=16``.
        seed: of the first round; each later one has one more.
        split: the split to train on.
        drop_long: leave out rows that do not fit.
        keep_silent: the share of silent groups that stays in ranking; see ``train/silent.py``.
    """

    kind: str
    ref: str
    model: str | None = None
    model_revision: str | None = None
    output: Path
    rounds: int = 3
    pool: str = REPLACE
    steps: int
    preset: str = "dust"
    overrides: tuple[str, ...] = ()
    sampling: tuple[str, ...] = ()
    seed: int = 0
    split: str = "train"
    drop_long: bool = False
    keep_silent: float = 1.0

    def check(self) -> None:
        """Say what makes no sense.

        Raises:
            RecipeError: names the setting and the value.
        """
        if self.rounds < 1 or self.steps < 1:
            msg = f"{self.rounds} rounds of {self.steps} steps: expected 1 or more of both"
            raise RecipeError(msg)
        if self.pool not in (REPLACE, ADD):
            msg = f"the pool is {self.pool!r}: {did_you_mean(self.pool, (REPLACE, ADD))}"
            raise RecipeError(msg)

    @property
    def told(self) -> dict[str, Any]:
        """What decides the run, for the ledger."""
        decide = {field.name for field in fields(self)} - {"ref", "model", "model_revision", "output"}
        return {name: getattr(self, name) for name in sorted(decide)}
