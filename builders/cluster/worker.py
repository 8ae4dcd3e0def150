"""What a machine of the cluster does with an order: run programs, or ask a model, and let what is made arrive.

In: the place, the run, an order's name. Out: the names under which the work arrived, or one line that says what is
wrong. Each attempt at an order writes names of its own, so that one that was thought dead harms nothing; what an
earlier attempt made of the same order is not made again. Nothing here knows Ray.
"""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.samplers.sampler import Sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.cluster.orders import Header, LabelOrder, SampleOrder, here, read_header, read_order
from dualset.builders.cluster.pieces import Pieces, read_piece
from dualset.builders.cluster.place import Place
from dualset.builders.errors import DualsetError, ExecutionError, ModelError
from dualset.builders.execution.kept import KeptLabels, Work
from dualset.builders.execution.ladder import Sandbox

__all__ = ["Asking", "Told", "label"]

_TRIES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What became of an order.

    Attributes:
        order: its name.
        arrived: the names under which what was made lies in the place.
        failed: what is wrong with this order, in one line: others may do.
        stop: what is wrong with this machine, in one line: nothing it is given will do.
    """

    order: str
    arrived: list[str] = field(default_factory=list)
    failed: str | None = None
    stop: str | None = None

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def label(address: str, run: str, name: str) -> Told:
    """Run the programs of an order, one at a time."""
    try:
        place = Place(address)
        header = read_header(place, run)
        data = read_order(place, run, name)
        if data is None:
            return Told(order=name)
        if lost := _begun_too_often(place, run, name):
            return Told(order=name, failed=lost)
        return Told(order=name, arrived=[_label(place, header, LabelOrder.of(data))])
    except (DualsetError, OSError) as error:
        return Told(order=name, stop=_at_this_node(error))


def _label(place: Place, header: Header, order: LabelOrder) -> str:
    with tempfile.TemporaryDirectory(prefix="dualset-labels-") as folder:
        finished = Path(folder, order.shard)
        before = place.get(f"{header.stage}/{order.shard}")
        if before is not None:  # a fault of a machine left some unknown: only those are run
            finished.write_bytes(before)
        work = Work(
            folder=Path(folder),
            stage="label",
            settings=header.label_settings,
            sandbox=Sandbox(1, header.isolation),
        )
        KeptLabels(work, 0).label(order.part)
        if not finished.exists():
            msg = f"an order came out as another shard than {order.shard}: is dualset the same on every node?"
            raise ExecutionError(msg)
        arrived = f"arrived/{header.stage}/{finished.stem}.{secrets.token_hex(8)}.parquet"
        place.put(arrived, finished.read_bytes())
    return arrived


class Asking:
    """A model that is loaded once and answers order after order.

    Args:
        address: the place.
        run: whose orders.
    """

    def __init__(self, address: str, run: str) -> None:
        self._address, self._run = address, run
        self._open: tuple[Place, Header, Sampler] | None = None
        self._held = ExitStack()

    def sample(self, name: str) -> Told:
        """Sample what an order asks for."""
        try:
            place, header, sampler = self._open = self._open or self._load()
            data = read_order(place, self._run, name)
        except (DualsetError, OSError) as error:
            return Told(order=name, stop=_at_this_node(error))
        if data is None:
            return Told(order=name)
        if lost := _begun_too_often(place, self._run, name):
            return Told(order=name, failed=lost)
        return self._sample(place, header, sampler, name, SampleOrder.of(data))

    def _sample(self, place: Place, header: Header, sampler: Sampler, name: str, order: SampleOrder) -> Told:
        folder = f"arrived/{header.stage}"
        earlier = [each for each in place.names(folder) if each.startswith(f"{folder}/{name}.")]
        there = [(file, i) for _, data in place.get_all(earlier) for file, i, _ in read_piece(data)]
        files = {problem_id: file for file, problem_id, *_ in order.asked}
        pieces = Pieces(place, f"{folder}/{name}.{secrets.token_hex(8)}")
        failed = None
        try:
            for request, completion in sampler.sample(order.requests(there)):
                pieces.add(files[request.problem_id], request.sample_index, completion)
        except ModelError as error:
            failed = _at_this_node(error)
            self.close()  # the next order begins with a fresh one
        finally:
            pieces.send()
        return Told(order=name, arrived=earlier + pieces.names, failed=failed)

    def _load(self) -> tuple[Place, Header, Sampler]:
        place = Place(self._address)
        header = read_header(place, self._run)
        settings = self._held.enter_context(_with_template(header))
        return place, header, self._held.enter_context(open_sampler(settings))

    def close(self) -> None:
        """Let go of the model."""
        self._open = None
        self._held.close()


@contextmanager
def _with_template(header: Header) -> Iterator[CandidateSettings]:
    """The settings of this machine: one engine, and the chat template as a file of its own."""
    settings = replace(header.candidate_settings, data_parallel=1)
    if header.chat_template is None:
        yield settings
        return
    with tempfile.NamedTemporaryFile("w", prefix="dualset-chat-", suffix=".jinja") as file:
        file.write(header.chat_template)
        file.flush()
        yield replace(settings, chat_template=file.name)


def _begun_too_often(place: Place, run: str, name: str) -> str | None:
    """Note that an order is begun; a line where that was so often before that it seems to end its process."""
    folder = f"orders/{run}/begun/{name}"
    place.put(f"{folder}/{secrets.token_hex(8)}", b"")
    if (before := len(place.names(folder)) - 1) < _TRIES:
        return None
    return (
        f"an order was begun {before} times, and each time its process ended without a word: most likely it had too "
        "little memory (Ray's logs say more)"
    )


def _at_this_node(error: Exception) -> str:
    said = str(error)
    return said if said.startswith("the node ") else f"{here()}: {said}"
