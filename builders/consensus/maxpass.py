"""MaxPass: the programs that pass the most tests. It looks at no other program, so wrong tests mislead it freely."""

from dataclasses import dataclass

from dualset.builders.consensus.matrix import Integers
from dualset.builders.consensus.signatures import Counts

__all__ = ["MaxPass"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxPass:
    """Score y, the tests passed.

    Attributes:
        weighted: count each program and test as often as it was sampled.
        exclude_zero_signature: never choose programs that pass no test.
    """

    weighted: bool = False
    exclude_zero_signature: bool = False

    @property
    def name(self) -> str:
        """As ``parse_selector`` reads it."""
        return "maxpass:weighted" if self.weighted else "maxpass"

    def scores(self, counts: Counts) -> Integers:
        """For each row its score: whole numbers, equal where tied."""
        return counts.y_BN
