"""What the driver asks of the other machines: a run's header, and orders, each a file that can be worked on alone.

In: a part of problems with their programs, or problems with the samples they lack. Out: the same on another machine.
A header is the sign that a machine sees the driver's place; it says by which version of the code the work is done.
"""

import gzip
import json
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import dualset
from dualset.builders.candidates.sample import SAMPLER_VERSION, Sampled, first_seed
from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.cluster.place import Place
from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.records import Problem, problem_from_row, row
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.kept import Part
from dualset.builders.execution.label import GRADER_VERSION
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.settings import parse_settings

__all__ = [
    "Header",
    "LabelOrder",
    "SampleOrder",
    "here",
    "read_header",
    "read_order",
    "sample_orders",
    "write_header",
    "write_order",
]

_VERSION = "1"
"""Of what is written here: raise it when it changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What the orders of a run have in common.

    Attributes:
        stage: the folder of the work that is filled: ``labels``, ``references`` or ``completions/WAY``.
        settings: of the labels, or of the sampling, as plain data.
        isolation: labels: the level asked for; which one it is, each machine finds out.
        chat_template: sampling: the text of ``chat_template``.
        code: the version of the code, as `_code` says it.
    """

    stage: str
    settings: Mapping[str, Any]
    isolation: str = "auto"
    chat_template: str | None = None
    code: str = ""

    @property
    def label_settings(self) -> LabelSettings:
        """Those of labels."""
        return parse_settings(LabelSettings, self.settings, "labels")

    @property
    def candidate_settings(self) -> CandidateSettings:
        """Those of sampling."""
        return parse_settings(CandidateSettings, self.settings, "candidates")


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """A shard of labels to make: its file's name, and what it is made from."""

    shard: str
    part: Part

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {"shard": self.shard, "part": [[row(problem), dict(codes)] for problem, codes in self.part]}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "LabelOrder":
        """From plain data."""
        return cls(data["shard"], [(_problem(problem), codes) for problem, codes in data["part"]])


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """Completions to sample: of each problem its file's name, its id, its first seed, the chat and the indices."""

    asked: Sequence[tuple[str, str, int, Sequence[dict[str, str]], Sequence[int]]]

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {"asked": [list(each) for each in self.asked]}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "SampleOrder":
        """From plain data."""
        return cls([tuple(each) for each in data["asked"]])

    def requests(self, there: Iterable[tuple[str, int]] = ()) -> list[Request]:
        """What is asked for, without those that are there already: by file and index."""
        done = set(there)
        return [
            Request(problem_id, i, seed + i, tuple(chat))
            for file, problem_id, seed, chat, indices in self.asked
            for i in indices
            if (file, i) not in done
        ]


def sample_orders(sampled: Sampled, missing: Sequence[tuple[Problem, Sequence[int]]], size: int) -> list[SampleOrder]:
    """Orders of so many whole problems each."""
    run_seed, round_index = sampled.settings.seed, sampled.round_index
    orders = []
    for start in range(0, len(missing), size):
        asked = []
        for problem, indices in missing[start : start + size]:
            chat = sampled.template.chat(problem)
            file = sampled.kept.path(problem.problem_id, chat).name
            seed = first_seed(run_seed, problem.problem_id, round_index)
            asked.append((file, problem.problem_id, seed, chat, indices))
        orders.append(SampleOrder(asked))
    return orders


def write_header(place: Place, run: str, header: Header) -> None:
    """Say what a run is about."""
    said = asdict(replace(header, code=_code()))
    place.put(f"orders/{run}/header.json", json.dumps(said).encode())


def read_header(place: Place, run: str) -> Header:
    """What a run is about.

    Raises:
        ExecutionError: this machine does not see it, or has another version of the code.
    """
    data = place.get(f"orders/{run}/header.json")
    if data is None:
        msg = (
            f"{here()} does not see what the driver writes to {place.address}: it must be on a file system that all "
            "nodes share, at the same path; or give an address that all can reach:  --work s3://BUCKET/FOLDER"
        )
        raise ExecutionError(msg)
    said = json.loads(data)
    if said["code"] != _code():
        msg = f"{here()} has {_code()}, the driver has {said['code']}: install the same on every node"
        raise ExecutionError(msg)
    return Header(**said)


def write_order(place: Place, run: str, order: LabelOrder | SampleOrder) -> str:
    """Put an order where every machine sees it; its name."""
    plain = order.plain()
    name = order.shard.partition(".")[0] if isinstance(order, LabelOrder) else content_id(plain)
    data = json.dumps(plain, default=datetime.isoformat).encode()
    place.put(f"orders/{run}/{name}.json.gz", gzip.compress(data, compresslevel=1, mtime=0))
    return name


def read_order(place: Place, run: str, name: str) -> dict[str, Any] | None:
    """An order as plain data; None: it is not there any more, since it is done."""
    data = place.get(f"orders/{run}/{name}.json.gz")
    return None if data is None else json.loads(gzip.decompress(data))


def here() -> str:
    """This machine, in words."""
    return f"the node {os.environ.get('RAY_NODE_IP_ADDRESS') or socket.gethostname()}"


def _code() -> str:
    return f"dualset {dualset.__version__} (orders {_VERSION}, grader {GRADER_VERSION}, sampler {SAMPLER_VERSION})"


def _problem(data: dict[str, Any]) -> Problem:
    released = data["released_at"]
    return problem_from_row({**data, "released_at": released and datetime.fromisoformat(released)})
