"""Sampling chats from a policy: the one loop that building and evaluating share.

In: a policy, chats, and a seed for each. Out: a `Generation` for each, in order. The random numbers of a completion
come from its own seed alone, so that neither its batch nor the order of the work changes it, as far as the arithmetic
of the hardware allows. It leaves out serving engines.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dualset.builders.candidates.batch import Batch, Prompt
from dualset.builders.candidates.draw import Draw
from dualset.builders.candidates.policy import MICRO_POLICY, MICRO_POLICY_FOLDER, Policy, load_policy
from dualset.builders.dataset.records import Message
from dualset.builders.errors import ModelError
from dualset.builders.progress import Progress, silent

__all__ = ["MICRO_POLICY", "MICRO_POLICY_FOLDER", "Generation", "Policy", "generate", "load_policy"]

_THINK = "<think>\n"


class Generation(NamedTuple):
    """One completion.

    Attributes:
        text: what the model said, the end token left off. Where the chat template itself opens a ``<think>``, it is put
            back in front, so that the text can be read alone.
        n_tokens: tokens sampled, the end token included.
        finish_reason: stop (the model ended) or length (it was cut).
        mean_logprob: of those tokens under the model as it is: at temperature 1, without top-p and top-k; 6 decimals.
    """

    text: str
    n_tokens: int
    finish_reason: str
    mean_logprob: float


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
) -> Iterator[Generation]:
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
    prompts = _prompts(policy, chats, seeds, max_tokens)
    draw = Draw(temperature=temperature, top_p=top_p, top_k=top_k)
    by_length = sorted(range(len(prompts)), key=lambda i: len(prompts[i].ids))  # little padding
    done: dict[int, Generation] = {}
    following = 0
    for start in range(0, len(prompts), batch_size):
        part = by_length[start : start + batch_size]
        batch = Batch(policy, [prompts[i] for i in part], draw)
        batch.run()
        done.update((i, _generation(policy, *batch.answer(n))) for n, i in enumerate(part))
        progress("sample", start + len(part), len(prompts))
        while following in done:
            yield done.pop(following)
            following += 1


def _prompts(policy: Policy, chats: Sequence[Sequence[Message]], seeds: Sequence[int], max_tokens: int) -> list[Prompt]:
    window = getattr(policy.model.config.get_text_config(), "max_position_embeddings", None)
    known: dict[str, list[int]] = {}
    prompts = []
    for chat, seed in zip(chats, seeds, strict=True):
        text = policy.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True)
        if text not in known:
            known[text] = policy.tokenizer(text, add_special_tokens=False)["input_ids"]
        ids = known[text]
        if window is not None and len(ids) >= window:
            start = chat[-1]["content"][:60]
            msg = f"a prompt of {len(ids)} tokens does not fit the {window} of {policy.name}: {start!r}..."
            raise ModelError(msg)
        opening = _THINK if text.rstrip().endswith(_THINK.rstrip()) else ""
        limit = max_tokens if window is None else min(max_tokens, window - len(ids))
        prompts.append(Prompt(ids=ids, opening=opening, limit=limit, seed=seed))
    return prompts


def _generation(policy: Policy, prompt: Prompt, tokens: list[int], mean_logprob: float, ended: bool) -> Generation:
    said = tokens[:-1] if ended else tokens
    text = policy.tokenizer.decode(said, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return Generation(
        text=prompt.opening + text,
        n_tokens=len(tokens),
        finish_reason="stop" if ended else "length",
        mean_logprob=round(mean_logprob, 6),
    )
