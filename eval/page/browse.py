"""Groups to look at, as a judge sees them: the problem, and the candidates in the order shown, with their labels.

In: a connection; where it has rankings, judged groups with the places they gave. Out: a section. The groups are drawn
by the hash of their ids, in turn by how many of them are right, so that each kind is there; fewer where groups are
large, so that the page stays small.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dualset.eval.page.asked import Connection, rows
from dualset.eval.page.parts import Group, Member, Section
from dualset.eval.page.texts import cut, name
from dualset.eval.page.verdicts import Told, Verdict, has_rankings, said_of, verdicts

__all__ = ["browse"]

_LARGEST = "select max(len(correct)) as size from groups"
_CHOSEN = """
with drawn as (
    select
        group_id,
        problem_id,
        split,
        n_correct,
        md5(group_id) as hash,
        row_number() over (partition by n_correct order by md5(group_id), group_id) as turn
    from groups
    where {those}
)
select group_id, problem_id from drawn order by turn, n_correct, hash, group_id limit $most
"""
_DETAILS = """
with chosen as (
    select group_id, problem_id, split, n_correct, candidate_ids, program_ids, correct
    from groups
    where group_id in (select unnest($groups)) and problem_id in (select unnest($problems))
),
members as (
    select
        group_id,
        problem_id,
        split,
        n_correct,
        len(correct) as size,
        unnest(candidate_ids[:$members]) as candidate_id,
        unnest(program_ids[:$members]) as program_id,
        unnest(correct[:$members]) as correct,
        generate_subscripts(correct[:$members], 1) as place
    from chosen
),
written as (
    select problem_id, candidate_id, left(code, $code + 1) as code
    from candidates
    where problem_id in (select unnest($problems))
),
labelled as (
    select problem_id, program_id, outcome, tests_passed, tests_total
    from labels
    where problem_id in (select unnest($problems))
),
asked as (
    select problem_id, source_id, difficulty, left(statement, $text + 1) as statement
    from problems
    where problem_id in (select unnest($problems))
)
select * exclude (candidate_id, program_id)
from members
left join written using (problem_id, candidate_id)
left join labelled using (problem_id, program_id)
left join asked using (problem_id)
order by group_id, place
"""
_GROUPS, _MEMBERS, _CODE, _TEXT, _CHARACTERS = 24, 24, 2500, 1500, 240_000


def browse(connection: Connection) -> Section:
    """The section."""
    size = min(rows(connection, _LARGEST)[0]["size"] or 0, _MEMBERS)
    if not size:
        return Section(anchor="browse", title="Groups to look at", said="No group.")
    most = max(1, min(_GROUPS, _CHARACTERS // (size * _CODE + _TEXT)))
    judged = has_rankings(connection)
    those = "group_id in (select group_id from rankings)" if judged else "true"
    chosen = rows(connection, _CHOSEN.format(those=those), {"most": most})
    keys = {"groups": [row["group_id"] for row in chosen], "problems": [row["problem_id"] for row in chosen]}
    found = rows(connection, _DETAILS, {**keys, "members": _MEMBERS, "code": _CODE, "text": _TEXT})
    told = verdicts(connection, keys["groups"]) if judged else {}
    by_group = groupby(found, key=lambda row: row["group_id"])
    groups = {group_id: _group(list(members), told.get(group_id, Told())) for group_id, members in by_group}
    what = "groups that were judged" if judged else "groups"
    said = f"{len(chosen)} {what}, drawn by the hash of their ids, in turn by how many are right; as a judge sees them."
    parts = tuple(groups[row["group_id"]] for row in chosen)
    return Section(anchor="browse", title="Groups to look at", said=said, parts=parts)


def _group(members: list[dict[str, Any]], told: Told) -> Group:
    first = members[0]
    difficulty = f", {name(first['difficulty'])}" if first["difficulty"] else ""
    return Group(
        title=f"{name(first['source_id'], name(first['problem_id']))}: {first['n_correct']} of {first['size']} right",
        heading=f"group {name(first['group_id'])}, {first['split']}{difficulty}",
        statement=cut(first["statement"], _TEXT) or "",
        members=tuple(_member(row, told.shown) for row in members),
        left_out=first["size"] - len(members),
        judged=". ".join([*(_judged(each, members) for each in told.shown), *_left_out(told)]),
    )


def _left_out(told: Told) -> list[str]:
    if not told.left_out:
        return []
    return [f"{told.left_out} more {'judge is' if told.left_out == 1 else 'judges are'} not on this page"]


def _judged(told: Verdict, members: list[dict[str, Any]]) -> str:
    """What a judge puts first."""
    if told.places is None:
        return f"{told.judge} gives no well-formed ranking"
    first = told.places.index(1) + 1
    right = {row["place"]: "right" if row["correct"] else "wrong" for row in members}
    return f"{told.judge} puts {first} first, which is {right.get(first, 'not on this page')}"


def _member(row: dict[str, Any], told: Sequence[Verdict]) -> Member:
    passed = "" if row["tests_total"] is None else f", {row['tests_passed']:,} of {row['tests_total']:,} tests"
    outcome = (row["outcome"] or "no label").replace("_", " ")
    return Member(
        place=row["place"],
        correct=row["correct"],
        outcome=f"{outcome}{passed}",
        code=cut(row["code"], _CODE) or "",
        judged=said_of(told, row["place"]),
    )
