"""The recipe's ``labels:`` section: what a program is held to when it is run."""

from dataclasses import asdict, dataclass
from typing import Any

from dualset.builders.dataset.records import Limits

__all__ = ["CONSENSUS", "EXECUTION", "LabelSettings"]

EXECUTION, CONSENSUS = "execution", "consensus:"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelSettings:
    """Limits, repeats, and what decides whether a program is right.

    Attributes:
        timeout_s: CPU seconds a test, where the problem does not say.
        memory_mb: MiB, where the problem does not say.
        output_kb: KiB of output a test.
        repeat: runs of each program; 2 or more measure flakiness.
        packages: third-party modules that programs may import; they are loaded once, in a warm sandbox process.
        early_stop: after enough tests over the limit of time or memory, the rest counts as over it too, not run.
        source: execution (the problem's tests), or ``consensus:`` and a selector that looks at the recipe's generated
            tests, such as ``consensus:b4(4,3)``.
        ties: of consensuses that score the same: first (the one of the first program in key order) or merge (all).
        exclude_zero_signature: whether programs that pass no test may not be the consensus.
        rank_above: problems whose matrix has a real rank of at most this stay unlabelled (ZeroCoder's filter, τ = 2);
            0: only one that no program passes anything of.
        truth: under a consensus: run the problem's own tests too, and references on generated ones; to compare only.
        mutants: with truth, also try generated tests on so many mutants of a reference at most; 0: on none.
    """

    timeout_s: float = 10.0
    memory_mb: int = 512
    output_kb: int = 4096
    repeat: int = 1
    packages: tuple[str, ...] = ()
    early_stop: bool = True
    source: str = "execution"
    ties: str = "first"
    exclude_zero_signature: bool = True
    rank_above: int = 0
    truth: bool = False
    mutants: int = 0

    @property
    def content(self) -> dict[str, Any]:
        """The settings that decide the data: those of a consensus where there is one, and what is not as ever."""
        said = asdict(self)
        if self.early_stop:
            del said["early_stop"]
        if self.selector is None:
            for name in ("source", "ties", "exclude_zero_signature", "rank_above", "truth", "mutants"):
                del said[name]
        return said

    @property
    def selector(self) -> str | None:
        """The selector's name under a consensus."""
        return self.source.removeprefix(CONSENSUS) if self.source.startswith(CONSENSUS) else None

    @property
    def limits(self) -> Limits:
        """The limits alone."""
        return Limits(timeout_s=self.timeout_s, memory_mb=self.memory_mb, output_kb=self.output_kb)
