"""What the tests of the sandbox share: the folder itself, for ``sandbox_programs.py``, and one selftest a level."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from dualset.builders.execution.selftest.report import Report
from dualset.builders.execution.selftest.run import run

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def selftest() -> Callable[[str], Report]:
    """The whole corpus at one level of isolation, run when it is first asked for."""
    return cache(run)
