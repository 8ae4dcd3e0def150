"""The parameters of a named query as flags of ``dualset sql``: ``dualset sql demo pass_at_k --k 4``.

In: the arguments as they were typed. Out: a click command that knows the flags of the query named among them, says them
in its help, and keeps what was given (``given(ctx)``, text by name). Left out: what it means (``sql/parameters.py``).
"""

from textwrap import wrap
from typing import Any

import click

from dualset.builders.errors import did_you_mean

__all__ = ["QueryCommand", "given"]

_NAMED, _GIVEN = "dualset.sql.named", "dualset.sql.given"


class QueryCommand(click.Command):
    """``sql``, with the flags of the named query that is asked."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the query, then parse with its flags; an unknown flag is told what is near, in one line."""
        from dualset.sql.queries import named_query, query_names

        args = [f" {each}" if _is_commented_sql(each) else each for each in args]
        positional = self._look(ctx, args) or [""]
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            named = ctx.meta.get(_NAMED)
            known = sorted({flag for each in self.get_params(ctx) for flag in each.opts if flag.startswith("--")})
            query = next((word for word in positional[1:] if not word.startswith("-")), "")
            if named is None and positional[0] in query_names():
                msg = f"which version? dualset sql REF {positional[0]}"
                raise click.UsageError(msg) from error
            if named is None and query.isidentifier():
                named_query(query)  # says that there is none
            whose = f"{named.name} has no flag" if named else "no flag"
            hint = did_you_mean(error.option_name, known)
            msg = f"{whose} {error.option_name!r}: {hint}"
            raise click.UsageError(msg) from error

    def _look(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The words that are no flags of the command's own; the named query among them is remembered."""
        from dualset.sql.queries import named_query, query_names

        parser = super().make_parser(ctx)
        parser.ignore_unknown_options = True
        seen, left, _ = parser.parse_args(list(args))
        words = [word for word in (seen.get("ref"), seen.get("query"), *left) if isinstance(word, str)]
        names = set(query_names())
        wanted = seen.get("name") or next((word for word in words[1:] if word in names), None)
        if wanted in names:
            ctx.meta[_NAMED] = named_query(wanted)
        return words

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own, and the query's."""
        return [*super().get_params(ctx), *self._flags(ctx)]

    def _flags(self, ctx: click.Context) -> list[click.Parameter]:
        named = ctx.meta.get(_NAMED)
        if named is None:
            return []

        def keep(ctx: click.Context, flag: click.Parameter, values: tuple[str, ...]) -> None:
            if len(values) > 1:
                msg = f"the parameter {flag.name} is given twice"
                raise click.UsageError(msg)
            for value in values:
                ctx.meta.setdefault(_GIVEN, {})[str(flag.name)] = value

        return [
            click.Option(
                sorted({parameter.flag, f"--{parameter.name}"}),
                metavar="N" if parameter.whole else "|".join(parameter.choices) or "TEXT",
                help=f"{parameter.doc}  [default: {'null' if parameter.default is None else parameter.default}]",
                expose_value=False,
                multiple=True,
                callback=keep,
            )
            for parameter in named.parameters
        ]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the named query answers, where one is named."""
        named = ctx.meta.get(_NAMED)
        if named is None:
            super().format_help_text(ctx, formatter)
            return
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(f"{named.name}: {named.title}" + (f" (needs {named.wants})" if named.wants else ""))
            formatter.write_paragraph()
            for line in wrap(named.read, formatter.width - 4):
                formatter.write_text(line)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The query's flags first."""
        flags = self._flags(ctx)
        own = [each for each in super().get_params(ctx) if isinstance(each, click.Option)]
        sections = ((f"Flags of {ctx.meta[_NAMED].name}" if flags else "", flags), ("Options", own))
        for title, params in sections:
            records = [record for each in params if (record := each.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _is_commented_sql(word: str) -> bool:
    """Whether it begins with a comment, ``-- how many``: no flag has a space in its name."""
    return word.startswith("--") and any(letter.isspace() for letter in word.partition("=")[0])


def given(ctx: click.Context) -> dict[str, str]:
    """What was given to the query's flags."""
    found: dict[str, Any] = ctx.meta.get(_GIVEN, {})
    return dict(found)
