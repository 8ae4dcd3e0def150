"""What the tests of the vLLM sampler share. They run vLLM itself, so only ``make test-vllm`` collects them.

It makes a virtual environment with a build of vLLM for CPUs; with DUALSET_TEST_VLLM=1 they run with any vLLM that is
installed. Figures worth reading are printed at the end.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dualset.builders.candidates.identity import identify
from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.candidates.sample import first_seed
from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.samplers.sampler import Completion, Request, Sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.problems.micro import micro_problems

collect_ignore_glob = [] if os.environ.get("DUALSET_TEST_VLLM") == "1" else ["test_*.py"]

Settings = Callable[..., CandidateSettings]
Answers = dict[tuple[str, int], Completion]
_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", autouse=True)
def _small_engines() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Of the micro policy, by vLLM unless another source is given."""

    def make(**said: Any) -> CandidateSettings:
        said = {"source": "vllm", "model": "micro", "n": 5, "max_tokens": 64} | said
        if said["source"] == "vllm":
            said["engine"] = {"enforce_eager": True, "dtype": "float32"} | said.get("engine", {})
        made = CandidateSettings(**said)
        made.check()
        return replace(made, model_revision=identify(made).revision)

    return make


@pytest.fixture(scope="session")
def sampler(settings: Settings) -> Iterator[Sampler]:
    """One engine for all that need no other; its draw is not the model's own distribution."""
    with open_sampler(settings(temperature=0.8, top_p=0.9)) as opened:
        yield opened


@pytest.fixture(scope="session")
def requests_of() -> Callable[[int, int], list[Request]]:
    """So many samples of each of so many problems."""

    def make(problems: int, n: int) -> list[Request]:
        return [
            Request(problem.problem_id, i, first_seed(0, problem.problem_id) + i, chat)
            for problem in micro_problems(problems, 0)
            for chat in [writing_prompt(problem)]
            for i in range(n)
        ]

    return make


@pytest.fixture(scope="session")
def ask() -> Callable[[Sampler, list[Request]], Answers]:
    """Have each answered, once."""

    def all_of(sampler: Sampler, requests: list[Request]) -> Answers:
        found: Answers = {}
        for request, completion in sampler.sample(iter(requests)):
            assert (request.problem_id, request.sample_index) not in found
            found[request.problem_id, request.sample_index] = completion
        assert len(found) == len(requests)
        return found

    return all_of


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a figure when all tests have ended."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The figures."""
    for line in config.stash.get(_FIGURES, []):
        terminalreporter.write_line(line)
