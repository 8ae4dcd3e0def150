"""LeetCodeDataset's format (arXiv 2504.14655): a class to complete, and a ``check(candidate)`` of a hundred asserts.

In: rows with task_id, problem_description, starter_code, prompt (imports and helpers), completion, entry_point and
test. Out: problems with one test an assert. An assert that uses one of the prompt's helpers, such as ``tree_node``,
brings the prompt along: a program need not repeat it.
"""

import ast
import re

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.humaneval import split_check
from dualset.builders.problems.python_text import parse_python
from dualset.builders.problems.rows import Row

__all__ = ["parse_leetcode"]


def parse_leetcode(row: Row) -> Problem:
    """One row. The reference is the prompt and the completion, as the original harness joins them."""
    prompt, entry_point = row.maybe_text("prompt") or "", row.text("entry_point")
    helpers = _any_of(_defined(prompt))
    return Problem(
        problem_id="",
        source="leetcode",
        source_id=row.name("task_id"),
        statement=row.text("problem_description"),
        style=Style.ASSERT,
        starter_code=row.maybe_text("starter_code"),
        entry_point=entry_point,
        tests=tuple(
            Test(code=f"{prompt.strip()}\n\n{code}" if helpers.search(code) else code, visibility=Visibility.PRIVATE)
            for code in split_check(row.text("test"), entry_point)
        ),
        reference_solutions=(f"{prompt.rstrip()}\n\n{row.text('completion')}",),
        difficulty=row.maybe_text("difficulty"),
        released_at=row.maybe_time("estimated_date"),
        tags=row.texts("tags"),
    )


def _defined(prompt: str) -> set[str]:
    """The names that the prompt's own statements bind; imports are left to the program."""
    tree = parse_python(prompt)
    body = tree.body if tree else []
    named = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    return named | {target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)}


def _any_of(names: set[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted(names))})\b" if names else r"(?!)")
