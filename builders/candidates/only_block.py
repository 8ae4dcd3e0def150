"""The strict rule by which code is found while a policy is trained by a reward model: CodeScaler's (arXiv 2602.17684).

In: an answer. Out: the code, or None where the answer is *invalid*. What follows the last ``</think>`` must have
exactly one fenced block (backticks or tildes, any info string), which closes, is not blank, and parses as Python; and
no fence with something in it may stay open. So an answer cannot earn by showing several programs, or by code that no
interpreter reads. Left out: the lax rule of sampling and measuring, where the last block counts (``extract.py``).
"""

from dualset.builders.candidates.extract import fenced_blocks, said_after_thinking
from dualset.builders.problems.python_text import parse_python

__all__ = ["only_block"]


def only_block(answer: str) -> str | None:
    """The code of a valid answer; None: it is invalid."""
    found = fenced_blocks(said_after_thinking(answer))
    if found.thinking or found.cut or len(found.texts) != 1:
        return None
    code = found.texts[0]
    return code if code.strip() and parse_python(code) is not None else None
