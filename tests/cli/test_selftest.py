"""``dualset selftest``: a table for people, one object for scripts, and an exit code that says whether all is well."""

import json
from dataclasses import replace

from click.testing import CliRunner, Result

from dualset.builders.execution.ladder import Level, climb
from dualset.builders.execution.selftest.corpus import Harm
from dualset.builders.execution.selftest.report import Offence, Report
from dualset.cli import cli

QUICK = ("--kind", "asserting", "--kind", "early_exit")


def selftest(*options: str) -> Result:
    return CliRunner().invoke(cli, ["selftest", *options], catch_exceptions=False)


def test_without_a_level_every_one_that_works_is_tested() -> None:
    done = selftest("--kind", "asserting", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["sound"] is True
    assert [its["level"] for its in told["levels"]] == [str(rung.level) for rung in climb() if not rung.missing]
    assert all(its["honest"] > 10 and its["hostile"] == 0 and its["layers"] for its in told["levels"])


def test_the_table_has_a_row_a_level() -> None:
    done = selftest("--isolation", "none", *QUICK)
    head, row = done.stdout.splitlines()[:2]
    assert head.split() == ["level", "hostile", "fooled", "harm", "honest", "failed", "unknown", "seconds"]
    assert row.split()[0] == "none"
    assert row.split()[2:4] == ["0", "0"]
    assert done.exit_code == 0


def test_harm_at_level_none_is_shown_and_is_no_error() -> None:
    done = selftest("--isolation", "none", "--kind", "shared_memory", "--workers", "1")
    assert done.exit_code == 0
    assert "none: leave: shared memory by key (shared_memory): System V shm 0x" in done.stdout


def test_harm_that_was_to_be_expected_is_only_counted_beside_other_levels() -> None:
    lines = selftest("--kind", "shared_memory").stdout.splitlines()
    counted = [line for line in lines if line.startswith("none: ")]
    assert len(counted) == 1
    assert "harms, since no jail holds programs" in counted[0]


def test_harm_is_an_error_at_every_other_level() -> None:
    harm = Offence(program="p", kind="k", sort=Harm.READ, what="a file")
    none = Report(level="none", layers="", programs=(), offences=(harm,), left_out=0, seconds=1.0)
    assert {level: replace(none, level=level).sound for level in Level} == {level: level == "none" for level in Level}


def test_an_unknown_kind_or_level_is_one_line() -> None:
    done = selftest("--kind", "memry")
    assert done.exit_code == 1
    assert "no kind of program 'memry': did you mean 'memory'?" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert selftest("--isolation", "seccmp").exit_code == 1
