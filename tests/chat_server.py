"""An OpenAI-compatible server on loopback: the micro policy answers, by the seed of each request.

In: requests of the real client. Out: what vLLM would send, and what was asked (``server.asked``). Faults are asked for:
``server.fail``, ``server.say``, ``server.cut``, ``server.truncate``, ``server.slow``; ``server.hold_after`` answers so
many requests and lets the others wait. ``server.refuse`` looks at each request before it is answered, and gives the
words of a 400. Left out: streams, tools.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

from dualset.builders.candidates.batch import Prompt
from dualset.builders.candidates.generate import answer, load_policy
from dualset.builders.candidates.policy import MICRO_POLICY, Policy
from dualset.builders.candidates.render import Renderer
from dualset.builders.candidates.samplers.sampler import Completion, Sampling

__all__ = ["ChatServer", "chat_server"]

Body = dict[str, Any]
_LARGEST_BATCH = 64
_KNOWN: dict[tuple[Any, ...], Completion] = {}
"""What the policy answers, by all that decides it: most tests ask the same again."""


@dataclass
class Fault:
    """What happens to the first ``times`` requests that fit."""

    times: float
    fits: Callable[[Body], bool]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    said: bytes | None = None
    cut: bool = False
    truncate: bool = False
    slow_s: float = 0.0


@dataclass
class _Job:
    body: Body
    prompt: Prompt
    done: Future[Completion] = field(default_factory=Future)

    @property
    def sampling(self) -> Sampling:
        body = self.body
        return Sampling(
            body["temperature"], body["top_p"], max(0, body.get("top_k", 0)), 0, tuple(body.get("stop", ()))
        )


class ChatServer:
    """The server, and what was asked of it.

    Attributes:
        url: up to and including ``/v1``.
        key: what it wants as a bearer token; None: nothing.
        models: that it has.
        refuse: gives the words of a 400 for a request of so many prompt tokens, or None to answer it.
        asked: the body of every request for a completion, in order.
        authorizations: every header of that name that was seen.
        answered: bodies whose answers were sent in whole.
    """

    def __init__(self) -> None:
        self.url = ""
        self.key: str | None = None
        self.models: dict[str, dict[str, Any]] = {MICRO_POLICY: {"owned_by": "vllm", "max_model_len": 512}}
        self.lists_models = True
        self.refuse: Callable[[Body, int], str | None] = too_long
        self.asked: list[Body] = []
        self.answered: list[Body] = []
        self.authorizations: list[str | None] = []
        self.most_at_once = 0
        self._at_once = 0
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._jobs: Queue[_Job] = Queue()
        self._leave: float = float("inf")
        self._go_on = threading.Event()

    def fail(self, status: int, *, times: float = 1, fits: Callable[[Body], bool] = bool, **headers: str) -> None:
        """Answer with an error."""
        said = json.dumps({"error": {"message": f"the server says {status}", "type": "x", "code": status}}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._faults.append(Fault(times, fits, status, named, said))

    def say(self, answer: Any, *, status: int = 200, times: float = 1, fits: Callable[[Body], bool] = bool) -> None:
        """Send this instead of an answer: JSON, or bytes as they are."""
        said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self._faults.append(Fault(times, fits, status, said=said))

    def cut(self, *, times: float = 1, fits: Callable[[Body], bool] = bool) -> None:
        """Close the connection instead of answering."""
        self._faults.append(Fault(times, fits, cut=True))

    def truncate(self, *, times: float = 1) -> None:
        """Close the connection after half of the answer."""
        self._faults.append(Fault(times, bool, truncate=True))

    def slow(self, seconds: float, *, times: float = 1, fits: Callable[[Body], bool] = bool) -> None:
        """Answer later."""
        self._faults.append(Fault(times, fits, slow_s=seconds))

    def hold_after(self, answers: int) -> None:
        """Answer so many, and let the rest wait until `go_on`."""
        self._leave = answers
        self._go_on.clear()

    def go_on(self) -> None:
        """Answer all again."""
        self._leave = float("inf")
        self._go_on.set()

    def wait_until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        """Until something is so."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"asked {len(self.asked)}, answered {len(self.answered)}"
            time.sleep(0.01)

    def calm(self) -> None:
        """No faults any more, and empty lists."""
        self.go_on()
        self._faults.clear()
        self.asked.clear()
        self.answered.clear()
        self.authorizations.clear()
        self.most_at_once = 0

    def begin(self, body: Body) -> Fault | None:
        """A request has come; the fault that it meets."""
        with self._lock:
            self.asked.append(body)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            for fault in self._faults:
                if fault.times > 0 and fault.fits(body):
                    fault.times -= 1
                    return fault
        return None

    def end(self, body: Body, sent: bool) -> None:
        """It was answered, or refused."""
        with self._lock:
            self._at_once -= 1
            if sent:
                self.answered.append(body)

    def wait_for_leave(self) -> None:
        """Where only so many are answered, wait for the others' time."""
        with self._lock:
            go = self._leave > 0
            self._leave -= 1
        if not go:
            self._go_on.wait()

    def complete(self, body: Body) -> tuple[Completion, int]:
        """What the policy answers, and the tokens of the prompt."""
        ids, opening = Renderer(policy().tokenizer, body.get("chat_template_kwargs", {})).render(body["messages"])
        most = body.get("max_tokens", body.get("max_completion_tokens"))
        prompt = Prompt(ids=ids, opening=opening, limit=min(most, 512 - len(ids)), seed=body.get("seed", 0))
        job = _Job(body, prompt)
        asked = (*ids, opening, prompt.limit, prompt.seed, job.sampling)
        if asked not in _KNOWN:
            self._jobs.put(job)
            _KNOWN[asked] = job.done.result()
        return _KNOWN[asked], len(ids)

    def work(self) -> None:
        """Answer what has come, many at a time; ends at an empty body."""
        while (job := self._jobs.get()).body:
            jobs = [job]
            while len(jobs) < _LARGEST_BATCH:
                try:
                    jobs.append(self._jobs.get_nowait())
                except Empty:
                    break
            for sampling in {job.sampling for job in jobs if job.body}:
                part = [job for job in jobs if job.body and job.sampling == sampling]
                for i, completion in answer(policy(), [job.prompt for job in part], sampling, _LARGEST_BATCH):
                    part[i].done.set_result(completion)
            if not all(job.body for job in jobs):
                return

    def stop_work(self) -> None:
        """No more answers."""
        self.go_on()
        self._jobs.put(_Job({}, Prompt([], "", 0, 0)))


