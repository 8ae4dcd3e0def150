"""What goes wrong between us and a server: asked again, given up, or said at once."""

import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from asking import REQUESTS, Completions, ask, fail
from chat_server import ChatServer

from dualset.builders.errors import ModelError

FAULTS: dict[str, Callable[[ChatServer], None]] = {
    "500": lambda s: s.fail(500, times=5),
    "408, 409 and 503": lambda s: (s.fail(408), s.fail(409), s.fail(503, times=2)),
    "429": lambda s: s.fail(429, times=4, Retry_After="0.05"),
    "dropped": lambda s: s.cut(times=5),
    "truncated": lambda s: s.truncate(times=5),
    "slow": lambda s: s.slow(1.5, times=3),
    "no choices": lambda s: s.say({"choices": []}, times=3),
    "an error as 200": lambda s: s.say({"error": {"message": "overloaded"}}, times=3),
    "no finish reason": lambda s: s.say({"choices": [{"message": {"content": ""}, "finish_reason": None}]}, times=3),
    "aborted": lambda s: s.say({"choices": [{"message": {"content": "x"}, "finish_reason": "abort"}]}, times=3),
    "no JSON": lambda s: s.say(b"<html>bad gateway</html>", times=3),
    "half of JSON": lambda s: s.say(b'{"choices": [{"message": {"content": "def', times=3),
    "JSON of another kind": lambda s: s.say([1], times=3),
    "nothing": lambda s: s.say(b"", times=3),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_once_is_asked_again(server: ChatServer, wanted: Completions, fault: str) -> None:
    FAULTS[fault](server)
    assert ask(server, tries=6, timeout_s=1.0) == wanted
    assert len(server.asked) > len(REQUESTS)


@pytest.mark.parametrize("after", ["1", "date"])
def test_a_server_is_not_asked_before_the_time_it_says(server: ChatServer, after: str) -> None:
    server.fail(429, Retry_After=formatdate(time.time() + 2, usegmt=True) if after == "date" else after)
    started = time.monotonic()
    ask(server, REQUESTS[:1])
    assert 1.0 <= time.monotonic() - started < 5


def test_one_request_that_fails_does_not_stop_the_others(server: ChatServer, wanted: Completions) -> None:
    server.fail(500, times=3, fits=lambda body: body["seed"] == 301)
    got, message = fail(server)
    assert got == {seed: completion for seed, completion in wanted.items() if seed != 301}
    assert message == (
        "1 of 16 requests failed (the last: 500: the server says 500): the others are kept, so run the same command "
        "again"
    )
    assert Counter(body["seed"] for body in server.asked)[301] == 3


def test_a_server_that_asks_to_wait_for_an_hour_is_not_waited_for(server: ChatServer) -> None:
    server.fail(429, times=99, Retry_After="3600")
    got, message = fail(server, REQUESTS[:2])
    assert not got
    assert "2 of 2 requests failed" in message
    assert "it asks to wait 3600 s" in message


def test_a_server_that_is_gone_is_given_up(server: ChatServer) -> None:
    server.fail(502, times=float("inf"))
    got, message = fail(server, REQUESTS * 9, tries=2)
    assert not got
    assert message.startswith("gave up after 9 failed requests in a row (the last: 502: the server says 502)")
    assert len(server.asked) <= 2 * (9 + 4)


def test_what_was_answered_is_handed_over_before_an_error(server: ChatServer, wanted: Completions) -> None:
    server.fail(401, fits=lambda body: body["seed"] == 501)
    got, message = fail(server, concurrency=1)
    assert got == {seed: completion for seed, completion in wanted.items() if seed < 501}
    assert "wants a key" in message


def test_that_every_request_is_refused_is_said_in_the_servers_words(server: ChatServer) -> None:
    server.refuse = lambda body, tokens: "temperature must be 1 with this model"
    got, message = fail(server, concurrency=2)
    assert not got
    assert message.startswith(f"{server.url} refuses a request (400: temperature must be 1 with this model)")
    assert "every request" in message


def test_the_first_problem_alone_refused_does_not_hold_up_the_others(server: ChatServer, wanted: Completions) -> None:
    first = min(wanted)
    server.refuse = lambda body, tokens: "I would rather not" if body["seed"] == first else None
    got, message = fail(server, concurrency=1)
    assert got == {seed: completion for seed, completion in wanted.items() if seed != first}
    assert message.startswith("1 of 16 requests failed")


def test_a_rate_limit_with_the_status_of_too_large_a_request_is_waited_for(
    server: ChatServer, wanted: Completions
) -> None:
    said = {
        "error": {"message": "Request too large for model x on tokens per minute (TPM)", "code": "rate_limit_exceeded"}
    }
    server.say(said, status=413, times=3)
    assert ask(server, concurrency=2) == wanted


def test_a_wrong_truncation_is_no_long_prompt(server: ChatServer) -> None:
    server.refuse = lambda body, tokens: "truncate_prompt_tokens value (9) is greater than max_model_len (5)"
    got, message = fail(server, concurrency=2)
    assert not got
    assert "truncate_prompt_tokens" in message


def test_a_refusal_of_one_request_among_others_does_not(server: ChatServer, wanted: Completions) -> None:
    server.refuse = lambda body, tokens: "I would rather not" if body["seed"] == 700 else None
    got, message = fail(server, concurrency=2)
    assert got == {seed: completion for seed, completion in wanted.items() if seed != 700}
    assert message.startswith("1 of 16 requests failed (the last: ")
    assert "I would rather not" in message


def test_somebody_has_to_pay_first(server: ChatServer) -> None:
    said = {"error": {"message": "You exceeded your quota", "type": "insufficient_quota", "code": "insufficient_quota"}}
    server.say(said, status=429, times=9)
    got, message = fail(server, concurrency=1)
    assert (got, message) == ({}, f"{server.url} wants to be paid first (429: You exceeded your quota)")
    assert len(server.asked) == 1


def refuses(*names: str) -> Callable[[dict[str, Any], int], str | None]:
    def words(body: dict[str, Any], tokens: int) -> str | None:
        found = [name for name in names if name in body]
        return f"Unrecognized request argument supplied: {found[0]}" if found else None

    return words


def test_a_server_without_logprobs_and_other_parameters_is_asked_without_them(
    server: ChatServer, wanted: Completions, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse = refuses("logprobs", "top_k", "min_p", "repetition_penalty")
    got = ask(server)
    assert got == {seed: completion._replace(mean_logprob=None) for seed, completion in wanted.items()}
    assert [len(caplog.records), caplog.text.count("is asked without")] == [4, 4]
    server.refuse = refuses("seed")
    assert len(ask(server)) == len(REQUESTS)
    server.refuse = refuses("top_k")
    with pytest.raises(ModelError, match="top_k"):  # it decides what is drawn
        ask(server, top_k=20)
    with pytest.raises(ModelError, match="top_k"):  # the user wants it said
        ask(server, extra_body={"top_k": -1})


def test_hosted_models_that_think_want_another_name_for_max_tokens(server: ChatServer, wanted: Completions) -> None:
    def words(body: dict[str, Any], tokens: int) -> str | None:
        named = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        return f"Unsupported parameter: {named}" if "max_tokens" in body else None

    server.refuse = words
    assert ask(server) == wanted
    assert server.asked[-1]["max_completion_tokens"] == 64
