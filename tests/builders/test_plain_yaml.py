"""YAML that means harm or nonsense is refused in one line, at once and in little memory; what is meant well is read."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from dualset.builders.errors import RecipeError
from dualset.builders.plain_yaml import LONGEST_YAML, load_yaml, shown


def laughs(levels: int) -> str:
    """Each line is ten of the one before."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


def merges(levels: int) -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


BOMBS = {
    "laughs": (laughs(30), "unfolds into"),
    "merges": (merges(30), "unfolds into"),
    "holds itself": ("a: &a [*a]", "holds itself"),
    "a mapping holds itself": ("&a {b: *a}", "holds itself"),
    "brackets": ("a: " + "[" * 50_000, "nested too deeply"),
    "braces": ("{a: " * 15_000, "nested too deeply"),
    "question marks": ("? " * 30_000, "nested too deeply"),
    "too long": ("a: " + "x" * 10**6, f"longer than {LONGEST_YAML:,} characters"),
    "digits": ("a: " + "9" * 5000, "not YAML"),
    "base 60": ("a: 1" + ":1" * 30_000 + ".0", "not YAML"),
    "no month": ("a: 2024-13-45", "month must be in"),
    "object": ("a: !!python/object/apply:os.system [exit]", "not YAML"),
    "a list as key": ("? [a]\n: b", "unhashable"),
    "two documents": ("a: 1\n---\nb: 2", "not YAML"),
    "a control character": ("a: \0", "not YAML"),
    "twice": ("a: 1\na: 2", "the key 'a' is there twice"),
    "twice and long": (f"{'k' * 500}: 1\n{'k' * 500}: 2", "is there twice"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_one_short_line_at_once(name: str) -> None:
    text, message = BOMBS[name]
    start = time.process_time()
    with pytest.raises(RecipeError, match=message) as caught:
        load_yaml(text, "recipe.yaml")
    assert time.process_time() - start < 5
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb.yaml").write_text(laughs(30))
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from dualset.cli import cli\n"
        "cli(['check', sys.argv[1]])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "bomb.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "unfolds into" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_small_aliases_and_merges_are_read() -> None:
    text = "base: &base {timeout_s: 3}\nlabels: {<<: *base, repeat: 2}\nagain: *base\n"
    assert load_yaml(text, "recipe.yaml") == {
        "base": {"timeout_s": 3},
        "labels": {"timeout_s": 3, "repeat": 2},
        "again": {"timeout_s": 3},
    }
    assert load_yaml("", "recipe.yaml") is None


LARGE = {"text": "x" * 10_000, "list": list(range(10_000)), "integer": 1 << 20_000, "nested": [[[[[[[[[1]]]]]]]]]}


@pytest.mark.parametrize("name", LARGE)
def test_a_value_is_shown_short(name: str) -> None:
    assert len(shown(LARGE[name])) < 120
