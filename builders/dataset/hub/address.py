"""Addresses on the Hub: ``hf://datasets/ORG/NAME``, with ``@TAG-or-sha`` or without (the head of main).

In: what a person writes. Out: `Address`. Left out: asking the Hub what a tag names (``cache.py``).
"""

import re
from typing import NamedTuple

from dualset.builders.dataset.history import check_word
from dualset.builders.errors import VersionError

__all__ = ["Address", "is_address", "is_sha", "parse_address", "parse_repo", "parse_tag"]

_REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_ADDRESS = re.compile(r"hf://datasets/([^@]*?)/?(?:@(.*))?", re.DOTALL)
_WHICH = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)


class Address(NamedTuple):
    """``which`` is a tag, a branch or a commit; "main" where none was given."""

    repo: str
    which: str = "main"

    def __str__(self) -> str:
        return f"hf://datasets/{self.repo}@{self.which}"


def is_address(ref: str) -> bool:
    """Whether a reference is meant to lie on the Hub."""
    return ref.startswith("hf://")


def is_sha(which: str) -> bool:
    """Whether it is a whole commit sha, which can name one thing only."""
    return re.fullmatch("[0-9a-f]{40}", which) is not None


def parse_address(ref: str) -> Address:
    """What ``hf://datasets/ORG/NAME[@TAG-or-sha]`` names.

    Raises:
        VersionError: it is not of this form.
    """
    match = _ADDRESS.fullmatch(ref)
    which = (match and match[2]) or "main"
    if match is None or not _is_repo(match[1]) or match[2] == "" or not _WHICH.fullmatch(which) or ".." in which:
        msg = f"{ref!r}: expected hf://datasets/ORG/NAME or hf://datasets/ORG/NAME@TAG-or-sha"
        raise VersionError(msg)
    return Address(match[1], which)


def parse_repo(text: str, kind: str = "dataset") -> str:
    """A repository, given as ORG/NAME or, of a dataset, as hf://datasets/ORG/NAME.

    Raises:
        VersionError: it is neither.
    """
    repo = text.removeprefix("hf://datasets/") if kind == "dataset" else text
    if not _is_repo(repo):
        msg = f"{text!r} is no Hub {kind}: expected ORG/NAME, in letters, digits, '.', '_' and '-'"
        raise VersionError(msg)
    return repo


def parse_tag(tag: str) -> str:
    """A tag that can be given on the Hub and in a store.

    Raises:
        VersionError: it is no word, or can be taken for a commit or a branch.
    """
    check_word(tag, "the tag")
    if re.fullmatch("[0-9a-f]{7,64}", tag) or tag in ("main", "HEAD"):
        msg = f"the tag {tag!r} reads like a {'branch' if tag in ('main', 'HEAD') else 'commit'}: choose another"
        raise VersionError(msg)
    if tag.endswith((".", ".lock")) or ".." in tag:
        msg = f"the tag {tag!r} is none for git: it may not end with '.' or '.lock', or have '..' in it"
        raise VersionError(msg)
    return tag


def _is_repo(text: str) -> bool:
    parts = text.split("/")
    return _REPO.fullmatch(text) is not None and not any(".." in part or part == "." for part in parts)
