"""What judges said of groups to look at: the place each gave to each program, in the version's own shown order.

In: a connection. Out: whether it has the view ``rankings``; by group a `Verdict` a judge, in the order of their names,
six at most, and how many more there are.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dualset.eval.page.asked import Connection, rows
from dualset.eval.page.texts import name

__all__ = ["Told", "Verdict", "has_rankings", "said_of", "verdicts"]

_THERE = "select 1 as there from duckdb_views() where view_name = 'rankings' and not internal"
_SAID = """
select group_id, model, model_revision, places
from rankings
where repeat = 0 and order_index = 0 and group_id in (select unnest($groups))
order by group_id, model, model_revision
"""
_MOST = 6


class Verdict(NamedTuple):
    """A judge's answer: the place of each shown program, 1 the best; None: malformed."""

    judge: str
    places: list[int] | None


class Told(NamedTuple):
    """What judges said of a group; ``left_out`` of them are not on the page."""

    shown: Sequence[Verdict] = ()
    left_out: int = 0


def has_rankings(connection: Connection) -> bool:
    """Whether the view is there."""
    return bool(rows(connection, _THERE))


def verdicts(connection: Connection, groups: Sequence[str]) -> Mapping[str, Told]:
    """By group id, six judges at most and how many more there are; the view ``rankings`` must be there."""
    found: dict[str, list[Verdict]] = {}
    for row in rows(connection, _SAID, {"groups": list(groups)}):
        found.setdefault(row["group_id"], []).append(Verdict(name(row["model"]), row["places"]))
    return {group: Told(told[:_MOST], max(0, len(told) - _MOST)) for group, told in found.items()}


def said_of(told: Sequence[Verdict], slot: int) -> str:
    """What the judges gave to the program at a slot, from 1: ``micro 2, dust 1``."""
    return ", ".join(f"{each.judge} {each.places[slot - 1]}" for each in told if each.places is not None)
