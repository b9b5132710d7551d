"""`forecast stress`: the ways in which a plan fails."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import read_requests
from forecast.cli.group import Argument, Option, command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.session import Session
from forecast.cli.target_choice import target_problems
from forecast.errors import InputError, Problem

if TYPE_CHECKING:
    from forecast.analysis.failure_line import FailureLine
    from forecast.workflows.request import RunRequest


@command("stress")
@click.option("--target", cls=Option, metavar="NAME")
@click.option("--below", cls=Option, metavar="VALUE")
@click.option("--write", "write", cls=Option, metavar="DIR", type=click.Path(path_type=Path))
@common_options("--paths", "--seed", "--set", "--workers", "--lang", "--json", "--quiet")
@click.argument("plan", cls=Argument, required=True, metavar="PLAN")
@click.pass_context
def stress_command(ctx: click.Context, /, plan: str, **params: Any) -> None:
    """Show the ways in which a plan fails."""
    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    (request,) = read_requests(session, (plan,), options)
    session.language = request.language
    line = _line(session, request, plan, params)
    from forecast.cli.stress_summary import few_failures_error, stress_lines
    from forecast.workflows.stress import check_write_folder, stress_plan, summarise_stress, write_failures

    folder = params["write"]
    if folder is not None:
        _require_writable(session, request, options)
        check_write_folder(folder, request, session.location(str(folder)))
    written = None
    with show_progress(session.t, quiet=options.quiet) as display:
        result = stress_plan(request, line, partial(display.show_paths, request.name))
        if result.modes.is_sure:
            raise session.input_error(plan, f"targets.{line.target}", "stress_sure")
        if folder is not None and result.modes.is_told:
            written = write_failures(
                request,
                result,
                folder,
                lambda way: display.show_step("stress_writing", way=way.label.in_language(session.language)),
            )
    if options.json:
        print_json(summarise_stress(result, request.argument, written))
    elif not options.quiet:
        print_lines(*stress_lines(result.modes, request.scenario, session.t, written))
    if not result.modes.is_told:
        raise few_failures_error(result.modes, request.scenario, session.t)


def _line(session: Session, request: RunRequest, plan: str, params: dict[str, Any]) -> FailureLine:
    """Read the question; InputError with everything that is wrong with it."""
    from forecast.analysis.failure_line import failure_line, splittable_target, unsplit_reason
    from forecast.plan.assumption import read_money

    scenario = request.scenario
    problems: list[Problem] = []
    if scenario.targets or params["target"] is not None or params["below"] is None:
        problems += target_problems(session, scenario, params["target"])
    text, below = params["below"], None
    if text is not None and (below := read_money(text, scenario.currency)) is None:
        example = "240 tỷ" if scenario.currency == "VND" else f"240 thousand {scenario.currency}"
        problems.append(session.problem("--below", "--below", "stress_not_an_amount", text=text, example=example))
    if problems:
        raise InputError(problems)
    line = failure_line(scenario, params["target"] or "", below)
    if reason := unsplit_reason(scenario, line):
        name = splittable_target(scenario)
        instead = session.t("stress_other_target", name=name) if name else session.t("stress_write_target")
        raise session.input_error(
            plan, f"targets.{line.target}", f"stress_of_{reason}", measure=line.measure, instead=instead
        )
    return line


def _require_writable(session: Session, request: RunRequest, options: CommonOptions) -> None:
    """A plan that is written extends the file as it stands: not a lock, and nothing that was changed by the call."""
    if request.lock_name:
        raise session.input_error("--write", "--write", "stress_write_lock")
    if options.overrides:
        raise session.input_error("--write", "--write", "stress_write_set")
