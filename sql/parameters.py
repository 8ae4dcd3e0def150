"""What a named query can be asked with, and the values that it takes.

In: a line ``-- param: name = default  what it is`` of the query's file (the default is JSON, two spaces end it), which
may say after the default what may be given: ``of a|b`` these words, ``from 1`` or ``from 1 to 100`` numbers of that
range, ``in candidates.model`` any text, where those that are in that column mean something. Out: a `Parameter`, and
values from text. A default that is a number, and ``limit``, want a whole number; what may be null has null as its
default, or is ``limit``. Left out: whether a text is in its column, known only where it is asked (``unmatched.py``).
"""

import json
from dataclasses import dataclass
from typing import Any

from dualset.builders.errors import QueryError, did_you_mean

__all__ = ["Parameter", "parse_parameter"]

_LARGEST = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """``low`` and ``high`` bound a whole number; ``column`` is where a text is looked for, such as labels.outcome."""

    name: str
    default: Any
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = _LARGEST
    column: str | None = None
    doc: str

    @property
    def flag(self) -> str:
        """``--min-tests``."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def whole(self) -> bool:
        """Whether it is a whole number."""
        return isinstance(self.default, int) or self.name == "limit"

    @property
    def nullable(self) -> bool:
        """Whether null may be given."""
        return self.default is None or self.name == "limit"

    @property
    def wanted(self) -> str:
        """What may be given, in words: ``a whole number from 1``, ``train, validation, test or null``."""
        if self.whole:
            bounds = f"from {self.low}" + (f" to {self.high}" if self.high < _LARGEST else "")
            return f"a whole number {bounds}" + (", or null" if self.nullable else "")
        words = [*(self.choices or ["a text"]), *(["null"] if self.nullable else [])]
        return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))

    def said(self) -> str:
        """``--name default  what it is``."""
        default = "null" if self.default is None else self.default
        return f"{self.flag} {default}  {self.doc}" + (f" ({', '.join(self.choices)})" if self.choices else "")

    def plain(self) -> dict[str, Any]:
        """As plain data, with what is not said left out."""
        said = {"name": self.name, "default": self.default, "doc": self.doc}
        return said | ({"choices": list(self.choices)} if self.choices else {})

    def value(self, text: str) -> Any:
        """What was given as text.

        Raises:
            QueryError: it is not what is wanted.
        """
        if text == "null" and self.nullable:
            return None
        if self.choices and text not in self.choices:
            msg = f"the parameter {self.name} is {text!r}: {did_you_mean(text, self.choices)}"
            raise QueryError(msg)
        if not self.whole:
            return text
        digits = text if text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST)) else "-1"
        if not self.low <= int(digits) <= self.high:
            msg = f"the parameter {self.name} is {text!r}: expected {self.wanted}"
            raise QueryError(msg)
        return int(digits)


def parse_parameter(text: str) -> Parameter:
    """What stands behind ``-- param:``.

    Raises:
        ValueError: it cannot be read.
    """
    name, _, rest = text.partition(" = ")
    said, _, doc = rest.partition("  ")
    default, *clause = said.split(" ", 2)
    more: dict[str, Any] = {}
    match clause:
        case ["of", words]:
            more["choices"] = tuple(words.split("|"))
        case ["in", column]:
            more["column"] = column
        case ["from", bounds]:
            low, _, high = bounds.partition(" to ")
            more |= {"low": int(low)} | ({"high": int(high)} if high else {})
        case [_, *_]:
            msg = f"a parameter of a query: {text!r}"
            raise ValueError(msg)
    return Parameter(name=name, default=json.loads(default), doc=doc, **more)
