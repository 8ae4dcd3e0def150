"""How a judge reaches a program's functions: calls by message, between two processes that share nothing.

Plain data crosses as data. Anything else stays where it is and crosses as a handle: in the judge a ``Proxy`` stands for
the program's object, in the program a function stands for a callable of the judge's (a test may pass a lambda). The
program can do nothing with the judge's handles but call them: looking into them would show it the test.

A proxy equals only itself. What a program's own ``__eq__`` says is no evidence, so tests that compare objects of the
program's own classes have to compare their data.
"""

import builtins
import importlib
import socket
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dualset.builders.execution.inside import calls
from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.frames import Frame, pack, read_frame
from dualset.builders.execution.inside.records import OK, Pen
from dualset.builders.execution.inside.values import decoder, encode

__all__ = ["IMPORTABLE", "Gone", "Link", "ProgramError", "Proxy", "serve"]

IMPORTABLE = sys.stdlib_module_names | {"numpy"}
"""Modules that a test means by their names, and that a program's names may lead to."""


class Gone(BaseException):
    """The other process has ended."""


class ProgramError(Exception):
    """An exception of the program's own class, or one that is no builtin."""


class Link:
    """One end: sends requests, and answers the other end's while it waits.

    Args:
        sock: connected to the other end.
        trusting: whether the other end may look into handed-out objects (the judge may, the program may not).
    """

    def __init__(self, sock: socket.socket, *, trusting: bool) -> None:
        self._sock = sock
        self._trusting = trusting
        self._decode = decoder(other={"h": self._handle, "B": _builtin, "m": _module, "r": _range})
        self._lent: list[Any] = []
        self.in_step = True
        """Whether no request is open: after an error in the middle of one, answers can no longer be told apart."""

    def ask(self, operation: str, number: int, value: Any = None) -> Any:
        """Send a request and wait for its answer; raises what the other end raised."""
        self.in_step = False
        self._send(operation, number, value)
        while True:
            frame = self._receive()
            if frame.operation == _OK:
                self.in_step = True
                return self._decode(frame.body)
            if frame.operation == _ERROR:
                self.in_step = True
                raise _exception(self._decode(frame.body))
            self._answer(frame)
            self.in_step = False  # still waiting for our own answer, whatever was asked in between

    def _send(self, operation: str, number: int = 0, value: Any = None) -> None:
        try:
            body = encode(value, self._lend).encode("ascii")
            self._sock.sendall(pack(Frame(_CODES[operation], number, body)))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone from error

    def names(self, wanted: Sequence[str]) -> dict[str, Any]:
        """A new test begins: the other end's objects of these names, as far as it has them."""
        self.in_step = False
        self._send("names", 0, list(wanted))
        frame = self._receive()
        shown = self._decode(frame.body)
        self.in_step = frame.operation == _OK
        if not self.in_step or not isinstance(shown, dict):
            return {}
        return {name: shown[name] for name in wanted if name in shown}  # no others: they would be the test's own

    def serve(self, show: Callable[[list[str]], dict[str, Any]]) -> None:
        """Answer until the other end is gone.

        Args:
            show: what ``names`` gives.
        """
        while True:
            frame = self._receive()
            if frame.operation == _NAMES:
                self._send("ok", value=show(self._decode(frame.body)))
            else:
                self._answer(frame)

    def _receive(self) -> Frame:
        try:
            frame = read_frame(self._sock)
        except ConnectionResetError:
            frame = None
        if frame is None:
            raise Gone
        return frame

    def _answer(self, frame: Frame) -> None:
        operation = _WORDS[frame.operation]
        target, value = self._lent[frame.number], self._decode(frame.body)
        if operation != "call" and not self._trusting:
            told = {"type": "TypeError", "message": "an object of the test's cannot be looked into"}
            self._send("error", value=told)
            return
        try:
            result = _OPERATIONS[operation](target, value)
        except Gone:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it raises goes to the one who asked
            self._send("error", value=describe(error))
            return
        try:
            self._send("ok", value=result)
        except RecursionError as error:
            self._send("error", value=describe(error))

    def _lend(self, value: Any) -> dict[str, Any]:
        """The tagged form of what is no plain data."""
        if isinstance(value, Proxy):
            return {"h": ["back", value._number]}
        if isinstance(value, types.ModuleType):
            return {"m": value.__name__}
        if type(value) is range:
            return {"r": [value.start, value.stop, value.step]}
        name = getattr(value, "__name__", None)
        if isinstance(name, str) and getattr(builtins, name, None) is value:
            return {"B": name}
        self._lent.append(value)
        return {"h": ["lent", len(self._lent) - 1]}

    def _handle(self, content: Any) -> Any:
        whose, number = content
        return self._lent[int(number)] if whose == "back" else Proxy(self, int(number))


