"""What of the vLLM sampler needs no vLLM: requests that go together, and whose GPUs are whose."""

from collections.abc import Mapping
from importlib.util import find_spec

import pytest
import torch

from dualset.builders.candidates.samplers.data_parallel import LONGEST_RUN, runs
from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.candidates.samplers.vllm import VllmSampler, places
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import MissingExtra, ModelError


def _requests(problem: str, *indices: int, seed: int = 7) -> list[Request]:
    chat = ({"role": "user", "content": problem},)
    return [Request(problem, i, seed + i, chat) for i in indices]


@pytest.mark.parametrize(
    ("requests", "lengths"),
    [
        ([], []),
        (_requests("a", 0, 1, 2) + _requests("b", 0), [3, 1]),
        (_requests("a", 0, 1, 3, 4, 7), [2, 2, 1]),
        (_requests("a", 1, 0), [1, 1]),
        (_requests("a", 0) + _requests("a", 1, seed=9), [1, 1]),
        (_requests("a", *range(LONGEST_RUN + 1)), [LONGEST_RUN, 1]),
        ([*_requests("a", 0), _requests("a", 1)[0]._replace(chat=({"role": "user", "content": "other"},))], [1, 1]),
    ],
)
def test_a_run_has_adjacent_indices_and_seeds_of_one_chat(requests: list[Request], lengths: list[int]) -> None:
    found = list(runs(iter(requests)))
    assert [len(run) for run in found] == lengths
    assert [request for run in found for request in run] == requests


@pytest.mark.parametrize(
    ("engines", "arguments", "visible", "expected"),
    [
        (1, {}, None, [{}]),
        (2, {}, None, ["0", "1"]),
        (2, {"tensor_parallel_size": 2}, None, ["0,1", "2,3"]),
        (2, {}, "5,3,7,1", ["5", "3"]),
        (1, {"tensor_parallel_size": 4}, "5,3,7,1", [{}]),
    ],
)
def test_each_engine_has_gpus_of_its_own(
    engines: int,
    arguments: Mapping[str, int],
    visible: str | None,
    expected: list[str | dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    said = [each if isinstance(each, dict) else {"CUDA_VISIBLE_DEVICES": each} for each in expected]
    assert places(engines, arguments) == said


def test_too_few_gpus_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with pytest.raises(ModelError, match=r"data_parallel is 3, with 2 GPU\(s\) for each engine: 6 are needed, and 4 "):
        places(3, {"tensor_parallel_size": 2})
    with pytest.raises(ModelError, match=r"candidates\.engine\.tensor_parallel_size is 'two': expected 1 or more"):
        places(3, {"tensor_parallel_size": "two"})


def test_without_gpus_engines_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert places(3, {}) == [{"OMP_NUM_THREADS": "2"}] * 3
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert places(3, {}) == [{}] * 3


def test_vllm_that_is_not_installed_is_an_extra() -> None:
    spec = find_spec("vllm")
    if spec is not None and spec.origin is not None:
        pytest.skip("vllm is installed")
    with pytest.raises(MissingExtra, match=r"vllm is not installed: run  pip install 'dualset\[vllm\]'"):
        VllmSampler.load(CandidateSettings(source="vllm", model="micro"))
