"""The way to the Hugging Face Hub: which one, with a token or not. The token itself is never part of what comes out.

In: the environment and huggingface_hub's own files. Out: a `HubAccess`; and where it is asked for, an `Answer` of the
Hub. Without that nothing is sent.
"""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Answer", "HubAccess", "ask_hub", "look_at_hub", "public_address"]

_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_WAIT_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class HubAccess:
    """What is known without asking.

    Attributes:
        endpoint: the Hub's address.
        token: where a token was found, such as HF_TOKEN, ``file`` for what ``hf auth login`` leaves, or ``elsewhere``;
            None: there is none.
        offline: whether HF_HUB_OFFLINE keeps us from the network.
        cache: where models and datasets are kept.
    """

    endpoint: str
    token: str | None
    offline: bool
    cache: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the Hub says.

    Attributes:
        reached: whether it answered.
        user: who the token belongs to; None: nobody that it knows.
        may: what the token may do, in the Hub's word (write, read, fineGrained); None: not told.
        trouble: why it is not well, in one line; None: it is.
    """

    reached: bool
    user: str | None = None
    may: str | None = None
    trouble: str | None = None


def look_at_hub() -> HubAccess:
    """Look at the environment and files."""
    from huggingface_hub import constants, get_token

    token = get_token()
    named = next((name for name in _VARIABLES if token and os.environ.get(name, "").strip() == token), None)
    in_file = os.path.exists(constants.HF_TOKEN_PATH)
    return HubAccess(
        endpoint=public_address(constants.ENDPOINT),
        token=None if token is None else named or ("file" if in_file else "elsewhere"),
        offline=constants.HF_HUB_OFFLINE,
        cache=constants.HF_HUB_CACHE,
    )


def ask_hub() -> Answer:
    """Ask the Hub who the token belongs to; without a token, only whether it answers."""
    from huggingface_hub import constants, get_session, get_token

    from dualset.builders.dataset.hub.errors import one_line

    if constants.HF_HUB_OFFLINE:
        return Answer(reached=False, trouble="HF_HUB_OFFLINE is set: it was not asked")
    where, token = f"{constants.ENDPOINT}/api/whoami-v2", get_token()
    try:
        sent = {"authorization": f"Bearer {token}"} if token else {}
        told = get_session().get(where, headers=sent, timeout=_WAIT_S)
        status = int(told.status_code)
        said = told.json() if status == 200 else {}
        user = said.get("name")
        may = ((said.get("auth") or {}).get("accessToken") or {}).get("role")
    except Exception as error:  # noqa: BLE001  the HTTP library's errors and the system's have no root in common
        why = one_line(error) or type(error).__name__
        return Answer(reached=False, trouble=f"{public_address(constants.ENDPOINT)} cannot be reached ({why})")
    if status == 200 and user:
        return Answer(reached=True, user=str(user), may=may and str(may))
    if status in (401, 403) and token is None:
        return Answer(reached=True)
    trouble = "does not know the token" if status in (401, 403) else f"answers {status}"
    return Answer(reached=True, trouble=f"{public_address(constants.ENDPOINT)} {trouble}")


def public_address(address: str) -> str:
    """An address without the name and password that may stand in it."""
    if "@" not in address:
        return address
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
