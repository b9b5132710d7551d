"""`forecast new`: write a plan that runs, from a template or from a workbook of months."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from forecast.cli.group import Option, command, get_session
from forecast.cli.new_summary import run_line
from forecast.cli.option_types import ClosestChoice, CurrencyCode
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.files.characters import FORBIDDEN_IN_NAMES, code_point
from forecast.files.paths import reserved_part, suggest_name
from forecast.workflows.new_plan import PLAN_FILE, TEMPLATES, template_files, write_project


@command("new")
@click.option(
    "--template", cls=Option, metavar="NAME", type=ClosestChoice(TEMPLATES, TEMPLATES[0], "option_not_template")
)
@click.option("--from", "sources", cls=Option, metavar="FILE", multiple=True)
@click.option("--currency", cls=Option, metavar="EUR", type=CurrencyCode())
@click.option("--unit", cls=Option, metavar="UNIT")
@common_options("--lang", "--json", "--quiet")
@click.argument("dir")
@click.pass_context
def new_command(
    ctx: click.Context,
    /,
    dir: str,  # noqa: A002 - the word of the command line
    template: str | None,
    sources: tuple[str, ...],
    currency: str | None,
    unit: str | None,
    **params: Any,
) -> None:
    """Write a plan that runs, from a template or from a workbook of months."""
    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    folder = Path(dir)
    if match := FORBIDDEN_IN_NAMES.search(dir):
        raise session.input_error(dir, "DIR", "invisible_in_file_name", character=code_point(match[0]))
    if ".." in folder.parts:
        folder = Path(os.path.abspath(folder))  # `a/..` would make `a`
    if reserved := reserved_part(folder):
        raise session.input_error(dir, "DIR", "reserved_name", name=reserved, instead=suggest_name(reserved))
    if template and sources:
        raise session.input_error("--template", "--template", "new_template_and_source")
    for option, value in (("--currency", currency), ("--unit", unit)):
        if value is not None and not sources:
            raise session.input_error(option, option, "new_needs_source", option=option)
    if sources:
        lines, answer = _draft_files(ctx, folder, sources, options, currency or "", unit or "")
    else:
        name = template or TEMPLATES[0]
        write_project(folder, template_files(name, options.language or "en"), session.location(dir))
        lines = [session.t("said_new", template=name), run_line(folder)]
        answer = {"template": name}
    if options.json:
        print_json({"plan": str((folder / PLAN_FILE).absolute()), **answer})
    elif not options.quiet:
        print_lines(*lines)


def _draft_files(
    ctx: click.Context, folder: Path, sources: tuple[str, ...], options: CommonOptions, currency: str, unit: str
) -> tuple[list[str], dict[str, Any]]:
    """Draft a plan from sheets and write it: lines for a person, and the same for programs."""
    from forecast.cli.new_summary import new_json, new_lines
    from forecast.workflows.new_from_ledger import LedgerRequest, draft_from_ledger

    session = get_session(ctx)
    files = tuple(dict.fromkeys(map(Path, sources)))
    drafted = draft_from_ledger(LedgerRequest(files, options.language, currency, unit), folder)
    session.language = drafted.language
    write_project(folder, drafted.content, session.location(ctx.params["dir"]))
    return new_lines(drafted, folder, currency, session.t), new_json(drafted, folder, session.t)
