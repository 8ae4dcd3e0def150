"""HumanEval's format: a prompt to complete and a ``check(candidate)`` that asserts.

In: rows with task_id, prompt, canonical_solution, test and entry_point (openai/openai_humaneval). Out: problems whose
tests are single asserts where ``check`` is a plain list of them, so that an outcome is known for each; otherwise one
test with the whole check. HumanEval+ (evalplus/humanevalplus) has a check over long lists (``listed_tests.py``), and in
a release without ``test`` inputs (``oracle_tests.py``).
"""

import ast
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.listed_tests import split_listed
from dualset.builders.problems.oracle_tests import oracle_blocks
from dualset.builders.problems.python_text import parse_python
from dualset.builders.problems.rows import Row

__all__ = ["parse_humaneval", "split_check"]

_CANDIDATE = "candidate"


def parse_humaneval(row: Row) -> Problem:
    """One row. The reference is the prompt and the canonical solution, as the original harness joins them."""
    prompt, entry_point = row.text("prompt"), row.text("entry_point")
    solution = row.maybe_text("canonical_solution")
    more = _plus(row, prompt, entry_point)
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
            Test(code=code, visibility=Visibility.PRIVATE)
            for code in more or split_check(row.text("test"), entry_point)
        ),
        reference_solutions=() if solution is None else (prompt + solution,),
        license="MIT" if more is None else "Apache-2.0",
    )


def _plus(row: Row, prompt: str, entry_point: str) -> list[str] | None:
    """HumanEval+'s tests; None where it is plain HumanEval."""
    if "plus_input" in row.data and row.data.get("test") is None:
        return oracle_blocks(row, prompt + row.text("canonical_solution"), entry_point)
    return split_listed(row.text("test"), entry_point)


def split_check(test: str, entry_point: str) -> list[str]:
    """The asserts of a plain ``check(candidate)``, each in the original's words with the function's name put in.

    ``assert True`` says nothing about a program and is dropped. A check with anything else in it (loops, names of its
    own) stays whole and is called at its end.
    """
    test = test.replace("\r\n", "\n").replace("\r", "\n")  # as Python itself reads line ends
    whole = [f"{test.rstrip()}\n\n\ncheck({entry_point})\n"]
    asserts = _plain_asserts(parse_python(test), entry_point)
    if not asserts:
        return whole
    lines = test.split("\n")
    return [_renamed(lines, each, entry_point) for each in asserts]


class _Assert(NamedTuple):
    node: ast.Assert
    names: list[ast.Name]  # every name in it, used or bound
    bound: set[str]  # what it binds itself: a comprehension may

    @property
    def telling(self) -> bool:
        return not (isinstance(self.node.test, ast.Constant) and self.node.test.value)


def _plain_asserts(tree: ast.Module | None, entry_point: str) -> list[_Assert]:
    """The telling asserts of ``check``, or none where it is not a plain list of asserts."""
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef)] if tree else []
    if tree is None or [check.name for check in checks] != ["check"]:
        return []
    around = [node for node in tree.body if node is not checks[0]]
    rest = [node for node in checks[0].body if not isinstance(node, ast.Assert)]
    if not all(_idle(node) for node in rest) or not all(isinstance(node, ast.Assign) or _idle(node) for node in around):
        return []
    ours = set[str]().union(*(_names(node)[1] for node in around))
    asserts = [_Assert(node, *_names(node)) for node in checks[0].body if isinstance(node, ast.Assert)]
    return (
        [] if any(_clash(each, entry_point, ours) for each in asserts) else [each for each in asserts if each.telling]
    )


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


def _clash(each: _Assert, entry_point: str, ours: set[str]) -> bool:
    """Whether the assert binds names that renaming would confuse, or uses the check's own module."""
    used = {name.id for name in each.names}
    return not {_CANDIDATE, entry_point}.isdisjoint(each.bound) or not ours.isdisjoint(used)


def _names(root: ast.AST) -> tuple[list[ast.Name], set[str]]:
    """All names below a node, and those that are bound there. Long literals are passed over quickly."""
    names: list[ast.Name] = []
    bound: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            names.append(node)
            bound |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        elif isinstance(node, ast.List | ast.Tuple):
            waiting += [item for item in node.elts if not isinstance(item, ast.Constant)]
        else:
            bound |= {node.arg} if isinstance(node, ast.arg) else set()
            waiting += ast.iter_child_nodes(node)
    return names, bound


def _renamed(lines: list[str], each: _Assert, entry_point: str) -> str:
    """The assert's own text, with ``candidate`` replaced where it is a name (columns count UTF-8 bytes)."""
    node = each.node
    text = [line.encode() for line in lines[node.lineno - 1 : node.end_lineno]]
    text[-1] = text[-1][: node.end_col_offset]
    names = [name for name in each.names if name.id == _CANDIDATE]
    for name in sorted(names, key=lambda part: (part.lineno, part.col_offset), reverse=True):
        at = name.lineno - node.lineno
        text[at] = text[at][: name.col_offset] + entry_point.encode() + text[at][name.end_col_offset :]
    text[0] = text[0][node.col_offset :]
    return b"\n".join(text).decode()
