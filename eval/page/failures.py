"""How programs fail: the most frequent patterns, two programs of each with the test that they fail, and the tests that
decide.

In: a connection. Out: a section. A pattern is an outcome and an exception. Its programs are those that pass most of
their tests, of two problems: the less is wrong, the more there is to see. Texts are cut where DuckDB reads them.
"""

from typing import Any

from dualset.eval.page.asked import Connection, rows, rows_of
from dualset.eval.page.parts import Example, Part, Section, Table
from dualset.eval.page.texts import cut, name, percent

__all__ = ["failures"]

_PATTERNS = """
select
    outcome,
    first_failure.exception as exception,
    count(*) as programs,
    count(distinct problem_id) as problems,
    any_value(total) as total
from labels, (select count(*) as total from labels where not passed)
where not passed
group by outcome, exception
order by programs desc, outcome, exception nulls first
limit 10
"""
_CHOSEN = f"""
with patterns as ({_PATTERNS}),
failed as (
    select
        outcome,
        first_failure.exception as exception,
        problem_id,
        max(tests_passed / nullif(tests_total, 0)) as share,
        min_by(program_id, row(-tests_passed / nullif(tests_total, 0), program_id)) as program_id
    from labels
    where not passed
    group by outcome, exception, problem_id
)
select failed.outcome, failed.exception, problem_id, program_id
from failed
join patterns
    on failed.outcome is not distinct from patterns.outcome
    and failed.exception is not distinct from patterns.exception
qualify row_number() over (partition by failed.outcome, failed.exception order by share desc, problem_id) <= 2
"""
_DETAILS = """
with written as (
    select problem_id, program_id, count(*) as candidates, min(left(code, $code + 1)) as code
    from candidates
    where program_id in (select unnest($programs)) and problem_id in (select unnest($problems))
    group by problem_id, program_id
),
failing as (
    select
        problem_id,
        program_id,
        outcome,
        tests_passed,
        tests_total,
        first_failure,
        list_filter(tested.tests, lambda test: test.test_id = first_failure.test_id)[1] as test,
        problems.source_id,
        left(problems.statement, $text + 1) as statement
    from labels
    join problems using (problem_id)
    left join tested using (problem_id)
    where program_id in (select unnest($programs)) and problem_id in (select unnest($problems))
)
select
    problem_id,
    program_id,
    source_id,
    statement,
    outcome,
    tests_passed,
    tests_total,
    candidates,
    code,
    first_failure.test_id as test_id,
    first_failure.exception as exception,
    left(first_failure.message, $text + 1) as message,
    left(first_failure.actual, $text + 1) as actual,
    left(test.input, $text + 1) as input,
    left(test.expected, $text + 1) as expected,
    left(test.code, $text + 1) as test_code
from failing
left join written using (problem_id, program_id)
"""
_CODE, _TEXT = 2500, 800


def failures(connection: Connection) -> Section:
    """The section."""
    patterns = rows(connection, _PATTERNS)
    if not patterns:
        return Section(anchor="failures", title="Failures", said="No program fails.")
    table = Table(
        title="Failure patterns",
        columns=("outcome", "exception", "programs", "of the failing", "problems"),
        rows=tuple(
            (
                _word(row["outcome"]),
                name(row["exception"], ""),
                row["programs"],
                percent(row["programs"], row["total"]),
                row["problems"],
            )
            for row in patterns
        ),
        note="Each distinct program counts once, by the first test it fails.",
    )
    said = f"{patterns[0]['total']:,} distinct programs fail; these are the most frequent ways, with programs to read."
    parts: tuple[Part, ...] = (table, *_examples(connection, patterns), *_deciding(connection))
    return Section(anchor="failures", title="Failures", said=said, parts=parts)


def _examples(connection: Connection, patterns: list[dict[str, Any]]) -> list[Example]:
    """In the order of the patterns."""
    chosen = rows(connection, _CHOSEN)
    keys = {"programs": [row["program_id"] for row in chosen], "problems": [row["problem_id"] for row in chosen]}
    found = rows(connection, _DETAILS, {**keys, "code": _CODE, "text": _TEXT})
    places = {(row["outcome"], row["exception"]): i for i, row in enumerate(patterns)}
    found.sort(key=lambda row: (places[row["outcome"], row["exception"]], row["problem_id"], row["program_id"]))
    return [_example(row) for row in found]


def _example(row: dict[str, Any]) -> Example:
    exception = f": {name(row['exception'])}" if row["exception"] else ""
    passed = f"passes {row['tests_passed']:,} of {row['tests_total']:,} tests"
    written = f"; {row['candidates']:,} candidates wrote it" if (row["candidates"] or 0) > 1 else ""
    return Example(
        title=f"{_word(row['outcome'])}{exception}",
        heading=f"{name(row['source_id'], name(row['problem_id']))}, {passed}{written}",
        statement=cut(row["statement"], _TEXT),
        code=cut(row["code"], _CODE),
        test=name(row["test_id"], ""),
        input=cut(row["input"], _TEXT),
        expected=cut(row["expected"], _TEXT),
        test_code=cut(row["test_code"], _TEXT),
        actual=cut(row["actual"], _TEXT),
        message=cut(row["message"], _TEXT),
    )


def _deciding(connection: Connection) -> tuple[Table, ...]:
    found = rows_of(connection, "killer_tests", limit=10)
    if not found:
        return ()
    columns = ("problem", "test", "visibility", "programs", "fail it", "fail it alone")
    table = Table(
        title="Tests that decide most",
        columns=columns,
        rows=tuple(
            (
                name(row["source_id"], name(row["problem_id"])),
                row["test_index"],
                name(row["visibility"], ""),
                row["programs"],
                row["kills"],
                row["sole_kills"],
            )
            for row in found
        ),
        note="Programs that fail one test and pass all others of their problem: without that test they would be right. "
        "Tests are numbered from 0.",
    )
    return (table,)


def _word(outcome: str | None) -> str:
    return (outcome or "unknown").replace("_", " ")
