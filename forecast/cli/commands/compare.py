"""`forecast compare`: simulate plans with common random numbers and show what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import raise_first, read_requests
from forecast.cli.group import Argument, command, complete_files, get_session
from forecast.cli.option_types import InvalidValue
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines, stdout_encoding
from forecast.cli.progress import show_progress
from forecast.cli.run_summary import page_note_lines
from forecast.cli.session import Session
from forecast.errors import InputError, OutputError, Problem

if TYPE_CHECKING:
    from forecast.workflows.request import RunRequest

MAX_COMPARED_PLANS = 6
"""Plans whose curves can be told apart."""


def _refuse_other_counts(ctx: click.Context, param: click.Parameter, plans: tuple[str, ...]) -> tuple[str, ...]:
    if len(plans) < 2:
        raise InvalidValue("compare_needs_two", option=plans[0])
    if len(plans) > MAX_COMPARED_PLANS:
        raise InvalidValue("compare_too_many", option=plans[MAX_COMPARED_PLANS], limit=MAX_COMPARED_PLANS)
    return plans


@command("compare")
@common_options()
@click.argument(
    "plans",
    cls=Argument,
    nargs=-1,
    required=True,
    metavar="A B...",
    callback=_refuse_other_counts,
    shell_complete=complete_files,
)
@click.pass_context
def compare_command(ctx: click.Context, /, plans: tuple[str, ...], **params: Any) -> None:
    """Simulate plans with common random numbers and show what differs."""
    from forecast.cli.compare_summary import comparison_lines
    from forecast.cli.run_summary import print_set_aside, report_line
    from forecast.workflows.compare import run_comparison

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    requests = read_requests(session, plans, options)
    session.language = requests[0].language
    _check_comparable(session, requests)
    failures: list[OutputError] = []
    with show_progress(session.t, quiet=options.quiet) as display:
        paths = session.t.number(requests[0].paths)
        run = run_comparison(
            requests, lambda key, name: display.show_step(key, scenario=name, paths=paths), failures.append
        )
    print_set_aside(run, session.t)
    summary = run.summary()
    if options.json:
        print_json({"run_dir": str(run.folder), "summary": summary})
    else:
        print_lines(
            *comparison_lines(summary, [request.scenario for request in requests], session.t, stdout_encoding())
        )
        print_lines(*page_note_lines(summary["runs"].values(), session.t), report_line(run, session.t))
    raise_first(failures)


def _check_comparable(session: Session, requests: list[RunRequest]) -> None:
    """InputError unless the plans share seed and paths, and each has a name of its own."""
    problems: list[Problem] = []
    first = requests[0]
    files: dict[str, str] = {}
    for request in requests:
        file = request.argument
        if request.name in files:
            code = "same_plan_twice" if files[request.name] == file else "same_names_compared"
            problems.append(session.problem(file, file, code, first=files[request.name]))
        files.setdefault(request.name, file)
        if (request.seed, request.paths) != (first.seed, first.paths):
            params = {"first": first.name, "first_paths": first.paths, "first_seed": first.seed}
            params |= {"paths": request.paths, "seed": request.seed}
            problems.append(session.problem(file, file, "compare_other_paths", **params))
    if problems:
        raise InputError(problems)
