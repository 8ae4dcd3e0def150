"""A sample's text depends on its problem, index and seed alone; its log-probability is the model's."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dualset.builders.candidates.generate import load_policy
from dualset.builders.candidates.identity import identify
from dualset.builders.candidates.prompts import load_template
from dualset.builders.candidates.render import Renderer
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG, Completion, Request, Sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.problems.micro import micro_problems

Answers = dict[tuple[str, int], Completion]
Ask = Callable[[Sampler, list[Request]], Answers]
Requests = Callable[[int, int], list[Request]]


@pytest.fixture(scope="module")
def answers(sampler: Sampler, ask: Ask, requests_of: Requests) -> Answers:
    return ask(sampler, requests_of(40, 8))


def _same_texts(some: Answers, answers: Answers) -> bool:
    return all(completion.text == answers[key].text for key, completion in some.items())


def test_samples_asked_for_alone_are_those_of_one_request_for_all(
    sampler: Sampler, ask: Ask, requests_of: Requests, answers: Answers
) -> None:
    alone = [request for request in requests_of(40, 8) if request.sample_index in (0, 3, 4, 6)]
    assert _same_texts(ask(sampler, alone), answers)
    assert len({completion.text for completion in answers.values()}) > 100


def test_the_order_of_requests_changes_no_text(
    sampler: Sampler, ask: Ask, requests_of: Requests, answers: Answers
) -> None:
    shuffled = requests_of(40, 8)
    random.Random(0).shuffle(shuffled)
    assert _same_texts(ask(sampler, shuffled), answers)


def test_more_samples_of_a_problem_ask_for_those_that_are_missing(
    sampler: Sampler, settings: Callable[..., CandidateSettings], tmp_path: Path
) -> None:
    problems, template = micro_problems(12, 0), load_template("statement")
    five = settings(temperature=0.8, top_p=0.9)
    identity = identify(five)
    two = Sampled.at(tmp_path, replace(five, n=2), identity, template)
    two.fill(sampler, problems)
    before = {path: path.read_bytes() for path in tmp_path.glob("*/*.gz")}
    later = Sampled.at(tmp_path, five, identity, template)
    assert [indices for _, indices in later.missing(problems)] == [[2, 3, 4]] * 12
    later.fill(sampler, problems)
    assert not later.missing(problems)
    for path, kept in before.items():
        assert path.read_bytes().startswith(kept)
    at_once = Sampled.at(tmp_path / "other", five, identity, template)
    at_once.fill(sampler, problems)
    for problem in problems:
        texts = [[c.completion for c in sampled.candidates(problem)] for sampled in (later, at_once)]
        assert texts[0] == texts[1]


def test_a_prompt_that_does_not_fit_is_counted_and_one_that_leaves_little_room_is_cut(
    sampler: Sampler, ask: Ask, requests_of: Requests
) -> None:
    policy = load_policy("micro")
    renderer = Renderer(policy.tokenizer)
    chats = [({"role": "user", "content": "f " * n},) for n in range(1000, 1024)]
    assert policy.window is not None
    room = {policy.window - len(renderer.render(chat).ids): chat for chat in chats}
    requests = [Request("too long", 0, 1, room[0]), Request("little room", 0, 1, room[2]), *requests_of(1, 1)]
    found = ask(sampler, requests)
    assert found["too long", 0] == Completion("", 0, PROMPT_TOO_LONG, None)
    cut = found["little room", 0]
    assert (cut.n_tokens, cut.finish_reason) == (2, "length")
    assert found[requests[2][:2]].finish_reason == "stop"


def test_an_answer_nobody_waits_for_is_not_taken_for_another(
    sampler: Sampler, ask: Ask, requests_of: Requests, answers: Answers
) -> None:
    asked = sampler.sample(iter(requests_of(40, 8)))
    for _ in range(5):
        next(asked)
    asked.close()  # type: ignore[attr-defined]
    assert _same_texts(ask(sampler, requests_of(40, 8)), answers)


def test_log_probabilities_are_those_of_the_model_at_temperature_one(answers: Answers, requests_of: Requests) -> None:
    import torch

    policy = load_policy("micro")
    renderer = Renderer(policy.tokenizer)
    end, compared = policy.tokenizer.eos_token_id, 0
    for request in requests_of(40, 1):
        completion = answers[request.problem_id, 0]
        prompt = renderer.render(request.chat).ids
        tokens = policy.tokenizer(completion.text, add_special_tokens=False)["input_ids"]
        tokens += [end] * (completion.finish_reason == "stop")
        if len(tokens) != completion.n_tokens:
            continue  # the text can be cut into other tokens than were drawn
        with torch.inference_mode():
            logits = policy.model(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1]
        each = logits.log_softmax(-1)[range(len(tokens)), tokens]
        compared += 1
        assert completion.mean_logprob == pytest.approx(each.mean().item(), abs=2e-5)
    assert compared > 20
