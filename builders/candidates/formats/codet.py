"""CodeT's format (arXiv 2207.10397): one row a prompt, with the list of what the model wrote after it.

In: rows with prompt and samples. Out: samples whose program is the prompt and its continuation, up to the end of the
function.
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
    """The prompt and what was written after it, up to where the paper stops its model.

    A base model does not end by itself: it goes on with tests, another function or prose. What is left over of that
    stays in the program, as in the published figures.
    """
    if not text.strip():
        return Extracted(None, "no_code")
    junk = _STOP.search(text)
    return Extracted(prompt + (text[: junk.end()] if junk else text), "continuation")
