"""The recipe's ``candidates:`` section: which model's attempts, and how they were or are sampled."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from dualset.builders.candidates.samplers.sampler import Sampling
from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.settings import preset_values

__all__ = ["ENGINES", "PRESETS", "CandidateSettings", "ServerSettings", "with_preset"]

ENGINES = ("transformers", "vllm", "openai")
PRESETS = Path(__file__).parent / "presets"

_IMPORTED = {"format", "path", "hub", "revision", "files"}
_SAMPLED = {"n", "seed", "prompt", "system", "stop", "thinking", "template_args"}
_USED = {
    "samples": _IMPORTED,
    "transformers": _SAMPLED | {"chat_template", "batch_size", "device"},
    "vllm": _SAMPLED | {"chat_template", "engine", "data_parallel"},
    "openai": _SAMPLED | {"server"},
}
"""The keys that only some sources use; all others are used by all."""


_ADDRESS = re.compile(r"https?://[^?#\s]+")
_SECRET = re.compile(r"key|authorization|secret|password|(access|auth|api|bearer).?token", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSettings:
    """An OpenAI-compatible server; nothing of it but ``extra_body`` decides the data.

    Attributes:
        url: its address, up to and including ``/v1``.
        key_env: the environment variable that holds the key; where it is not set, none is sent.
        concurrency: requests in flight.
        tries: how often a request is asked before it counts as failed, with growing pauses.
        timeout_s: for one request.
        extra_body: sent with every request, for what only this server knows.
    """

    url: str = "http://127.0.0.1:8000/v1"
    key_env: str = "OPENAI_API_KEY"
    concurrency: int = 64
    tries: int = 6
    timeout_s: float = 3600.0
    extra_body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateSettings:
    """Imported samples (``source: samples``), or a model to sample by the engine that ``source`` names.

    Attributes:
        source: samples, transformers, vllm or openai.
        format: samples: jsonl, codet, humaneval, livecodebench, apps or mapcoder.
        path: samples: one file or folder, or several.
        hub: samples: a Hub dataset id instead of ``path``, then with ``revision``.
        revision: samples: the Hub commit.
        files: samples: of a Hub dataset, the files to read, as a glob; all data files by default.
        model: samples: who wrote them, where the file does not say. Else: a local folder, a Hub id, or ``micro`` for
            the policy that comes with the package; openai: the name that the server knows it by.
        model_revision: the model's Hub commit, branch or tag.
        n: samples a problem.
        temperature: sampling temperature; for samples, what the file's samples were drawn at.
        top_p: nucleus mass, likewise.
        top_k: 0 is off, likewise.
        max_tokens: new tokens at most.
        stop: texts that end a completion.
        seed: the run's seed; each sample's own is derived from it, the problem and the index.
        prompt: a prompt template's name, with or without its version, or the path of a ``.jinja`` file; null:
            ``program``, or ``statement`` for generated problems.
        system: a system turn before the prompt.
        thinking: true or false where the model's chat template can be told to think or not (``enable_thinking``).
        template_args: anything else for the chat template, such as ``{reasoning_effort: high}``.
        chat_template: a file with a chat template instead of the tokenizer's own.
        batch_size: transformers: sequences a forward pass; no part of the version's identity.
        device: transformers: cpu, cuda or auto; no part of the version's identity.
        engine: vllm: arguments of its ``LLM``, such as ``{max_model_len: 40960}``.
        data_parallel: vllm: engines side by side, a GPU (or tensor-parallel set) each; no part of the identity.
        server: openai: where and how to ask.
    """

    source: str
    format: str | None = None
    path: tuple[str, ...] = ()
    hub: str | None = None
    revision: str | None = None
    files: str | None = None
    model: str | None = None
    model_revision: str | None = None
    n: int = 8
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()
    seed: int = 0
    prompt: str | None = None
    system: str | None = None
    thinking: bool | None = None
    template_args: Mapping[str, Any] = field(default_factory=dict)
    chat_template: str | None = None
    batch_size: int = 64
    device: str = "auto"
    engine: Mapping[str, Any] = field(default_factory=dict)
    data_parallel: int = 1
    server: ServerSettings = field(default_factory=ServerSettings)

    @property
    def sampling(self) -> Sampling:
        """How to draw. What the settings leave open is DuST's: temperature 1, top-p 1, top-k off."""
        return Sampling(
            temperature=1.0 if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            top_k=0 if self.top_k is None else self.top_k,
            max_tokens=self.max_tokens,
            stop=self.stop,
        )

    @property
    def chat_args(self) -> dict[str, Any]:
        """What the chat template is told."""
        said = {} if self.thinking is None else {"enable_thinking": self.thinking}
        return {**said, **self.template_args}

    @property
    def own_chat_template(self) -> str | None:
        """The text of ``chat_template``.

        Raises:
            RecipeError: it cannot be read.
        """
        if self.chat_template is None:
            return None
        try:
            return Path(self.chat_template).read_text()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"candidates.chat_template: cannot read {self.chat_template}: {error}"
            raise RecipeError(msg) from error

    @property
    def content(self) -> dict[str, Any]:
        """What decides the data, as plain data: only keys that the source uses; no paths, addresses or speeds."""
        said = {name: value for name, value in asdict(self).items() if _uses(self.source, name)}
        for name in ("path", "batch_size", "device", "data_parallel"):
            said.pop(name, None)
        for name in ("model", "prompt", "chat_template"):
            if (text := said.get(name)) and Path(text).is_absolute():
                said[name] = Path(text).name
        if "server" in said:
            said["server"] = {"extra_body": said["server"]["extra_body"]}
        return said

    def check(self) -> None:
        """Say what makes no sense.

        Raises:
            RecipeError: names the key, the value seen and what is expected.
        """
        if self.source not in _USED:
            msg = f"candidates.source is {self.source!r}: {did_you_mean(self.source, _USED)}"
            raise RecipeError(msg)
        for each in fields(self):
            default = each.default if each.default_factory is MISSING else each.default_factory()
            if not _uses(self.source, each.name) and getattr(self, each.name) != default:
                users = ", ".join(source for source in _USED if _uses(source, each.name))
                msg = f"candidates.{each.name} is given, but source {self.source!r} does not use it (used by: {users})"
                raise RecipeError(msg)
        if self.source in ENGINES and not self.model:
            msg = f"candidates.model is missing: source {self.source!r} needs the name of a model"
            raise RecipeError(msg)
        self._check_numbers()

    def _check_numbers(self) -> None:
        draw, server = self.sampling, self.server
        secret = [name for name in server.extra_body if _SECRET.search(name)]
        checks = (
            (self.n >= 1, "n", self.n, "1 or more"),
            (draw.temperature >= 0, "temperature", draw.temperature, "0 or more"),
            (0 < draw.top_p <= 1, "top_p", draw.top_p, "above 0 and at most 1"),
            (draw.top_k >= 0, "top_k", draw.top_k, "0 (off) or more"),
            (self.max_tokens >= 1, "max_tokens", self.max_tokens, "1 or more"),
            (all(self.stop), "stop", list(self.stop), "texts that are not empty"),
            (self.batch_size >= 1, "batch_size", self.batch_size, "1 or more"),
            (self.data_parallel >= 1, "data_parallel", self.data_parallel, "1 or more"),
            (
                _ADDRESS.fullmatch(server.url),
                "server.url",
                "no address",
                "http(s)://HOST[:PORT]/v1 without a query",
            ),
            (server.key_env.isidentifier(), "server.key_env", "no variable's name", "one such as OPENAI_API_KEY"),
            (not secret, "server.extra_body", secret, "no key or token: it would be published; use server.key_env"),
            (server.concurrency >= 1, "server.concurrency", server.concurrency, "1 or more"),
            (server.tries >= 1, "server.tries", server.tries, "1 or more"),
            (server.timeout_s > 0, "server.timeout_s", server.timeout_s, "above 0"),
        )
        for holds, name, value, wanted in checks:
            if not holds:
                msg = f"candidates.{name} is {value!r}: expected {wanted}"
                raise RecipeError(msg)


def with_preset(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section with the values of its ``preset`` below its own.

    Raises:
        RecipeError: there is no such preset.
    """
    section = dict(section)
    name = section.pop("preset", None)
    if name is None:
        return section
    return preset_values("candidates.preset", name, PRESETS) | section


def _uses(source: str, key: str) -> bool:
    return not any(key in keys for keys in _USED.values()) or key in _USED[source]
