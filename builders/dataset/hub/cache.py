"""Downloads, through the Hugging Face cache: what it has is not fetched again, and what is cut off is taken up again.

In: an address, or a commit and paths in it. Out: the commit that a tag names, and files on disk. Nothing here is
trusted yet: offline the cache gives what it has, and of a download the client checks the length (``check.py`` the
rest).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dualset.builders.dataset.hub.address import Address, is_sha
from dualset.builders.dataset.hub.errors import the_hub
from dualset.builders.dataset.hub.retry import Patience
from dualset.builders.dataset.manifest import MANIFEST
from dualset.builders.errors import HubError, UnknownVersion, did_you_mean

__all__ = ["fetch", "fetch_again", "locate", "offline"]

_KIND: dict[str, Any] = {"repo_type": "dataset"}


def offline() -> bool:
    """Whether HF_HUB_OFFLINE is set."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def locate(address: Address, patience: Patience) -> Path:
    """The manifest of an address in the cache; the folder that it lies in is named by the commit.

    Raises:
        UnknownVersion: the Hub has no such dataset, tag or commit.
        HubError: it has, and no manifest is there; or it cannot be reached.
    """
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError, RemoteEntryNotFoundError, RevisionNotFoundError

    repo, which = address
    with the_hub(repo):
        try:
            if not offline():  # a download waits for a network that is not there; and it would take what is cached
                patience(lambda: HfApi().dataset_info(repo, revision=which))
            path = Path(patience(lambda: hf_hub_download(repo, MANIFEST, revision=which, **_KIND)))
        except LocalEntryNotFoundError:
            raise
        except RemoteEntryNotFoundError as error:
            msg = f"{address} is no version of dualset: it has no {MANIFEST}"
            raise HubError(msg) from error
        except RevisionNotFoundError as error:
            msg = f"{repo} has no tag or commit {which!r}: {did_you_mean(which, _tags(repo))}"
            raise UnknownVersion(msg) from error
        if not is_sha(path.parent.name):
            msg = f"{address}: the Hub names the commit {path.parent.name!r}, which is none"
            raise HubError(msg)
    return path


def fetch(address: Address, sha: str, paths: Sequence[str], manifest: Path, patience: Patience) -> Path:
    """The folder that has all of these files, or as many as there are without asking anybody.

    Raises:
        HubError: some are missing, or the Hub cannot be reached.
    """
    from huggingface_hub import snapshot_download

    folder = manifest.parent
    if not offline():
        with the_hub(address.repo):
            call = snapshot_download
            folder = Path(patience(lambda: call(address.repo, revision=sha, allow_patterns=list(paths), **_KIND)))
    if missing := [path for path in paths if not (folder / path).is_file()]:
        why = "the Hugging Face cache lacks" if offline() else "the commit lacks"
        what = "unset HF_HUB_OFFLINE to fetch them" if offline() else "ask its owner, or take another commit"
        msg = f"{address}: {why} {len(missing)} of its {len(paths)} files ({missing[0]}): {what}"
        raise HubError(msg)
    return folder


def fetch_again(repo: str, sha: str, path: str, patience: Patience) -> Path:
    """Download a file anew, whatever the cache has."""
    from huggingface_hub import hf_hub_download

    with the_hub(repo):
        call = hf_hub_download
        return Path(patience(lambda: call(repo, path, revision=sha, force_download=True, **_KIND)))


def _tags(repo: str) -> list[str]:
    from huggingface_hub import HfApi

    return [tag.name for tag in HfApi().list_repo_refs(repo, **_KIND).tags]
