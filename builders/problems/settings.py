"""The recipe's ``problems:`` section: where problems come from."""

from dataclasses import dataclass
from datetime import date

__all__ = ["ProblemSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemSettings:
    """Exactly one of ``path`` (local) and ``hub`` (a dataset id, then with ``revision``), except for ``micro``.

    Attributes:
        source: humaneval, mbpp, livecodebench, apps, mapcoder, leetcode, codecontests, codeforces, rstar-coder, jsonl
            or micro.
        path: a file, or a folder where the source has several files.
        hub: a Hub dataset id such as ``openai/openai_humaneval``.
        revision: the Hub commit; a branch or tag is refused, because it can move.
        files: of a Hub dataset or a folder, the files to read, as a glob such as ``full/*.parquet``; all data files by
            default.
        since: only problems released on that day (UTC) or later; one whose day is unknown is left out.
        until: only those released on that day or before.
        limit: only the first N distinct problems; imported samples of the others are left out.
        max_tests: at most so many tests a problem, spread evenly over those that it has.
        limits: a file of time limits by problem, as ``dualset check --write-limits`` makes it; they go before the
            source's own.
        keep_failing: keep problems whose first reference program fails their own tests; by default a build leaves them
            out.
        count: micro: how many problems to generate.
        seed: micro: the seed they are generated from.
    """

    source: str
    path: str | None = None
    hub: str | None = None
    revision: str | None = None
    files: str | None = None
    since: date | None = None
    until: date | None = None
    limit: int | None = None
    max_tests: int | None = None
    limits: str | None = None
    keep_failing: bool = False
    count: int = 200
    seed: int = 0
