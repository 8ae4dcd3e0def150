"""MBPP's format: a sentence, a reference program and asserts; MBPP+'s, as the Hub and as its release have it.

In: rows with text (or prompt, as the sanitized release calls it), code, task_id, test_list and, where there are any,
test_setup_code and challenge_test_list (google-research-datasets/mbpp). Out: problems with one test an assert, the
set-up code before it. As is customary, the asserts of test_list are part of the statement: they alone say what the
function is called. Those of challenge_test_list stay private. MBPP+ (evalplus/mbppplus) has long lists of tests in a
column ``test`` (``listed_tests.py``); its release, MbppPlus.jsonl, has inputs (``oracle_tests.py``).
"""

import ast
import builtins

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.listed_tests import split_listed
from dualset.builders.problems.oracle_tests import parse_mbpp_release
from dualset.builders.problems.python_text import parse_python
from dualset.builders.problems.rows import Row

__all__ = ["called_function", "parse_mbpp"]


def parse_mbpp(row: Row) -> Problem:
    """One row; the file's Windows line ends become plain ones."""
    if "plus_input" in row.data:
        return parse_mbpp_release(row)
    text = row.text("text" if "text" in row.data else "prompt")
    shown = [_plain(code) for code in row.texts("test_list")]
    hidden = [_plain(code) for code in row.texts("challenge_test_list")]
    setup = "\n".join([*row.texts("test_imports"), _plain(row.maybe_text("test_setup_code") or "").strip()]).strip()
    reference = _plain(row.text("code"))
    name = called_function(shown[0], reference) if shown else None
    more = row.maybe_text("test")
    return Problem(
        problem_id="",
        source="mbpp",
        source_id=row.name("task_id"),
        statement=f"{_plain(text).strip()}\n\nThe code must pass these tests:\n" + "\n".join(shown),
        style=Style.ASSERT,
        entry_point=name,
        tests=(
            *(Test(code=_after(setup, code), visibility=Visibility.PUBLIC) for code in shown),
            *(Test(code=_after(setup, code), visibility=Visibility.PRIVATE) for code in hidden),
            *(Test(code=code, visibility=Visibility.PRIVATE) for code in _listed(more, name)),
        ),
        reference_solutions=(reference,),
        license="CC-BY-4.0" if more is None else "Apache-2.0",
    )


def _listed(test: str | None, name: str | None) -> list[str]:
    """MBPP+'s tests; a text that is not in its usual form is one test."""
    if not test or not name:
        return [test] if test else []
    return split_listed(_plain(test), name) or [test]


def called_function(test: str, reference: str) -> str | None:
    """The function that an assert is about: the first called that the reference defines, else that is no builtin."""
    tree = parse_python(test)
    nodes = list(ast.walk(tree)) if tree else []
    called = [node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    program = parse_python(reference)
    defined = (
        {node.name for node in program.body if isinstance(node, ast.FunctionDef | ast.ClassDef)} if program else ()
    )
    ours = [name for name in called if name in defined] or [name for name in called if not hasattr(builtins, name)]
    return ours[0] if ours else None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _after(setup: str, code: str) -> str:
    return f"{setup}\n{code}" if setup else code
