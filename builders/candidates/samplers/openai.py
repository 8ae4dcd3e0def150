"""Sampling from any OpenAI-compatible server: ``vllm serve``, SGLang, llama.cpp, hosted ones.

In: settings with a server, and the environment variable with its key. Out: a `Sampler` that keeps ``concurrency``
requests in flight, one a completion, and hands each over as it comes. Which model the server really runs, only it
knows; log-probabilities are kept where they are known to be the model's own (drawn at temperature 1 without top-p and
top-k, or from vLLM, whose default they are, or llama.cpp). Left out: batch interfaces that answer a day later.
"""

import asyncio
import logging
import resource
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from queue import SimpleQueue

from dualset.builders.candidates.samplers.event_loop import background_loop, wait_for
from dualset.builders.candidates.samplers.openai_ask import Asking, RequestFailed, RequestRefused
from dualset.builders.candidates.samplers.openai_body import check_extra
from dualset.builders.candidates.samplers.openai_server import Server, find_server, reach
from dualset.builders.candidates.samplers.sampler import Answered, Completion, Request
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import DualsetError, MissingExtra, ModelError

__all__ = ["OpenAISampler"]

log = logging.getLogger(__name__)
_OTHER_FILES = 256
_AT_LEAST_IN_A_ROW = 8
_PROBLEMS_REFUSED = 3


class OpenAISampler:
    """A `Sampler` over a server that has answered.

    Args:
        server: it.
        settings: of source ``openai``.
        pause_s: the first pause before a request is tried again.
    """

    def __init__(self, server: Server, settings: CandidateSettings, *, pause_s: float = 1.0) -> None:
        self._server, self._settings, self._pause_s = server, settings, pause_s

    @classmethod
    def load(cls, settings: CandidateSettings) -> "OpenAISampler":
        """Find the server that the settings name; nothing is sampled.

        Raises:
            ModelError: it cannot be reached, or does not let us in.
            RecipeError: its extra body says what other settings say.
            MissingExtra: openai is not installed.
        """
        try:
            import openai  # noqa: F401
        except ImportError as error:
            raise MissingExtra(error.name or "openai", "openai") from error
        check_extra(settings.server.extra_body)
        server = reach(find_server(settings.server))
        if server.models and str(settings.model) not in server.models:
            names = server.names_like(str(settings.model))
            log.warning("%s does not list the model %r (it lists %s)", server.url, settings.model, names)
        return cls(server, settings)

    def sample(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Answer each request once."""
        waiting, running = iter(requests), dict[Future[Completion], Request]()
        done: SimpleQueue[Future[Completion]] = SimpleQueue()
        with _descriptors(self._settings.server.concurrency) as in_flight, background_loop() as loop:
            clients = self._server.clients(in_flight)
            asking = Asking(clients, self._server, self._settings, pause_s=self._pause_s)
            failures = _Failures(max(_AT_LEAST_IN_A_ROW, in_flight))
            try:
                while True:
                    for request in islice(waiting, in_flight - len(running)):
                        future = asyncio.run_coroutine_threadsafe(asking.answer(request), loop)
                        running[future] = request
                        future.add_done_callback(done.put)
                    if not running:
                        break
                    request = running.pop(future := done.get())
                    try:
                        completion = future.result()
                    except RequestRefused as refused:
                        failures.refused(request, refused)
                    except RequestFailed as failed:
                        failures.another(failed)
                    else:
                        failures.none()
                        yield Answered(request, completion)
            except DualsetError:
                yield from _finished(running)
                raise
            finally:
                for future in running:
                    future.cancel()
                for client in clients:
                    wait_for(client.close(), loop)
        failures.tell()

    def close(self) -> None:
        """Nothing is open but while `sample` is at work."""

    def __enter__(self) -> "OpenAISampler":
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()


def _finished(running: Mapping[Future[Completion], Request]) -> Iterator[Answered]:
    """What has been answered in the meantime."""
    for future, request in running.items():
        if future.done() and future.exception() is None:
            yield Answered(request, future.result())


@dataclass
class _Failures:
    """Requests that failed, and how many since the last one that did not."""

    most_in_a_row: int
    asked: int = 0
    failed: int = 0
    in_a_row: int = 0
    last: str = ""
    problems_refused: set[str] = field(default_factory=set)
    answered: bool = False

    def none(self) -> None:
        self.asked, self.in_a_row, self.answered = self.asked + 1, 0, True

    def refused(self, request: Request, why: Exception) -> None:
        """One problem's prompt may be to blame; where several are refused and none is answered, the settings are."""
        self.asked, self.failed = self.asked + 1, self.failed + 1
        self.problems_refused.add(request.problem_id)
        self.last = f"{why}, for problem {request.problem_id}"
        if not self.answered and len(self.problems_refused) >= _PROBLEMS_REFUSED:
            raise ModelError(f"{why}: every request so far was refused")

    def another(self, why: Exception) -> None:
        self.asked, self.failed, self.in_a_row = self.asked + 1, self.failed + 1, self.in_a_row + 1
        self.last = str(why)
        if self.in_a_row > self.most_in_a_row:
            msg = f"gave up after {self.in_a_row} failed requests in a row (the last: {self.last}): what was answered "
            raise ModelError(f"{msg}is kept, so run the same command again when the server is well")

    def tell(self) -> None:
        if self.failed and self.failed == self.asked and self.problems_refused:
            raise ModelError(f"{self.last}: every request was refused")
        if self.failed:
            msg = f"{self.failed} of {self.asked} requests failed (the last: {self.last}): the others are kept, so run"
            raise ModelError(f"{msg} the same command again")


@contextmanager
def _descriptors(in_flight: int) -> Iterator[int]:
    """How many requests can be in flight: each holds a file descriptor. The soft limit is raised for as long."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = in_flight + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        yield in_flight
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        if most < wanted:
            log.warning("only %d requests in flight: this process may open %d files", most - _OTHER_FILES, most)
        yield max(1, most - _OTHER_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
