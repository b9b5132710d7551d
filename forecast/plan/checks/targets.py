"""Targets, triggers and people: what is measured exists, and its threshold has the right unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forecast.errors import Problem
from forecast.periods import format_month
from forecast.plan.assumption import Assumption
from forecast.plan.checks.context import CheckContext
from forecast.plan.fields import Period
from forecast.plan.shocks import Weather
from forecast.plan.targets import Trigger, book_measure
from forecast.plan.workforce import ImpliedHeadcount
from forecast.units import is_size_alone, join_unit, suggest_unit

MEASURE_DIMENSIONS = {
    "revenue": "money", "cost": "money", "profit": "money", "margin": "percent",
    "productivity": "money_per_person", "headcount": "people", "volume": "none",
}  # fmt: skip
"""Dimension of a threshold of each measure."""


def check_targets(context: CheckContext) -> Iterator[Problem]:
    """Everything about targets, the triggers of decisions, and the workforce."""
    for name, target in context.scenario.targets.items():
        path = f"targets.{name}"
        limits = {"at_least": target.at_least, "at_most": target.at_most}
        yield from _check_limits(context, path, target.measure, target.period, limits)
        if target.required_chance is not None and not target.required_chance.is_constant:
            yield context.problem(f"{path}.required_chance", "one_quantity", text=target.required_chance.text)
    for name, decision in context.scenario.decisions.items():
        if (trigger := decision.trigger) is not None:
            path = f"decisions.{name}.trigger"
            limits = {"below": trigger.below, "above": trigger.above}
            if trigger.chance_below is not None and set(limits.values()) == {None}:
                yield from _check_chance_trigger(context, path, trigger)
                continue
            yield from _check_limits(context, path, trigger.measure, trigger.period, limits)
            if trigger.chance_below is not None:
                yield context.problem(path, "one_threshold", first="below", second="chance_below")
    yield from _check_workforce(context)


def _check_limits(
    context: CheckContext, path: str, measure: str, period: Period, limits: Mapping[str, Assumption | None]
) -> Iterator[Problem]:
    yield from check_measure(context, f"{path}.measure", measure)
    given = {key: limit for key, limit in limits.items() if limit is not None}
    if len(given) != 1:
        yield context.problem(path, "one_threshold", first=min(limits), second=max(limits))
    kind, _, _ = measure.partition(".")
    for key, limit in given.items():
        is_count = kind == "volume" and is_size_alone(limit.unit)
        if limit.dimension != MEASURE_DIMENSIONS[kind] and not is_count:
            yield _unit_problem(context, f"{path}.{key}", kind, limit)
    horizon = context.scenario.horizon.calendar
    inside = horizon.first <= period.calendar.first and period.calendar.last <= horizon.last
    if not inside and "horizon" not in context.unread:
        params = {"first": format_month(horizon.first), "last": format_month(horizon.last)}
        yield context.problem(f"{path}.period", "period_outside", text=period.text, **params)


def _check_chance_trigger(context: CheckContext, path: str, trigger: Trigger) -> Iterator[Problem]:
    """A trigger by the chance of the main target: its measure and its period are those of the target's books."""
    yield from check_measure(context, f"{path}.measure", trigger.measure)
    if trigger.chance_below is not None and not trigger.chance_below.is_constant:
        yield context.problem(f"{path}.chance_below", "one_quantity", text=trigger.chance_below.text)
    target = context.scenario.targets.get(context.scenario.main_target)
    if target is None:
        if not any(name.startswith("targets.") for name in context.unread):
            yield context.problem(f"{path}.chance_below", "chance_trigger_needs_target")
        return
    measure, period, months = book_measure(target.measure), trigger.period.calendar, target.period.calendar
    if target.place is not None or not measure:
        yield context.problem(f"{path}.chance_below", "chance_trigger_no_books", target=context.scenario.main_target)
    elif trigger.measure != measure:
        yield context.problem(f"{path}.measure", "chance_trigger_measure", instead=measure)
    elif period.first != months.first or period.last >= months.last:
        params = {"first": format_month(months.first), "last": format_month(months.last - 1)}
        yield context.problem(f"{path}.period", "chance_trigger_period", text=trigger.period.text, **params)


