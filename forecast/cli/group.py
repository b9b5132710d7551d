"""A group of commands by name, loaded when they are called, with help in the language of the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from forecast.cli.session import Session


def get_session(ctx: click.Context) -> Session:
    """The session of this call."""
    found = ctx.find_object(Session)
    return found if found is not None else Session(())


class Option(click.Option):
    """An option whose help is the sentence `option_<name>`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Its spelling, and its sentence."""
        record = super().get_help_record(ctx)
        key = f"option_{self.name}"
        words = get_session(ctx).t
        return record if record is None or not words.has(key) else (record[0], words(key))


class HelpPage:
    """The help page of a command: its sentence, how it is written, its options and its commands."""

    def write_help_page(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page."""
        command = ctx.command
        words = get_session(ctx).t
        formatter.write_usage(
            ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix=f"{words('page_usage')} "
        )
        formatter.write_paragraph()
        formatter.write_text(words(_help_key(ctx.command_path)))
        if isinstance(command, click.Group):
            with formatter.section(words("page_commands")):
                rows = [(n, words(_help_key(f"{ctx.command_path} {n}"))) for n in command.list_commands(ctx)]
                formatter.write_dl(rows)
        with formatter.section(words("page_options")):
            records = [p.get_help_record(ctx) for p in command.get_params(ctx) if isinstance(p, click.Option)]
            formatter.write_dl([record for record in records if record is not None])


class Command(HelpPage, click.Command):
    """A command whose page speaks the language of the session."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page."""
        self.write_help_page(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`."""
        return _help_option()


class CommandGroup(HelpPage, click.Group):
    """A table of words: word -> `module:function`."""

    def __init__(self, name: str, table: Mapping[str, str]) -> None:
        params: list[click.Parameter] = [_lang_option(), _version_option()] if name == "forecast" else []
        super().__init__(name, params=params, callback=_show_help, no_args_is_help=False, invoke_without_command=True)
        self.lazy_commands = table

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page."""
        self.write_help_page(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`."""
        return _help_option()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The words, in the order of the table."""
        return list(self.lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in self.lazy_commands:
            return None
        module, _, function = self.lazy_commands[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word; InputError with the nearest one where there is none."""
        word = args[0]
        if word not in self.lazy_commands and not word.startswith("-"):
            session = get_session(ctx)
            if close := get_close_matches(word, self.lazy_commands, 1, 0.5):
                raise session.input_error(word, word, "unknown_command", instead=close[0])
            raise session.input_error(word, word, "unknown_command_plain")
        return super().resolve_command(ctx, args)


def command(name: str) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function; its help is the sentence `help_<name>`."""

    def made(function: Callable[..., Any]) -> Command:
        params = getattr(function, "__click_params__", [])
        return Command(name, callback=function, params=params[::-1])

    return made


def _help_key(path: str) -> str:
    words = path.split()
    return "help_" + "_".join(words[1:] or words)


def _help_option() -> click.Option:
    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()

    return Option(["--help"], is_flag=True, is_eager=True, expose_value=False, callback=show)


def _lang_option() -> click.Option:
    return Option(["--lang"], metavar="vi|en", expose_value=False)


def _version_option() -> click.Option:
    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            from forecast._version import __version__

            click.echo(f"forecast {__version__}")
            ctx.exit()

    return Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show)


@click.pass_context
def _show_help(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
