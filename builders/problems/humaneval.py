"""HumanEval's format: a prompt to complete and a ``check(candidate)`` that asserts.

In: rows with task_id, prompt, canonical_solution, test and entry_point (openai/openai_humaneval). Out: problems whose
tests are single asserts where ``check`` is a plain list of them, so that an outcome is known for each; otherwise one
test with the whole check.
"""

import ast

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.python_text import parse_python
from dualset.builders.problems.rows import Row

__all__ = ["parse_humaneval", "split_check"]

_CANDIDATE = "candidate"


def parse_humaneval(row: Row) -> Problem:
    """One row. The reference is the prompt and the canonical solution, as the original harness joins them."""
    prompt, entry_point = row.text("prompt"), row.text("entry_point")
    solution = row.maybe_text("canonical_solution")
    return Problem(
        problem_id="",
        source="humaneval",
        source_id=row.name("task_id"),
        title=entry_point,
        statement=prompt,
        style=Style.ASSERT,
        starter_code=prompt,
        entry_point=entry_point,
        tests=tuple(
            Test(code=code, visibility=Visibility.PRIVATE) for code in split_check(row.text("test"), entry_point)
        ),
        reference_solutions=() if solution is None else (prompt + solution,),
    )


def split_check(test: str, entry_point: str) -> list[str]:
    """The asserts of a plain ``check(candidate)``, each in the original's words with the function's name put in.

    ``assert True`` says nothing about a program and is dropped. A check with anything else in it (loops, names of its
    own) stays whole and is called at its end.
    """
    whole = [f"{test.rstrip()}\n\n\ncheck({entry_point})\n"]
    asserts = _plain_asserts(parse_python(test), entry_point)
    if not asserts:
        return whole
    lines = test.splitlines(keepends=True)
    return [_renamed(lines, node, entry_point) for node in asserts]


def _plain_asserts(tree: ast.Module | None, entry_point: str) -> list[ast.Assert]:
    """The telling asserts of ``check``, or none where it is not a plain list of asserts."""
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef)] if tree else []
    if tree is None or [check.name for check in checks] != ["check"]:
        return []
    if any(not isinstance(node, ast.FunctionDef | ast.Assign) and not _idle(node) for node in tree.body):
        return []
    asserts = [node for node in checks[0].body if isinstance(node, ast.Assert)]
    rest = [node for node in checks[0].body if not isinstance(node, ast.Assert)]
    taken = {entry_point} | {name for node in tree.body for name in _bound(node) if isinstance(node, ast.Assign)}
    if not all(_idle(node) for node in rest) or any(_clash(node, taken) for node in asserts):
        return []
    return [node for node in asserts if not (isinstance(node.test, ast.Constant) and node.test.value)]


def _idle(node: ast.stmt) -> bool:
    """A statement without effect on the verdict: pass, a docstring, a bare name, a print of constants."""
    if isinstance(node, ast.Pass):
        return True
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Call):
        named_print = isinstance(value.func, ast.Name) and value.func.id == "print"
        return named_print and all(isinstance(argument, ast.Constant) for argument in value.args)
    return isinstance(value, ast.Constant | ast.Name)


def _clash(node: ast.Assert, taken: set[str]) -> bool:
    """Whether the assert binds names (a comprehension may) that renaming would confuse, or uses the check's own."""
    bound = _bound(node)
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return _CANDIDATE in bound or bool((bound | used) & taken)


def _bound(node: ast.AST) -> set[str]:
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return names | {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}


def _renamed(lines: list[str], node: ast.Assert, entry_point: str) -> str:
    """The assert's own text, with ``candidate`` replaced where it is a name (columns count UTF-8 bytes)."""
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    text = [line.encode() for line in lines[node.lineno - 1 : end_line]]
    text[-1] = text[-1][:end_column]
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id == _CANDIDATE]
    for name in sorted(names, key=lambda part: (part.lineno, part.col_offset), reverse=True):
        at = name.lineno - node.lineno
        text[at] = text[at][: name.col_offset] + entry_point.encode() + text[at][name.end_col_offset :]
    text[0] = text[0][node.col_offset :]
    return b"".join(text).decode()
