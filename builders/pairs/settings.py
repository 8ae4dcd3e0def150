"""How pairs are made of a problem's programs."""

from dataclasses import dataclass

from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["ORDERS", "PairSettings"]

ORDERS = ("hardest", "drawn")


@dataclass(frozen=True, kw_only=True, slots=True)
class PairSettings:
    """CodeScaler (arXiv 2602.17684) does not say how its 51K pairs were drawn; the defaults are ours.

    Attributes:
        max_per_problem: pairs a problem at most; null: all. A problem with 32 right and 32 wrong programs has 1,024.
        order: hardest (near misses first: rejected programs by the share of tests they pass) or drawn (by seed).
        length_ratio: only pairs whose longer code is at most so many times the shorter; null: any. Without it a model
            may learn that right programs are long.
        seed: of what is drawn.
    """

    max_per_problem: int | None = 16
    order: str = "hardest"
    length_ratio: float | None = None
    seed: int = 0

    def check(self) -> None:
        """Whether they make sense.

        Raises:
            RecipeError: they do not.
        """
        if self.order not in ORDERS:
            msg = f"the order of pairs is {self.order!r}: {did_you_mean(self.order, ORDERS)}"
            raise RecipeError(msg)
        if self.max_per_problem is not None and self.max_per_problem < 1:
            msg = f"pairs a problem is {self.max_per_problem}: expected 1 or more"
            raise RecipeError(msg)
        if self.length_ratio is not None and not self.length_ratio >= 1:
            msg = f"the length ratio is {self.length_ratio}: expected 1 or more, the longer code over the shorter"
            raise RecipeError(msg)
