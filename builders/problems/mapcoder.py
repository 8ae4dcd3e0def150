"""MapCoder's APPS-150 (arXiv 2405.11403): rows with a description, and tests as text.

In: rows with id, description, starter_code and test_list. Out: ``stdio`` problems, or ``call`` ones where there is
starter code. There the file keeps each argument on a line of its own and does not say whether it is a number or a text.
An argument is taken as a Python literal where it reads as one in every test, and as text where it does so in under half
of them. In between nobody can tell (5 of the 128 problems, with those whose lines are not one an argument): such a
problem is kept without tests, so that its programs stay unlabelled rather than wrongly failed.
"""

import ast
import json
from collections.abc import Callable
from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.python_text import entry_point_of, parse_python
from dualset.builders.problems.rows import Row

__all__ = ["parse_mapcoder"]


def parse_mapcoder(row: Row) -> Problem:
    """One row."""
    starter = row.maybe_text("starter_code") or ""
    cases = [_case(row, item) for item in row.items("test_list")]
    return Problem(
        problem_id="",
        source="mapcoder",
        source_id=row.name("id"),
        statement=row.text("description"),
        style=Style.CALL if starter.strip() else Style.STDIO,
        starter_code=starter or None,
        entry_point=entry_point_of(starter),
        tests=_calls(cases, starter) if starter.strip() else _texts(row, cases),
        difficulty=row.maybe_text("difficulty"),
    )


def _case(row: Row, item: Any) -> tuple[str, Any]:
    """A test's input and its one expected output, which stands in a list."""
    if not isinstance(item, dict):
        raise row.error("'test_list' must hold objects with input and output")
    case = Row(where=row.where, data=item)
    outputs = case.items("output")
    if len(outputs) != 1:
        raise row.error(f"a test has {len(outputs)} outputs, not one")
    return case.text("input"), outputs[0]


def _texts(row: Row, cases: list[tuple[str, Any]]) -> tuple[Test, ...]:
    if not all(isinstance(output, str) for _, output in cases):
        raise row.error("a test of standard input and output must expect text")
    return tuple(Test(input=given, expected=output, visibility=Visibility.PRIVATE) for given, output in cases)


def _calls(cases: list[tuple[str, Any]], starter: str) -> tuple[Test, ...]:
    """The tests with typed arguments; none where the types or the number of arguments cannot be told."""
    fewest, most = _parameters(starter)
    lines_T = [given.split("\n") for given, _ in cases]
    if not all(fewest <= len(lines) <= most for lines in lines_T):
        return ()
    readers = [_reader([lines[place] for lines in lines_T if place < len(lines)]) for place in range(most)]
    if any(reader is None for reader in readers):
        return ()
    tests = []
    for lines, (_, output) in zip(lines_T, cases, strict=True):
        arguments = [reader(line) for reader, line in zip(readers, lines, strict=False) if reader]
        tests.append(
            Test(input=json.dumps(arguments), expected=json.dumps(output), visibility=Visibility.PRIVATE),
        )
    return tuple(tests)


def _parameters(starter: str) -> tuple[int, int]:
    """How many arguments the function takes at least and at most; (0, 0) where the starter code cannot be read."""
    tree = parse_python(f"{starter.rstrip()} pass\n")
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)] if tree else []
    if not functions:
        return 0, 0
    arguments = functions[0].args
    names = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    most = len(names) - (names[:1] == ["self"])
    return most - len(arguments.defaults), most


def _reader(column: list[str]) -> Callable[[str], Any] | None:
    """How an argument's lines are read: as literals, as text, or None where that cannot be told."""
    literals = sum(_is_literal(line) for line in column)
    if literals == len(column):
        return ast.literal_eval
    return str if literals < len(column) / 2 else None


def _is_literal(line: str) -> bool:
    """A Python literal that JSON can hold too."""
    if line != line.strip() or parse_python(line) is None:
        return False
    try:
        json.dumps(ast.literal_eval(line), allow_nan=False)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True
