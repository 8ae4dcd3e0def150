"""An engine in a process of its own: the handle that others hold, and what runs in it.

In: an `Order`, then runs of requests. Out: the capacity once it is loaded, then outcomes, or why it ended. It ends when
the handle is closed, and at once when the process that holds the handle is gone, with all processes that vLLM started.

It runs as  python -m dualset.builders.candidates.samplers.vllm_process FD PARENT.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any

from dualset.builders.candidates.samplers.vllm_order import Order, Outcome, Run
from dualset.builders.errors import ModelError

__all__ = ["EngineProcess", "main"]

_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # one process an engine, and the same order of work each time
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
}
_GRACE_S = 5.0
_FORGET, _STOP = "forget", "stop"


class EngineProcess:
    """The handle of an engine that is being loaded.

    Args:
        order: what it is to be.
        place: variables of its environment: the GPUs or cores that it may use.

    Attributes:
        capacity: samples that are worth having there at a time.
        why: why it has ended.
    """

    def __init__(self, order: Order, place: Mapping[str, str]) -> None:
        self.capacity, self.why = 0, ""
        self._pipe, theirs = Pipe()
        # where the user asked for vLLM's log it is on stderr; stdout is for data
        self._log = None if "VLLM_LOGGING_LEVEL" in os.environ else tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), str(os.getpid())],
            env={**_ENVIRONMENT, **os.environ, **place},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._log or 2,
            stderr=self._log,
            start_new_session=True,
        )
        theirs.close()
        self._gone = os.pidfd_open(self._process.pid)
        self._send(order)

    def wait_until_loaded(self) -> None:
        """Wait for the model.

        Raises:
            ModelError: it cannot be loaded.
        """
        wait([self._pipe, self._gone])
        self.capacity = self._receive() or 0
        if not self.capacity:
            raise ModelError(self.why)

    def give(self, run: Run) -> None:
        """Ask for a run; where the engine has ended, `take` says so."""
        self._send(run)

    def forget(self) -> None:
        """Nobody waits for what was given."""
        self._send(_FORGET)

    def take(self) -> list[Outcome] | None:
        """What has come, of those that `ready` names; None: the engine has ended, `why` says why."""
        said: list[Outcome] | None = self._receive()
        return said

    def stop(self) -> None:
        """Ask it to end."""
        self._send(_STOP)

    def end(self, *, patience_s: float = 30.0) -> None:
        """Wait until it has ended, and end it where it does not."""
        if self._gone < 0:
            return
        if not wait([self._gone], patience_s):
            self._process.kill()
        self._process.wait()
        self._end_those_it_started()
        self._pipe.close()
        os.close(self._gone)
        self._gone = -1
        if self._log is not None:
            self._log.close()

    @staticmethod
    def ready(engines: Sequence["EngineProcess"]) -> list["EngineProcess"]:
        """Wait until some have something to say, or have ended."""
        seen = wait([each for engine in engines for each in (engine._pipe, engine._gone)])
        return [engine for engine in engines if engine._pipe in seen or engine._gone in seen]

    def _end_those_it_started(self) -> None:
        """They end by themselves and free their shared memory, or are killed; their group is named by the engine."""
        end = time.monotonic() + _GRACE_S
        with suppress(ProcessLookupError):
            while time.monotonic() < end:
                os.killpg(self._process.pid, 0)
                time.sleep(0.02)
            os.killpg(self._process.pid, signal.SIGKILL)

    def _send(self, what: Any) -> None:
        with suppress(OSError):  # it has ended
            self._pipe.send(what)

    def _receive(self) -> Any:
        try:
            if not self._pipe.poll():  # so it is gone
                raise EOFError
            said = self._pipe.recv()
        except (EOFError, OSError):
            said = ""
        if not isinstance(said, str):
            return said
        self.why = said or self._how_it_ended()
        return None

    def _how_it_ended(self) -> str:
        wait([self._gone], _GRACE_S)
        code = self._process.poll()
        if code == -signal.SIGKILL:
            return "a vLLM engine was killed, perhaps for want of memory"
        return f"a vLLM engine ended with code {code}{self._last_words()}"

    def _last_words(self) -> str:
        if self._log is None:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 4000))
        lines = self._log.read().decode(errors="replace").split("\n")
        said = [" ".join(line.split()) for line in lines if line.strip() and " WARNING " not in line]
        return f", its last words: {said[-1][:300]}" if said else ""


def main(fd: int, parent: int) -> None:
    """Be an engine."""
    pipe: Connection[Any, Any] = Connection(fd)
    inbox: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, inbox, parent), daemon=True).start()
    order = inbox.get()
    if order == _STOP:
        return
    from dualset.builders.candidates.samplers.vllm_engine import Engine, faults, one_line

    try:
        engine = Engine(order)
        pipe.send(engine.capacity)
        _serve(engine, pipe, inbox)
    except ModelError as error:
        pipe.send(str(error))
    except faults() as error:
        pipe.send(f"a vLLM engine ended with {type(error).__name__}: {one_line(error)}")
        raise


def _serve(engine: Any, pipe: "Connection[Any, Any]", inbox: "SimpleQueue[Any]") -> None:
    while True:
        outcomes: list[Outcome] = []
        while not engine.busy or not inbox.empty():
            said = inbox.get()
            if said == _STOP:
                return
            if said == _FORGET:
                engine.forget()
            else:
                outcomes += engine.add(said)
            if outcomes and not engine.busy and inbox.empty():
                break
        if engine.busy:
            outcomes += engine.step()
        if outcomes:
            pipe.send(outcomes)


def _listen(pipe: "Connection[Any, Any]", inbox: "SimpleQueue[Any]", parent: int) -> None:
    """Take all that is sent, so that the sender never waits; end this process and its own when the sender is gone."""
    with suppress(EOFError, OSError):
        while os.getppid() == parent:
            if pipe.poll(1.0):
                inbox.put(pipe.recv())
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
