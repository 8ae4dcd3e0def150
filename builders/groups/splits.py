"""Splits are by problem and by hash: no problem is in two, and adding problems moves none.

DuST's own validation split is by group, and leaks.
"""

from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.words import Split

__all__ = ["split_of"]


def split_of(problem_id: str, train: float, validation: float) -> Split:
    """The problem's split, given the shares of train and validation; the rest is test."""
    place = int(content_id({"split": problem_id}), 16) / 16**16
    if place < train:
        return Split.TRAIN
    return Split.VALIDATION if place < train + validation else Split.TEST
