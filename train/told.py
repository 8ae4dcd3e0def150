"""What a record, a card and the Hub may be told of a run: no secrets, no addresses with passwords, no local paths.

In: settings and paths as they were given. Out: what may be written down.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["file_told", "settings_told"]

_SECRET = re.compile(r"(^|_)(token|key|password|secret)$", re.IGNORECASE)
_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{6,}")
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")


def settings_told(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without tokens, keys and logins, and with file names in the place of absolute paths."""
    return {name: _told(value) for name, value in settings.items() if not _SECRET.search(name)}


def file_told(text: str) -> str:
    """A word as it is; of a file's path its name and the beginning of its sha256."""
    path = Path(text)
    if not path.is_file():
        return text
    with path.open("rb") as file:
        return f"{path.name} ({hashlib.file_digest(file, 'sha256').hexdigest()[:12]})"


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return settings_told(value)
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    if not isinstance(value, str):
        return value
    text = _LOGIN.sub("", _TOKEN.sub("***", value))
    return Path(text).name if text.startswith(("/", "~")) else text
