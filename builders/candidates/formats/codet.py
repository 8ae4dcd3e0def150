"""CodeT's format (arXiv 2207.10397): one row a prompt, with the list of what the model wrote after it.

In: rows with prompt and samples. Out: samples whose program is the prompt and its continuation, up to a stop sequence.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from dualset.builders.candidates.extract import Extracted
from dualset.builders.candidates.imported import ImportedSample
from dualset.builders.candidates.join import PromptIndex
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import read_rows

__all__ = ["continuation", "read_codet"]

_STOP = re.compile(r"\n(?=class|def|#|if|print)")
"""Where Codex (arXiv 2107.03374) and CodeT stop; a stricter cut passes 116 samples more that they count as failing."""


def read_codet(path: Path, problems: ProblemSet) -> Iterator[ImportedSample]:
    """The samples of one file, in the order in which they were drawn."""
    index = PromptIndex(problems)
    for row in read_rows(path):
        prompt = row.text("prompt")
        problem = index.find(prompt, row.where)
        if problem is None:
            continue
        for number, text in enumerate(row.texts("samples")):
            yield ImportedSample(
                where=f"{row.where}, sample {number}",
                problem=problem,
                completion=text,
                found=continuation(prompt, text),
                sample_index=number,
            )


def continuation(prompt: str, text: str) -> Extracted:
    """The prompt and what was written after it, up to the first stop sequence.

    A base model does not stop by itself. The stop sequences are Codex's (arXiv 2107.03374 §2.1), on which CodeT's
    published figures rest. Cutting at every new line of top-level code would save 110 more of the 16,400 CodeGen samples
    (pass rate 0.228 for 0.222), but then a line that the model did write, and that fails, would be gone.
    """
    if not text.strip():
        return Extracted(None, "no_code")
    stop = _STOP.search(text)
    return Extracted(prompt + (text[: stop.start()] if stop else text), "continuation")
