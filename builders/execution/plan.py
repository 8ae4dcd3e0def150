"""What a problem's tests ask of a program, and what only the driver knows: the expectations.

In: a problem. Out: a ``Plan``: for each test what goes to the program's process (``send``) and what decides on the
bytes that come back (``right``, by the problem's checker); or a block of test code for the judge process. Made once a
problem, used for all its programs.
"""

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dualset.builders.dataset.records import Limits, Problem, Test
from dualset.builders.dataset.words import Style
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.asserts import CallAssert, names_read, read_assert
from dualset.builders.execution.checkers import Ask, no_jail, plain, read_checker
from dualset.builders.execution.inside.values import decode, decoder, encode, largest_collection
from dualset.builders.execution.settings import LabelSettings

__all__ = ["Case", "Plan", "plan"]

Call = tuple[str | None, list[Any], dict[str, Any], str | None]
"""What is called, None for nothing, its arguments by position and by name, the builtin that its result goes through."""

_MEMBERS = 2000
"""Sets and dicts up to this size are built whatever they hold, larger ones only where as large is expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One test.

    Attributes:
        test_id: the test's id.
        send: what the program's process is told: a text for standard input, or what is called (None: nothing) with its
            arguments; None: the test is a block for the judge.
        right: whether the bytes that came back are what was expected; it may raise ``CheckerFault``.
        block: the judge's test code.
        wanted: the names that the block mentions.
    """

    test_id: str
    send: str | Call | None = None
    right: Callable[[bytes], bool] = lambda body: False
    block: str | None = None
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All tests of a problem, in order, the name of what they call, and the limits that hold."""

    style: Style
    entry_point: str | None
    cases: tuple[Case, ...]
    limits: Limits


def plan(problem: Problem, settings: LabelSettings, ask: Ask = no_jail) -> Plan:
    """Make the plan of a problem; its own limits go before the recipe's.

    Args:
        problem: its tests are read.
        settings: the recipe's limits.
        ask: has a checker program decide, where the problem comes with one.

    Raises:
        ExecutionError: a test that cannot be read, a missing entry point, a checker that is unknown or does not fit.
    """
    limits = Limits(
        timeout_s=problem.time_limit_s or settings.timeout_s,
        memory_mb=problem.memory_limit_mb or settings.memory_mb,
        output_kb=settings.output_kb,
    )
    make = {Style.STDIO: _stdio, Style.CALL: _call, Style.ASSERT: _assert}[problem.style]
    return Plan(
        style=problem.style,
        entry_point=problem.entry_point,
        cases=tuple(make(problem, test, ask) for test in problem.tests),
        limits=limits,
    )


def _stdio(problem: Problem, test: Test, ask: Ask) -> Case:
    checker = read_checker(problem.checker)
    expected, given = _given(problem, test, "expected"), _given(problem, test, "input")
    source, rule = checker.program, checker.texts

    def right(body: bytes) -> bool:
        if source is not None:
            return ask(source, [given, expected, body.decode("utf-8", "replace")])
        return rule is not None and rule(body.decode("utf-8", "surrogateescape"), expected)

    return Case(test_id=test.test_id, send=given, right=right)


def _call(problem: Problem, test: Test, ask: Ask) -> Case:
    if not problem.entry_point:
        msg = f"problem {problem.source_id} has call tests but no entry_point"
        raise ExecutionError(msg)
    arguments = _json(problem, test, _given(problem, test, "input"))
    expected = _json(problem, test, _given(problem, test, "expected"))
    if not isinstance(arguments, list):
        msg = f"problem {problem.source_id}, test {test.test_id}: input must be a JSON array of positional arguments"
        raise ExecutionError(msg)
    right = _value_check(problem, arguments, expected, ask)
    return Case(test_id=test.test_id, send=(problem.entry_point, arguments, {}, None), right=right)


def _value_check(problem: Problem, arguments: list[Any], expected: Any, ask: Ask) -> Callable[[bytes], bool]:
    """What decides on a returned value."""
    checker = read_checker(problem.checker)
    source, rule = checker.program, checker.values
    if source is None and rule is None:
        raise _unfit(problem, "compares printed texts; use a checker program")
    try:
        read = decoder(tuples_as_lists=True, members=max(_MEMBERS, largest_collection(expected)))
        bytes_expected = encode(expected).encode("ascii")
    except RecursionError as error:
        msg = f"problem {problem.source_id}: an expected value nests too deeply to be compared"
        raise ExecutionError(msg) from error

    def right(body: bytes) -> bool:
        if source is None and body == bytes_expected:
            return True
        try:
            actual = read(body)
            if rule:
                return rule(actual, expected)
            actual = plain(actual)
        except (ValueError, RecursionError, ArithmeticError):
            return False
        return source is not None and ask(source, [arguments, expected, actual])

    return right


def _assert(problem: Problem, test: Test, ask: Ask) -> Case:
    code = _given(problem, test, "code")
    if problem.checker:
        raise _unfit(problem, "does nothing, since assert tests compare by themselves: leave it out")
    own = problem.entry_point
    simple = read_assert(code, own)
    if simple is None:
        return Case(test_id=test.test_id, block=code, wanted=tuple(names_read(code, own)))
    return _call_assert(test, simple)


def _unfit(problem: Problem, why: str) -> ExecutionError:
    checker = str(problem.checker).partition("\n")[0][:60]
    return ExecutionError(
        f"problem {problem.source_id} is of style {problem.style}, where its checker {checker!r} {why}"
    )


def _call_assert(test: Test, simple: CallAssert) -> Case:
    if simple.entry is None:
        return Case(test_id=test.test_id, send=(None, [], {}, None), right=lambda body: simple.holds)
    send = (simple.entry, list(simple.args), simple.kwargs, simple.through)
    same_size = simple.relation is operator.eq
    read = decoder(members=max(_MEMBERS, largest_collection(simple.expected)) if same_size else None)
    same = _bytes_that_hold(simple)

    def right(body: bytes) -> bool:
        if body == same:
            return True
        try:
            return bool(simple.relation(read(body), simple.expected))
        except (ValueError, TypeError, RecursionError, ArithmeticError):
            return False

    return Case(test_id=test.test_id, send=send, right=right)


def _bytes_that_hold(simple: CallAssert) -> bytes | None:
    """What the expected value is encoded as, if the assert holds for it: not where NaN is in it, or for ``!=``."""
    try:
        encoded = encode(simple.expected).encode("ascii")
        return encoded if simple.relation(decode(encoded), simple.expected) is True else None
    except (ValueError, TypeError, RecursionError, ArithmeticError):
        return None


def _given(problem: Problem, test: Test, column: str) -> str:
    value: str | None = getattr(test, column)
    if value is None:
        msg = f"problem {problem.source_id}, test {test.test_id}: a {problem.style} test needs {column!r}"
        raise ExecutionError(msg)
    return value


def _json(problem: Problem, test: Test, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"problem {problem.source_id}, test {test.test_id}: not JSON: {text[:60]!r}"
        raise ExecutionError(msg) from error
