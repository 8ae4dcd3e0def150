"""LiveCodeBench's packed tests: base64 of zlib of a pickled text. Unpacked without ever running pickle.

A pickle is a program for a small machine that can call anything. Here its instructions are only listed
(``pickletools.genops`` does not execute), and anything but "here is one text" is refused.
"""

import base64
import binascii
import pickletools
import zlib

__all__ = ["MAX_UNPACKED_BYTES", "unpack_tests"]

MAX_UNPACKED_BYTES = 512 * 1024 * 1024
"""Far above the largest real problem; a zlib bomb stops here (a megabyte can say a gigabyte)."""

_TEXT = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_AROUND = {"PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "STOP"}


def unpack_tests(packed: str, limit: int = MAX_UNPACKED_BYTES) -> str:
    """The text inside.

    Raises:
        ValueError: it is not packed so, is larger than ``limit`` bytes, or its pickle holds anything but one text.
    """
    try:
        return _only_text(_inflated(base64.b64decode(packed, validate=True), limit))
    except (binascii.Error, zlib.error) as error:
        msg = f"not base64 of zlib: {error}"
        raise ValueError(msg) from error


def _inflated(data: bytes, limit: int) -> bytes:
    machine = zlib.decompressobj()
    plain = machine.decompress(data, limit)
    if machine.unconsumed_tail:
        msg = f"it unpacks to more than {limit} bytes"
        raise ValueError(msg)
    if not machine.eof:
        msg = "its zlib stream is cut short"
        raise ValueError(msg)
    return plain


def _only_text(pickled: bytes) -> str:
    texts: list[str] = []
    for instruction, argument, _ in pickletools.genops(pickled):
        if instruction.name in _TEXT:
            texts.append(str(argument))
        elif instruction.name not in _AROUND:
            msg = f"its pickle holds the instruction {instruction.name}, which is more than a text: refused"
            raise ValueError(msg)
    if len(texts) != 1:
        msg = f"its pickle holds {len(texts)} texts, not one"
        raise ValueError(msg)
    return texts[0]
