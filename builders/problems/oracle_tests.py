"""EvalPlus's tests as its releases hold them: inputs, and the canonical solution says what each must give.

In: a row of MbppPlus.jsonl or HumanEvalPlus.jsonl. Out: one block of test code an input, in which a judge process runs
the reference beside the program; nothing is run here. MBPP+ compares what its own asserts compare: sets where they say
``set(f(...))``, truth where they say ``assert f(...)``; else by ``RULE``. JSON keeps no tuples: they come back from the
asserts (``shapes.py``).
"""

import re
from collections.abc import Iterable

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.listed_tests import RULE
from dualset.builders.problems.rows import Row
from dualset.builders.problems.shapes import calls_of, restore, shape_of

__all__ = ["oracle_blocks", "parse_mbpp_release"]


def parse_mbpp_release(row: Row) -> Problem:
    """One row of MbppPlus.jsonl: the asserts of MBPP that it shows are public, its other asserts and inputs private."""
    name, reference = row.text("entry_point"), row.text("canonical_solution").strip("\n") + "\n"
    asked = row.text("prompt").strip().strip('"').strip()
    asserts = _asserts(row.text("assertion"))
    shown = [line for line in asked.split("\n") if line.startswith("assert ")]
    text = "\n".join(line for line in asked.split("\n") if line not in shown).strip()
    return Problem(
        problem_id="",
        source="mbpp",
        source_id=row.name("task_id"),
        statement=f"{text}\n\nThe code must pass these tests:\n" + "\n".join(shown),
        style=Style.ASSERT,
        entry_point=name,
        tests=(
            *(
                Test(code=code, visibility=Visibility.PUBLIC if _said(code) in shown else Visibility.PRIVATE)
                for code in asserts
            ),
            *(
                Test(code=code, visibility=Visibility.PRIVATE)
                for code in oracle_blocks(row, reference, name, [*shown, *asserts])
            ),
        ),
        reference_solutions=(reference,),
        license="Apache-2.0",
    )


def oracle_blocks(row: Row, reference: str, entry_point: str, asserts: Iterable[str] = ()) -> list[str]:
    """A block for each of the row's ``plus_input``, and without asserts for each of its ``base_input`` too."""
    asserts = list(asserts)
    shapes = shape_of([call for code in asserts for call in calls_of(code, entry_point)])
    inputs = [
        *([] if asserts else row.items("base_input")),
        *(row.items("plus_input") if row.data["plus_input"] else []),
    ]
    atol = row.maybe_float("atol") or 0.0
    blocks = []
    for number, given in enumerate(inputs, start=1):
        if not isinstance(given, list):
            raise row.error(f"input {number} must be a list of the arguments")
        places = [*shapes, *[None] * len(given)]
        arguments = tuple(restore(value, shape) for value, shape in zip(given, places, strict=False))
        blocks.append(_block(reference, entry_point, repr(arguments), _comparison(asserts, entry_point), atol))
    return blocks


def _block(reference: str, name: str, arguments: str, through: str | None, atol: float) -> str:
    numbers = "from math import inf, nan\n\n" if re.search(r"\b(?:inf|nan)\b", arguments) else ""
    head = f"{numbers}space = {{}}\nexec({reference!r}, space)\ngiven = {arguments}\n"
    ours, theirs = f"{name}(*given)", f"space[{name!r}](*given)"
    if through:
        return f"{head}assert {through}({ours}) == {through}({theirs})"
    return f"{RULE}\n\n{head}assertion({ours}, {theirs}, {atol!r})"


def _comparison(asserts: Iterable[str], name: str) -> str | None:
    """The builtin that results go through before they are compared."""
    texts = [_said(code) for code in asserts]
    if any(text.startswith(f"assert set({name}(") for text in texts):
        return "set"
    bare = re.compile(rf"assert (?:not )?{re.escape(name)}\s*\([^=<>]*\)")
    return "bool" if any(bare.fullmatch(text) for text in texts) else None


def _asserts(code: str) -> list[str]:
    """The asserts, each with the imports before them; some use ``math`` and do not import it."""
    lines = [line for line in code.split("\n") if line.strip()]
    imports = [line for line in lines if not line.startswith("assert ")]
    if "math." in code and "import math" not in imports:
        imports.insert(0, "import math")
    return ["\n".join([*imports, line]) for line in lines if line.startswith("assert ")]


def _said(code: str) -> str:
    return code.rpartition("\n")[2].strip()
