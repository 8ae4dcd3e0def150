"""A reward model and execution at once."""

from typing import Any

from dualset.train.reward_model.together import known_together


class Fixed:
    """Answers the same, and counts."""

    def __init__(self, name: str, rewards: list[float | None]) -> None:
        self.__name__, self.rewards, self.calls = name, rewards, 0

    def __call__(self, *args: Any, **columns: Any) -> list[float | None]:
        self.calls += 1
        return self.rewards


def test_what_one_does_not_know_neither_tells() -> None:
    model, execution = Fixed("reward_model", [1.5, 2.0, None, 0.0]), Fixed("execution", [1.0, None, 0.0, 0.0])
    first, second = known_together(model, execution)
    assert first(completions=[]) == [1.5, None, None, 0.0]
    assert second(completions=[]) == [1.0, None, None, 0.0]
    assert (first.__name__, second.__name__) == ("reward_model", "execution")
    assert (model.calls, execution.calls) == (1, 1)
