"""The card's last line, which no reader of the page sees: a digest of all above it. Who edits the card breaks the seal.

In: the card's text. Out: the text with its seal, or whether a seal holds. So a push knows a card that somebody wrote
from one that was made, by whichever version of dualset, with whichever repository's name.
"""

from dualset.builders.dataset.ids import sha256_hex

__all__ = ["is_sealed", "seal"]

_SEAL = "<!-- made by dualset, sha256 of the above: {} -->\n"


def seal(text: str) -> str:
    """The text, ended by its seal."""
    return text + _SEAL.format(sha256_hex(text.encode()))


def is_sealed(text: str) -> bool:
    """Whether the last line is the seal of the lines above."""
    above, _, _ = text.removesuffix("\n").rpartition("\n")
    return text == seal(f"{above}\n")
