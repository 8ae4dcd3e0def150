"""The completions of a build that are to be made elsewhere: what is missing, ordered and taken.

In: a recipe's problems and what is sampled of them. Out: orders of whole problems with the indices they lack, and in
the end the completions in the work folder, each once.
"""

from collections.abc import Sequence
from dataclasses import asdict

from dualset.builders.candidates.sample import Sampled
from dualset.builders.cluster.arrived import ArrivedCompletions
from dualset.builders.cluster.orders import Header, sample_orders, write_header, write_order
from dualset.builders.cluster.place import Place
from dualset.builders.cluster.worker import Told
from dualset.builders.dataset.records import Problem

__all__ = ["SampleRun"]


class SampleRun:
    """One way of sampling.

    Args:
        place: what all machines see.
        run: the name of these orders.
        sampled: what is to be filled.
        problems: all of the recipe's.
        elsewhere: whether the place is another than the work folder.
    """

    def __init__(
        self, place: Place, run: str, sampled: Sampled, problems: Sequence[Problem], *, elsewhere: bool
    ) -> None:
        self._place, self._run, self._sampled, self._problems = place, run, sampled, problems
        folder = sampled.kept.folder
        self._stage = f"{folder.parent.name}/{folder.name}"
        self._arrived = ArrivedCompletions(place, sampled.kept, self._stage, elsewhere=elsewhere)
        self.failed: list[str] = []
        """Lines about orders that were not answered in full."""
        self.left = 0
        """Completions that are missing still."""

    @property
    def twice(self) -> int:
        """Completions that were made by two attempts."""
        return self._arrived.twice

    def fetch(self) -> int:
        """Have here what is finished at the place or on its way; how many problems lack samples still."""
        missing = self._sampled.missing(self._problems)
        chats = ((problem, self._sampled.template.chat(problem)) for problem, _ in missing)
        self._arrived.fetch(self._sampled.kept.path(problem.problem_id, chat).name for problem, chat in chats)
        self._arrived.take_left()
        return len(self.missing())

    def order(self, size: int) -> list[str]:
        """Write orders of so many problems each; their names."""
        settings = self._sampled.settings
        said = asdict(settings) | {"model_revision": self._sampled.identity.revision}
        header = Header(stage=self._stage, settings=said, chat_template=settings.own_chat_template)
        write_header(self._place, self._run, header)
        orders = sample_orders(self._sampled, self.missing(), size)
        return [write_order(self._place, self._run, order) for order in orders]

    def take(self, told: Told) -> None:
        """Take what was made."""
        self.left -= self._arrived.take(told.arrived)
        if told.failed:
            self.failed.append(told.failed)

    def missing(self) -> list[tuple[Problem, list[int]]]:
        """The problems that lack samples, and which."""
        missing = self._sampled.missing(self._problems)
        self.left = sum(len(indices) for _, indices in missing)
        return missing
