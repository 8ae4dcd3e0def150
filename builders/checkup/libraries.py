"""Which libraries are installed, and whether they go together: with dualset, and with each other.

In: what is installed, by its own metadata. Out: a `Finding` a library, with the command that mends it. Nothing is
imported. That two libraries do not go together is read from what they ask of each other, so it holds for versions that
did not exist when this was written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from dualset.builders.checkup.tested import TESTED, Library

__all__ = ["Finding", "State", "look_at_libraries"]

_ASKED_BY_EXTRA = {"trl": {"vllm"}}
"""What a library asks for only with an extra, and needs to be so wherever it is installed."""


class State(StrEnum):
    """What is to be said of a library."""

    TESTED = "tested"
    UNTESTED = "untested"
    UNSUPPORTED = "unsupported"
    CLASHES = "clashes"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One library.

    Attributes:
        name: as pip knows it.
        version: the one installed; None: none.
        tested: the one that was tested.
        wanted: the range that dualset asks for.
        extra: the extra that it comes with; None: it is always needed.
        state: the verdict.
        says: the verdict in words.
        mend: the command that mends it; None: nothing has to be.
    """

    name: str
    version: str | None
    tested: str
    wanted: str
    extra: str | None
    state: State
    says: str
    mend: str | None


class _Asked(NamedTuple):
    """What one installed library (``who``, with its version) asks of another."""

    who: str
    by: str
    of: str
    range: SpecifierSet


def look_at_libraries(table: Sequence[Library] = TESTED) -> list[Finding]:
    """The libraries of the table, in its order."""
    here = {library.name: _installed(library) for library in table}
    asked = [each for library in table for each in _asked(library, here[library.name])]
    findings = [_finding(library, here[library.name], [a for a in asked if a.of == library.name]) for library in table]
    unsupported = {each.name for each in findings if each.state == State.UNSUPPORTED}
    # what an unsupported library asks for goes away with it
    blamed = {a.of for a in asked if a.by in unsupported}
    return [replace(f, mend=None) if f.state == State.CLASHES and f.name in blamed else f for f in findings]


def _installed(library: Library) -> Distribution | None:
    for name in filter(None, (library.name, library.stands_in)):
        try:
            found = distribution(name)
            version = found.metadata["Version"]
        except (PackageNotFoundError, FileNotFoundError):
            continue
        if version:  # a folder that an interrupted pip left says nothing
            return found
    return None


def _asked(library: Library, here: Distribution | None) -> Iterator[_Asked]:
    """What the installed library asks of others, as far as it holds on this machine."""
    for line in (here.requires or []) if here else []:
        try:
            asks = Requirement(line)
        except InvalidRequirement:
            continue
        name = canonicalize_name(asks.name)
        extra = name if name in _ASKED_BY_EXTRA.get(library.name, ()) else ""
        if asks.marker is None or asks.marker.evaluate({"extra": extra}):
            yield _Asked(f"{library.name} {here.version if here else ''}", library.name, name, asks.specifier)


def _finding(library: Library, here: Distribution | None, asked: Sequence[_Asked]) -> Finding:
    state, says, mend = _verdict(library, here, asked)
    return Finding(
        name=library.name,
        version=here.version if here else None,
        tested=library.tested,
        wanted=library.wanted,
        extra=library.extra,
        state=state,
        says=says,
        mend=mend,
    )


def _verdict(library: Library, here: Distribution | None, asked: Sequence[_Asked]) -> tuple[State, str, str | None]:
    ours = f"pip install '{library.name}{library.wanted}'"
    if here is None:
        return State.MISSING, "missing", f"pip install 'dualset{f'[{library.extra}]' if library.extra else ''}'"
    try:
        version = Version(here.version)
    except InvalidVersion:
        return State.UNTESTED, f"not a version that can be compared with {library.tested}", None
    same, tested = version.public == Version(library.tested).public, Version(library.tested)
    if not same and version not in SpecifierSet(library.wanted, prereleases=True):
        return State.UNSUPPORTED, f"dualset asks for {library.wanted}", ours
    against = [each for each in asked if not each.range.contains(version, prereleases=True)]
    if against:
        says = ", ".join(f"{each.who} asks for {each.range}" for each in against)
        both = SpecifierSet(library.wanted)
        for each in against:
            both &= each.range
        return State.CLASHES, says, f"pip install '{library.name}{both}'"
    if same:
        return State.TESTED, "tested", None
    return State.UNTESTED, f"{'newer' if version > tested else 'older'} than {library.tested}, which was tested", None
