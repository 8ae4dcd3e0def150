"""What is measured on: a window of days that leaves nothing says which window it was."""

from datetime import date
from pathlib import Path

import pytest
from sample_version import tiny_version

from dualset.builders.errors import VersionError
from dualset.eval.pool import pool_of
from dualset.eval.settings import EvalSettings

EARLY, LATE = date(2030, 1, 1), date(2031, 1, 1)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (LATE, None, "problems with tests released on 2031-01-01 or after in its all split"),
        (None, date(1990, 1, 1), "problems with tests released on 1990-01-01 or before in its all split"),
        (EARLY, LATE, "problems with tests released from 2030-01-01 to 2031-01-01 in its all split"),
    ],
)
def test_a_window_without_problems_is_named_by_what_was_given(
    home: Path, since: date | None, until: date | None, said: str
) -> None:
    with pytest.raises(VersionError, match=said):
        pool_of(tiny_version(home), EvalSettings(split="all", since=since, until=until))
