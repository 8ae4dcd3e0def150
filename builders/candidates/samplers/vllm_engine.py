"""One vLLM engine, in this process. In: runs of requests. Out: the outcome of each, in the step in which it ends.

A run is one request to vLLM with ``n`` samples, of which sample j is drawn with the first seed plus j: the same text
as when it is asked for alone. vLLM's ``LLM.chat`` would hand over a request once its last sample has ended, so the
engine below it is stepped here. Chats are rendered with the engine's tokenizer as everywhere (``render.py``).
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dualset.builders.candidates.render import Renderer
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG, Completion, Sampling
from dualset.builders.candidates.samplers.vllm_order import Failure, Order, Outcome, Run
from dualset.builders.errors import ModelError

__all__ = ["Engine", "faults", "one_line"]

_FAULTS = (ValueError, TypeError, LookupError, AttributeError, AssertionError, OSError, RuntimeError, ImportError)

_OURS = {
    "model": "candidates.model",
    "revision": "candidates.model_revision",
    "data_parallel_size": "candidates.data_parallel",
    "chat_template": "candidates.chat_template",
    **dict.fromkeys(("tokenizer", "tokenizer_revision", "code_revision"), "candidates.model"),
    **dict.fromkeys(("generation_config", "override_generation_config"), "candidates.temperature and the like"),
    "seed": "candidates.seed",
}
_NEVER = ("trust_remote_code", "logprobs_mode", "skip_tokenizer_init", "runner")
_ASKED_AGAIN = ("abort", "error")
_WHOLE = 1 << 30  # tokens between two looks at an answer: none before its end


class Engine:
    """A loaded engine.

    Raises:
        ModelError: it cannot be loaded.
    """

    def __init__(self, order: Order) -> None:
        from vllm.inputs import tokens_input

        self._order = order
        llm = _load(order)
        self._engine, self._tokenizer = llm.llm_engine, llm.get_tokenizer()
        config = self._engine.vllm_config
        self._window: int = config.model_config.max_model_len
        self.capacity: int = 2 * config.scheduler_config.max_num_seqs
        """Samples that are worth having here at a time: as many wait as are worked on."""
        if order.chat_template is None and not self._tokenizer.chat_template:
            msg = f"{order.name}: its tokenizer has no chat template, so it cannot be asked anything"
            raise ModelError(f"{msg}: use an instruction model")
        self._renderer = Renderer(self._tokenizer, order.chat_args, order.chat_template)
        self._greedy = _is_greedy(order.sampling)
        self._tokens_input = tokens_input
        self._begun: dict[str, _Begun] = {}
        self._asked = 0

    @property
    def busy(self) -> bool:
        """Whether there is anything to step for."""
        return bool(self._begun)

    def add(self, run: Run) -> list[Outcome]:
        """Ask for a run; what has no answer is said at once."""
        try:
            ids, opening = self._renderer.render(run[0][1].chat)
        except faults(ModelError) as error:
            return [(number, Failure(one_line(error), again=False)) for number, _ in run]
        room = min(self._order.sampling.max_tokens, self._window - len(ids))
        if room <= 0:
            return [(number, Completion("", 0, PROMPT_TOO_LONG, None)) for number, _ in run]
        outcomes: list[Outcome] = []
        for part in [[each] for each in run] if self._greedy else [run]:
            try:
                self._add(part, ids, opening, room)
            except faults() as error:
                outcomes += [(number, Failure(one_line(error), again=False)) for number, _ in part]
        return outcomes

    def step(self) -> list[Outcome]:
        """Work on: a token for each answer at work. Those that end with it come out."""
        outcomes: list[Outcome] = []
        for output in self._engine.step():
            begun = self._begun.get(output.request_id)
            if begun is None:
                continue
            for part in output.outputs:
                tokens = begun.tokens.setdefault(part.index, [])
                tokens.extend(part.token_ids)
                if part.finish_reason is not None:
                    outcomes.append((begun.run[part.index][0], self._outcome(part, tokens, begun.opening)))
                    del begun.tokens[part.index]
            if output.finished:
                del self._begun[output.request_id]
        return outcomes

    def forget(self) -> None:
        """Nobody waits for what is at work."""
        self._engine.abort_request(list(self._begun))
        self._begun.clear()

    def _add(self, run: Run, ids: list[int], opening: str, room: int) -> None:
        name = str(self._asked)
        self._asked += 1
        params = _params(self._order.sampling, n=len(run), seed=run[0][1].seed, max_tokens=room)
        self._engine.add_request(name, self._tokens_input(ids), params)
        self._begun[name] = _Begun(run, opening)

    def _outcome(self, part: Any, tokens: list[int], opening: str) -> Completion | Failure:
        if part.finish_reason in _ASKED_AGAIN:
            return Failure(f"vLLM ended a request with {part.finish_reason!r}", again=True)
        stop = self._order.sampling.stop if isinstance(part.stop_reason, str) else ()
        ended = part.finish_reason == "stop" and not stop  # by an end token, the last one
        said = tokens[:-1] if ended else tokens
        text = self._tokenizer.decode(said, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        stops = [at for each in stop if (at := text.find(each)) >= 0]
        total = part.cumulative_logprob
        known = total is not None and math.isfinite(total) and tokens
        return Completion(
            text=opening + (text[: min(stops)] if stops else text),
            n_tokens=len(tokens),
            finish_reason=part.finish_reason,
            mean_logprob=round(total / len(tokens), 6) if known else None,
        )


class _Begun:
    """A run at work: its tokens so far, by sample."""

    def __init__(self, run: Run, opening: str) -> None:
        self.run, self.opening = run, opening
        self.tokens: dict[int, list[int]] = {}


def faults(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What vLLM raises where it cannot do something, and ``more``."""
    try:
        from vllm import exceptions
    except ImportError:
        return (*more, *_FAULTS)
    return (*more, *_FAULTS, getattr(exceptions, "VLLMError", ValueError))


