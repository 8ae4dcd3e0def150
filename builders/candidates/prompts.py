"""The chat that asks a model for a program: one user turn, the same when sampling, training and evaluating.

In: a problem. Out: chat messages. It leaves out few-shot examples and system prompts.
"""

from dualset.builders.dataset.records import Message, Problem
from dualset.builders.dataset.words import Style

__all__ = ["writing_prompt"]

_STDIO = "Write a Python program that reads from standard input and writes to standard output."
_STARTER = "Complete this Python code, and give it whole:"
_NAMED = "Write a Python function named `{name}`."
_ANSWER = "Answer with one fenced code block."


def writing_prompt(problem: Problem) -> tuple[Message, ...]:
    """Ask for a program that solves the problem.

    A generated (``micro``) statement already says what its function is called, and its policy has a tiny context
    window, so nothing is added to it.
    """
    if problem.source == "micro":
        return ({"role": "user", "content": problem.statement},)
    return ({"role": "user", "content": f"{problem.statement.rstrip()}\n\n{_task(problem)}\n{_ANSWER}"},)


def _task(problem: Problem) -> str:
    if problem.starter_code and problem.starter_code.strip():
        return f"{_STARTER}\n```python\n{problem.starter_code.rstrip()}\n```"
    if problem.style is Style.STDIO or not problem.entry_point:
        return _STDIO if problem.style is Style.STDIO else "Write the Python code."
    return _NAMED.format(name=problem.entry_point)
