"""APPS's format (arXiv 2105.09938): a folder a problem, or the same as rows on the Hub (codeparrot/apps).

In: folders with question.txt and, where they have them, input_output.json, solutions.json, metadata.json and
starter_code.py. Out: problems of style ``call`` where the tests name a function, else ``stdio``. A problem is named by
the last two parts of its path, such as ``train/0001``.

Numbers of more digits than Python reads (4,300) stay text: on standard input they are the same; a function that takes
or gives one has no tests, and the tag ``unreadable-tests``.
"""

import json
import re
from pathlib import Path
from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.errors import SourceError
from dualset.builders.problems.problem_set import UNREADABLE_TESTS
from dualset.builders.problems.python_text import entry_point_of
from dualset.builders.problems.rows import Row

__all__ = ["APPS_FILES", "folder_name", "parse_apps", "read_apps_folder"]

APPS_FILES = ("input_output.json", "metadata.json", "question.txt", "solutions.json", "starter_code.py")
"""The files of a problem's folder that are read; samples lie beside them under other names."""


_MOST_DIGITS = 4300
_LONG = re.compile(rf"\d{{{_MOST_DIGITS + 1}}}")


def folder_name(folder: Path) -> str:
    """The name of the problem in this folder."""
    return "/".join(folder.resolve().parts[-2:])


def read_apps_folder(question: Path) -> Row:
    """The folder of a ``question.txt`` as one row with the columns that the Hub has."""
    folder = question.parent
    name = folder_name(folder)
    data: dict[str, Any] = {"problem_id": name}
    for file in APPS_FILES:
        key = {"question.txt": "question", "metadata.json": "metadata"}.get(file, file.partition(".")[0])
        try:
            data[key] = (folder / file).read_text(encoding="utf-8") if (folder / file).exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{folder / file}: cannot be read ({error})"
            raise SourceError(msg) from error
    metadata = Row(where=f"{name}/metadata.json", data=data).json("metadata") if data["metadata"] else {}
    return Row(where=name, data=data | {k: metadata.get(k) for k in ("difficulty", "url")})


def parse_apps(row: Row) -> Problem:
    """One row."""
    starter = row.maybe_text("starter_code") or ""
    cases = row.json("input_output", parse_int=_number) if row.maybe_text("input_output") else {}
    if not isinstance(cases, dict):
        raise row.error("'input_output' must be a JSON object with inputs and outputs")
    name = cases.get("fn_name")
    unreadable = bool(name and _LONG.search(row.text("input_output")))
    solutions = row.json("solutions") if row.maybe_text("solutions") else []
    url = row.maybe_text("url")
    return Problem(
        problem_id="",
        source="apps",
        source_id=_name(row),
        statement=row.text("question"),
        style=Style.CALL if name else Style.STDIO,
        starter_code=starter or None,
        entry_point=entry_point_of(starter, name) if name else None,
        tests=() if unreadable else _tests(Row(where=row.where, data=cases), starter),
        reference_solutions=Row(where=row.where, data={"solutions": solutions}).texts("solutions"),
        difficulty=row.maybe_text("difficulty"),
        tags=(
            *((url.split("/")[2],) if url and url.count("/") >= 2 else ()),
            *((UNREADABLE_TESTS,) if unreadable else ()),
        ),
        license="MIT",
    )


def _name(row: Row) -> str:
    """On the Hub a row is numbered within its file, ``train`` or ``test``, as its folder is in the original.

    The files call the number ``id``; the Hub's viewer calls it ``problem_id``.
    """
    key = "problem_id" if row.data.get("problem_id") is not None else "id"
    number = row.data.get(key)
    file = re.match(r"\w+", row.where)
    return f"{file[0]}/{number:04d}" if file and isinstance(number, int) else row.name(key)


def _tests(cases: Row, starter: str) -> tuple[Test, ...]:
    if not cases.data:
        return ()
    inputs, outputs = cases.items("inputs"), cases.items("outputs")
    if len(inputs) != len(outputs):
        raise cases.error(f"has {len(inputs)} inputs but {len(outputs)} outputs")
    if not cases.data.get("fn_name"):
        texts = zip(map(_text, inputs), map(_text, outputs), strict=True)
        return tuple(Test(input=i, expected=o, visibility=Visibility.PRIVATE) for i, o in texts)
    if not all(isinstance(arguments, list) for arguments in inputs):
        raise cases.error("the inputs of a function must be lists of arguments")
    if _wrapped(outputs, starter):
        outputs = [output[0] for output in outputs]
    return tuple(
        Test(input=json.dumps(i), expected=json.dumps(o), visibility=Visibility.PRIVATE)
        for i, o in zip(inputs, outputs, strict=True)
    )


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _text(value: Any) -> str:
    """Standard input and output are texts, or lists of lines in some problems."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _wrapped(outputs: list[Any], starter: str) -> bool:
    """Whether each result stands in a list of its own: Codewars's do, LeetCode's (methods of a class) do not."""
    return "class " not in starter and all(isinstance(output, list) and len(output) == 1 for output in outputs)
