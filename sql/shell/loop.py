"""The shell: read a statement or a command, answer it, go on; an error is a line.

In: a connection of ``session.py``, which alone decides what SQL can reach, and a terminal. Out: answers
(``answering.py``). Statements end with ``;`` and may have several lines; ``.help`` lists the commands
(``commands.py``). Ctrl-C cancels what runs or is being typed, Ctrl-D leaves.
"""

import os
from collections.abc import Callable, Iterator

import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.lexers import Lexer, PygmentsLexer

from dualset.builders.errors import DualsetError, QueryError
from dualset.sql.session import statements
from dualset.sql.shell.answering import Answering, say
from dualset.sql.shell.commands import Commands, command_in
from dualset.sql.shell.history import history
from dualset.sql.shell.names import Names, completions

__all__ = ["Shell"]


class Shell:
    """One session.

    Args:
        connection: of :func:`dualset.sql.session.connect`.
        title: what the prompt calls it.
        other: whether there is a version to compare with.
        rankings: whether the view ``rankings`` is there.
        scores: whether the view ``scores`` is there.
        form: how answers are shown: table, csv, json or markdown.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, *, title: str, other: bool, rankings: bool, scores: bool, form: str
    ) -> None:
        self._connection, self._title = connection, title
        self._answering = Answering(connection, form)
        self._commands = Commands(self._answering, other=other, rankings=rankings, scores=scores)

    def run(self) -> None:
        """Until it is left."""
        prompt: PromptSession[str] = PromptSession(
            history=history(os.environ),
            completer=_Completer(lambda: self._commands.names),
            complete_while_typing=False,
            lexer=_lexer(),
            multiline=Condition(lambda: not self.is_whole(get_app().current_buffer.text)),
            prompt_continuation=lambda width, *_: "...> ".rjust(width),
        )
        say(f"{self._title}: SQL statements end with ;  .help lists commands, .quit or Ctrl-D leaves")
        while True:
            try:
                text = prompt.prompt(f"{self._title}> ")
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if not self.take(text):
                return

    def is_whole(self, text: str) -> bool:
        """Whether Enter sends it: a command, or statements that end with ``;``, whatever is wrong with them."""
        if not text.strip("; \t\n") or command_in(text) is not None:
            return True
        try:
            return text.rstrip().endswith(";") and bool(statements(self._connection, text))
        except QueryError as error:
            return "unterminated" not in str(error)

    def take(self, text: str) -> bool:
        """Answer what was typed; False: leave."""
        try:
            if (command := command_in(text)) is not None:
                return self._commands.obey(command)
            for each in statements(self._connection, text):
                if not self._answering.answer(each, {}):
                    break
        except DualsetError as error:
            say(f"Error: {error}")
        return True


class _Completer(Completer):
    def __init__(self, names: Callable[[], Names]) -> None:
        self._find = names

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        stub, words = completions(document.text_before_cursor, self._find())
        yield from (Completion(word, start_position=-len(stub)) for word in words)


def _lexer() -> Lexer | None:
    """Colours for SQL, where pygments is there."""
    try:
        from pygments.lexers.sql import SqlLexer
    except ImportError:
        return None
    return PygmentsLexer(SqlLexer)
