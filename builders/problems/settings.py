"""The recipe's ``problems:`` section: where problems come from."""

from dataclasses import dataclass

__all__ = ["ProblemSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemSettings:
    """Exactly one of ``path`` (local) and ``hub`` (a dataset id, then with ``revision``), except for ``micro``.

    Attributes:
        source: humaneval, mbpp, livecodebench, apps, jsonl or micro.
        path: a file, or a folder where the source has several files.
        hub: a Hub dataset id such as ``openai/openai_humaneval``.
        revision: the Hub commit; a branch or tag is refused, because it can move.
        limit: read only the first N problems.
        count: micro: how many problems to generate.
        seed: micro: the seed they are generated from.
    """

    source: str
    path: str | None = None
    hub: str | None = None
    revision: str | None = None
    limit: int | None = None
    count: int = 200
    seed: int = 0
