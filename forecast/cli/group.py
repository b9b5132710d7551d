"""Commands and options whose help speaks the language of the session, and whose problems come all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click

from forecast.cli.option_types import InvalidValue, LanguageChoice
from forecast.cli.output import print_lines
from forecast.cli.session import Session
from forecast.errors import InputError, closest_match
from forecast.i18n import Translator

_PROBLEMS_KEY = "forecast.problems"
"""Key of the problems of a call in the `meta` of its context."""


def get_session(ctx: click.Context) -> Session:
    """The session of this call."""
    return ctx.find_object(Session) or Session(())


def add_problem(ctx: click.Context, param: click.Parameter, fault: InvalidValue) -> None:
    """Keep the problem of a refused value until the command has read all of them."""
    option = fault.option or param.opts[0]
    problem = get_session(ctx).problem(option, option, fault.code, **fault.params)
    ctx.meta.setdefault(_PROBLEMS_KEY, []).append(problem)


def translate_metavars(usage: str, t: Translator) -> str:
    """A usage line with what stands for an argument, such as SCENARIO, in the language of the session."""
    return re.sub(r"[A-Z]{2,}", lambda word: t(f"metavar_{word[0]}") if t.has(f"metavar_{word[0]}") else word[0], usage)


def _raise_problems(ctx: click.Context) -> None:
    if problems := ctx.meta.get(_PROBLEMS_KEY):
        raise InputError(problems)


class _Parameter(click.Parameter):
    """A parameter that keeps what is wrong with its values instead of stopping at the first."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Each value as its type reads it, without those that are refused."""
        if not self.multiple:
            return super().type_cast_value(ctx, value)
        values = []
        for text in value or ():
            try:
                values.append(self.type(text, self, ctx))
            except InvalidValue as fault:
                add_problem(ctx, self, fault)
        return tuple(values)

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The value; None where it is refused."""
        try:
            return super().process_value(ctx, value)
        except InvalidValue as fault:
            add_problem(ctx, self, fault)
            return None


class Option(_Parameter, click.Option):
    """An option whose help is the sentence `option_<name>`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Its spelling, and its sentence."""
        record = super().get_help_record(ctx)
        key = f"option_{self.name}"
        t = get_session(ctx).t
        return record if record is None or not t.has(key) else (translate_metavars(record[0], t), t(key))


class Argument(_Parameter, click.Argument):
    """An argument."""


class HelpPage:
    """The help page of a command: its usage, its sentence, its commands and its options."""

    def write_help_page(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page."""
        command = ctx.command
        t = get_session(ctx).t
        usage = translate_metavars(" ".join(command.collect_usage_pieces(ctx)), t)
        formatter.write_usage(ctx.command_path, usage, prefix=f"{t('page_usage')} ")
        formatter.write_paragraph()
        formatter.write_text(t(_help_key(ctx.command_path)))
        if isinstance(command, click.Group):
            with formatter.section(t("page_commands")):
                rows = [(name, t(_help_key(f"{ctx.command_path} {name}"))) for name in command.list_commands(ctx)]
                formatter.write_dl(rows)
        with formatter.section(t("page_options")):
            records = [p.get_help_record(ctx) for p in command.get_params(ctx) if isinstance(p, click.Option)]
            formatter.write_dl([record for record in records if record is not None])


class Command(HelpPage, click.Command):
    """A command whose page speaks the language of the session."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options; InputError with everything that is wrong with them."""
        remaining = super().parse_args(ctx, args)
        _raise_problems(ctx)
        return remaining

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page."""
        self.write_help_page(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`."""
        return _help_option()


class CommandGroup(HelpPage, click.Group):
    """A table of commands: name -> `module:function`, loaded when it is called."""

    def __init__(self, name: str, table: Mapping[str, str]) -> None:
        params: list[click.Parameter] = [_lang_option(), *([_version_option()] if name == "forecast" else [])]
        super().__init__(name, params=params, callback=_show_help, no_args_is_help=False, invoke_without_command=True)
        self.lazy_commands = table

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command; InputError with everything that is wrong with them."""
        remaining = super().parse_args(ctx, args)
        _raise_problems(ctx)
        return remaining

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page."""
        self.write_help_page(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`."""
        return _help_option()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
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
        """The command of the first word; InputError with the closest one where there is none."""
        word = args[0]
        if word not in self.lazy_commands and not word.startswith("-"):
            session = get_session(ctx)
            if close := closest_match(word, self.lazy_commands, 0.5):
                raise session.input_error(word, word, "unknown_command", instead=close)
            raise session.input_error(word, word, "unknown_command_plain")
        return super().resolve_command(ctx, args)


def command(name: str) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function; its help is the sentence `help_<name>`."""

    def decorate(function: Callable[..., Any]) -> Command:
        params = getattr(function, "__click_params__", [])
        return Command(name, callback=function, params=params[::-1])

    return decorate


def _help_key(path: str) -> str:
    names = path.split()
    return "help_" + "_".join(names[1:] or names)


def _help_option() -> click.Option:
    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            print_lines(ctx.get_help())
            ctx.exit()

    return Option(["--help"], is_flag=True, is_eager=True, expose_value=False, callback=show)


def _lang_option() -> click.Option:
    return Option(["--lang"], metavar="vi|en", type=LanguageChoice(), expose_value=False)


def _version_option() -> click.Option:
    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            from forecast._version import __version__

            print_lines(f"forecast {__version__}")
            ctx.exit()

    return Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show)


@click.pass_context
def _show_help(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        print_lines(ctx.get_help())
