"""`forecast run`: simulate plans and publish a report of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.group import Option, command, session_of
from forecast.cli.options import Asked, Gate, Reader, common, read_options
from forecast.cli.output import print_json, print_lines, tell
from forecast.cli.progress import Progress, progress
from forecast.cli.session import Session
from forecast.errors import CheckError, Complaint, InputError
from forecast.i18n import Words

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import Kept
    from forecast.workflows.run import Order


@dataclass(frozen=True)
class Done:
    """A plan that was run."""

    order: Order
    kept: Kept
    summary: dict[str, Any]
    words: Words


@command("run")
@common
@click.option("--precision", cls=Option, metavar="HALF")
@click.option("--as-of", cls=Option, metavar="DATE")
@click.option("--repair", cls=Option, is_flag=True)
@click.option("--pin", cls=Option, metavar="MANIFEST")
@click.option("--fail-below", cls=Option, metavar="[TARGET=]CHANCE", multiple=True)
@click.argument("scenario", nargs=-1, required=True)
@click.pass_context
def run(ctx: click.Context, /, scenario: tuple[str, ...], **typed: Any) -> None:
    """Simulate plans and publish a report of each."""
    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    precision = reader.precision(typed["precision"])
    gates = reader.gates(typed["fail_below"])
    day = reader.day("--as-of", typed["as_of"])
    reader.finish()
    orders = orders_of(session, scenario, asked, repair=typed["repair"])
    orders = [replace(order, precision=precision) for order in _pin(session, orders, typed["pin"])]
    _check(session, orders, gates, day)
    done = [_run(session, order, asked) for order in orders]
    _print(done, asked)
    _hold_against(done, gates)


def orders_of(session: Session, files: tuple[str, ...], asked: Asked, *, repair: bool = False) -> list[Order]:
    """Read every plan; InputError with the complaints of all of them."""
    from forecast.plan.loading.loader import read_plan

    scenarios: list[Scenario] = []
    complaints: list[Complaint] = []
    for file in files:
        session.speak_as(file)
        try:
            plan = read_plan(Path(file), settings=asked.settings or None, repair=repair)
        except InputError as wrong:
            complaints.extend(wrong.complaints)
        else:
            scenarios.append(plan.scenario)
            for one in plan.repairs:
                facts = {"one": one.pair[0], "other": one.pair[1], "asked": f"{one.asked:g}", "made": f"{one.made:.2f}"}
                tell(session.words("said_repaired", file=plan.scenario.file, **facts))
    if complaints:
        raise InputError(complaints)
    return [order_of(scenario, asked) for scenario in scenarios]


def order_of(scenario: Scenario, asked: Asked) -> Order:
    """The order that the options make of a plan."""
    from forecast.workflows.run import Order, reports_folder

    return Order(
        scenario=scenario,
        seed=scenario.seed if asked.seed is None else asked.seed,
        paths=asked.paths or scenario.paths,
        language=asked.language or scenario.language,
        reports=(asked.out or reports_folder(scenario)).absolute(),
        engine=asked.engine,
        workers=asked.processes,
    )


def _pin(session: Session, orders: list[Order], manifest: str | None) -> list[Order]:
    """The order that takes what a manifest holds in the place of a fit; InputError where there is more than one."""
    if manifest is None:
        return orders
    if len(orders) > 1:
        raise InputError([session.complaint("--pin", "--pin", "pin_one_plan")])
    from forecast.timeseries.ensemble.pinned import read_pin

    return [replace(order, pin=read_pin(Path(manifest))) for order in orders]


def _check(session: Session, orders: list[Order], gates: tuple[Gate, ...], day: date | None) -> None:
    """What can be refused before anything is played."""
    from forecast.plan.scenario import known_after
    from forecast.runs.repository import prepare

    reader = Reader(session)
    names: dict[Path, str] = {}
    for order in orders:
        place = order.reports / order.name
        if place in names:
            file = order.scenario.file
            code, facts = "same_folder_name", {"first": names[place], "name": order.name}
            reader.complaints.append(session.complaint(file, file, code, **facts))
        names.setdefault(place, order.scenario.file)
        for assumption in known_after(order.scenario, day) if day else ():
            facts = {"text": assumption.text, "known": assumption.known, "day": str(day)}
            reader.complaints.append(Complaint.of(assumption.where, assumption.name, "known_later", **facts))
        reader.complaints.extend(_unknown_targets(session, order, gates))
    reader.finish()
    for order in orders:
        prepare(order.reports, (order.name,))


def _unknown_targets(session: Session, order: Order, gates: tuple[Gate, ...]) -> list[Complaint]:
    from difflib import get_close_matches

    targets = sorted(order.scenario.targets)
    complaints = []
    if order.precision is not None and not targets:
        complaints.append(session.complaint("--precision", "--precision", "no_targets", scenario=order.name))
    at = "--fail-below"
    for gate in gates:
        if not targets:
            complaints.append(session.complaint(at, at, "no_targets", scenario=order.name))
        elif gate.target and gate.target not in targets:
            instead = (get_close_matches(gate.target, targets, 1, 0.0) or targets)[0]
            facts = {"target": gate.target, "scenario": order.name, "instead": instead}
            complaints.append(session.complaint(at, at, "no_target", **facts))
    return complaints


def _run(session: Session, order: Order, asked: Asked) -> Done:
    from forecast.workflows.run import run_order

    session.spoken = order.language
    with progress(session.words, quiet=asked.quiet) as watch:
        kept, _found = run_order(
            order,
            _steps(watch, order),
            lambda done, all_: watch.played(order.name, done, all_),
            lambda key, paths: watch.say(key, scenario=order.name, paths=watch.words.number(paths)),
        )
    return Done(order, kept, kept.summary(), session.words)


def _steps(watch: Progress, order: Order) -> Any:
    paths = watch.words.number(order.paths)
    return lambda key: watch.step(key, scenario=order.name, paths=paths)


def _print(done: list[Done], asked: Asked) -> None:
    from forecast.cli.run_summary import lines_of

    if asked.json:
        answers = [{"run_dir": str(each.kept.folder), "summary": each.summary} for each in done]
        print_json(answers[0] if len(answers) == 1 else answers)
        return
    for each in done:
        print_lines(*lines_of(each.kept, each.summary, each.order.scenario, each.words))


def _hold_against(done: list[Done], gates: tuple[Gate, ...]) -> None:
    """CheckError when a target is less likely than asked."""
    missed = []
    for each in done:
        for gate in gates:
            for name, target in each.summary["targets"].items():
                if gate.target in ("", name) and target["chance"] < gate.chance:
                    chance = each.words.percent(target["chance"], 1)
                    facts = {"scenario": each.kept.scenario, "target": name, "chance": chance, "asked": gate.text}
                    missed.append(each.words("chance_below_one", **facts))
    if missed:
        raise CheckError("chance_below", names="; ".join(missed))
