"""EvalPlus's tests as its Hub datasets hold them (humanevalplus, mbppplus): two long lists and a loop over them.

In: the text of a ``test`` column: helpers, ``inputs = [...]`` and ``results = [...]``, a line each, and a loop that
compares what the program gives with ``assertion(f(*inp), exp, atol)``, or with a reference where results are long. Out:
one block of test code an input, so that an outcome is known for each. EvalPlus's own ways to compare, which need numpy
as a rule, are known by the digest of their code and written out without it; any other stays as it is, and so does all
else that helps. The lists are cut at their commas, never parsed whole: some hold megabytes.
"""

import ast
import hashlib
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dualset.builders.problems.python_text import parse_python

__all__ = ["RULE", "digest_of", "split_listed"]

RULE = """\
def floats(x):
    return isinstance(x, float) or (isinstance(x, (list, tuple)) and all(isinstance(y, float) for y in x))


def near(a, b, atol):
    if isinstance(b, (list, tuple)):
        return isinstance(a, (list, tuple)) and len(a) == len(b) and all(near(x, y, atol) for x, y in zip(a, b))
    return a == b or (a != a and b != b) or abs(a - b) <= atol + 1e-07 * abs(b)


def assertion(out, exp, atol):
    atol = 1e-06 if atol == 0 and floats(exp) else atol
    assert out == exp or (atol != 0 and near(out, exp, atol))
"""
"""EvalPlus's rule as test code: equal, or numbers near one another where floats are expected or ``atol`` is given. As
near as numpy's ``assert_allclose`` has it, and of the same shape."""

