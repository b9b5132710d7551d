"""`forecast bridge`: from one plan to another, by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import read_requests
from forecast.cli.group import Argument, Option, command, complete_files, get_session
from forecast.cli.option_types import ClosestChoice
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.session import Session
from forecast.cli.target_choice import target_problems
from forecast.errors import InputError, Problem, closest_match
from forecast.periods import format_month

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.plan.targets import Target
    from forecast.workflows.bridge import BridgeQuestion, BridgeStatistic
    from forecast.workflows.request import RunRequest

STATISTICS: tuple[BridgeStatistic, ...] = ("mean", "chance")


@command("bridge")
@click.option(
    "--of", "of", cls=Option, metavar="mean|chance", type=ClosestChoice(STATISTICS, STATISTICS[0], "option_not_of")
)
@click.option("--target", cls=Option, metavar="NAME")
@click.option("--measure", cls=Option, metavar="MEASURE")
@click.option("--period", cls=Option, metavar="PERIOD")
@click.option("--each", cls=Option, is_flag=True)
@common_options("--paths", "--seed", "--set", "--workers", "--lang", "--json", "--quiet")
@click.argument("plans", cls=Argument, nargs=2, required=True, metavar="A B", shell_complete=complete_files)
@click.pass_context
def bridge_command(ctx: click.Context, /, plans: tuple[str, str], **params: Any) -> None:
    """Divide the difference between two plans among its causes."""
    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    first, last = read_requests(session, plans, options)
    session.language = first.language
    question = _question(session, first, last, options, params)
    from forecast.cli.bridge_summary import bridge_lines
    from forecast.workflows.bridge import divide_difference, summarise_bridge

    with show_progress(session.t, quiet=options.quiet) as display:
        names = {"first": first.name, "last": last.name}
        display.show_step("said_bridging", **names, paths=session.t.number(question.paths))
        result = divide_difference(first, last, question)
    if options.json:
        print_json(summarise_bridge(result, first.argument, last.argument))
    elif not options.quiet:
        print_lines(*bridge_lines(result, first.scenario, last.scenario, session.t))


def _question(
    session: Session, first: RunRequest, last: RunRequest, options: CommonOptions, params: dict[str, Any]
) -> BridgeQuestion:
    """Read the question; InputError with everything that is wrong with it and with the plans."""
    from forecast.analysis.plan_bridge import BRIDGE_PATHS
    from forecast.workflows.bridge import BridgeQuestion

    problems = list(_plan_problems(first, last))
    figure, name = _figure(session, first.scenario, params, problems)
    threshold = None
    if figure is not None and not problems:
        problems += _figure_problems(session, first, last, figure)
        threshold = _thresholds(first.scenario, last, name, problems)
    of: BridgeStatistic = params["of"] or STATISTICS[0]
    if of == "chance" and not name:
        problems.append(session.problem("--of", "--of", "bridge_chance_needs_target"))
    if problems:
        raise InputError(problems)
    assert figure is not None  # a figure that cannot be read is a problem
    paths = options.paths or min(first.paths, BRIDGE_PATHS)
    return BridgeQuestion(figure, name, threshold, of, params["each"], paths)


def _plan_problems(first: RunRequest, last: RunRequest) -> list[Problem]:
    """Problems that keep two plans from being mixed: other currencies, services or months."""
    plan, other, problems = first.scenario, last.scenario, []
    params = {"first": first.name}
    if plan.currency != other.currency:
        params |= {"currency": plan.currency, "other": other.currency}
        problems.append(Problem.of(other.location_of("currency"), "currency", "bridge_currency", **params))
    if plan.service_names != other.service_names:
        differing = sorted(set(plan.service_names) ^ set(other.service_names))
        services = {"first": first.name, "services": ", ".join(differing)}
        problems.append(Problem.of(other.location_of("services"), "services", "bridge_services", **services))
    if (months := plan.horizon.calendar) != other.horizon.calendar:
        span = {"start": format_month(months.first), "end": format_month(months.last)}
        location = other.location_of("horizon.from")
        problems.append(Problem.of(location, "horizon", "bridge_horizon", first=first.name, **span))
    return problems


def _figure(
    session: Session, scenario: Scenario, params: dict[str, Any], problems: list[Problem]
) -> tuple[Target | None, str]:
    """The figure that is asked about, and the name of its target; the main one of the first plan by default."""
    from forecast.plan.targets import measure_as_target
    from forecast.simulation.compiled import bridge_period

    asked = {option: params[option] for option in ("measure", "period") if params[option]}
    if params["target"] and asked:
        option = f"--{next(iter(asked))}"
        problems.append(session.problem(option, option, "bridge_target_or_measure"))
        return None, ""
    if params["target"] and (unknown := target_problems(session, scenario, params["target"])):
        problems += unknown
        return None, ""
    main = scenario.targets.get(params["target"] or scenario.main_target)
    if main is not None and not asked:
        return main, params["target"] or scenario.main_target
    measure = params["measure"] or (main.measure if main is not None else "revenue")
    text = params["period"] or (main.period.text if main is not None else bridge_period(scenario))
    try:
        figure = measure_as_target(measure, text)
    except ValueError:
        problems.append(session.problem("--period", "--period", "not_a_period", text=text))
        return None, ""
    horizon, months = scenario.horizon.calendar, figure.period.calendar
    if not (horizon.first <= months.first and months.last <= horizon.last):
        span = {"first": format_month(horizon.first), "last": format_month(horizon.last)}
        problems.append(session.problem("--period", "--period", "period_outside", text=text, **span))
        return None, ""
    return figure, ""


def _figure_problems(session: Session, first: RunRequest, last: RunRequest, figure: Target) -> list[Problem]:
    """A measure or a place that one of the plans does not have; the nearest measure is named."""
    from forecast.analysis.plan_causes import known_measures

    measures = [known_measures(request.scenario) for request in (first, last)]
    for known, request in zip(measures, (first, last), strict=True):
        if figure.measure not in known:
            both = [measure for measure in measures[0] if measure in measures[1]]
            params = {"measure": figure.measure, "plan": request.name}
            instead = closest_match(figure.measure, both, 0.0) or "revenue"
            return [session.problem(figure.measure, "--measure", "bridge_no_measure", instead=instead, **params)]
    if figure.place is not None and None in (first.scenario.places, last.scenario.places):
        return [session.problem("", "places", "bridge_no_places", place=figure.place)]
    return []


def _thresholds(scenario: Scenario, last: RunRequest, name: str, problems: list[Problem]) -> tuple[float, float] | None:
    """Threshold of a target by both plans; that of the first plan where the other has no such target."""
    if not name:
        return None
    target, other = scenario.targets[name], last.scenario.targets.get(name)
    if other is None:
        return target.threshold.value, target.threshold.value
    goals = [
        (each.measure, each.period.calendar, each.place, each.basis, each.at_least is None) for each in (target, other)
    ]
    if goals[0] != goals[1]:
        location = last.scenario.location_of(f"targets.{name}")
        problems.append(Problem.of(location, f"targets.{name}", "bridge_other_target"))
    return target.threshold.value, other.threshold.value
