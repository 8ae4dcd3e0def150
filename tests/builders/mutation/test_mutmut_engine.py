"""mutmut as another engine: its mutants under our cap, without its configuration, its files or its output."""

import ast
from pathlib import Path

import pytest

from dualset.builders.errors import MissingExtra
from dualset.builders.mutation.engine import DEFAULT_CAP
from dualset.builders.mutation.fit import MOST_CHARACTERS
from dualset.builders.mutation.mutmut_engine import mutmut_mutants

CODE = '''import math


def middle(xs: list[int], low=True):
    """The median."""
    xs = sorted(xs)  # a comment stays
    half = len(xs) // 2
    if not xs or half > 10:
        return None
    return xs[half - 1] if low else max(xs[half], 1)


class Twice:
    def of(self, x):
        return x * 2


print(middle([1, 2]) + 1)
'''


def test_functions_and_methods_have_mutants_that_keep_comments() -> None:
    found, reason = mutmut_mutants(CODE, cap=None)
    assert reason is None
    assert 12 <= len(found) <= 30
    assert len({each.code for each in found}) == len(found)
    for each in found:
        ast.parse(each.code)
        assert each.code != CODE
        assert "# a comment stays" in each.code or each.line == 6
        assert "print(middle([1, 2]) + 1)" in each.code
        assert each.operator.startswith("mutmut:")
        changed = [
            i for i, (a, b) in enumerate(zip(CODE.splitlines(), each.code.splitlines(), strict=True), 1) if a != b
        ]
        assert changed == [each.line]
    assert {"mutmut:swap_op", "mutmut:number"} <= {each.operator for each in found}


def test_a_cap_as_in_our_engine() -> None:
    every = mutmut_mutants(CODE, cap=None)
    assert every == mutmut_mutants(CODE, cap=None)
    before: set[str] = set()
    for cap in range(len(every.found) + 2):
        found = {each.code for each in mutmut_mutants(CODE, cap=cap).found}
        assert len(found) == min(cap, len(every.found))
        assert before <= found
        before = found
    assert mutmut_mutants(CODE, cap=5) != mutmut_mutants(CODE, cap=5, seed=1)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("print(int(input()) + 1)\n", "functions only"),
        ("", "functions only"),
        ("def f(:", "does not compile"),
        ("x = 1\0", "does not compile"),
        ("def f():\n    return '\ud800'", "does not compile"),
        ("def f():\n    return " + "-" * 5000 + "1", "not compile"),
        ("def f():\n    return " + "(" * 150 + "1" + ")" * 150, None),
        ("def f(a):\n    return a" + ".b" * 140, None),
        ("x = 1\n" * 200_000, f"at most {MOST_CHARACTERS:,}"),
    ],
)
def test_what_has_no_mutants_says_why_and_nothing_falls_over(code: str, why: str | None) -> None:
    found, reason = mutmut_mutants(code)
    if why is not None:
        assert found == ()
        assert why in str(reason)


def test_no_configuration_is_read_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "setup.cfg").write_text("[mutmut]\npaths_to_mutate = nowhere\ndo_not_mutate = *\n")
    (tmp_path / "pyproject.toml").write_text("[tool.mutmut\n")
    monkeypatch.chdir(tmp_path)
    here = mutmut_mutants(CODE)
    assert len(here.found) == DEFAULT_CAP or len(here.found) == len(mutmut_mutants(CODE, cap=None).found)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pyproject.toml", "setup.cfg"]
    assert capfd.readouterr() == ("", "")


def test_without_mutmut_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mutmut.mutation.file_mutation", None)
    with pytest.raises(MissingExtra, match=r"pip install 'dualset\[mutmut\]'"):
        mutmut_mutants(CODE)
