"""`forecast run`: simulate plans and publish a report of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.group import Option, command, get_session
from forecast.cli.options import CommonOptions, Gate, OptionReader, common_options, read_common_options
from forecast.cli.output import print_json, print_lines, print_status
from forecast.cli.progress import show_progress
from forecast.cli.session import Session
from forecast.errors import CheckError, InputError, Problem
from forecast.i18n import Translator

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import StoredRun
    from forecast.workflows.run import RunRequest


@dataclass(frozen=True)
class CompletedRun:
    """A plan that was run."""

    request: RunRequest
    run: StoredRun
    summary: dict[str, Any]
    t: Translator


@command("run")
@common_options
@click.option("--precision", cls=Option, metavar="HALF")
@click.option("--as-of", cls=Option, metavar="DATE")
@click.option("--repair-correlations", cls=Option, is_flag=True)
@click.option("--reuse-fit", cls=Option, metavar="MANIFEST")
@click.option("--fail-under", cls=Option, metavar="[TARGET=]CHANCE", multiple=True)
@click.argument("scenario", nargs=-1, required=True)
@click.pass_context
def run_command(ctx: click.Context, /, scenario: tuple[str, ...], **typed: Any) -> None:
    """Simulate plans and publish a report of each."""
    session = get_session(ctx)
    reader = OptionReader(session)
    asked = read_common_options(reader, typed)
    precision = reader.parse_precision(typed["precision"])
    gates = reader.parse_gates(typed["fail_under"])
    day = reader.parse_date("--as-of", typed["as_of"])
    reader.raise_problems()
    orders = read_requests(session, scenario, asked, repair=typed["repair_correlations"])
    orders = [replace(order, precision=precision) for order in _reuse_fit(session, orders, typed["reuse_fit"])]
    _check_requests(session, orders, gates, day)
    done = [_run_request(session, order, asked) for order in orders]
    _print_results(done, asked)
    _check_gates(done, gates)


def read_requests(
    session: Session, files: tuple[str, ...], asked: CommonOptions, *, repair: bool = False
) -> list[RunRequest]:
    """Read every plan; InputError with the complaints of all of them."""
    from forecast.plan.loading.loader import read_plan

    scenarios: list[Scenario] = []
    complaints: list[Problem] = []
    for file in files:
        session.use_plan_language(file)
        try:
            plan = read_plan(Path(file), overrides=asked.overrides or None, repair=repair)
        except InputError as wrong:
            complaints.extend(wrong.problems)
        else:
            scenarios.append(plan.scenario)
            for one in plan.repairs:
                facts = {
                    "one": one.pair[0],
                    "other": one.pair[1],
                    "asked": f"{one.requested:g}",
                    "made": f"{one.feasible:.2f}",
                }
                print_status(session.t("said_repaired", file=plan.scenario.file, **facts))
    if complaints:
        raise InputError(complaints)
    return [build_request(scenario, asked) for scenario in scenarios]


def build_request(scenario: Scenario, asked: CommonOptions) -> RunRequest:
    """The order that the options make of a plan."""
    from forecast.workflows.run import RunRequest, reports_folder

    return RunRequest(
        scenario=scenario,
        seed=scenario.seed if asked.seed is None else asked.seed,
        paths=asked.paths or scenario.paths,
        language=asked.language or scenario.language,
        reports=(asked.out or reports_folder(scenario)).absolute(),
        engine=asked.engine,
        workers=asked.worker_count,
    )


def _reuse_fit(session: Session, orders: list[RunRequest], manifest: str | None) -> list[RunRequest]:
    """The order that takes what a manifest holds in the place of a fit; InputError where there is more than one."""
    if manifest is None:
        return orders
    if len(orders) > 1:
        raise InputError([session.problem("--reuse-fit", "--reuse-fit", "pin_one_plan")])
    from forecast.timeseries.ensemble.pinned import read_pinned_fits

    return [order.with_pinned_fits(read_pinned_fits(Path(manifest))) for order in orders]


def _check_requests(session: Session, orders: list[RunRequest], gates: tuple[Gate, ...], day: date | None) -> None:
    """What can be refused before anything is played."""
    from forecast.plan.scenario import assumptions_known_after
    from forecast.runs.repository import prepare_reports

    reader = OptionReader(session)
    names: dict[Path, str] = {}
    for order in orders:
        place = order.reports / order.name
        if place in names:
            file = order.scenario.file
            code, facts = "same_folder_name", {"first": names[place], "name": order.name}
            reader.problems.append(session.problem(file, file, code, **facts))
        names.setdefault(place, order.scenario.file)
        for assumption in assumptions_known_after(order.scenario, day) if day else ():
            facts = {"text": assumption.text, "known": assumption.known_since, "day": str(day)}
            reader.problems.append(Problem.of(assumption.location, assumption.name, "known_later", **facts))
        reader.problems.extend(_gate_problems(session, order, gates))
    reader.raise_problems()
    for order in orders:
        prepare_reports(order.reports, (order.name,))


def _gate_problems(session: Session, order: RunRequest, gates: tuple[Gate, ...]) -> list[Problem]:
    from difflib import get_close_matches

    targets = sorted(order.scenario.targets)
    complaints = []
    if order.precision is not None and not targets:
        complaints.append(session.problem("--precision", "--precision", "no_targets", scenario=order.name))
    at = "--fail-under"
    for gate in gates:
        if not targets:
            complaints.append(session.problem(at, at, "no_targets", scenario=order.name))
        elif gate.target and gate.target not in targets:
            instead = (get_close_matches(gate.target, targets, 1, 0.0) or targets)[0]
            facts = {"target": gate.target, "scenario": order.name, "instead": instead}
            complaints.append(session.problem(at, at, "no_target", **facts))
    return complaints


def _run_request(session: Session, order: RunRequest, asked: CommonOptions) -> CompletedRun:
    from forecast.workflows.run import RunCallbacks, run_plan

    session.language = order.language
    name, t = order.name, session.t
    with show_progress(t, quiet=asked.quiet) as watch:
        callbacks = RunCallbacks(
            on_stage=lambda key: watch.show_step(key, scenario=name, paths=t.number(order.paths)),
            on_paths=lambda done, total: watch.show_paths(name, done, total),
            on_checkpoint=lambda key, paths: watch.print_line(key, scenario=name, paths=t.number(paths)),
        )
        run = run_plan(order, callbacks)
    return CompletedRun(order, run, run.summary(), t)


def _print_results(done: list[CompletedRun], asked: CommonOptions) -> None:
    from forecast.cli.run_summary import run_summary_lines

    if asked.json:
        answers = [{"run_dir": str(each.run.folder), "summary": each.summary} for each in done]
        print_json(answers[0] if len(answers) == 1 else answers)
        return
    for each in done:
        print_lines(*run_summary_lines(each.run, each.summary, each.request.scenario, each.t))


def _check_gates(done: list[CompletedRun], gates: tuple[Gate, ...]) -> None:
    """CheckError when a target is less likely than asked."""
    missed = []
    for each in done:
        for gate in gates:
            for name, target in each.summary["targets"].items():
                if gate.target in ("", name) and target["chance"] < gate.chance:
                    chance = each.t.percent(target["chance"], 1)
                    facts = {"scenario": each.run.scenario, "target": name, "chance": chance, "asked": gate.text}
                    missed.append(each.t("chance_below_one", **facts))
    if missed:
        raise CheckError("chance_below", names="; ".join(missed))
