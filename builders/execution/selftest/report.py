"""What a selftest found at one level of isolation, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dualset.builders.execution.selftest.corpus import Entry, Harm

__all__ = ["FAILED", "FOOLED", "UNKNOWN", "Offence", "Ran", "Report"]

FOOLED, FAILED, UNKNOWN = "fooled", "failed", "unknown"


class Ran(NamedTuple):
    """What came of one program: as labels have it, and what it told."""

    entry: Entry
    passed: bool | None
    outcomes: Sequence[str]
    told: Sequence[str]

    @property
    def outcome(self) -> str | None:
        """The first that is no pass, or pass; None: it was not run."""
        return next((outcome for outcome in self.outcomes if outcome != "pass"), next(iter(self.outcomes), None))


@dataclass(frozen=True, kw_only=True, slots=True)
class Offence:
    """One thing that should not have happened.

    Attributes:
        program: the name of the program; None: it cannot be said which it was.
        kind: the kind of the program.
        sort: fooled, failed, unknown, or the harm that was done.
        what: what exactly.
    """

    program: str | None
    kind: str | None
    sort: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a selftest found at one level.

    Attributes:
        level: which.
        layers: what protected, as recorded in ``observations.isolation``.
        programs: what came of each program that was run.
        offences: everything that should not have happened.
        left_out: programs that make sense only in a jail, at level ``none``.
        seconds: how long it took, by the wall.
    """

    level: str
    layers: str
    programs: Sequence[Ran]
    offences: Sequence[Offence]
    left_out: int
    seconds: float

    @property
    def hostile(self) -> int:
        """Programs that must not pass."""
        return sum(not ran.entry.right for ran in self.programs)

    @property
    def honest(self) -> int:
        """Programs that must pass."""
        return len(self.programs) - self.hostile

    @property
    def fooled(self) -> Sequence[Offence]:
        """Programs that passed and must not."""
        return [offence for offence in self.offences if offence.sort == FOOLED]

    @property
    def failed(self) -> Sequence[Offence]:
        """Programs that are right and did not pass."""
        return [offence for offence in self.offences if offence.sort == FAILED]

    @property
    def unknown(self) -> Sequence[Offence]:
        """Programs without a verdict."""
        return [offence for offence in self.offences if offence.sort == UNKNOWN]

    @property
    def harm(self) -> Sequence[Offence]:
        """What was touched, read or reached outside."""
        return [offence for offence in self.offences if offence.sort in list(Harm)]

    @property
    def sound(self) -> bool:
        """Whether all is as it should be. At level ``none`` only verdicts are promised."""
        bad = (self.fooled, self.failed) if self.level == "none" else (self.offences,)
        return not any(bad)
