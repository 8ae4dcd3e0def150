"""The arms of the micro study: which commands train them. In: an arm, steps, a seed. Out: commands and folders.

Every arm takes the same number of optimizer steps from the same base; a chain or rounds share them out.
"""

from pathlib import Path
from typing import NamedTuple

__all__ = ["ARMS", "SHARES", "Step", "steps_of"]

ARMS = {
    "sft-labels": "SFT on the rankings that the labels give",
    "sft-own": "SFT on the base's own answers that are right",
    "dust": "GRPO on ranking the fixed pool (DuST)",
    "sft-dust": "SFT on labels for a third of the steps, then DuST",
    "refresh": "DuST in 3 rounds, candidates sampled anew from the current model in each",
    "generation": "GRPO on writing, rewarded by execution",
    "iterate": "3 rounds, each of writing, then ranking what that model wrote",
}
"""Each arm and what it is, in the order of the table."""

ROUNDS = 3
SHARES = 2 * ROUNDS
"""Into which the steps are divided at most."""


class Step(NamedTuple):
    """One command: what follows ``dualset train``, the folder it is given, and the folder of its model."""

    argv: list[str]
    output: Path
    model: Path


def steps_of(arm: str, steps: int, seed: int, folder: Path) -> list[Step]:
    """The commands of an arm.

    Args:
        arm: one of `ARMS`.
        steps: optimizer steps in all; a multiple of `SHARES`.
        seed: of the run.
        folder: where its models go.
    """
    third = steps // ROUNDS
    if arm == "sft-dust":
        first, then = folder / "sft", folder / "dust"
        return [_one("imitate", third, seed, first), _one("rank", steps - third, seed, then, model=str(first))]
    if arm == "refresh":
        argv = ["refresh", *_common("micro", seed), f"--rounds={ROUNDS}", f"--steps={third}"]
        return [Step(argv, folder, folder / f"round-{ROUNDS}-rank")]
    if arm == "iterate":
        argv = ["iterate", *_common("micro", seed), f"--rounds={ROUNDS}", f"--steps={steps // SHARES}"]
        return [Step(argv, folder, folder / f"round-{ROUNDS}-rank")]
    if arm == "sft-own":
        return [_one("imitate", steps, seed, folder, "--targets=own", "--answer-tokens=16")]
    kind = {"sft-labels": "imitate", "dust": "rank", "generation": "generate"}[arm]
    return [_one(kind, steps, seed, folder)]


def _one(kind: str, steps: int, seed: int, folder: Path, *more: str, model: str = "micro") -> Step:
    return Step([kind, *_common(model, seed), f"--max-steps={steps}", "--resume", *more], folder, folder)


def _common(model: str, seed: int) -> list[str]:
    return [f"--model={model}", "--preset=micro", f"--seed={seed}"]
