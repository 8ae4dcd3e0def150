"""Which programs of EVAL are found again among TRAIN's.

In: two versions. Out: for each problem of TRAIN the problems of EVAL that it has programs in common with, and which. A
version's programs are its problems' reference solutions and its candidates' code, passing or not; two are the same
where their normal forms are (``codes.py``). Not compared: code that is not Python; programs of fewer than `MIN_NODES`
nodes, which people write for different problems (read two numbers, print their sum: 19); and what is no more than the
problem's own starter code. Of TRAIN's programs only those are parsed that hold every name of some form of EVAL's, which
is what makes a million of them bearable.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from dualset.builders.dataset.version import Version
from dualset.eval.overlap.codes import Form, form_of

__all__ = ["MIN_NODES", "CodeIndex", "Program", "programs"]

MIN_NODES = 30
"""Nodes of the syntax tree below which a program is trivial."""
_NAME = re.compile(r"[^\W\d]\w*")


class Program(NamedTuple):
    """A code text of a problem, and what its tests call."""

    problem_id: str
    code: str
    entry_point: str | None
    starter_code: str | None


def programs(version: Version, split: str | None) -> Iterator[Program]:
    """The references, then the candidates' distinct programs, each a problem after the other."""
    columns = ["problem_id", "entry_point", "starter_code", "reference_solutions"]
    started: dict[str, tuple[str | None, str | None]] = {}
    for row in version.rows("problems", split, columns):
        problem_id = row["problem_id"]
        started[problem_id] = row["entry_point"], row["starter_code"]
        for code in row["reference_solutions"] or ():
            yield Program(problem_id, code, *started[problem_id])
    last, seen = "", set[str]()
    for row in version.rows("candidates", split, ["problem_id", "program_id", "code"]):
        if row["problem_id"] != last:  # they come in the order of their problems
            last, seen = row["problem_id"], set()
        if row["code"] is not None and row["program_id"] not in seen:
            seen.add(row["program_id"])
            yield Program(last, row["code"], *started.get(last, (None, None)))


class CodeIndex:
    """The forms of EVAL's programs.

    Args:
        given: EVAL's programs.
        places: problem id -> its place in EVAL.

    Attributes:
        n_forms: distinct (problem, form) that are compared.
        n_trivial: programs left out because they are too small, or no more than their starter code.
        n_unparsed: programs left out because they do not parse.
    """

    def __init__(self, given: Iterator[Program], places: Mapping[str, int]) -> None:
        self._places: defaultdict[bytes, set[int]] = defaultdict(set)
        self.n_trivial = self.n_unparsed = 0
        names: dict[bytes, frozenset[str]] = {}
        for program in given:
            form = form_of(program.code, program.entry_point)
            if form is None:
                self.n_unparsed += 1
            elif form.nodes < MIN_NODES or form.digest in _starts(program):
                self.n_trivial += 1
            else:
                self._places[form.digest].add(places[program.problem_id])
                names[form.digest] = form.names
        self.n_forms = sum(map(len, self._places.values()))
        self._by_name = _by_rarest(names.values())

    def find(
        self, given: Iterator[Program], told: Callable[[int], None] = lambda _: None
    ) -> dict[str, dict[int, set[bytes]]]:
        """Problem of TRAIN -> place in EVAL -> the forms that both have.

        Args:
            given: TRAIN's programs.
            told: called with how many have been looked at.
        """
        found: dict[str, dict[int, set[bytes]]] = {}
        for n, program in enumerate(given, start=1):
            told(n)
            if not self._by_name or not self._may_hold(program.code):
                continue
            if (form := form_of(program.code, program.entry_point)) is not None:
                for place in self._places.get(form.digest, ()):
                    found.setdefault(program.problem_id, {}).setdefault(place, set()).add(form.digest)
        return found

    def _may_hold(self, code: str) -> bool:
        """Whether every name of some form is a word of the text: so it is for each program with that form."""
        text = code if code.isascii() else unicodedata.normalize("NFKC", code)  # as Python does with names
        words = {"", *_NAME.findall(text)}
        return any(names <= words for name in words & self._by_name.keys() for names in self._by_name[name])


def _by_rarest(forms: Iterable[frozenset[str]]) -> dict[str, list[frozenset[str]]]:
    """Each set of names under the one of them that the fewest sets have; a set without names under the empty text."""
    distinct = set(forms)
    often = Counter(name for names in distinct for name in names)
    by_name: dict[str, list[frozenset[str]]] = {}
    for names in distinct:
        by_name.setdefault(min(names, key=lambda name: (often[name], name), default=""), []).append(names)
    return by_name


def _starts(program: Program) -> set[bytes]:
    """The starter code's own form, where it parses as it stands or with a body."""
    starter = program.starter_code
    texts = (starter, f"{starter.rstrip()} pass") if starter and starter.strip() else ()
    forms: list[Form | None] = [form_of(text, program.entry_point) for text in texts]
    return {form.digest for form in forms if form}
