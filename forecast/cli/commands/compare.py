"""`forecast compare`: simulate plans with common random numbers and show what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import raise_first, read_requests
from forecast.cli.group import Argument, command, get_session
from forecast.cli.option_types import InvalidValue
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.run_summary import page_note_lines
from forecast.cli.session import Session
from forecast.errors import InputError, OutputError, Problem
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.workflows.request import RunRequest


def _refuse_single_plan(ctx: click.Context, param: click.Parameter, plans: tuple[str, ...]) -> tuple[str, ...]:
    if len(plans) < 2:
        raise InvalidValue("compare_needs_two", option=plans[0])
    return plans


@command("compare")
@common_options()
@click.argument("plans", cls=Argument, nargs=-1, required=True, metavar="A B...", callback=_refuse_single_plan)
@click.pass_context
def compare_command(ctx: click.Context, /, plans: tuple[str, ...], **params: Any) -> None:
    """Simulate plans with common random numbers and show what differs."""
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
        for difference in summary["differences"]:
            print_lines(*_difference_lines(difference, requests[0].scenario, session.t))
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


def _difference_lines(difference: dict[str, Any], first: Scenario, t: Translator) -> list[str]:
    """The change of each target that both plans have; of the mean where they share none."""
    if not difference["chances"]:
        return [_mean_line(difference, first, t)]
    from forecast.plan.labels import display_name

    lines = []
    for target, change in difference["chances"].items():
        value, low, high = (t.number(100 * change[key], 1) for key in ("value", "low", "high"))
        pair = {"first": difference["first"], "second": difference["second"]}
        pair["target"] = display_name(target, first.targets[target].label if target in first.targets else None, t)
        sign = "+" if change["value"] > 0 else ""
        lines.append(t("said_difference", **pair, change=sign + value, low=low, high=high))
    return lines


def _mean_line(difference: dict[str, Any], first: Scenario, t: Translator) -> str:
    from forecast.reports.content.text import measure_text, period_text

    mean, measure = difference["mean"], difference["measure"]
    scale = choose_scale(measure, [mean["value"], mean["low"], mean["high"]], first.currency, t)
    change, low, high = (scale.signed_number(mean[key], min(scale.decimals + 1, 2)) for key in ("value", "low", "high"))
    return t(
        "said_mean_difference",
        first=difference["first"],
        second=difference["second"],
        measure=measure_text(measure, first, t),
        period=period_text(difference["period"], t),
        change=change,
        low=low,
        high=high,
        unit=scale.unit,
    )
