"""A rehearsal: the zygote plays a child's part many times before the first fork.

Python rewrites code that runs often, and remembers where it found attributes. Each page that a child writes to is
copied for it first, at about four microseconds; what was rewritten here is not rewritten in every child.
"""

import marshal
import mmap
import os
import resource
import sys
from contextlib import suppress
from typing import Any

from dualset.builders.execution.inside import child
from dualset.builders.execution.inside.compiler import compile_text
from dualset.builders.execution.inside.kernel import ABI, prctl_call
from dualset.builders.execution.inside.limits import limits_of, restrain
from dualset.builders.execution.inside.memory import memory_file
from dualset.builders.execution.inside.task import attach, task_bytes
from dualset.builders.execution.inside.watch import Order

__all__ = ["rehearse"]

_ROUNDS = 40
_PR_GET_DUMPABLE = 3
_ORDER = Order(
    timeout_s=10,
    cpu_s=10,
    asleep_s=10,
    idle_s=10,
    memory_mib=64,
    file_bytes=1 << 16,
    result_bytes=1 << 16,
    write_bytes=1 << 16,
)
_FUNCTION = """
from typing import List, Tuple, Optional
import math

class Solution:
    def f(self, xs: List[int], y: float = 0.5) -> bool:
        found = {}
        for i, x in enumerate(xs):
            found[x] = [x + 1, str(x)]
        return sorted(xs) == xs and len(found) > 0

def f(xs: List[int], y: float = 0.5):
    for i, x in enumerate(xs):
        if x > y:
            return [x, (x, str(x)), {x: y}]
    return math.floor(y)
"""
_SCRIPT = """
import sys
n = int(input())
for line in sys.stdin.read().split("\\n"):
    print(*[int(x) + n for x in line.split()])
"""
_CALLS: list[Any] = [
    ("f", [[1, 2, 3], 0.5], {}, None),
    ("f", [[], 1.0], {}, "bool"),
    ("g", [], {}, None),
    (None, [], {}, None),
]
_PLAIN = ((_FUNCTION, ("assert", False, _CALLS)),)
_WITH_PRELUDE = (
    (_FUNCTION.replace("class Solution", "class Other"), ("call", True, _CALLS)),
    (_SCRIPT, ("stdio", True, ["1\n2 3\n", "x"])),
    ("def f(", ("stdio", True, [""])),
)


def rehearse(*, prelude: bool) -> None:
    """Play every part; leaves the process as it was.

    Args:
        prelude: the parts of programs that are given a prelude, else of those that are not.
    """
    modules, limit, streams = dict(sys.modules), sys.getrecursionlimit(), (sys.stdin, sys.stdout)
    kept = [os.dup(fd) for fd in (0, 1)]
    same = [(which, resource.getrlimit(which)) for which, _ in limits_of(_ORDER, 64)]
    harmless = prctl_call(_PR_GET_DUMPABLE) if ABI else None
    for _ in range(_ROUNDS):
        restrain(same)
        if harmless:
            harmless()
        for code, rest in _WITH_PRELUDE if prelude else _PLAIN:
            _play(code, marshal.dumps(rest))
    for fd, old in enumerate(kept):
        os.dup2(old, fd)
        os.close(old)
    vars(sys).update(zip(("stdin", "stdout", "__stdin__", "__stdout__"), streams * 2, strict=True))
    sys.modules.clear()
    sys.modules.update(modules)
    sys.setrecursionlimit(limit)


def _play(code: str, rest: bytes) -> None:
    fds = [memory_file(name) for name in ("task", "records", "stdout", "stdin")]
    os.write(fds[0], task_bytes([code], rest))
    with suppress(SyntaxError):
        attach(fds[0], marshal.dumps([marshal.dumps(compile_text(code.encode()))]))
    given = fds if "stdio" in str(rest) else fds[:2]
    with mmap.mmap(-1, mmap.PAGESIZE) as mark:
        child.run(_ORDER, given, mark)
    for fd in fds:
        os.close(fd)
