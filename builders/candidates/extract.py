"""The one rule by which code is found in a model's answer: the same in sampling, evaluation and training by execution.

In: an answer. Out: `Extracted`, the code or None, and how it was found or why it was not:

``fenced``
    the last fenced block (backticks or tildes, any info string) after the last ``</think>``. A block that does not
    parse is still a program: its label becomes syntax_error.
``raw``
    no fence, and the whole answer is Python that does something.
``unclosed_think``
    a ``<think>`` that never closes: the answer was cut before it began (evalplus#297, omlx#2661).
``no_code``
    anything else. An empty last block is no code. A last fence that never closes is none either: the answer was cut
    inside the program, and an earlier block was not meant as the answer.

It leaves out repairing: what the model did not say is not added; and the stricter rule of training by a reward model
(``only_block.py``). Its price: a program whose own text holds a fence or
``</think>`` is cut there.
"""

import ast
import re
from typing import NamedTuple

from dualset.builders.problems.python_text import parse_python

__all__ = ["Blocks", "Extracted", "extract_code", "fenced_blocks", "given_code", "said_after_thinking"]

_THINK, _THINK_END = "<think>", "</think>"
_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^\n]*)")


class Extracted(NamedTuple):
    """The code, and the word for how it was found, or None and the word for why not."""

    code: str | None
    kind: str


def extract_code(answer: str) -> Extracted:
    """Find the program in an answer."""
    said = said_after_thinking(answer)
    found = fenced_blocks(said)
    if found.thinking:
        return Extracted(None, "unclosed_think")
    if found.fenced:
        return _found(found.texts[-1] if found.texts and not found.cut else "", "fenced")
    return _found(said if _does_something(said) else "", "raw")


def said_after_thinking(answer: str) -> str:
    """What follows the last ``</think>``; the whole answer where there is none."""
    return answer[answer.rfind(_THINK_END) + len(_THINK_END) :] if _THINK_END in answer else answer


def given_code(code: str) -> Extracted:
    """Code that came with imported data, taken as it stands; blank text is no code."""
    return _found(code, "given")


def _found(code: str, kind: str) -> Extracted:
    return Extracted(code, kind) if code.strip() else Extracted(None, "no_code")


class Blocks(NamedTuple):
    """The fenced blocks of a text.

    Attributes:
        fenced: whether there is a fence at all.
        texts: of the blocks that close, in order.
        cut: whether the last fence never closes, with something in it.
        thinking: whether a ``<think>`` opens outside of all blocks.
    """

    fenced: bool
    texts: tuple[str, ...]
    cut: bool
    thinking: bool


def fenced_blocks(text: str) -> Blocks:
    """Find them. A closing fence is indented at most three more than its opening (CommonMark §4.5), so that one in a
    docstring closes nothing.
    """
    found, blocks, inside, opening, thinking = False, list[str](), [""], None, False
    for line in text.split("\n"):
        fence = _FENCE.fullmatch(line.removesuffix("\r")) if "```" in line or "~~~" in line else None
        if opening is None:
            if fence and not ("`" in fence[2] and "`" in fence[3]):
                found, opening, inside = True, fence, []
            else:
                thinking = thinking or _THINK in line
        elif fence and _closes(fence, opening):
            opening = None
            blocks.append("\n".join(inside))
        else:
            inside.append(_outdented(line, len(opening[1])))
    cut = opening is not None and bool("".join(inside).strip() or opening[3].strip())
    return Blocks(found, tuple(blocks), cut, thinking)


def _closes(fence: re.Match[str], opening: re.Match[str]) -> bool:
    indented = len(fence[1]) > len(opening[1]) + 3
    return not indented and fence[2].startswith(opening[2]) and not fence[3].strip()


def _outdented(line: str, width: int) -> str:
    """The line without the fence's own indentation (a block inside a list is indented as a whole)."""
    if not width:
        return line
    lead = len(line) - len(line.lstrip(" \t"))
    return line[min(lead, width) :]


def _does_something(text: str) -> bool:
    """Whether it is Python and more than what plain words also parse as: names, constants, ``note: this``."""
    tree = parse_python(text)
    return tree is not None and any(not _inert(node) for node in tree.body)


def _inert(node: ast.stmt) -> bool:
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    if isinstance(node, ast.Expr):
        return not any(isinstance(part, ast.Call) for part in ast.walk(node))
    return isinstance(node, ast.Pass)
