"""What the Hub client raises, as one line of ours: what happened, what was seen, what to do.

In: a call into huggingface_hub. Out: its result, or a `HubError`. A token is never part of the line.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from dualset.builders.errors import HubError, UnknownVersion, VersionError

__all__ = ["hide_signatures", "no_dataset", "one_line", "status_of", "the_hub", "transport_error"]

_LOG_IN = "log in with hf auth login, or set HF_TOKEN"
_TRANSPORT = {"TimeoutException", "NetworkError", "RemoteProtocolError", "ConnectionError", "TimeoutError"}
"""The first three are the HTTP library's, the others what Xet uploads raise."""


@contextmanager
def the_hub(repo: str, kind: str = "dataset") -> Iterator[None]:
    """Calls into huggingface_hub about a repository, and nothing else, belong inside.

    Raises:
        UnknownVersion: there is no such repository or revision, or no right to see it.
        HubError: anything else that the Hub or the way to it refuses.
        OSError: a file here cannot be read or written.
    """
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    root = _http_errors(HfHubHTTPError)
    theirs: tuple[type[BaseException], ...] = (*root, EntryNotFoundError, OSError, ValueError, RuntimeError)
    try:
        yield
    except VersionError:
        raise
    except theirs as error:
        if _of_the_disk(error):
            raise
        raise _ours(_cause(error), repo, kind) from error


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error came with, its own or its cause's."""
    response = getattr(_cause(error), "response", None)
    return None if response is None else int(response.status_code)


def transport_error(error: BaseException) -> bool:
    """Whether no answer came: refused, closed or timed out."""
    names = _names(_cause(error))
    return bool(_TRANSPORT & names) and "OfflineModeIsEnabled" not in names


def one_line(text: object) -> str:
    """Text from elsewhere on one line, short, without control characters and without the token."""
    from huggingface_hub import get_token

    token = get_token()
    line = " ".join(str(text).split())
    line = line.replace(token, "***") if token else line
    line = "".join(letter if letter.isprintable() else "?" for letter in line)
    return line if len(line) <= 300 else line[:297] + "..."


def hide_signatures() -> None:
    """Keep the queries of addresses out of the client's warnings: the address of an upload carries its permission."""
    for handler in logging.getLogger("huggingface_hub").handlers:
        handler.addFilter(_without_queries)


def _without_queries(record: logging.LogRecord) -> bool:
    record.msg, record.args = re.sub(r"(https?://[^\s?]+)\?\S+", r"\1", record.getMessage()), ()
    return True


def no_dataset(repo: str, kind: str = "dataset") -> str:
    """What to say of a repository that the Hub does not show."""
    from huggingface_hub import constants

    return f"no {kind} {repo} on {constants.ENDPOINT}, or no right to see it: check the name; {_LOG_IN}"


def _http_errors(error: type[BaseException]) -> tuple[type[BaseException], ...]:
    """The root of the HTTP library under huggingface_hub: httpx in some of its versions, httpx2 in others."""
    return tuple(base for base in error.__mro__ if base.__name__ == "HTTPError")


def _names(error: BaseException) -> set[str]:
    return {base.__name__ for base in type(error).__mro__}


def _of_the_disk(error: BaseException) -> bool:
    """Whether it is the system's about a file here: no space, no permission."""
    return isinstance(error, OSError) and error.errno is not None and not {"HTTPError", *_TRANSPORT} & _names(error)


def _cause(error: BaseException) -> BaseException:
    """Uploads wrap what happened in a RuntimeError."""
    while type(error) is RuntimeError and error.__cause__ is not None:
        error = error.__cause__
    return error


def _ours(error: BaseException, repo: str, kind: str) -> VersionError:
    """The error to raise instead."""
    from huggingface_hub import constants

    names, status, server = _names(error), status_of(error), getattr(error, "server_message", None)
    said = one_line(server or str(error) or type(error).__name__)
    if "OfflineModeIsEnabled" in names or (constants.HF_HUB_OFFLINE and "LocalEntryNotFoundError" in names):
        return HubError(f"{repo}: HF_HUB_OFFLINE is set, and the Hugging Face cache lacks what is asked: unset it")
    if isinstance(error, UnicodeEncodeError):
        return HubError(f"{repo}: the token has a character that no token has: {_LOG_IN}")
    if "GatedRepoError" in names:
        return HubError(f"{repo} is gated: ask for access on its page, then {_LOG_IN}")
    if "RepositoryNotFoundError" in names:
        return UnknownVersion(no_dataset(repo, kind))
    if "RevisionNotFoundError" in names:
        see = f": see  dualset versions hf://datasets/{repo}" if kind == "dataset" else ""
        return UnknownVersion(f"{repo} has no such tag or commit{see}")
    if status == 401:
        return HubError(f"{repo}: the Hub does not know who is asking ({said}): {_LOG_IN} to a token that may write")
    if status == 403:
        return HubError(f"{repo}: this token may not do that ({said}): take one that may, for {_org(repo)}")
    if status == 429 or (status or 0) >= 500:
        return HubError(f"{repo}: the Hub still answers {status}: try again later; what is uploaded is kept")
    if "LocalEntryNotFoundError" in names or transport_error(error):
        what = f"{constants.ENDPOINT} cannot be reached ({said})"
        return HubError(f"{repo}: {what}: check the network and HF_ENDPOINT; HF_HUB_OFFLINE=1 reads what is cached")
    return HubError(f"{repo}: the Hub refuses: {said}")


def _org(repo: str) -> str:
    return repo.partition("/")[0]
