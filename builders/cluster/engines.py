"""How many models a cluster can hold at the same time, and what each takes of it.

In: a connected Ray, the settings of sampling. Out: `Engines`. An engine has the GPUs that the recipe's tensor and
pipeline parallelism say; on a cluster without GPUs, a CPU, or for vLLM a node.
"""

from typing import Any, NamedTuple

from dualset.builders.candidates.settings import CandidateSettings

__all__ = ["Engines", "engines_for"]

_ORDERS_AN_ENGINE = 8
_MOST_PROBLEMS = 256


class Engines(NamedTuple):
    """How many, and the CPUs and GPUs of each."""

    number: int
    cpus: int
    gpus: int

    def size(self, problems: int) -> int:
        """Problems an order: so many orders an engine that the last ones end at about the same time."""
        return min(max(problems // (_ORDERS_AN_ENGINE * self.number), 1), _MOST_PROBLEMS)


def engines_for(ray: Any, settings: CandidateSettings, asked: int | None) -> Engines:
    """Those that fit, or fewer if fewer are asked for."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = int(sum(node.get("GPU", 0) for node in nodes))
    cpus = [int(node.get("CPU", 0)) for node in nodes if node.get("CPU", 0) >= 1] or [1]
    if gpus:
        each = _gpus_of(settings)
        most = Engines(max(gpus // each, 1), 1, each)
    elif settings.source == "vllm":
        most = Engines(len(cpus), min(cpus), 0)
    else:
        most = Engines(sum(cpus), 1, 0)
    return most if asked is None else most._replace(number=min(asked, most.number))


def _gpus_of(settings: CandidateSettings) -> int:
    if settings.source != "vllm":
        return 1
    parallel = [settings.engine.get(f"{kind}_parallel_size", 1) for kind in ("tensor", "pipeline")]
    return max(int(parallel[0]) * int(parallel[1]), 1)
