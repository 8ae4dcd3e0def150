"""The ledger of a run in rounds: what each round was made from and what it made, in one file without clocks.

In: the run's settings and start; then a line of facts a stage. Out: ``ledger.json``, written whole after each stage. A
run that goes on after a crash, whenever that was, ends with the same bytes: revisions and digests are those of what was
made. A folder that holds another run's ledger is refused.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dualset.builders.errors import TrainingError

__all__ = ["LEDGER", "Ledger"]

LEDGER = "ledger.json"
_FORMAT = "dualset-rounds-1"


class Ledger:
    """The file, and what it says.

    Args:
        folder: of the run; it is made.
        begin: what the run is: settings, and the pins of the first version and the base model.
        defaults: of settings that an older ledger may not name.

    Raises:
        TrainingError: the folder holds another run, or something else.
    """

    def __init__(self, folder: Path, begin: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> None:
        self._path = folder / LEDGER
        defaults = defaults or {}
        wanted = json.loads(json.dumps({"format": _FORMAT, **begin}))
        before = self._read(folder)
        if before is not None and isinstance(before.get("settings"), dict):  # settings that it did not know yet
            before["settings"] = dict(sorted({**defaults, **before["settings"]}.items()))
        if before is not None and {**before, "rounds": []} != {**wanted, "rounds": []}:
            differs = sorted(name for name in wanted if name != "rounds" and before.get(name) != wanted[name])
            msg = f"{folder} holds another run ({', '.join(differs)} differ): give --output a new folder"
            raise TrainingError(msg)
        self._said: dict[str, Any] = before or {**wanted, "rounds": []}
        folder.mkdir(parents=True, exist_ok=True)
        self._write()

    @property
    def rounds(self) -> list[dict[str, Any]]:
        """What is done, a mapping of stages a round."""
        rounds: list[dict[str, Any]] = self._said["rounds"]
        return rounds

    def done(self, round_number: int, stage: str) -> dict[str, Any] | None:
        """What a stage made, or None where it is not finished; rounds count from 1."""
        made = self.rounds[round_number - 1].get(stage) if round_number <= len(self.rounds) else None
        return dict(made) if made is not None else None

    def add(self, round_number: int, stage: str, made: Mapping[str, Any]) -> None:
        """A stage is finished."""
        if round_number > len(self.rounds):
            self.rounds.append({"round": round_number})
        self.rounds[round_number - 1][stage] = dict(made)
        self._write()

    def _read(self, folder: Path) -> dict[str, Any] | None:
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
                msg = f"{folder} is not empty and holds no run in rounds: give --output a new folder"
                raise TrainingError(msg) from None
            return None
        except ValueError as error:
            msg = f"{self._path} is damaged ({error}): give --output a new folder"
            raise TrainingError(msg) from error
        if not isinstance(said, dict) or said.get("format") != _FORMAT or not isinstance(said.get("rounds"), list):
            msg = f"{self._path} is no ledger: give --output a new folder"
            raise TrainingError(msg)
        return said

    def _write(self) -> None:
        temporary = self._path.with_name(f".{LEDGER}.tmp")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(self._said, file, indent=1, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
