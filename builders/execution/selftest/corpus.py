"""The corpus: programs that must not pass or do harm, and right programs that must pass. All written for this project.

One text file a kind, in ``hostile/`` and ``honest/``. A line ``### NAME | PROBLEM`` begins each program; a third field
may name, in any order, the harm that it tries to do, ``jail`` (without a jail it would do it, or no verdict is
possible) and ``right`` (among hostile ones: it is right and has to pass; what it leaves behind is the point).

Every program is harmless where it succeeds: it aims only at what was set up for it. What is known only at run time
stands in the text as ``{OUTSIDE}`` and the like; ``staging.py`` fills it in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from dualset.builders.errors import ExecutionError, did_you_mean
from dualset.builders.execution.selftest.problems import PROBLEMS

__all__ = ["Entry", "Harm", "corpus", "of_kinds"]


class Harm(StrEnum):
    """What may happen outside a program's own process, as it is seen from outside."""

    READ = "read"  # a file, an environment, a memory that it must not know
    CHANGE = "change"  # a file outside its folder
    REACH = "reach"  # somebody over the network or a socket, or be reached
    DISTURB = "disturb"  # another process
    LEAVE = "leave"  # something behind on the machine
    GRANT = "grant"  # it was granted by the kernel what no program needs


_FLAGS = ("jail", "right")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One program of the corpus.

    Attributes:
        name: what it is called; no two share one.
        kind: the file that it stands in.
        problem: the name of its problem in ``PROBLEMS``.
        code: its text, with places to fill in.
        right: it has to pass; every other must not.
        harm: the harm that it tries to do, where it tries any.
        jail: it makes sense only where a jail holds it: left out at level ``none``.
    """

    name: str
    kind: str
    problem: str
    code: str
    right: bool
    harm: Harm | None = None
    jail: bool = False


@cache
def corpus() -> Sequence[Entry]:
    """All programs: hostile ones first, each kind in the order of its file."""
    folder = Path(__file__).parent
    hostile = [entry for path in sorted(folder.glob("hostile/*.txt")) for entry in _read(path, right=False)]
    honest = [entry for path in sorted(folder.glob("honest/*.txt")) for entry in _read(path, right=True)]
    return (*hostile, *_UNWRITABLE, *honest)


def of_kinds(kinds: Sequence[str]) -> Sequence[Entry]:
    """The programs of these kinds; of all where none is named.

    Raises:
        ExecutionError: there is no such kind.
    """
    known = {entry.kind for entry in corpus()}
    for kind in kinds:
        if kind not in known:
            msg = f"no kind of program {kind!r}: {did_you_mean(kind, known)}"
            raise ExecutionError(msg)
    return [entry for entry in corpus() if not kinds or entry.kind in kinds]


def _read(path: Path, *, right: bool) -> list[Entry]:
    parts = path.read_text(encoding="utf-8").split("\n### ")[1:]
    return [_entry(path.stem, *part.partition("\n")[::2], right=right) for part in parts]


def _entry(kind: str, head: str, code: str, *, right: bool) -> Entry:
    name, problem, *more = (field.strip() for field in head.split(" | "))
    words = more[0].split() if more else []
    harms = [Harm(word) for word in words if word not in _FLAGS]
    if problem not in PROBLEMS:
        msg = f"the corpus, {kind}, {name!r}: {did_you_mean(problem, PROBLEMS)}"
        raise ExecutionError(msg)
    return Entry(
        name=name,
        kind=kind,
        problem=problem,
        code=code.rstrip() + "\n",
        right=right or "right" in words,
        harm=harms[0] if harms else None,
        jail="jail" in words,
    )


def _unwritable(name: str, result: str) -> Entry:
    return Entry(name=name, kind="compiling", problem="TOTAL", code=f"def f(xs): return {result}", right=False)


_UNWRITABLE = (
    _unwritable("compile bomb", "(" * 5000 + ")" * 5000),
    _unwritable("null bytes", "6\x00"),
    _unwritable("lone surrogate", "'\ud800'"),
    _unwritable("huge literal", "9" * 5000),
    _unwritable("a hundred thousand terms", "6" + " + 0" * 100_000),
    _unwritable("ten thousand brackets after a name", "xs" + "[0]" * 10_000),
    _unwritable("ten thousand lambdas", "lambda: " * 10_000 + "6"),
    _unwritable("ten thousand minus signs", "-" * 10_000 + "6"),
)
"""Programs that would only make a text file hard to read."""
