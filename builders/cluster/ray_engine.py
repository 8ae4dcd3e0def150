"""A build's samples and labels made by a Ray cluster: ``dualset build RECIPE --engine ray``.

In: what is missing in a work folder. Out: the same folder, filled. Ray Data runs one task an order; sampling tasks hold
their model as long as there are orders. What Ray retries or runs twice harms nothing (``worker.py``), and resuming is
that of the work folder, not Ray's. Left out: a server's completions, which the driver asks for as ever.
"""

import json
import logging
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dualset.builders.candidates.sample import Sampled
from dualset.builders.cluster.engines import Engines, engines_for
from dualset.builders.cluster.label_run import LabelRun
from dualset.builders.cluster.place import Place
from dualset.builders.cluster.ray_start import connected
from dualset.builders.cluster.ray_tasks import Ask, label
from dualset.builders.cluster.sample_run import SampleRun
from dualset.builders.cluster.worker import Told
from dualset.builders.dataset.records import Problem
from dualset.builders.errors import ExecutionError, ModelError
from dualset.builders.execution.kept import Part, Work
from dualset.builders.progress import Progress, silent

__all__ = ["RayEngine"]

_ROUNDS = 3
"""How often orders that Ray gave up are handed out."""

log = logging.getLogger(__name__)


class RayEngine:
    """A Ray cluster that fills work folders, connected to when there is something to do. To be used in a ``with``.

    Args:
        address: see `connected`.
        work: where all machines see each other's files, as a path or an fsspec URL; None: the work folder itself, which
            is then on a file system that they share.
        workers: where Ray is started here: its CPUs.
        isolation: the level of the jail that is asked for; which one it is, each node finds out.
        samplers: models that are loaded at the same time; None: as many as fit.
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        work: str | None = None,
        workers: int | None = None,
        isolation: str = "auto",
        samplers: int | None = None,
    ) -> None:
        self._address, self._work, self._workers = address, work, workers
        self._isolation, self._samplers = isolation, samplers
        self._held = ExitStack()
        self._ray: Any = None
        self.twice = 0
        """Completions that two attempts have made."""

    def __enter__(self) -> "RayEngine":
        return self

    def __exit__(self, *ended: object) -> None:
        self._ray = None
        self._held.close()

    def label(self, work: Work, parts: Iterable[Part]) -> None:
        """Have the shards of these parts that are not finished labelled.

        Raises:
            ExecutionError: a node cannot do it.
            VersionError: there is no room, or the place cannot be written to.
        """
        with self._orders(work.folder.parent) as (place, name):
            run = LabelRun(place, name, work, elsewhere=self._work is not None)
            names, finished = run.order(parts, self._isolation)
            total = finished + len(names)
            where = {"address": place.address, "run": name}
            left = self._work_off(
                names,
                lambda data: data.map(label, fn_kwargs=where, num_cpus=1),
                run.take,
                lambda done: work.progress(f"{work.stage}: shards", finished + done, total),
            )
        if left or run.failed:
            why = f" ({run.failed[0]})" if run.failed else ""
            n = len(left) + len(run.failed)
            log.warning("the cluster gave back %d of %d shards, which are labelled here%s", n, total, why)

    def sample(self, sampled: Sampled, problems: Sequence[Problem], progress: Progress = silent) -> None:
        """Have what is missing sampled; of a server, nothing is.

        Raises:
            ModelError: some requests could not be answered.
            ExecutionError: a node cannot do it.
            VersionError: there is no room, or the place cannot be written to.
        """
        if sampled.settings.source == "openai":
            return
        total = len(problems) * sampled.settings.n
        with self._orders(sampled.kept.folder.parent.parent) as (place, name):
            run = SampleRun(place, name, sampled, problems, elsewhere=self._work is not None)
            if not (missing := run.fetch()):
                return
            engines = engines_for(self._connect(), sampled.settings, self._samplers)
            self._work_off(
                run.order(engines.size(missing)),
                lambda data: _ask(self._ray, data, engines, {"address": place.address, "run": name}),
                run.take,
                lambda _: progress("sample", total - run.left, total),
            )
        self.twice += run.twice
        if run.failed:
            raise ModelError(run.failed[0])
        if run.missing():
            msg = f"{run.left} of {total} completions were not given by the cluster: run the same command again"
            raise ModelError(msg)

    @contextmanager
    def _orders(self, folder: Path) -> Iterator[tuple[Place, str]]:
        """The place, and a name for the orders to come; those of runs before, and at the end these, are removed."""
        asked = f"{self._work.rstrip('/')}/{folder.parent.name}" if self._work else str(folder)
        place = Place(asked if "://" in asked else os.path.abspath(asked))
        place.check()
        place.remove_folder("orders")
        try:
            yield place, secrets.token_hex(8)
        finally:
            place.remove_folder("orders")

    def _connect(self) -> Any:
        if self._ray is None:
            self._ray = self._held.enter_context(connected(self._address, self._workers))
        return self._ray

    def _work_off(
        self,
        names: Sequence[str],
        work: Callable[[Any], Any],
        take: Callable[[Told], None],
        progress: Callable[[int], None],
    ) -> list[str]:
        """Hand out orders until each is done; those that came back undone each time."""
        left = dict.fromkeys(names)
        progress(0)
        for _ in range(_ROUNDS):
            if not left:
                break
            rows = [{"order": name} for name in left]
            data = self._connect().data.from_items(rows, override_num_blocks=len(rows))
            for row in work(data).iter_rows():
                told = _told(row["told"])
                if told.order in left and (told.arrived or told.failed):
                    take(told)
                    del left[told.order]
                    progress(len(names) - len(left))
        return list(left)


def _told(text: str) -> Told:
    """What became of an order.

    Raises:
        ExecutionError: the machine that had it cannot work.
    """
    said = json.loads(text)
    if "bug" in said:
        msg = f"a worker of the cluster failed:\n{said['bug']}"
        raise RuntimeError(msg)
    told = Told(**said)
    if told.stop:
        raise ExecutionError(told.stop)
    return told


def _ask(ray: Any, data: Any, engines: Engines, where: dict[str, str]) -> Any:
    pool = ray.data.ActorPoolStrategy(
        min_size=1, max_size=engines.number, initial_size=engines.number, max_tasks_in_flight_per_actor=1
    )
    return data.map(Ask, fn_constructor_kwargs=where, compute=pool, num_cpus=engines.cpus, num_gpus=engines.gpus)
