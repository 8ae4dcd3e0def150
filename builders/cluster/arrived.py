"""The driver's side: what arrived gets its final name in the work folder, and, where the place is another, there too.

In: names of what workers made, in whatever order, once or twice. Out: shards of labels and completions, each once. What
was made and not taken when a driver was killed is taken by the next one; what is finished at the place and not here,
such as on another machine, is fetched.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from dualset.builders.at_work import TEMPORARY
from dualset.builders.candidates.completions import Completions
from dualset.builders.candidates.samplers.sampler import Answered, Completion, Request
from dualset.builders.cluster.pieces import read_piece
from dualset.builders.cluster.place import Place
from dualset.builders.dataset.faults import plain_faults

__all__ = ["ArrivedCompletions", "ArrivedLabels"]

_COMPLETIONS = re.compile(r"[0-9a-f]{16}\.jsonl\.gz")
_LABELS = re.compile(r"([0-9a-f]{16})\.[0-9a-f]{16}\.parquet")


class ArrivedLabels:
    """Shards of labels.

    Args:
        place: where they arrive.
        folder: of the work that is filled.
        stage: that folder's name.
        elsewhere: whether the place is another than the work folder.
    """

    def __init__(self, place: Place, folder: Path, stage: str, *, elsewhere: bool) -> None:
        self._place, self._folder, self._stage, self._elsewhere = place, folder, stage, elsewhere

    def take_left(self) -> None:
        """Take what a driver before this one did not."""
        self.take(self._place.names(f"arrived/{self._stage}"))

    def finished(self) -> set[str]:
        """The names of the shards that are finished at the place, if that is not the work folder itself."""
        return {Path(name).name for name in self._place.names(self._stage)} if self._elsewhere else set()

    def take(self, names: Iterable[str]) -> None:
        """Give shards their final name."""
        for name in names:
            if match := _LABELS.fullmatch(Path(name).name):
                shard = f"{match[1]}.parquet"
                self._place.move(name, f"{self._stage}/{shard}")
                self.fetch(shard)

    def fetch(self, shard: str) -> None:
        """Have a finished shard in the work folder."""
        if not self._elsewhere:
            return
        data = self._place.get(f"{self._stage}/{shard}")
        if data is not None:
            _write(self._folder / shard, data)


class ArrivedCompletions:
    """Completions of one way of sampling.

    Args:
        place: where they arrive.
        kept: the work that is filled.
        stage: the name of its folder in the work folder.
        elsewhere: whether the place is another than the work folder.
    """

    def __init__(self, place: Place, kept: Completions, stage: str, *, elsewhere: bool) -> None:
        self._place, self._kept, self._stage, self._elsewhere = place, kept, stage, elsewhere
        self.twice = 0
        """Completions that were there already when they came: made by two attempts."""

    def take_left(self) -> None:
        """Take what a driver before this one did not."""
        self.take(self._place.names(f"arrived/{self._stage}"))

    def fetch(self, files: Iterable[str]) -> None:
        """Of these files, add what the place has and the work folder has not."""
        if not self._elsewhere:
            return
        there = set(self._place.names(self._stage))
        wanted = sorted(name for file in files if (name := f"{self._stage}/{file}") in there)
        for name, data in self._place.get_all(wanted):
            path = self._kept.folder / Path(name).name
            if path.exists():
                fetched = path.with_suffix(TEMPORARY)
                _write(fetched, data)
                self._add(path, self._kept.read(fetched))
                fetched.unlink()
            else:
                _write(path, data)

    def take(self, names: Sequence[str]) -> int:
        """Add what is in these pieces, and remove them; how many completions were new."""
        new = 0
        for name in names:
            found: dict[str, dict[int, Completion]] = defaultdict(dict)
            for file, index, completion in read_piece(self._place.get(name) or b""):
                if _COMPLETIONS.fullmatch(file):
                    self.twice += index in found[file]
                    found[file].setdefault(index, completion)
            for file, completions in found.items():
                path = self._kept.folder / file
                new += self._add(path, completions)
                if self._elsewhere:
                    self._place.put(f"{self._stage}/{file}", path.read_bytes())
            self._place.remove([name])
        return new

    def _add(self, path: Path, completions: dict[int, Completion]) -> int:
        there = self._kept.read(path)
        new = {i: each for i, each in completions.items() if i not in there}
        self.twice += len(completions) - len(new)
        for i, completion in new.items():
            self._kept.add(path, Answered(Request("", i, 0, ()), completion))
        if new:
            self._kept.settle(path)
        return len(new)


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(f".{os.getpid()}{TEMPORARY}")
    with plain_faults(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
