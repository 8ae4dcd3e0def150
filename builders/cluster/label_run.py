"""The labels of a build that are to be made elsewhere: which shards are missing, ordered and taken.

In: the parts of a build, as they come. Out: an order for each shard that is not finished, here or at the place, and in
the end its file in the work folder. No more than one part is in memory.
"""

from collections.abc import Iterable
from dataclasses import asdict

from dualset.builders.cluster.arrived import ArrivedLabels
from dualset.builders.cluster.orders import Header, LabelOrder, write_header, write_order
from dualset.builders.cluster.place import Place
from dualset.builders.cluster.worker import Told
from dualset.builders.execution.kept import Part, Work, labels_there, shard_of

__all__ = ["LabelRun"]


class LabelRun:
    """One stage's labels.

    Args:
        place: what all machines see.
        run: the name of these orders.
        work: what is to be filled.
        elsewhere: whether the place is another than the work folder.
    """

    def __init__(self, place: Place, run: str, work: Work, *, elsewhere: bool) -> None:
        self._place, self._run, self._work = place, run, work
        self._arrived = ArrivedLabels(place, work.folder, work.folder.name, elsewhere=elsewhere)
        self.failed: list[str] = []
        """Lines about orders that were given up."""

    def order(self, parts: Iterable[Part], isolation: str) -> tuple[list[str], int]:
        """Write an order for each missing shard; their names, and how many shards are finished."""
        self._arrived.take_left()
        at_place = self._arrived.finished()
        said = Header(stage=self._work.folder.name, settings=asdict(self._work.settings), isolation=isolation)
        write_header(self._place, self._run, said)
        names, finished = [], 0
        for part in parts:
            shard = shard_of(self._work.folder, self._work.settings, part).name
            if not self._settled(part) and shard in at_place:
                self._arrived.fetch(shard)
            if self._settled(part):
                finished += 1
            else:
                names.append(write_order(self._place, self._run, LabelOrder(shard, part)))
        return names, finished

    def take(self, told: Told) -> None:
        """Take what was made."""
        self._arrived.take(told.arrived)
        if told.failed:
            self.failed.append(told.failed)

    def _settled(self, part: Part) -> bool:
        return len(labels_there(self._work.folder, self._work.settings, part)) == sum(len(codes) for _, codes in part)
