"""The named queries: one question a file in ``queries/``, with its parameters and how to read the answer.

A file opens with comments: the title; ``-- with: ...`` where it compares two versions (the other one's tables are
``other.labels`` and so on); ``-- needs: rankings`` where it asks what judges said (``rankings.py``), ``scores`` where
it asks what reward models score (``scores.py``); ``-- param: ...`` for each parameter (``parameters.py``);
``-- read: ...``. Parameters are bound as ``$name``, never pasted into the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

from dualset.builders.errors import QueryError, did_you_mean
from dualset.sql.parameters import Parameter, parse_parameter

__all__ = ["NamedQuery", "Parameter", "bind", "named_queries", "named_query", "query_names"]

_FOLDER = Path(__file__).parent / "queries"


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedQuery:
    """A question: ``read`` says what to make of the answer, ``compares`` whether it is asked of two versions."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    read: str
    compares: bool
    needs_rankings: bool
    needs_scores: bool
    sql: str

    @property
    def wants(self) -> str:
        """The flag that it cannot be asked without, or nothing."""
        if self.compares:
            return "--with REF"
        return "--rankings FILE" if self.needs_rankings else "--scores FILE" if self.needs_scores else ""

    def plain(self) -> dict[str, Any]:
        """What it is and can be asked with, as plain data; without its SQL."""
        return {
            "name": self.name,
            "title": self.title,
            "read": self.read,
            "compares": self.compares,
            "needs_rankings": self.needs_rankings,
            "needs_scores": self.needs_scores,
            "parameters": [parameter.plain() for parameter in self.parameters],
        }

    def listed(self) -> str:
        """A line on it, and a line on each of its parameters."""
        wants = f"  (needs {self.wants})" if self.wants else ""
        parameters = [f"{'':<26}{parameter.said()}" for parameter in self.parameters]
        return "\n".join([f"{self.name:<24}{self.title}{wants}", *parameters])

    def explained(self) -> str:
        """The question for a person: its title, parameters, how to read its answer, and its SQL."""
        lines = [f"{self.name}: {self.title}", *(f"  {parameter.said()}" for parameter in self.parameters)]
        lines += ["  --with REF  the version to compare with"] if self.compares else []
        lines += ["  --rankings FILE  what judges said: dualset eval … --rankings FILE"] if self.needs_rankings else []
        lines += ["  --scores FILE  what reward models score: dualset score … -o FILE"] if self.needs_scores else []
        statement = "\n".join(line for line in self.sql.splitlines() if not line.startswith("-- "))
        return "\n".join([*lines, "", *wrap(f"Read: {self.read}", 100), "", statement])

    def check_attached(self, *, other: bool, rankings: bool, scores: bool) -> None:
        """Whether what it asks of is there.

        Raises:
            QueryError: it is not.
        """
        if self.compares and not other:
            msg = f"{self.name} compares two versions: give the other one with --with REF"
            raise QueryError(msg)
        if self.needs_rankings and not rankings:
            msg = f"{self.name} asks what judges said: give --rankings FILE, from  dualset eval … --rankings FILE"
            raise QueryError(msg)
        if self.needs_scores and not scores:
            msg = f"{self.name} asks what reward models score: give --scores FILE, from  dualset score … -o FILE"
            raise QueryError(msg)


def query_names() -> list[str]:
    """Their names, without reading them."""
    return sorted(_files())


def named_queries() -> dict[str, NamedQuery]:
    """All of them by name."""
    return {name: _parse(path) for name, path in _files().items()}


def named_query(name: str) -> NamedQuery:
    """One of them.

    Raises:
        QueryError: there is none of that name.
    """
    files = _files()
    if name not in files:
        msg = f"no query named {name!r}: {did_you_mean(name, files)}"
        raise QueryError(msg)
    return _parse(files[name])


def bind(query: NamedQuery, given: Mapping[str, str]) -> dict[str, Any]:
    """The values of a query's parameters: the defaults, and what was given as text in the type of the default.

    Raises:
        QueryError: a parameter is unknown, or its text is not what it wants.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    values = {name: parameter.default for name, parameter in known.items()}
    for name, text in given.items():
        if name not in known:
            msg = f"the query {query.name!r} has no parameter {name!r}: {did_you_mean(name, known)}"
            raise QueryError(msg)
        values[name] = known[name].value(text)
    return values


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_FOLDER.glob("*.sql"))}


def _parse(path: Path) -> NamedQuery:
    text = path.read_text("utf-8")
    title, *said = [line[3:] for line in text.splitlines() if line.startswith("-- ")]
    lines = [(kind, rest) for kind, _, rest in (line.partition(": ") for line in said)]
    kinds = dict(lines)
    return NamedQuery(
        name=path.stem,
        title=title,
        parameters=tuple(parse_parameter(rest) for kind, rest in lines if kind == "param"),
        read=kinds.get("read", ""),
        compares="with" in kinds,
        needs_rankings=kinds.get("needs") == "rankings",
        needs_scores=kinds.get("needs") == "scores",
        sql=text,
    )
