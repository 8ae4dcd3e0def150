"""The recipe's ``labels:`` section: what a program is held to when it is run."""

from dataclasses import dataclass

from dualset.builders.dataset.records import Limits

__all__ = ["LabelSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelSettings:
    """Limits and repeats.

    Attributes:
        timeout_s: CPU seconds a test, where the problem does not say.
        memory_mb: MiB, where the problem does not say.
        output_kb: KiB of output a test.
        repeat: runs of each program; 2 or more measure flakiness.
        packages: third-party modules that programs may import; they are loaded once, in a warm sandbox process.
    """

    timeout_s: float = 10.0
    memory_mb: int = 512
    output_kb: int = 4096
    repeat: int = 1
    packages: tuple[str, ...] = ()

    @property
    def limits(self) -> Limits:
        """The limits alone."""
        return Limits(timeout_s=self.timeout_s, memory_mb=self.memory_mb, output_kb=self.output_kb)
