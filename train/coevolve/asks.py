"""What each role is asked for each problem, and which problem and role a prompt belongs to.

In: problems and two templates. Out: chats. TRL's rollout hook is told prompts alone, so no two problems may have the
same prompt: of such problems the first is taken, and the others are left out and counted.
"""

from collections.abc import Iterable
from typing import Any

from dualset.builders.candidates.prompts import Template, load_template, writing_prompt
from dualset.builders.dataset.records import Message, Problem
from dualset.builders.dataset.store import Version
from dualset.builders.errors import RecipeError
from dualset.builders.recorded import recorded
from dualset.train.coevolve.settings import CoevolutionSettings
from dualset.train.coevolve.turns import Role

__all__ = ["Asks", "asks"]

Chat = list[Message]


class Asks:
    """The chats of some problems.

    Raises:
        RecipeError: both roles would be asked the same.

    Attributes:
        chats: by problem_id and role.
        twice: problems that were left out.
    """

    def __init__(self, problems: Iterable[Problem], coder: Template | None, tester: Template) -> None:
        self.chats: dict[str, dict[Role, Chat]] = {}
        self.twice = 0
        self._of: dict[str, tuple[str, Role]] = {}
        for problem in problems:
            own = coder.chat(problem) if coder else writing_prompt(problem)
            made = {Role.CODER: list(own), Role.TESTER: list(tester.chat(problem))}
            if _key(made[Role.CODER]) == _key(made[Role.TESTER]):
                msg = f"the template {tester.name} asks both roles the same: give another coevolution.tests_prompt"
                raise RecipeError(msg)
            if any(_key(chat) in self._of for chat in made.values()):
                self.twice += 1
                continue
            self.chats[problem.problem_id] = made
            self._of |= {_key(chat): (problem.problem_id, role) for role, chat in made.items()}

    def of(self, prompt: Any) -> tuple[str, Role]:
        """The problem and role of a prompt, as TRL hands it on."""
        return self._of[_key(prompt)]


def asks(problems: Iterable[Problem], version: Version, settings: CoevolutionSettings) -> Asks:
    """With the templates of the settings; the coder's may be the version's own.

    Raises:
        RecipeError: no such template, or one that cannot be filled in.
    """
    coder = load_template(settings.prompt) if settings.prompt else recorded(version).template
    return Asks(problems, coder, load_template(settings.tests_prompt))


def _key(chat: Iterable[Any]) -> str:
    return "\0".join(f"{message['role']}\0{message['content']}" for message in chat)
