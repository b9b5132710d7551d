"""`forecast seek`: what would give a target its required chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import read_requests
from forecast.cli.group import Argument, Option, command, get_session
from forecast.cli.option_types import ChanceParam
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.session import Session
from forecast.cli.target_choice import target_problems
from forecast.errors import CheckError, InputError, Problem, closest_match

if TYPE_CHECKING:
    from forecast.analysis.seek_value import SeekMode
    from forecast.plan.assumption import Assumption
    from forecast.plan.scenario import Scenario
    from forecast.workflows.seek import SeekQuestion


@command("seek")
@click.option("--target", cls=Option, metavar="NAME")
@click.option("--chance", cls=Option, metavar="CHANCE", type=ChanceParam())
@click.option("--by", "names", cls=Option, metavar="NAME", multiple=True)
@click.option("--sure", cls=Option, is_flag=True)
@click.option("--shift", cls=Option, is_flag=True)
@click.option("--from", "low", cls=Option, metavar="VALUE")
@click.option("--to", "high", cls=Option, metavar="VALUE")
@common_options("--paths", "--seed", "--set", "--workers", "--lang", "--json", "--quiet")
@click.argument("plan", cls=Argument, required=True, metavar="PLAN")
@click.pass_context
def seek_command(ctx: click.Context, /, plan: str, **params: Any) -> None:
    """Find what would give a target its required chance."""
    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    (request,) = read_requests(session, (plan,), options)
    session.language = request.language
    question = _question(session, request.scenario, params)
    from forecast.cli.seek_summary import seek_lines
    from forecast.workflows.seek import seek, summarise_seek

    with show_progress(session.t, quiet=options.quiet) as display:
        display.show_step("said_seeking", scenario=request.name, paths=session.t.number(request.paths))
        result = seek(request, question)
    if options.json:
        print_json(summarise_seek(result, request.argument))
    elif not options.quiet:
        print_lines(*seek_lines(result, session.t))
    if not result.is_reachable:
        raise CheckError("seek_out_of_reach", target=question.target)


def _question(session: Session, scenario: Scenario, params: dict[str, Any]) -> SeekQuestion:
    """Read the question; InputError with everything that is wrong with it."""
    from forecast.workflows.decisions import DEFAULT_REQUIRED_CHANCE
    from forecast.workflows.seek import SeekQuestion

    problems: list[Problem] = []
    target = params["target"] or scenario.main_target
    problems += target_problems(session, scenario, params["target"])
    modes: tuple[SeekMode, ...] = tuple(mode for mode in ("sure", "shift") if params[mode]) or ("sure", "shift")
    names, assumptions = tuple(params["names"]), []
    for name in names:
        assumption = _assumption(session, scenario, name, problems)
        assumptions += [assumption] if assumption is not None else []
    if not names:
        for option in ("sure", "shift", "low", "high"):
            if params[option]:
                flag = {"low": "--from", "high": "--to"}.get(option, f"--{option}")
                problems.append(session.problem(flag, flag, "seek_needs_by", option=flag))
    ends = _ends(session, scenario, assumptions, params, problems) if names else None
    if problems:
        raise InputError(problems)
    required = params["chance"]
    if required is None:
        written = scenario.targets[target].required
        required = DEFAULT_REQUIRED_CHANCE if written is None else written
    return SeekQuestion(target, required, names, _modes_with_meaning(assumptions, modes), ends)


def _modes_with_meaning(assumptions: list[Assumption], modes: tuple[SeekMode, ...]) -> tuple[SeekMode, ...]:
    """A number that is sure has no range to shift."""
    return ("sure",) if all(assumption.is_constant for assumption in assumptions) else modes


def _assumption(session: Session, scenario: Scenario, name: str, problems: list[Problem]) -> Assumption | None:
    from forecast.analysis.seek_value import sought_assumptions

    parts = sought_assumptions(scenario, name)
    if not parts:
        known = {*scenario.yearly_changes, *(assumption.name for assumption in scenario.assumptions())}
        instead = closest_match(name, known, 0.0) or min(known)
        problems.append(session.problem(name, name, "seek_unknown_name", instead=instead))
        return None
    if name.startswith("targets."):
        problems.append(session.problem(name, name, "seek_target_as_lever"))
    return parts[0]


def _ends(
    session: Session,
    scenario: Scenario,
    assumptions: list[Assumption],
    params: dict[str, Any],
    problems: list[Problem],
) -> tuple[float, float] | None:
    """Ends of the search, read as values of the assumption."""
    from forecast.analysis.seek_value import search_ends
    from forecast.plan.assumption import read_value

    texts = {"--from": params["low"], "--to": params["high"]}
    given = {option: text for option, text in texts.items() if text is not None}
    if len(assumptions) != 1:
        problems += [session.problem(option, option, "seek_ends_of_several") for option in given]
        return None
    if not given:
        try:
            search_ends(assumptions[0])
        except ValueError:
            name = assumptions[0].name
            problems.append(session.problem(name, name, "seek_needs_ends"))
        return None
    if len(given) == 1:
        (option,) = given
        other = "--to" if option == "--from" else "--from"
        problems.append(session.problem(option, option, "seek_other_end", other=other))
        return None
    ends = []
    for option, text in given.items():
        value = read_value(assumptions[0], text, scenario.currency)
        if value is None:
            problems.append(session.problem(option, option, "seek_not_a_value", text=text, example=assumptions[0].text))
        else:
            ends.append(value)
    if len(ends) == 2 and ends[0] >= ends[1]:
        problems.append(session.problem("--from", "--from", "seek_ends_backwards"))
    return (ends[0], ends[1]) if len(ends) == 2 else None
