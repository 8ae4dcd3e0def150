"""What a model's card says of reward models: of one that was trained, and of one that a policy was trained by.

In: parts of a run's record. Out: words for the card's table (``../card.py``).
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["by_model", "held_out_line", "model_line", "pairs_line", "watch_line"]

_BY_MODEL = (
    "Trained with GRPO to write programs, rewarded by a reward model's score of them: softplus of the score, 0 for an "
    "answer without exactly one block of code that parses"
)


def by_model(record: Mapping[str, Any]) -> str:
    """How a policy was trained by a reward model."""
    both = "; and by running them: 1 more for passing all tests of a problem"
    return f"{_BY_MODEL}{both if str(record['reward']).endswith('+execution') else ''}."


def model_line(model: Mapping[str, Any]) -> str:
    """Which reward model it was."""
    return f"{model['name']}@{model['revision']}"


def watch_line(watch: Mapping[str, Any]) -> str:
    """What running some of the programs said of the reward."""
    first, last = watch["first"], watch["last"]
    if first is None:
        return "no program was run"
    rates = (
        f"pass rate {first['passed']:.3f} to {last['passed']:.3f}, reward {first['reward']:.3f} to {last['reward']:.3f}"
    )
    return f"{rates} in {watch['looks']} looks{'; stopped: they parted' if watch['parted'] else ''}"


def pairs_line(pairs: Mapping[str, Any]) -> str:
    """What became of over-long ones is said: a score of half a program is one of half a program."""
    said = f"of {pairs['problems']} problems, from {pairs['from']}; {pairs['cut']} cut at {pairs['max_tokens']} tokens"
    return said + (f"; {pairs['blind']} left out: alike after the cut" if pairs["blind"] else "")


def held_out_line(held: Mapping[str, Any]) -> str:
    """How accurate it is on problems that it has not seen."""
    accuracy = held["pair_accuracy"]
    if accuracy["value"] is None:
        return f"no pairs in the {held['split']} split"
    seen = f"pair accuracy {accuracy['value']:.3f} on {accuracy['n']} problems of the {held['split']} split"
    between = "" if accuracy["low"] is None else f" (95 % interval {accuracy['low']:.3f} to {accuracy['high']:.3f})"
    return f"{seen}{between}; chance 0.5"
