"""Identity: the first 16 hex digits of sha256 over the canonical JSON of what a thing is. Nothing is random.

In: plain data (str, int, float, bool, None, list, dict, datetime). Out: ids and digests, the same on every machine.
"""

import hashlib
import json
from datetime import date, datetime
from typing import Any

__all__ = ["canonical_json", "content_id", "sha256_hex"]


def canonical_json(value: Any) -> bytes:
    """One spelling for one value: sorted keys, no spaces, UTF-8, ISO times; NaN is refused.

    Lone surrogates (programs may print them) are kept by escaping all non-ASCII characters.
    """
    return _ENCODER.encode(value).encode("ascii")


def sha256_hex(data: bytes) -> str:
    """The full digest in hex."""
    return hashlib.sha256(data).hexdigest()


def content_id(value: Any) -> str:
    """The id of a thing: 16 hex digits (64 bits; at a million rows a collision has odds of about 3e-8)."""
    return sha256_hex(canonical_json(value))[:16]


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    msg = f"{type(value).__name__} has no canonical JSON"
    raise TypeError(msg)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_plain)