@cache
def policy() -> Policy:
    """The micro policy."""
    return load_policy(MICRO_POLICY, device="cpu")


def too_long(body: Body, prompt_tokens: int) -> str | None:
    """What vLLM 0.32 says, where the answer is cut at the window's end but the prompt must fit."""
    if prompt_tokens < 512:
        return None
    return (
        "This model's maximum context length is 512 tokens. However, your prompt contains at least 513 input tokens, "
        "which exceeds this limit even without any output tokens. Please reduce the length of the input prompt."
    )


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """A server that answers."""
    served = ChatServer()
    http = _Http(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": served}))
    served.url = f"http://127.0.0.1:{http.server_port}/v1"
    threads = [
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True),
        threading.Thread(target=served.work, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield served
    finally:
        served.stop_work()
        http.shutdown()
        http.server_close()
        for thread in threads:
            thread.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # clients keep their connections
    request_queue_size = 1024

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    served: ChatServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if not self._let_in():
            return
        if self.path == "/v1/models" and self.served.lists_models:
            models = [{"id": name, "object": "model"} | card for name, card in self.served.models.items()]
            self._json(200, {"object": "list", "data": models})
        else:
            self._json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._let_in():
            return
        if self.path != "/v1/chat/completions":
            self._json(404, {"detail": "Not Found"})
            return
        body = json.loads(text)
        fault = self.served.begin(body)
        sent = False
        try:
            sent = self._answer(body, fault)
        except ConnectionError:
            self.close_connection = True
        finally:
            self.served.end(body, sent)

    def _answer(self, body: Body, fault: Fault | None) -> bool:
        """Whether a completion was sent in whole."""
        if fault is not None:
            time.sleep(fault.slow_s)
            if fault.cut:
                self._hang_up()
                return False
            if fault.said is not None:
                self._send(fault.status, fault.said, fault.headers)
                return False
        if body["model"] not in self.served.models:
            words = f"The model `{body['model']}` does not exist."
            self._json(404, {"error": {"message": words, "type": "NotFoundError", "param": "model", "code": 404}})
            return False
        prompt_tokens = len(Renderer(policy().tokenizer).render(body["messages"]).ids)
        if words := self.served.refuse(body, prompt_tokens):
            self._json(400, {"error": {"message": words, "type": "BadRequestError", "param": None, "code": 400}})
            return False
        self.served.wait_for_leave()
        completion, prompt_tokens = self.served.complete(body)
        text = json.dumps(_as_json(body, completion, prompt_tokens)).encode()
        if fault is not None and fault.truncate:
            self._send(200, text[: len(text) // 2], {"Content-Length": str(len(text))})
            self._hang_up()
            return False
        self._send(200, text, {})
        return True

    def _let_in(self) -> bool:
        authorization = self.headers["Authorization"]
        self.served.authorizations.append(authorization)
        if self.served.key is None or authorization == f"Bearer {self.served.key}":
            return True
        words = f"Incorrect API key provided: {authorization}."  # some servers do say it
        self._json(401, {"error": {"message": words, "type": "invalid_request_error", "code": "invalid_api_key"}})
        return False

    def _json(self, status: int, said: Any) -> None:
        self._send(status, json.dumps(said).encode(), {})

    def _send(self, status: int, text: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(len(text))} | headers
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, *args: Any) -> None:
        pass


def _as_json(body: Body, completion: Completion, prompt_tokens: int) -> dict[str, Any]:
    each = {"token": "?", "bytes": None, "logprob": completion.mean_logprob, "top_logprobs": []}
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": completion.text},
        "finish_reason": completion.finish_reason,
        "logprobs": {"content": [each] * (completion.n_tokens or 0)} if body.get("logprobs") else None,
    }
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion.n_tokens}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [choice],
        "usage": usage,
    }