class Proxy:
    """The judge's view of an object that lives in the program."""

    def __init__(self, link: Link, number: int) -> None:
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it over there; lists, dicts and sets among the arguments become what the call made of them."""
        result, after = self._link.ask("call", self._number, value=(args, kwargs))
        for mine, theirs in zip(args, after, strict=True):
            _update(mine, theirs)
        return result

    def __getattr__(self, name: str) -> Any:
        return self._link.ask("get", self._number, value=name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.ask("set", self._number, value=(name, value))

    def __getitem__(self, key: Any) -> Any:
        return self._link.ask("item", self._number, value=key)

    def __len__(self) -> int:
        return int(self._link.ask("len", self._number))

    def __bool__(self) -> bool:
        return self._link.ask("bool", self._number) is True

    def __iter__(self) -> Iterator[Any]:
        walk = self._link.ask("iter", self._number)
        while found := self._link.ask("next", walk._number):
            yield found[0]

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, Proxy) and self._link.ask("isinstance", self._number, value=instance) is True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proxy) and other._number == self._number

    def __hash__(self) -> int:
        return hash(self._number)


def serve(names: dict[str, Any], sock: socket.socket, pen: Pen) -> None:
    """In the program's process: show the judge the names that each test uses, and answer its calls.

    A record is written for each test when the next one begins, or the judge has gone.
    """
    begun = False

    def show(wanted: list[str]) -> dict[str, Any]:
        nonlocal begun
        if begun:
            pen.write(OK)
        begun = True
        pen.begin()
        shown = {name: names[name] for name in wanted if name in names}
        solution = names.get("Solution")
        for name in wanted:
            if name not in shown and isinstance(solution, type) and hasattr(solution, name):
                shown[name] = calls.entry(names, name, plain_first=True)
        return shown

    try:
        Link(sock, trusting=True).serve(show)
    except Gone:
        if begun:
            pen.write(OK)


def _call(target: Any, value: Any) -> Any:
    args, kwargs = value
    result = target(*args, **kwargs)
    return result, [arg if isinstance(arg, (list, dict, set)) else None for arg in args]


def _set(target: Any, value: Any) -> None:
    setattr(target, value[0], value[1])


_END = object()


def _next(target: Any, value: Any) -> tuple[Any, ...]:
    found = next(target, _END)
    return () if found is _END else (found,)


class _Walk:
    """An iterator in a wrapping that is never plain data."""

    def __init__(self, target: Any) -> None:
        self._items = iter(target)

    def __next__(self) -> Any:
        return next(self._items)


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "call": _call,
    "get": getattr,
    "set": _set,
    "item": lambda target, key: target[key],
    "len": lambda target, _: len(target),
    "bool": lambda target, _: bool(target),
    "iter": lambda target, _: _Walk(target),
    "next": _next,
    "isinstance": lambda target, value: isinstance(value, target),
}


_WORDS = ("ok", "error", "names", *_OPERATIONS)
"""A frame's operation is a word's place here."""
_CODES = {word: code for code, word in enumerate(_WORDS)}
_OK, _ERROR, _NAMES = 0, 1, 2


def _update(mine: Any, theirs: Any) -> None:
    """A test may look at a list that the program was to change in place."""
    if isinstance(mine, list) and isinstance(theirs, list):
        mine[:] = theirs
    elif isinstance(mine, (dict, set)) and isinstance(theirs, type(mine)):
        mine.clear()
        mine.update(theirs)


def _exception(error: dict[str, Any]) -> Exception:
    """The same builtin exception on this side, so that a test can expect it; ``told`` is what the program said."""
    kind = getattr(builtins, str(error.get("type")), None)
    known = (
        isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, (UnicodeError, StopIteration))
    )
    raised: Exception = kind(error.get("message")) if known else ProgramError(error.get("message"))  # type: ignore[misc]
    raised.told = error  # type: ignore[attr-defined]
    return raised


def _builtin(name: Any) -> Any:
    return getattr(builtins, str(name))


def _range(bounds: Any) -> range:
    return range(*bounds)


def _module(name: Any) -> Any:
    if name in IMPORTABLE:
        return importlib.import_module(name)
    msg = f"no module {name!r} for tests"
    raise ValueError(msg)
