"""How much room a build takes at its fullest moment: completions, what it spills, labels and the version.

In: a `Tally` and the problems. Out: a `Figure` that is an estimate and means to be on the safe side. The shares below
were measured on builds of HumanEval with CodeGen's samples and of generated problems; a test builds and compares.
"""

from collections.abc import Sequence

from dualset.builders.dataset.records import Problem
from dualset.builders.forecast.figure import Figure
from dualset.builders.forecast.tally import Tally

__all__ = ["room_needed"]

_BYTES_A_TOKEN = 4
_SPILLED, _GROUPED, _KEPT, _IN_VERSION = 1100, 1200, 120, 300  # bytes a row beside its texts
_ZIPPED = 0.6  # of a text, on its own in gzip, or among others in zstd
_EMPTY = 250_000  # a version without rows


def room_needed(tally: Tally, problems: Sequence[Problem], *, group_size: int, imported: bool) -> Figure:
    """Bytes that a build would add to the store while it runs."""
    text, basis = _text_bytes(tally)
    code = text if not tally.samples else tally.code_bytes / max(1, tally.text_bytes) * text
    samples, statements = tally.samples + tally.missing, sum(len(p.statement.encode()) for p in problems)
    new_completions = tally.missing / max(1, samples) * text * _ZIPPED + tally.missing * _KEPT
    spilled = text + code + samples * _SPILLED if imported else 0
    groups = code + samples / group_size * (statements / max(1, len(problems)) + _GROUPED)
    problems_bytes = sum(len(str(p.tests)) + sum(map(len, p.reference_solutions)) for p in problems) + statements
    version = _ZIPPED * (text + code + problems_bytes) + samples * _IN_VERSION + _EMPTY
    return Figure(estimate=round(new_completions + spilled + groups + version), basis=basis)


def _text_bytes(tally: Tally) -> tuple[float, str]:
    """Of all completions, those that are missing too."""
    if not tally.missing:
        return tally.text_bytes, "the texts that there are"
    if not tally.samples:
        return tally.room_missing * _BYTES_A_TOKEN, "all the tokens that the samples may have, 4 bytes each"
    mean = tally.text_bytes / tally.samples
    return tally.text_bytes + mean * tally.missing, f"the mean of {tally.samples:,} completions on disk"
