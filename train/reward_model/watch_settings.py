"""How to watch for reward hacking (``watch.py``)."""

from dataclasses import dataclass

from dualset.builders.errors import RecipeError

__all__ = ["WatchSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchSettings:
    """How to watch.

    Attributes:
        every: optimizer steps from one look to the next; 0: never.
        size: programs run a look, at least; whole groups.
        stop: how far the pass rate may fall below its best while the reward is higher; null: never stop.
    """

    every: int = 10
    size: int = 64
    stop: float | None = None

    def check(self) -> None:
        """Whether they make sense.

        Raises:
            RecipeError: they do not.
        """
        if self.every < 0 or self.size < 1:
            msg = f"watching every {self.every} steps {self.size} programs: expected 0 or more, and 1 or more"
            raise RecipeError(msg)
        if self.stop is not None and not 0 <= self.stop < 1:
            msg = f"watch-stop is {self.stop}: expected how far the pass rate may fall, from 0 to 1"
            raise RecipeError(msg)
        if self.stop is not None and not self.every:
            msg = "watch-stop needs a watch: leave out --watch-every 0"
            raise RecipeError(msg)
