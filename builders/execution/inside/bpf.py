"""Small programs for the kernel's system-call filter (seccomp), written as rules.

A rule says what happens to one call, perhaps by one argument's value. The first rule that fits decides. Arguments are
compared by their low 32 bits, which is what the kernel itself reads of flags, commands and process ids; addresses,
which a program may choose, are compared whole.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dualset.builders.execution.inside.kernel import ABI, prctl_call
from dualset.builders.execution.inside.syscalls import number

__all__ = ["ABSENT", "ALLOW", "ASK", "OWN_PID", "PRETEND", "REFUSE", "Filter", "Rule", "allow_only"]

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
ABSENT = 0x00050000 | errno.ENOSYS
PRETEND = 0x00050000
"""Do nothing, and say that it was done."""
ASK = 0x7FC00000
"""The broker decides (``SECCOMP_RET_USER_NOTIF``)."""
OWN_PID = 0xFFFF_FFF0
"""Stands for the pid of the process that the filter is put on."""

_KILL = 0x80000000
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _ABOVE, _AND, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x25, 0x54, 0x06
_NUMBER, _ARCH, _ARG0 = 0, 4, 16
_X32 = 0x40000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

Step = tuple[int, int, int, int]


class Rule(NamedTuple):
    """What happens to one call.

    Attributes:
        call: its name.
        action: where the rule fits.
        arg: the argument looked at, from 0; None: none.
        values: fits where the argument, under ``mask``, is one of these.
        mask: bits of the argument that count.
        absent: fits where the argument is a null pointer.
    """

    call: str
    action: int
    arg: int | None = None
    values: tuple[int, ...] = ()
    mask: int = 0xFFFF_FFFF
    absent: bool = False


class Filter:
    """A filter, made once; ``put_on`` puts it on the process that calls, for good."""

    def __init__(self, rules: Iterable[Rule], *, otherwise: Sequence[Step]) -> None:
        steps = [*_head(), *(step for rule in rules for step in _steps(rule)), *otherwise]
        self._code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
        self._own_pid = [i * 8 + 4 for i, step in enumerate(steps) if step[3] == OWN_PID]
        self._head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(self._code)))
        self.address = ctypes.addressof(self._head)
        self._put_on = prctl_call(_PR_SET_SECCOMP, _MODE_FILTER, self.address)

    def fill_in(self, pid: int) -> None:
        """Before the fork the child's pid is not known; the child says it."""
        for at in self._own_pid:
            struct.pack_into("I", self._code, at, pid)

    def put_on(self) -> None:
        """Filter this process from now on.

        Raises:
            OSError: the kernel does not do it.
        """
        self.fill_in(os.getpid())
        self._put_on()


def allow_only(names: Iterable[str]) -> list[Step]:
    """The end of an allow-list: these calls, and no other; calls newer than this table do not exist."""
    assert ABI is not None
    numbers = sorted(n for name in names if (n := number(name, ABI.column)) is not None)
    steps: list[Step] = []
    for low, high in _ranges(numbers):
        if low == high:
            steps += [(_EQUAL, 0, 1, low), (_RETURN, 0, 0, ALLOW)]
        else:
            steps += [(_AT_LEAST, 0, 2, low), (_ABOVE, 1, 0, high), (_RETURN, 0, 0, ALLOW)]
    return [*steps, (_AT_LEAST, 0, 1, 450), (_RETURN, 0, 0, ABSENT), (_RETURN, 0, 0, REFUSE)]


def _head() -> list[Step]:
    assert ABI is not None
    steps: list[Step] = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, ABI.audit), (_RETURN, 0, 0, _KILL)]
    steps += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _KILL)]
    return steps


def _steps(rule: Rule) -> list[Step]:
    """A jump counts the steps to skip; at the end the call's number is loaded again for the rules that follow."""
    assert ABI is not None
    which = number(rule.call, ABI.column)
    if which is None:
        return []
    if rule.arg is None:
        return [(_EQUAL, 0, 1, which), (_RETURN, 0, 0, rule.action)]
    low = _ARG0 + 8 * rule.arg
    look: list[Step] = [(_LOAD, 0, 0, low)]
    if rule.absent:
        look += [(_EQUAL, 0, 3, 0), (_LOAD, 0, 0, low + 4), (_EQUAL, 0, 1, 0), (_RETURN, 0, 0, rule.action)]
    if rule.mask != 0xFFFF_FFFF:
        look.append((_AND, 0, 0, rule.mask))
    for value in rule.values:
        look += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, rule.action)]
    return [(_EQUAL, 0, len(look) + 1, which), *look, (_LOAD, 0, 0, _NUMBER)]


def _ranges(numbers: Sequence[int]) -> Iterable[tuple[int, int]]:
    low = high = numbers[0]
    for n in numbers[1:]:
        if n > high + 1:
            yield low, high
            low = n
        high = n
    yield low, high
