"""Where a base model answers before it is trained: on the accelerator if there is one, then back on the CPU.

In: a policy. Out: it, elsewhere for as long as the block lasts. The trainer, which moves it itself, gets it as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dualset.builders.candidates.generate import Policy

__all__ = ["on_device"]


@contextmanager
def on_device(policy: Policy, config: Any) -> Iterator[None]:
    """The policy's model on the device that the trainer's config names; nothing changes on a CPU."""
    before = policy.model.device
    policy.model.to(config.device)
    try:
        yield
    finally:
        policy.model.to(before)
