"""The named queries: one question a file in ``queries/``, with its parameters and how to read the answer.

A file opens with comments: the title; ``-- with: ...`` where it compares two versions (the other one's tables are
``other.labels`` and so on); ``-- param: name = default  what it is`` for each parameter (the default is JSON, two
spaces end it, and ``of a|b`` after it names the words that may be given); ``-- read: ...``. Parameters are bound as
``$name``, never pasted into the text.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

from dualset.builders.errors import QueryError, did_you_mean

__all__ = ["NamedQuery", "Parameter", "bind", "named_queries", "named_query"]

_FOLDER = Path(__file__).parent / "queries"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """What a query can be asked with."""

    name: str
    default: Any
    choices: tuple[str, ...] = ()
    doc: str

    def said(self) -> str:
        """``--param name=default  what it is``."""
        default = "null" if self.default is None else self.default
        return f"--param {self.name}={default}  {self.doc}" + (f" ({', '.join(self.choices)})" if self.choices else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedQuery:
    """A question: ``read`` says what to make of the answer, ``compares`` whether it is asked of two versions."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    read: str
    compares: bool
    sql: str

    def plain(self) -> dict[str, Any]:
        """What it is and can be asked with, as plain data; without its SQL."""
        parameters = [
            {"name": p.name, "default": p.default, "doc": p.doc} | ({"choices": list(p.choices)} if p.choices else {})
            for p in self.parameters
        ]
        return {
            "name": self.name,
            "title": self.title,
            "read": self.read,
            "compares": self.compares,
            "parameters": parameters,
        }

    def explained(self) -> str:
        """The question for a person: its title, parameters, how to read its answer, and its SQL."""
        lines = [f"{self.name}: {self.title}", *(f"  {parameter.said()}" for parameter in self.parameters)]
        lines += ["  --with REF  the version to compare with"] if self.compares else []
        statement = "\n".join(line for line in self.sql.splitlines() if not line.startswith("-- "))
        return "\n".join([*lines, "", *wrap(f"Read: {self.read}", 100), "", statement])


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
        QueryError: a parameter is unknown, or its text is not a whole number, or not one of the words, that are wanted.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    values = {name: parameter.default for name, parameter in known.items()}
    for name, text in given.items():
        if name not in known:
            msg = f"the query {query.name!r} has no parameter {name!r}: {did_you_mean(name, known)}"
            raise QueryError(msg)
        values[name] = _value(known[name], text)
    return values


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_FOLDER.glob("*.sql"))}


def _value(parameter: Parameter, text: str) -> Any:
    if text == "null" and (parameter.default is None or parameter.name == "limit"):
        return None
    if parameter.choices and text not in parameter.choices:
        msg = f"the parameter {parameter.name} is {text!r}: {did_you_mean(text, parameter.choices)}"
        raise QueryError(msg)
    if not (isinstance(parameter.default, int) or parameter.name == "limit"):
        return text
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        msg = f"the parameter {parameter.name} is {text!r}: expected a whole number from 0" + (
            ", or null" if parameter.name == "limit" else ""
        )
        raise QueryError(msg)
    return number


def _parse(path: Path) -> NamedQuery:
    text = path.read_text("utf-8")
    comments = [line[3:] for line in text.splitlines() if line.startswith("-- ")]
    parameters, read, compares = [], "", False
    for line in comments[1:]:
        kind, _, rest = line.partition(": ")
        if kind == "param":
            name, _, value = rest.partition(" = ")
            default, _, doc = value.partition("  ")
            default, _, words = default.partition(" of ")
            choices = tuple(words.split("|")) if words else ()
            parameters.append(Parameter(name=name, default=json.loads(default), choices=choices, doc=doc))
        elif kind == "with":
            compares = True
        elif kind == "read":
            read = rest
    return NamedQuery(
        name=path.stem, title=comments[0], parameters=tuple(parameters), read=read, compares=compares, sql=text
    )
