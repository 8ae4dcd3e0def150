"""CodeT (arXiv 2207.10397 §3.2): many programs that agree on many tests.

The paper's score √x·y orders as its square does, x·y², a whole number: ties are decided on that, never on the root.
The paper's own figures count each program and test as often as it was sampled: ``weighted``.
"""

from dataclasses import dataclass

from dualset.builders.consensus.matrix import Integers
from dualset.builders.consensus.signatures import Counts

__all__ = ["CodeT"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeT:
    """Score x·y².

    Attributes:
        weighted: count each program and test as often as it was sampled.
        exclude_zero_signature: never choose programs that pass no test.
    """

    weighted: bool = False
    exclude_zero_signature: bool = False

    @property
    def name(self) -> str:
        """As ``parse_selector`` reads it."""
        return "codet:weighted" if self.weighted else "codet"

    def scores(self, counts: Counts) -> Integers:
        """For each row its score: whole numbers, equal where tied."""
        return counts.x_BN * counts.y_BN**2
