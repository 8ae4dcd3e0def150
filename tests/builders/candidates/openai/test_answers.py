"""What single answers and refusals mean, in the shapes and words of several servers."""

import json
from typing import Any

import pytest

from dualset.builders.candidates.extract import extract_code
from dualset.builders.candidates.samplers.openai_answer import NoCompletion, read_answer
from dualset.builders.candidates.samplers.openai_refusal import read_refusal, window_in
from dualset.builders.candidates.samplers.sampler import Completion

CODE = "```python\nprint(1)\n```"


def answer(reason: Any = "stop", n: int | None = 3, logprobs: Any = None, **message: Any) -> dict[str, Any]:
    choice = {"message": {"role": "assistant"} | message, "finish_reason": reason, "logprobs": logprobs}
    return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": n}}


def text_of(reason: str = "stop", *, thinking: bool | None = None, **message: Any) -> str:
    return read_answer(answer(reason, **message), thinking=thinking).completion.text


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_a_thought_in_a_field_of_its_own_becomes_text(name: str) -> None:
    whole = f"<think>\nLet me see.\n</think>\n\n{CODE}"
    assert text_of(content=CODE, **{name: "Let me see."}) == whole
    assert text_of(content=f"\n\n{CODE}", **{name: "\nLet me see.\n"}) == whole
    assert text_of("length", content=None, **{name: "Let me"}) == "<think>\nLet me"
    assert text_of("length", content="", **{name: "Let me"}) == "<think>\nLet me"
    assert text_of(content=CODE, **{name: None}) == text_of(content=CODE, **{name: "\n\n"}) == CODE


def test_the_opening_tag_that_a_template_has_written_is_put_back() -> None:
    assert text_of(content=f"Hm.\n</think>\n\n{CODE}") == f"<think>\nHm.\n</think>\n\n{CODE}"
    assert text_of(content=f"<think>\nHm.\n</think>\n\n{CODE}") == f"<think>\nHm.\n</think>\n\n{CODE}"
    assert text_of("length", content="Hm. " + CODE, thinking=True) == "<think>\nHm. " + CODE
    assert text_of("length", content="<think>\nHm. ", thinking=True) == "<think>\nHm. "  # the model opens it itself
    for thinking in (None, False):
        assert text_of("length", content=CODE, thinking=thinking) == CODE
    assert text_of("stop", content=CODE, thinking=True) == CODE  # it did without


@pytest.mark.parametrize(
    "cut", [{"reasoning": f"Try {CODE}"}, {"content": f"Try {CODE}"}, {"content": f"<think>\nTry {CODE}"}]
)
def test_a_thought_that_was_cut_holds_no_code(cut: dict[str, str]) -> None:
    assert extract_code(text_of("length", thinking=True, **cut))[0] is None


def test_an_empty_answer_is_one_where_the_model_ended() -> None:
    for content in (None, ""):
        assert read_answer(answer(content=content, n=1)).completion == Completion("", 1, "stop", None)
    assert read_answer(answer("content_filter", n=None)).completion == Completion("", None, "content_filter", None)
    assert text_of(content=None, refusal="I cannot.") == "I cannot."
    assert text_of(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]) == "ab"


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"finish_reason": "stop"}]},
        {"choices": [{"finish_reason": "stop", "message": None}]},
        answer(None, content="def f"),
        answer("", content="def f"),
        answer("abort", content="def f"),
        answer("error", content="def f"),
        answer(content=3),
        answer(content=[{"type": "image"}]),
        {"error": {"message": "no"}},
    ],
)
def test_an_answer_without_a_completion_is_none(said: Any) -> None:
    with pytest.raises(NoCompletion):
        read_answer(said)


def entries(*values: Any) -> dict[str, Any]:
    return {"content": [{"token": "x", "logprob": value} for value in values]}


