"""One run in one process or in several (``accelerate launch``): what only the first does, and where a model answers.

In: a TRL config, which knows the process. Out: one result for all. Left out: training itself, which TRL shares out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from dualset.builders.candidates.generate import Policy

__all__ = ["first_decides", "on_device"]

T = TypeVar("T")


def first_decides(config: Any, decide: Callable[[], T]) -> T:
    """What the first process finds, in every process; the others wait, and end with it where it raises."""
    from accelerate.utils import broadcast_object_list

    found: list[Any] = [decide() if config.process_index == 0 else None]
    broadcast_object_list(found)
    result: T = found[0]
    return result


@contextmanager
def on_device(policy: Policy, config: Any) -> Iterator[None]:
    """Have a base model answer on the device that the config names; the trainer gets it where it was."""
    before = policy.model.device
    policy.model.to(config.device)
    try:
        yield
    finally:
        policy.model.to(before)
