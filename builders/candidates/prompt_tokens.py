"""How many tokens a prompt has, counted by the model's own tokenizer, without torch and without its weights.

In: the ``candidates:`` section and the model's folder, where it is on this machine. Out: a `PromptCounter`. Without the
folder, or where only the model's own code can read its tokenizer, characters are counted: four to a token, a guess.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualset.builders.candidates.render import Renderer
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Message

__all__ = ["CHARACTERS_A_TOKEN", "PromptCounter"]

CHARACTERS_A_TOKEN = 4
_NO_LIMIT = 10**9  # of its own: a prompt that is too long is counted, not warned of
_CHANGES_WINDOW = ("hf_overrides", "rope_scaling", "rope_parameters")


@dataclass(frozen=True, slots=True)
class PromptCounter:
    """Counts the tokens of chats.

    Attributes:
        renderer: of the model's tokenizer; None: tokens are guessed from characters.
        window: the model's context window in tokens; None: not known.
    """

    renderer: Renderer | None = None
    window: int | None = None

    @classmethod
    def of(cls, settings: CandidateSettings, folder: Path | None) -> "PromptCounter":
        """The counter of a recipe's model; ``folder`` is where its files lie, None: not on this machine."""
        tokenizer = _tokenizer(folder) if folder else None
        window = _window(settings, _trained_window(folder) if folder else None)
        own = settings.own_chat_template
        if tokenizer is None or not (own or tokenizer.chat_template):
            return cls(None, window)
        return cls(Renderer(tokenizer, settings.chat_args, own), window)

    def count(self, chat: Sequence[Message]) -> int:
        """The tokens of a chat as it is asked.

        Raises:
            ModelError: the chat template refuses it.
        """
        if self.renderer is not None:
            return len(self.renderer.render(chat).ids)
        return -(-sum(len(message["content"]) for message in chat) // CHARACTERS_A_TOKEN)

    def room(self, prompt_tokens: int, max_tokens: int) -> int:
        """Tokens that an answer may have at most; 0: the prompt does not fit. A guessed prompt bounds nothing."""
        if self.renderer is None or self.window is None:
            return max_tokens
        return max(0, min(max_tokens, self.window - prompt_tokens))


def _tokenizer(folder: Path) -> Any:
    """None where it cannot be read; ``AutoTokenizer`` would read more kinds, and import torch."""
    if not (folder / "tokenizer.json").is_file():
        return None
    try:
        from transformers import PreTrainedTokenizerFast

        return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True, model_max_length=_NO_LIMIT)
    except (ImportError, OSError, ValueError, KeyError, TypeError):
        return None


def _trained_window(folder: Path) -> int | None:
    """As the model's configuration says; ``AutoConfig`` would import torch."""
    try:
        config = json.loads((folder / "config.json").read_text())
        size = config.get("text_config", config).get("max_position_embeddings")
    except (OSError, ValueError, AttributeError):
        return None
    return size if isinstance(size, int) else None


def _window(settings: CandidateSettings, trained: int | None) -> int | None:
    """The window that will hold; a server has its own, which it does not tell before it is asked."""
    if settings.source == "openai":
        return None
    if settings.source == "vllm":
        given = settings.engine.get("max_model_len")
        if isinstance(given, int):
            return given
        if any(name in settings.engine for name in _CHANGES_WINDOW):
            return None
    return trained