@pytest.mark.parametrize(
    ("logprobs", "n", "mean"),
    [
        (entries(-1.0, -0.5, 0), 3, -0.5),
        (entries(-1.0, -0.5), 3, -0.75),  # without the end token
        (entries(-1.0, -0.5), None, -0.75),
        (entries(-1.0), 3, None),  # of the visible part only
        (entries(-1.0, -0.5, -1, -1), 3, None),
        (entries(-1.0, None, -1), 3, None),
        (entries(-1.0, float("-inf"), -1), 3, None),
        (entries(), 0, None),
        ({"content": None}, 3, None),
        (None, 3, None),
        ([], 3, None),
    ],
)
def test_the_mean_logprob_is_that_of_all_tokens_or_unknown(logprobs: Any, n: int | None, mean: float | None) -> None:
    assert read_answer(answer(n=n, content="x", logprobs=logprobs)).completion.mean_logprob == mean
    assert read_answer(answer(n=n, content="x", logprobs=logprobs), logprobs=False).completion.mean_logprob is None


ABOUT_CONTEXT = [
    "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens.",
    "This model's maximum context length is 512 tokens. However, your prompt contains 9000 characters.",
    "max_tokens=131072 cannot be greater than max_model_len=40960. Please request fewer output tokens.",
    "max_tokens must be at least 1, got 0.",
    "max_tokens must be at least 1, got -186.",
    "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    "Input length (5000 tokens) exceeds the maximum allowed length (4090 tokens). Use a shorter input.",
    "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 1000 `inputs` tokens and 4000",
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "Your input exceeds the context window of this model.",
]


@pytest.mark.parametrize("words", ABOUT_CONTEXT)
def test_refusals_about_the_context_window_are_known(words: str) -> None:
    for body in ({"error": {"message": words, "code": 400}}, {"object": "error", "message": words}, {"detail": words}):
        refusal = read_refusal(400, {}, json.dumps(body).encode())
        assert refusal.about_context
        assert not refusal.passing
        assert refusal.words == words
    assert not read_refusal(500, {}, json.dumps({"error": words}).encode()).about_context


def test_refusals_about_the_context_window_are_known_by_their_code() -> None:
    for code in ({"code": "context_length_exceeded"}, {"code": 400, "type": "exceed_context_size_error"}):
        for status in (400, 500):
            refusal = read_refusal(status, {}, json.dumps({"error": {"message": "no"} | code}).encode())
            assert (refusal.about_context, refusal.passing) == (True, False)


@pytest.mark.parametrize(
    ("words", "window"),
    [
        (ABOUT_CONTEXT[0], 4096),
        (ABOUT_CONTEXT[2], 40960),
        (ABOUT_CONTEXT[9], 4096),
        ("Requested token count exceeds the model's maximum context length of 202752 tokens. You requested", 202752),
        ("However, the model's context length is only 32768 tokens, resulting in", 32768),
        ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease", 200000),
        ("maximum context length is 128,000 tokens", 128000),
        ("Your input exceeds the context window of this model.", None),
    ],
)
def test_the_window_is_read_from_the_words(words: str, window: int | None) -> None:
    assert window_in(words) == window


def test_parameters_are_named_as_words_and_not_by_an_echo_of_the_request() -> None:
    def named(status: int, body: Any) -> set[str]:
        return read_refusal(status, {}, json.dumps(body).encode()).names(["seed", "top_k", "logprobs"])

    assert named(400, {"error": {"message": "property 'top_k' is unsupported"}}) == {"top_k"}
    assert named(400, {"error": {"message": "Unsupported", "param": "seed"}}) == {"seed"}
    assert named(403, {"error": {"message": "You are not allowed to request logprobs from this model"}}) == {"logprobs"}
    assert named(400, {"error": {"message": "top_logprobs and seeds"}}) == set()
    assert named(500, {"error": {"message": "logprobs"}}) == set()
    wrong = {"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted", "input": {"seed": 1}}
    assert named(422, {"detail": [wrong]}) == {"top_k"}
    assert named(400, {"error": {"message": f"1 validation error: {wrong}"}}) == {"top_k"}


def test_a_body_of_any_kind_is_read() -> None:
    for body in (b"", b"\xff\xfe", b"<html>502</html>", b"null", b"[[[[", b"[" * 100_000, b'{"error": null}', b"3"):
        assert read_refusal(502, {}, body).passing
