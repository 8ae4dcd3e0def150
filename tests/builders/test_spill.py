"""Spilled rows: any order in, key order out, as often as asked, and a full disk is one line."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from dualset.builders.errors import VersionError
from dualset.builders.spill import Spill


def test_rows_come_back_in_key_order_as_python_sorts_it(tmp_path: Path) -> None:
    names = ["", "a", "a\x00b", "a b", "Z", "é", "\uffff", "\U0001f600", "10", "9"]
    rows = [{"name": name, "n": n, "text": f"{name}\n" * n, "none": None} for name in names for n in (2, 10, -1)]
    mixed = random.Random(0).sample(rows, len(rows))
    with Spill(tmp_path / "rows", ("name", "n")) as spill:
        spill.add(mixed[:7])
        spill.add(mixed[7:])
        expected = sorted(rows, key=lambda row: (row["name"], row["n"]))
        assert list(spill.rows()) == expected
        assert list(spill.rows()) == expected
        assert list(spill.sorted_keys()) == [(row["name"], row["n"]) for row in expected]


def test_values_of_every_kind_come_back_as_they_were(tmp_path: Path) -> None:
    row = {
        "id": "x",
        "float": 0.1 + 0.2,
        "tiny": 5e-324,
        "big": 2**62,
        "yes": True,
        "half": "\ud800",
        "list": ["é", None],
    }
    with Spill(tmp_path / "rows", ("id",)) as spill:
        spill.add([row])
        assert list(spill.rows()) == [row]


def test_nothing_spilled_is_nothing_read(tmp_path: Path) -> None:
    with Spill(tmp_path / "rows", ("id",)) as spill:
        assert list(spill.rows()) == []


def test_two_readers_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    with Spill(tmp_path / "rows", ("id",)) as spill:
        spill.add({"id": i} for i in range(500))
        assert [(a["id"], b["id"]) for a, b in zip(spill.rows(), spill.rows(), strict=True)] == [
            (i, i) for i in range(500)
        ]


def test_no_room_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    code = f"""
import resource
from pathlib import Path
from dualset.builders.errors import VersionError
from dualset.builders.spill import Spill
resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))
try:
    with Spill(Path({str(tmp_path)!r}) / "rows", ("id",)) as spill:
        spill.add({{"id": i, "text": "x" * 1000}} for i in range(10_000))
        list(spill.rows())
except VersionError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith(f"{tmp_path}/rows: "), done.stderr
    assert done.stdout.endswith("free space and run the same command again\n")
    assert len(done.stdout.splitlines()) == 1


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(VersionError, match=r"make .* writable, or set DUALSET_HOME") as caught:
        Spill(tmp_path / "nowhere" / "rows", ("id",))
    assert "\n" not in str(caught.value)
