"""Sampling with vLLM, on the GPUs of this machine (or its CPU, with a build of vLLM for that).

In: settings. Out: a `Sampler` over one engine, or over ``data_parallel`` of them side by side. Each engine is a process
of its own: what vLLM prints, binds and seeds stays out of this one, its GPU memory is free when it is closed, and it
ends with this process, however that ends. vLLM is imported there only.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec

from dualset.builders.candidates.policy import locate_model
from dualset.builders.candidates.samplers.data_parallel import deal
from dualset.builders.candidates.samplers.sampler import Answered, Request
from dualset.builders.candidates.samplers.vllm_order import Order
from dualset.builders.candidates.samplers.vllm_process import EngineProcess
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import MissingExtra, ModelError

__all__ = ["VllmSampler", "places"]

log = logging.getLogger(__name__)


class VllmSampler:
    """A `Sampler` over engines that are loaded."""

    def __init__(self, engines: Sequence[EngineProcess]) -> None:
        self._engines = engines

    @classmethod
    def load(cls, settings: CandidateSettings) -> "VllmSampler":
        """Load the model that the settings name into ``settings.data_parallel`` engines.

        Raises:
            ModelError: it cannot be loaded, an engine argument is wrong, or there are not enough GPUs.
            MissingExtra: vllm is not installed.
        """
        if not _installed():
            raise MissingExtra("vllm", "vllm")
        order = Order.of(settings, locate_model(str(settings.model), settings.model_revision))
        log.info("vLLM is loading %s", order.name)
        engines: list[EngineProcess] = []
        try:
            for place in places(settings.data_parallel, settings.engine):
                engines.append(EngineProcess(order, place))
            for engine in engines:
                engine.wait_until_loaded()
        except BaseException:
            for engine in engines:
                engine.end(patience_s=0)
            raise
        return cls(engines)

    def sample(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Answer each request once, those of one problem by one engine."""
        return deal(self._engines, requests)

    def close(self) -> None:
        """End the engines."""
        for engine in self._engines:
            engine.stop()
        for engine in self._engines:
            engine.end()

    def __enter__(self) -> "VllmSampler":
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()


def places(engines: int, arguments: Mapping[str, object]) -> list[dict[str, str]]:
    """What each engine's environment says of where it is: its share of the GPUs, or of the cores where there is none.

    Args:
        engines: how many, side by side; one alone has all that there is.
        arguments: of each engine; what it says of parallelism decides how many GPUs it needs.

    Raises:
        ModelError: there are not enough GPUs.
    """
    if engines == 1:
        return [{}]
    import torch

    found = torch.cuda.device_count()
    if not found:
        return _cores(engines)
    each = _size(arguments, "tensor_parallel_size") * _size(arguments, "pipeline_parallel_size")
    if engines * each > found:
        msg = f"candidates.data_parallel is {engines}, with {each} GPU(s) for each engine: {engines * each} are needed"
        raise ModelError(f"{msg}, and {found} can be seen: lower it, or see CUDA_VISIBLE_DEVICES")
    names = (os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(found)))).split(",")
    return [{"CUDA_VISIBLE_DEVICES": ",".join(names[i * each : (i + 1) * each])} for i in range(engines)]


def _installed() -> bool:
    spec = find_spec("vllm")
    return spec is not None and spec.origin is not None  # a folder of that name beside the program is no library


def _cores(engines: int) -> list[dict[str, str]]:
    """Threads of two engines on one core wait for each other: two engines on two cores take 2.2 s instead of 6.8."""
    each = len(os.sched_getaffinity(0)) // engines
    return [{} if "OMP_NUM_THREADS" in os.environ else {"OMP_NUM_THREADS": str(max(each, 1))}] * engines


def _size(arguments: Mapping[str, object], name: str) -> int:
    size = arguments.get(name, 1)
    if not isinstance(size, int) or size < 1:
        msg = f"candidates.engine.{name} is {size!r}: expected 1 or more"
        raise ModelError(msg)
    return size
