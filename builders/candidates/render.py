"""A chat as the tokens that a model reads, by its tokenizer's chat template.

In: a tokenizer, chats. Out: token ids, and the part of the answer that the template has already written: some templates
open the ``<think>`` themselves, and a text without it would hide that its thought was cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dualset.builders.dataset.records import Message
from dualset.builders.errors import ModelError

__all__ = ["Rendered", "Renderer"]

_THINK = "<think>\n"


class Rendered(NamedTuple):
    """The prompt's tokens, and what the answer starts with before anything is sampled."""

    ids: list[int]
    opening: str


@dataclass
class Renderer:
    """What one tokenizer makes of chats.

    Attributes:
        tokenizer: of the model.
        args: given to the chat template, such as ``enable_thinking``.
        template: instead of the tokenizer's own.
    """

    tokenizer: Any
    args: Mapping[str, Any] = field(default_factory=dict)
    template: str | None = None
    _last: tuple[Sequence[Message], Rendered] | None = None

    def render(self, chat: Sequence[Message]) -> Rendered:
        """The prompt; the samples of a problem come one after the other, so the last one is kept.

        Raises:
            ModelError: there is no chat template, or it refuses the chat.
        """
        if self._last is None or self._last[0] is not chat:
            self._last = chat, self._render(chat)
        return self._last[1]

    def _render(self, chat: Sequence[Message]) -> Rendered:
        from jinja2 import TemplateError

        try:
            text = self.tokenizer.apply_chat_template(
                list(chat), tokenize=False, add_generation_prompt=True, chat_template=self.template, **self.args
            )
        except (TemplateError, TypeError, ValueError) as error:
            msg = f"the model's chat template refuses a chat ({' '.join(str(error).split())[:200]}): give another one"
            raise ModelError(f"{msg} with  candidates.chat_template") from error
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return Rendered(ids, _THINK if text.rstrip().endswith(_THINK.rstrip()) else "")
