"""Prompt templates: files with a name and a version, and what they make of a problem.

In: ``program``, ``statement-1`` or the path of an own ``.jinja`` file; a problem. Out: chat messages, the same when
sampling, training and evaluating. A template that a version was made with never changes: a better one is a new file
with a higher number (a test holds their hashes). Left out: ranking prompts (``groups/``).
"""

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from dualset.builders.dataset.ids import sha256_hex
from dualset.builders.dataset.records import Message, Problem
from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["TEMPLATES", "Template", "default_template", "load_template", "writing_prompt"]

TEMPLATES = Path(__file__).parent / "templates"
_FILE = re.compile(r"([a-z]+)-(\d+)\.jinja")
_LONGEST = 1_000_000
_SEEN = tuple(field.name for field in fields(Problem) if field.name not in ("tests", "reference_solutions"))
"""What a template may say of a problem; not the answers."""


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt template, its name with its version. It makes one user turn, after ``system`` where there is one."""

    name: str
    text: str
    system: str | None = None

    @property
    def pin(self) -> dict[str, Any]:
        """What a manifest says of it: enough to ask the same again."""
        return {"name": self.name, "sha256": sha256_hex(self.text.encode()), "text": self.text}

    def chat(self, problem: Problem) -> tuple[Message, ...]:
        """The chat that asks for an answer to this problem.

        Raises:
            RecipeError: the template cannot be filled in.
        """
        from jinja2 import TemplateError

        try:
            asked = _compiled(self.text).render(problem={name: getattr(problem, name) for name in _SEEN})
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            msg = f"the prompt template {self.name} cannot be filled in for problem {problem.problem_id}: {error}"
            raise RecipeError(msg) from error
        user: Message = {"role": "user", "content": asked}
        return (user,) if self.system is None else ({"role": "system", "content": self.system}, user)


def load_template(name: str, system: str | None = None) -> Template:
    """A template by its name (the newest version), its name and version, or the path of a file.

    Raises:
        RecipeError: there is none, or it is no template.
    """
    if "/" in name or name.endswith(".jinja"):
        template = Template(Path(name).stem, _read(Path(name)), system)
    else:
        known = _known()
        if name not in known:
            msg = f"candidates.prompt is {name!r}: {did_you_mean(name, known)}, or the path of a .jinja file"
            raise RecipeError(msg)
        template = Template(known[name].stem, known[name].read_text(), system)
    _compiled(template.text)
    return template


def writing_prompt(problem: Problem) -> tuple[Message, ...]:
    """Ask for a program that solves the problem, where nothing else is said.

    A generated (``micro``) statement already says what its function is called, and its policy has a tiny context
    window, so nothing is added to it.
    """
    return load_template(default_template(problem.source)).chat(problem)


def default_template(source: str) -> str:
    """The template that asks for programs, where a recipe names none, by where the problems come from."""
    return "statement" if source == "micro" else "program"


@cache
def _known() -> dict[str, Path]:
    """By name and version, and by name alone the newest."""
    numbered = sorted(
        (match[1], int(match[2]), path) for path in TEMPLATES.iterdir() if (match := _FILE.fullmatch(path.name))
    )
    return {path.stem: path for *_, path in numbered} | {name: path for name, _, path in numbered}


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            msg = f"the prompt template {path} is longer than {_LONGEST:,} bytes: is it the right file?"
            raise RecipeError(msg)
        return text.decode()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the prompt template {path}: {error}"
        raise RecipeError(msg) from error


@cache
def _compiled(text: str) -> Any:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    try:
        return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(text)
    except TemplateError as error:
        msg = f"a prompt template is no Jinja: {error}"
        raise RecipeError(msg) from error