def _unit_problem(context: CheckContext, path: str, measure: str, limit: Assumption) -> Problem:
    unit = suggest_unit(MEASURE_DIMENSIONS[measure], context.scenario.currency, limit.text)  # type: ignore[arg-type]
    if limit.dimension == "none":
        return context.problem(path, "unit_missing", text=limit.text, instead=join_unit(limit.text, unit))
    if MEASURE_DIMENSIONS[measure] == "none":
        return context.problem(path, "threshold_of_pieces", text=limit.text)
    return context.problem(path, "threshold_unit", text=limit.text, measure=measure, example=join_unit("136", unit))


def check_measure(context: CheckContext, path: str, measure: str) -> Iterator[Problem]:
    """A measure that the plan does not have, such as the cost of a plan without costs."""
    kind, _, name = measure.partition(".")
    if kind in ("profit", "margin") and not context.names("costs"):
        yield context.problem(path, "needs_costs", measure=kind)
    if kind == "cost" and not name and not _cost_names(context):
        yield context.problem(path, "needs_costs", measure=kind)
    if kind in ("productivity", "headcount") and not context.names("workforce"):
        yield context.problem(path, "needs_workforce", measure=kind)
    if kind == "volume" and not name and len(context.scenario.volume_units(_counted_services(context))) > 1:
        yield context.problem(path, "volume_of_unlike_units", instead=f"volume.{min(_counted_services(context))}")
    if kind == "volume" and not _may_have_volume(context, name):
        yield context.problem(path, "volume_not_counted", measure=measure)
    if kind in ("revenue", "volume") and name and name not in context.names("services"):
        yield context.missing_name_problem(path, name, context.names("services"), "unknown_service", "services")
    if kind == "cost" and name and name not in _cost_names(context):
        table = next(
            (key for key in ("costs", "initiatives", "shocks") if context.deletion_location(f"{key}.{name}")), "costs"
        )
        yield context.missing_name_problem(path, name, _cost_names(context), "unknown_cost", table)


def _counted_services(context: CheckContext) -> list[str]:
    """Services that may have a volume: all but those that are given in money."""
    choices = {name: context.scenario.baseline_for(name) for name in context.scenario.service_names}
    return [name for name, choice in choices.items() if choice.annual is None or choice.annual.dimension != "money"]


def _may_have_volume(context: CheckContext, service: str) -> bool:
    """True where a service, or any where none is named, is not given in money alone; also for an unknown one."""
    counted, known = _counted_services(context), context.scenario.service_names
    return bool(counted) if not service else service in counted or service not in known


def _cost_names(context: CheckContext) -> set[str]:
    """Names under which a cost is booked."""
    initiatives = {name for name, initiative in context.scenario.initiatives.items() if initiative.cost is not None}
    repairs = {
        name
        for name, shock in context.scenario.shocks.items()
        if isinstance(shock, Weather) and any(each.repair_per_place is not None for each in shock.classes.values())
    }
    return {*context.names("costs"), *initiatives, *repairs}


def _check_workforce(context: CheckContext) -> Iterator[Problem]:
    workforce = context.scenario.workforce
    if workforce is None:
        return
    productivity = workforce.productivity
    if productivity.basis == "wage_revenue" and "all" not in productivity.wage_share:
        lacking = sorted(set(context.names("services")) - set(productivity.wage_share))
        if lacking:
            yield context.problem("workforce.productivity", "wage_share_missing", services=", ".join(lacking))
    if isinstance(workforce.headcount, ImpliedHeadcount):
        yield from _check_implied_headcount(context, workforce.headcount)


def _check_implied_headcount(context: CheckContext, headcount: ImpliedHeadcount) -> Iterator[Problem]:
    path, target_name = "workforce.headcount.implied_by", headcount.implied_by.removeprefix("targets.")
    measures = {f"targets.{key}": context.node(f"targets.{key}.measure") for key in context.names("targets")}
    possible = [name for name, measure in measures.items() if measure == "productivity"]
    if headcount.implied_by not in possible:
        yield context.missing_name_problem(path, headcount.implied_by, possible, "implied_by_unknown")
        return
    target = context.scenario.targets.get(target_name)
    if target is None:
        return  # its own problem is reported where it stands
    revenues = [
        other for other in context.scenario.targets.values()
        if other.measure == "revenue" and other.place is None and other.period.calendar == target.period.calendar
    ]  # fmt: skip
    unread = any(name.startswith("targets.") for name in context.unread)
    if not revenues and not unread:
        yield context.problem(path, "implied_needs_revenue", period=target.period.text)
