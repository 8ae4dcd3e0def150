"""A process that does nothing but compile, so that a program's own process does not have to.

Compiling touches a third of the memory that a child touches at all, and each page costs it a copy; here the pages are
this process's own already. It runs nothing of a program's. A text that stops or breaks the compiler breaks this process
only: another takes its place, and the program's process compiles the text itself, as it does where there is no result.
"""

import marshal
import os
import select
import signal
import socket
import time
import types
from collections.abc import Callable

from dualset.builders.execution.inside.limits import write_freely
from dualset.builders.execution.inside.task import attach, texts_of
from dualset.builders.execution.inside.watch import cpu_clock

__all__ = ["Compiler", "compile_text"]

_CPU_S, _PATIENCE_S, _LOOK_MS = 1.0, 60.0, 200
"""CPU seconds for one task, not wall seconds: a busy machine must not decide which process compiles a text."""
_LIFE = 2000  # texts, after which a fresh process takes over: what a text may have left behind goes with it


class Compiler:
    """The zygote's end.

    Args:
        begin: what a child does first, to give up what it may not do.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        self._line: socket.socket | None = None
        self.pid = 0
        self._done = 0

    def fileno(self) -> int:
        """The zygote's end of the line, which no program may hold."""
        return self._line.fileno() if self._line else -1

    def prepare(self, task: int) -> None:
        """Attach the compiled texts to the task in this file, or leave it as it is."""
        if self._line is None:
            self._start()
        assert self._line is not None
        self._done += 1
        try:
            socket.send_fds(self._line, [b"c"], [task])
            answered = self._wait() and self._line.recv(1) == b"c"
        except OSError:
            answered = False
        if not answered or self._done >= _LIFE:
            self._end()

    def _wait(self) -> bool:
        """Until it answers or has used its CPU time; whether it answered. On a busy machine it waits longer."""
        assert self._line is not None
        poller = select.poll()
        poller.register(self._line, select.POLLIN)
        begin, until = cpu_clock(self.pid), time.monotonic() + _PATIENCE_S
        while not poller.poll(_LOOK_MS):
            if cpu_clock(self.pid) - begin > _CPU_S or time.monotonic() > until:
                return False
        return True

    def _start(self) -> None:
        self._line, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._line.close()
                write_freely()
                self._begin()
                _serve(theirs)
            finally:
                os._exit(0)
        theirs.close()

    def _end(self) -> None:
        assert self._line is not None
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._line.close()
        self._line, self._done = None, 0


def _serve(line: socket.socket) -> None:
    while True:
        asked, fds, _, _ = socket.recv_fds(line, 1, 1)
        if not asked:
            return
        attach(fds[0], marshal.dumps([_compiled(text) for text in texts_of(fds[0])]))
        os.close(fds[0])
        line.sendall(b"c")


def _compiled(text: bytes) -> bytes | None:
    try:
        return marshal.dumps(compile_text(text))
    except BaseException:  # noqa: BLE001  # the program's process will say what is wrong
        return None


def compile_text(text: bytes) -> types.CodeType:
    """The code object, as the program's process would make it."""
    return compile(str(text, "utf-8", "surrogatepass"), "<program>", "exec", dont_inherit=True)
