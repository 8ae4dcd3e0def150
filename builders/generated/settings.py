"""The recipe's ``tests:`` section: which model writes tests, and how many of them count.

In: the keys of ``candidates:``, since tests are sampled by the same engines under the same settings, and two more. Out:
frozen settings, and what of them samples.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["FORMATS", "TEMPLATE", "TestSettings", "of_tests"]

FORMATS = ("codet", "jsonl")
"""The words that ``tests.format`` may be."""
TEMPLATE = "tests-1"
"""The prompt template where a recipe names none: it asks for one test."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TestSettings(CandidateSettings):
    """Written tests to import (``source: samples``), or a model that writes them: as in ``CandidateSettings``.

    ``n`` counts completions, not tests. ``format`` is codet or jsonl. ``prompt`` is ``tests-1`` where it is null.

    Attributes:
        per_completion: tests of one completion that count, the first ones; null: all. CodeT's figures are with 5.
        at_most: distinct tests that are kept of a problem, the first ones; null: all.
    """

    __test__ = False  # pytest: not a test class

    per_completion: int | None = None
    at_most: int | None = None

    @property
    def sampled(self) -> CandidateSettings:
        """What decides the completions: another ``at_most`` asks for none anew."""
        return CandidateSettings(**{each.name: getattr(self, each.name) for each in fields(CandidateSettings)})

    def check(self) -> None:
        """Say what makes no sense.

        Raises:
            RecipeError: names the key, the value seen and what is expected.
        """
        with of_tests():
            CandidateSettings.check(self)
        if self.source == "samples" and self.format not in FORMATS:
            msg = f"tests.format is {self.format!r}: {did_you_mean(str(self.format), FORMATS)}"
            raise RecipeError(msg)
        for name in ("per_completion", "at_most"):
            value = getattr(self, name)
            if value is not None and value < 1:
                msg = f"tests.{name} is {value!r}: expected null, or 1 or more"
                raise RecipeError(msg)


@contextmanager
def of_tests() -> Iterator[None]:
    """Have what is wrong with a setting told as one of ``tests:``."""
    try:
        yield
    except RecipeError as error:
        told = str(error)
        if not told.startswith("candidates"):
            raise
        raise RecipeError(f"tests{told.removeprefix('candidates')}") from error
