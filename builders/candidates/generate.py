"""Answering chats with a loaded policy: the one loop that building and evaluating share.

In: a policy, chats, and a seed for each. Out: a `Completion` for each. The random numbers of a completion come from its
own seed alone, so that neither its batch nor the order of the work changes it, as far as the arithmetic of the hardware
allows. It leaves out serving engines (``samplers/``).
"""

from collections.abc import Iterator, Sequence

from dualset.builders.candidates.batch import Batch, Prompt
from dualset.builders.candidates.policy import MICRO_POLICY, MICRO_POLICY_FOLDER, Policy, load_policy
from dualset.builders.candidates.render import Renderer
from dualset.builders.candidates.samplers.sampler import Completion, Sampling
from dualset.builders.dataset.records import Message
from dualset.builders.errors import ModelError
from dualset.builders.progress import Progress, silent

__all__ = [
    "MICRO_POLICY",
    "MICRO_POLICY_FOLDER",
    "Policy",
    "answer",
    "generate",
    "load_policy",
    "prompt_of",
]


def generate(
    policy: Policy,
    chats: Sequence[Sequence[Message]],
    *,
    seeds: Sequence[int],
    temperature: float = 1.0,
    top_p: float = 1.0,
    top_k: int = 0,
    max_tokens: int = 1024,
    batch_size: int = 64,
    progress: Progress = silent,
) -> Iterator[Completion]:
    """Answer each chat once.

    Args:
        policy: the model.
        chats: each ends with a user turn.
        seeds: one a chat; ``n`` answers to a chat are ``n`` chats with different seeds.
        temperature: 0 takes the likeliest token each time.
        top_p: nucleus mass; 1 is off.
        top_k: 0 is off.
        max_tokens: at most so many are sampled; fewer where the model's context window ends.
        batch_size: chats a forward pass; it changes speed and memory only.
        progress: told how many chats are answered.

    Raises:
        ModelError: a prompt does not fit the context window.
    """
    renderer = Renderer(policy.tokenizer)
    prompts = []
    for chat, seed in zip(chats, seeds, strict=True):
        prompt = prompt_of(policy, renderer, chat, seed, max_tokens)
        if prompt is None:
            tokens, start = len(renderer.render(chat).ids), chat[-1]["content"][:60]
            msg = f"a prompt of {tokens} tokens does not fit the {policy.window} of {policy.name}: {start!r}..."
            raise ModelError(msg)
        prompts.append(prompt)
    sampling = Sampling(temperature=temperature, top_p=top_p, top_k=top_k, max_tokens=max_tokens)
    done: dict[int, Completion] = {}
    following = 0
    for finished, (i, completion) in enumerate(answer(policy, prompts, sampling, batch_size), start=1):
        done[i] = completion
        progress("sample", finished, len(prompts))
        while following in done:
            yield done.pop(following)
            following += 1


def prompt_of(policy: Policy, renderer: Renderer, chat: Sequence[Message], seed: int, max_tokens: int) -> Prompt | None:
    """The chat as the policy reads it; None where it leaves no room for an answer in the context window."""
    ids, opening = renderer.render(chat)
    room = max_tokens if policy.window is None else min(max_tokens, policy.window - len(ids))
    return Prompt(ids=ids, opening=opening, limit=room, seed=seed) if room > 0 else None


def answer(
    policy: Policy, prompts: Sequence[Prompt], sampling: Sampling, batch_size: int
) -> Iterator[tuple[int, Completion]]:
    """Answer prompts, the short ones first: which one, and what was said, batch by batch."""
    by_length = sorted(range(len(prompts)), key=lambda i: len(prompts[i].ids))  # little padding
    for start in range(0, len(prompts), batch_size):
        part = by_length[start : start + batch_size]
        batch = Batch(policy, [prompts[i] for i in part], sampling)
        batch.run()
        for n, i in enumerate(part):
            yield i, _completion(policy, *batch.answer(n), sampling.stop)


def _completion(
    policy: Policy, prompt: Prompt, tokens: list[int], mean_logprob: float, ended: bool, stop: Sequence[str]
) -> Completion:
    said = tokens[:-1] if ended else tokens
    text = policy.tokenizer.decode(said, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    stops = [at for each in stop if (at := text.find(each)) >= 0]
    return Completion(
        text=prompt.opening + (text[: min(stops)] if stops else text),
        n_tokens=len(tokens),
        finish_reason="stop" if ended or stops else "length",
        mean_logprob=round(mean_logprob, 6),
    )
