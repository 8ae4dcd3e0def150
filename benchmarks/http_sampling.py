"""Sampling over HTTP with 1, 8 and 64 requests in flight: completions and tokens a second, against one server.

Run:  python benchmarks/http_sampling.py [--json] [--seconds 5] [--latency-ms 50] [--in-flight 1,8,64]
      python benchmarks/http_sampling.py --url http://127.0.0.1:8000/v1 --model NAME [--completions 256]

Without an address the server is one that does nothing but wait, so the client is what is measured: until its processor
is busy, 8 requests in flight are 8 times as fast as 1. With one, it is the real server that gains or does not. Each
number of requests in flight has its own prompts and seeds, and is measured after some requests to warm up.
"""

import asyncio
import json
import multiprocessing
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from machine import circumstances

from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.candidates.samplers.openai import OpenAISampler
from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
from dualset.builders.problems.micro import micro_problems

_TOKENS = 32
_TEXT = "```python\ndef f(xs):\n    return sorted(xs)\n```"
_PROBLEMS = micro_problems(64, 0)


@click.command()
@click.option("--url", help="A server that runs; default: one that answers after a fixed time.")
@click.option("--model", default="micro", show_default=True)
@click.option("--completions", default=256, show_default=True, help="With --url: for each number in flight.")
@click.option("--max-tokens", default=64, show_default=True)
@click.option("--seconds", default=5.0, show_default=True, help="Without --url: for each number in flight, at best.")
@click.option("--latency-ms", default=50.0, show_default=True, help="Without --url: of each answer.")
@click.option("--in-flight", default="1,8,64", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    url: str | None,
    model: str,
    completions: int,
    max_tokens: int,
    seconds: float,
    latency_ms: float,
    in_flight: str,
    as_json: bool,
) -> None:
    """Measure."""
    figures = circumstances("openai", "httpx2")
    figures["server"] = url.rpartition("@")[2] if url else f"answers after {latency_ms:g} ms"
    rows: list[dict[str, Any]] = []
    with _waiting_server(latency_ms / 1000) if url is None else _as_it_is(url) as address:
        for k, n in enumerate(map(int, in_flight.split(","))):
            settings = CandidateSettings(
                source="openai",
                model=model,
                max_tokens=max_tokens,
                server=ServerSettings(url=address, concurrency=n),
            )
            _measure(settings, min(2 * n, 64), seed=10**9 * (2 * k + 1))
            wanted = round(seconds * 1000 / latency_ms) * n if url is None else completions
            rows.append({"in_flight": n} | _measure(settings, wanted, seed=10**9 * (2 * k + 2)))
    for row in rows:
        row["times_the_first"] = round(row["completions_per_s"] / rows[0]["completions_per_s"], 2)
    figures["measured"] = rows
    if as_json:
        print(json.dumps(figures))
        return
    for key, value in figures.items():
        if key != "measured":
            print(f"{key:<10} {value}")
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


def _measure(settings: CandidateSettings, completions: int, seed: int) -> dict[str, Any]:
    requests = (
        Request(problem.problem_id, i, seed + i, writing_prompt(problem))
        for i in range(completions)
        for problem in [_PROBLEMS[i % len(_PROBLEMS)]]
    )
    with OpenAISampler.load(settings) as sampler:
        started, cpu, tokens, done = time.perf_counter(), _cpu_s(), 0, 0
        for answered in sampler.sample(requests):
            done, tokens = done + 1, tokens + (answered.completion.n_tokens or 0)
        took = time.perf_counter() - started
    return {
        "completions": done,
        "seconds": round(took, 2),
        "completions_per_s": round(done / took, 1),
        "tokens_per_s": round(tokens / took),
        "client_cpu_ms_each": round((_cpu_s() - cpu) / done * 1000, 2),
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@contextmanager
def _as_it_is(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _waiting_server(latency_s: float) -> Iterator[str]:
    """A process that answers each request after a fixed time."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(latency_s, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def _serve(latency_s: float, port_to: Any) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(_answer_all(latency_s, port_to))


async def _answer_all(latency_s: float, port_to: Any) -> None:
    token = {"token": "x", "bytes": [120], "logprob": -0.25, "top_logprobs": []}
    choice = {"index": 0, "message": {"role": "assistant", "content": _TEXT}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 27, "completion_tokens": _TOKENS}
    answer = _response({"choices": [choice | {"logprobs": {"content": [token] * _TOKENS}}], "usage": usage})
    models = _response({"object": "list", "data": [{"id": "micro", "object": "model"}]})

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                if length:
                    await reader.readexactly(int(length[0].split(b":")[1]))
                    await asyncio.sleep(latency_s)
                writer.write(answer if length else models)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=2048)
    port_to.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _response(said: Any) -> bytes:
    body = json.dumps(said).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


if __name__ == "__main__":
    main()
