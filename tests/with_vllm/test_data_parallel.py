"""Two engines side by side: the same texts as one, and what is left when one or both are killed."""

import os
import signal
from collections.abc import Callable, Iterator
from typing import NamedTuple

import psutil
import pytest

from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.samplers.sampler import Answered, Completion, Request, Sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError

Ask = Callable[[Sampler, list[Request]], dict[tuple[str, int], Completion]]
Requests = Callable[[int, int], list[Request]]


class Two(NamedTuple):
    sampler: Sampler
    engines: list[psutil.Process]


@pytest.fixture(scope="module")
def two(sampler: Sampler, settings: Callable[..., CandidateSettings]) -> Iterator[Two]:
    before = set(psutil.Process().children())
    small = {"max_num_seqs": 32}  # so that the work is not all given at once
    with open_sampler(settings(temperature=0.8, top_p=0.9, data_parallel=2, engine=small)) as opened:
        engines = [each for each in psutil.Process().children() if each not in before]
        assert len(engines) == 2
        yield Two(opened, engines)
    assert not any(engine.is_running() for engine in engines)


def test_two_engines_answer_as_one(two: Two, sampler: Sampler, ask: Ask, requests_of: Requests) -> None:
    requests = requests_of(40, 8)
    both, one = ask(two.sampler, requests), ask(sampler, requests)
    assert {key: each.text for key, each in both.items()} == {key: each.text for key, each in one.items()}


def test_what_a_killed_engine_had_is_asked_of_the_other_and_without_any_it_is_said(
    two: Two, sampler: Sampler, ask: Ask, requests_of: Requests, say: Callable[[str], None]
) -> None:
    requests = requests_of(60, 8)
    expected = {key: completion.text for key, completion in ask(sampler, requests).items()}
    found = list(_killing(two.engines[0], two.sampler, requests))
    assert len(found) == len(requests)
    assert {(answered.request[:2]): answered.completion.text for answered in found} == expected
    say(f"data_parallel 2, one engine killed after 50 of {len(requests)} answers: {len(found)} answered, none twice")
    found = []
    with pytest.raises(ModelError, match=r"^all vLLM engines have ended \(a vLLM engine was killed"):
        found.extend(_killing(two.engines[1], two.sampler, requests))
    with pytest.raises(ModelError, match=r"^all vLLM engines have ended"):
        list(two.sampler.sample(iter(requests)))


def _killing(engine: psutil.Process, sampler: Sampler, requests: list[Request]) -> Iterator[Answered]:
    """The answers; after 50 of them the engine is killed."""
    for n, answered in enumerate(sampler.sample(iter(requests)), start=1):
        yield answered
        if n == 50:
            os.kill(engine.pid, signal.SIGKILL)