_COMPARISONS = {
    "6d1eb60d18f36707": "usual",  # HumanEval+
    "bfa79a50d417dc72": "usual",  # MBPP+
    "8b01f3a75dcbfeea": "sets",
    "fe697b279b7ae83e": "found",  # it computes a verdict and asserts nothing
}
_COMPARING = ("is_floats", "assertion")
_IMPORTS = ("import numpy as np", "from math import inf")
_LOOP = re.compile(
    r"(?P<head>.*?)^(?P<indent>[ ]*)inputs = (?P<inputs>\[[^\n]*\])\n"
    r"(?:(?P=indent)results = (?P<results>\[[^\n]*\])\n)?"
    r"(?P=indent)for [^\n]+:\n[ ]+(?P<said>[^\n]+)\n*(?P<tail>.*)\Z",
    re.MULTILINE | re.DOTALL,
)
_PIECE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\[\](){},]|[^'"\[\](){},]+""")


class _Loop(NamedTuple):
    helpers: str
    inputs: list[str]
    results: list[str] | None
    said: str


def split_listed(test: str, entry_point: str) -> list[str] | None:
    """A block of test code for each input; None where the text is not of this form."""
    loop = _loop(test, entry_point)
    if loop is None:
        return None
    helpers, comparison = _without_numpy(loop.helpers)
    atol = _tolerance(loop.said, entry_point) if comparison and not helpers else None
    if comparison is None or atol is None or loop.results is None:
        return list(_kept(loop, f"{RULE}\n{helpers}".rstrip() if comparison == "usual" else loop.helpers, entry_point))
    compared = {"usual": _near, "sets": _as_sets, "found": _as_found}[comparison]
    return [compared(entry_point, i, o, atol) for i, o in zip(loop.inputs, loop.results, strict=True)]


def _loop(test: str, entry_point: str) -> _Loop | None:
    found = _LOOP.match(test)
    if found is None:
        return None
    indented, head = bool(found["indent"]), found["head"].rstrip()
    if indented:
        head, check, _ = head.rpartition("def check(candidate):")
        if not check:
            return None
    if found["tail"].strip() not in ("", f"check({entry_point})"):
        return None
    inputs = _items(found["inputs"])
    results = _items(found["results"]) if found["results"] is not None else None
    if not all(item.startswith(("[", "(")) for item in inputs) or (results and len(results) != len(inputs)):
        return None
    return _Loop(head.strip(), inputs, results, found["said"].strip())


def _items(text: str) -> list[str]:
    """The items of a list, as written."""
    items, item, depth = [], list[str](), 0
    for piece in _PIECE.findall(text):
        depth -= piece in ")]}"
        if depth == 1 and piece == ",":
            items.append("".join(item).strip())
            item = []
        elif depth >= 1:
            item.append(piece)
        depth += piece in "([{"
    return [*items, *filter(None, ["".join(item).strip()])]


def _without_numpy(helpers: str) -> tuple[str, str | None]:
    """The helpers without EvalPlus's own comparison and its imports, and which it is; None: none of those known."""
    tree = parse_python(helpers)
    body = tree.body if tree else []
    comparing = [node for node in body if isinstance(node, ast.FunctionDef) and node.name in _COMPARING]
    comparison = _COMPARISONS.get(digest_of(comparing))
    if comparison is None:
        return helpers, None
    rest = [node for node in body if node not in comparing and ast.unparse(node) not in _IMPORTS]
    return "\n\n".join(ast.get_source_segment(helpers, node) or "" for node in rest), comparison


def digest_of(functions: Iterable[ast.stmt]) -> str:
    """The digest of functions' code, whatever its layout and comments."""
    return hashlib.sha256("\n".join(map(ast.unparse, functions)).encode()).hexdigest()[:16]


def _tolerance(said: str, entry_point: str) -> float | None:
    """The number in ``assertion(f(*inp), exp, NUMBER)``, or None where it says something else."""
    found = re.fullmatch(rf"assertion\((?:candidate|{re.escape(entry_point)})\(\*inp\), exp, (\S+)\)", said)
    return _number(found[1]) if found else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _as_sets(entry_point: str, given: str, expected: str, atol: float) -> str:
    return f"{_infinity(given + expected)}assert set({entry_point}({_arguments(given)})) == set({expected})"


def _as_found(entry_point: str, given: str, expected: str, atol: float) -> str:
    """A match or None, where true or false is expected; true or false itself will do."""
    call = f"out = {entry_point}({_arguments(given)})"
    return f"{call}\nassert (out if isinstance(out, bool) else out is not None) == {expected}"


def _near(entry_point: str, given: str, expected: str, atol: float) -> str:
    """One input and what it must give, by the usual rule."""
    call, value = f"{entry_point}({_arguments(given)})", _value(expected)
    floats = isinstance(value, float) or (isinstance(value, list | tuple) and all(isinstance(v, float) for v in value))
    if atol == 0 and not floats:
        return f"{_infinity(given + expected)}assert {call} == {expected}"
    atol = atol or 1e-6
    if isinstance(value, float) and math.isfinite(value):
        return f"assert abs({call} - {expected}) <= {atol + 1e-7 * abs(value)!r}"
    return f"{_infinity(given + expected)}{RULE}\n\nassertion({call}, {expected}, {atol!r})"


def _arguments(given: str) -> str:
    """``[1, [2]]`` as the arguments of a call."""
    return given[1:-1].strip().rstrip(",") if given[-1] in "])" else f"*{given}"


def _value(text: str) -> Any:
    """The value of a literal; None where it is none, or longer than any list of floats is worth reading."""
    tree = parse_python(text)
    try:
        return ast.literal_eval(tree.body[0].value) if tree and isinstance(tree.body[0], ast.Expr) else None
    except (ValueError, TypeError, IndexError, RecursionError, MemoryError):
        return float(text) if text in ("inf", "-inf", "nan") else None


def _infinity(text: str) -> str:
    """The import that a text with the bare names ``inf`` or ``nan`` needs."""
    return "from math import inf, nan\n" if re.search(r"(?<![\w'\"])(?:inf|nan)\b", text) else ""


def _kept(loop: _Loop, helpers: str, entry_point: str) -> Iterator[str]:
    """The text's own words, for one input at a time.

    HumanEval/32's line takes the program's answer apart instead of the input (``_poly(*candidate(*inp), inp)``), so
    that every program fails; what is meant is that the polynomial is near zero at the answer.
    """
    said = re.sub(
        r"assert _poly\(\*candidate\(\*inp\), inp\) <= (\S+)",
        r"assert abs(_poly(*inp, candidate(*inp))) <= \1",
        loop.said,
    )
    if "np." not in helpers:
        helpers = helpers.replace("import numpy as np\n", "")
    results = loop.results or [""] * len(loop.inputs)
    for given, expected in zip(loop.inputs, results, strict=True):
        lines = [helpers, "", f"candidate = {entry_point}", f"inp = {given}"]
        yield _infinity(given + expected) + "\n".join([*lines, *([f"exp = {expected}"] if expected else []), said])