def one_line(error: BaseException) -> str:
    """The error's first words: libraries write paragraphs."""
    text = " ".join(str(error).split("For further information")[0].split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."


def _load(order: Order) -> Any:
    try:
        import vllm
        from vllm.platforms import current_platform

        _check(order.arguments, vllm)
        _check_sampling(order.sampling)
        given = dict(order.arguments)
        if current_platform.is_cpu():
            # reading the prompt of a request with a seed in parts ends in "CPU Generator does not use offset" (0.32)
            given.setdefault("enable_chunked_prefill", False)
        llm = vllm.LLM(
            **{"use_tqdm_on_load": False, **given},
            model=order.folder,
            seed=order.seed % 2**32,
            generation_config="vllm",  # of the model's own, only the end tokens
            logprobs_mode="raw_logprobs",
        )
    except faults() as error:
        msg = f"vLLM cannot load {order.name} ({one_line(error)}): see candidates.engine, and VLLM_LOGGING_LEVEL=INFO"
        raise ModelError(f"{msg} for all that vLLM says") from error
    return llm


def _check(arguments: Mapping[str, Any], vllm: Any) -> None:
    known = {field.name for field in fields(vllm.EngineArgs)}
    for name in arguments:
        if name in _OURS:
            msg = f"candidates.engine.{name} is not for a recipe to give: it comes from {_OURS[name]}"
            raise ModelError(msg)
        if name in _NEVER:
            msg = f"candidates.engine.{name} is not for a recipe to give: dualset needs it as it is"
            raise ModelError(msg)
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            msg = f"candidates.engine.{name} is no argument of the LLM of vLLM {vllm.__version__}{hint}"
            raise ModelError(msg)


def _check_sampling(sampling: Sampling) -> None:
    drawn = _params(sampling, n=1, seed=0, max_tokens=1).temperature
    if drawn != sampling.temperature:
        msg = f"candidates.temperature is {sampling.temperature}, but vLLM would draw at {drawn}: give that, or 0"
        raise ModelError(msg)


def _is_greedy(sampling: Sampling) -> bool:
    """Whether vLLM refuses more than one sample a request."""
    kind: str = _params(sampling, n=1, seed=0, max_tokens=1).sampling_type.name
    return kind == "GREEDY"


def _params(sampling: Sampling, *, n: int, seed: int, max_tokens: int) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        n=n,
        seed=seed,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        max_tokens=max_tokens,
        stop=list(sampling.stop),
        detokenize=bool(sampling.stop),  # to see the stops; the text is made from the tokens at the end
        skip_special_tokens=False,
        logprobs=0,  # that of the token drawn
        flat_logprobs=True,  # little memory
        output_kind=RequestOutputKind.DELTA,  # each sample when it ends, not all when the last one does
        stream_interval=_WHOLE,
    )
