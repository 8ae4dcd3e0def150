"""Going on with a run that was stopped: from its last whole checkpoint, or from its beginning.

In: a folder and the record of the run that is asked for. Out: the checkpoint to go on from. A folder that holds another
run is refused, and one whose checkpoint was being written when it was killed goes on from the one before. TRL resumes
exactly where a checkpoint lies between two generations (``check_cycle``).
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dualset.builders.errors import RecipeError, TrainingError
from dualset.train.folder import METRICS, open_folder, read_record

__all__ = ["check_cycle", "resume_folder"]

_MAY_DIFFER = ("started", "finished", "steps", "metrics", "hub_repo", "hub_sha")
"""The last two: the data may have been published since."""
_STATE = "trainer_state.json"
"""What transformers writes last into a checkpoint."""


def resume_folder(folder: Path, record: Mapping[str, Any]) -> Path | None:
    """Make a folder ready to go on; the checkpoint to go on from, or None to begin.

    Raises:
        TrainingError: the run in it is finished or another one.
    """
    before = read_record(folder)
    if before is None:
        open_folder(folder, overwrite=False)
        return None
    if before.get("finished"):
        msg = f"{folder} holds a run finished on {before['finished']}: there is nothing to resume"
        raise TrainingError(msg)
    wanted = json.loads(json.dumps(record, default=str))
    for name, (was, now) in _differences(before, wanted).items():
        if name.rpartition(".")[2] not in _MAY_DIFFER:
            seen = f"its {name} is {_short(was)}, not {_short(now)}"
            msg = f"{folder} holds another run ({seen}): resume it with its own settings, or give --output a new folder"
            raise TrainingError(msg)
    checkpoint = _last_whole(folder)
    _forget_after(folder / METRICS, int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0)
    return checkpoint


def _differences(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What both say differently, by dotted name; what only one of two releases writes is no difference."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in sorted(before.keys() & wanted.keys()):
        was, now = before[name], wanted[name]
        if name == "settings":  # a setting that only one has is another run
            was, now = {n: was.get(n) for n in was | now}, {n: now.get(n) for n in was | now}
        if isinstance(was, dict) and isinstance(now, dict):
            found |= {f"{name}.{inner}": pair for inner, pair in _differences(was, now).items()}
        elif was != now:
            found[name] = (was, now)
    return found


def check_cycle(config: Any) -> None:
    """A step within one generation, and checkpoints between two, or the batch is another and a resumed run differs.

    Raises:
        RecipeError: the gradients of one step come from several generations, or ``save_steps`` is no multiple of the
            optimizer steps of one.
    """
    micro, accumulated = config.steps_per_generation, config.gradient_accumulation_steps
    if micro % accumulated:
        msg = (
            f"gradient_accumulation_steps is {accumulated}, but one generation of {config.generation_batch_size} "
            f"completions is {micro} batches of {config.per_device_train_batch_size} on each of {config.world_size} "
            f"processes: take {micro} or a divisor of it"
        )
        raise RecipeError(msg)
    cycle = config.num_iterations * (micro // accumulated)
    if config.save_strategy == "steps" and config.save_steps % cycle:
        msg = (
            f"save_steps is {config.save_steps}, but one generation is {cycle} optimizer steps and a checkpoint within "
            f"it cannot be resumed exactly: take a multiple of {cycle}"
        )
        raise RecipeError(msg)


def _last_whole(folder: Path) -> Path | None:
    """The newest checkpoint that is whole; newer ones are removed."""
    numbered = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]), reverse=True)
    for path in numbered:
        try:
            json.loads((path / _STATE).read_text())
        except (OSError, ValueError):
            shutil.rmtree(path)
        else:
            return path
    return None


def _forget_after(path: Path, step: int) -> None:
    """Leave only the lines up to a step; they will be written again."""
    if path.exists():
        lines = [line for line in path.read_text().splitlines(keepends=True) if _step(line) <= step]
        path.write_text("".join(lines))


def _step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
