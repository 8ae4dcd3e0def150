"""Dealing requests to engines side by side. In: engines, requests. Out: answers, as they come from any of them.

Requests of one problem with adjacent indices and seeds go together, as a run, to the engine with the most room, so that
its prompt is read once. What an engine had when it died is asked of the others; a request is asked a few times at most.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from dualset.builders.candidates.samplers.sampler import Answered, Request
from dualset.builders.candidates.samplers.vllm_order import Failure, Outcome, Run
from dualset.builders.candidates.samplers.vllm_process import EngineProcess
from dualset.builders.errors import ModelError

__all__ = ["LONGEST_RUN", "deal", "runs"]

LONGEST_RUN = 64
_TRIES = 3

_numbers = count()
"""Of all requests of this process, so that an answer that nobody waits for any more is known as such."""


class _Asked(NamedTuple):
    engine: EngineProcess
    request: Request
    tries: int


def deal(engines: Sequence[EngineProcess], requests: Iterable[Request]) -> Iterator[Answered]:
    """Have each request answered by one of the engines.

    Raises:
        ModelError: some requests could not be answered; all others were yielded before.
    """
    dealing = _Dealing(engines, requests)
    try:
        while dealing.give():
            for engine in EngineProcess.ready(dealing.alive):
                outcomes = engine.take()
                if outcomes is None:
                    dealing.bury(engine)
                else:
                    yield from dealing.answers(outcomes)
    finally:
        dealing.forget()
    dealing.say_what_is_lost()


def runs(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Put those together that one engine request can ask for."""
    run: list[Request] = []
    for request in requests:
        if run and not _follows(run[-1], request, len(run)):
            yield run
            run = []
        run.append(request)
    if run:
        yield run


def _follows(last: Request, request: Request, length: int) -> bool:
    return (
        length < LONGEST_RUN
        and (request.problem_id, request.sample_index, request.seed)
        == (last.problem_id, last.sample_index + 1, last.seed + 1)
        and (request.chat is last.chat or request.chat == last.chat)
    )


class _Dealing:
    """What is asked of whom."""

    def __init__(self, engines: Sequence[EngineProcess], requests: Iterable[Request]) -> None:
        self.alive = [engine for engine in engines if not engine.why]
        self._dead = [engine for engine in engines if engine.why]
        self._source = runs(requests)
        self._again: deque[tuple[Request, int]] = deque()
        self._asked: dict[int, _Asked] = {}
        self._load = {id(engine): 0 for engine in engines}
        self._lost, self._why = 0, ""

    def give(self) -> bool:
        """Give the engines what they have room for; whether an answer is still to come."""
        while self.alive:
            engine = max(self.alive, key=self._room)
            if self._room(engine) <= 0 or not (run := self._next()):
                break
            numbered: Run = []
            for request, tries in run:
                number = next(_numbers)
                self._asked[number] = _Asked(engine, request, tries)
                numbered.append((number, request))
            self._load[id(engine)] += len(run)
            engine.give(numbered)
        return bool(self.alive and self._asked)

    def answers(self, outcomes: Iterable[Outcome]) -> Iterator[Answered]:
        """Those that were answered; the others are asked again, or lost."""
        for number, outcome in outcomes:
            asked = self._asked.pop(number, None)
            if asked is None:
                continue
            self._load[id(asked.engine)] -= 1
            if isinstance(outcome, Failure):
                self._ask_again(asked, outcome)
            else:
                yield Answered(asked.request, outcome)

    def bury(self, engine: EngineProcess) -> None:
        """An engine has died: what it had is asked of the others."""
        self.alive.remove(engine)
        self._dead.append(engine)
        for number in [number for number, asked in self._asked.items() if asked.engine is engine]:
            self._ask_again(self._asked.pop(number), Failure(engine.why, again=True))

    def forget(self) -> None:
        """Nobody takes any more answers."""
        for engine in {id(asked.engine): asked.engine for asked in self._asked.values()}.values():
            engine.forget()

    def say_what_is_lost(self) -> None:
        """Raise where anything is."""
        if not self.alive and self._next():
            msg = f"all vLLM engines have ended ({self._dead[-1].why}): run the same command again"
            raise ModelError(msg)
        if self._lost:
            msg = f"{self._lost} requests could not be answered ({self._why}): run the same command again"
            raise ModelError(msg)

    def _room(self, engine: EngineProcess) -> int:
        return engine.capacity - self._load[id(engine)]

    def _next(self) -> list[tuple[Request, int]]:
        if self._again:
            return [self._again.popleft()]
        return [(request, 1) for request in next(self._source, ())]

    def _ask_again(self, asked: _Asked, failure: Failure) -> None:
        if failure.again and asked.tries < _TRIES:
            self._again.append((asked.request, asked.tries + 1))
        else:
            self._lost += 1
            self._why = self._why or failure.why
