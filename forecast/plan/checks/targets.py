"""Targets, triggers and people: what is measured exists, and its threshold has the right unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forecast.errors import Problem
from forecast.periods import format_month
from forecast.plan.assumption import Assumption
from forecast.plan.checks.context import CheckContext
from forecast.plan.fields import Period
from forecast.plan.shocks import Weather
from forecast.plan.workforce import ImpliedHeadcount
from forecast.units import join_unit, suggest_unit

MEASURE_DIMENSIONS = {
    "revenue": "money", "cost": "money", "profit": "money", "margin": "percent",
    "productivity": "money_per_person", "headcount": "people", "volume": "none",
}  # fmt: skip
"""What a threshold of each measure is counted in."""


def check_targets(ground: CheckContext) -> Iterator[Problem]:
    """Everything about targets, the triggers of decisions, and the workforce."""
    for name, target in ground.scenario.targets.items():
        at = f"targets.{name}"
        limits = {"at_least": target.at_least, "at_most": target.at_most}
        yield from _check_limits(ground, at, target.measure, target.period, limits)
        if target.required_chance is not None and not target.required_chance.is_constant:
            yield ground.problem(f"{at}.required_chance", "one_quantity", text=target.required_chance.text)
    for name, decision in ground.scenario.decisions.items():
        if (trigger := decision.trigger) is not None:
            at = f"decisions.{name}.trigger"
            limits = {"below": trigger.below, "above": trigger.above}
            yield from _check_limits(ground, at, trigger.measure, trigger.period, limits)
    yield from _check_workforce(ground)


def _check_limits(
    ground: CheckContext, at: str, measure: str, period: Period, limits: Mapping[str, Assumption | None]
) -> Iterator[Problem]:
    yield from _check_measure(ground, f"{at}.measure", measure)
    given = {key: limit for key, limit in limits.items() if limit is not None}
    if len(given) != 1:
        yield ground.problem(at, "one_threshold", first=min(limits), second=max(limits))
    kind, _, _ = measure.partition(".")
    for key, limit in given.items():
        if limit.dimension != MEASURE_DIMENSIONS[kind]:
            yield _unit_problem(ground, f"{at}.{key}", kind, limit)
    horizon = ground.scenario.horizon.calendar
    inside = horizon.first <= period.calendar.first and period.calendar.last <= horizon.last
    if not inside and "horizon" not in ground.unread:
        facts = {"first": format_month(horizon.first), "last": format_month(horizon.last)}
        yield ground.problem(f"{at}.period", "period_outside", text=period.text, **facts)


def _unit_problem(ground: CheckContext, at: str, measure: str, limit: Assumption) -> Problem:
    unit = suggest_unit(MEASURE_DIMENSIONS[measure], ground.scenario.currency, limit.text)  # type: ignore[arg-type]
    if limit.dimension == "none":
        return ground.problem(at, "unit_missing", text=limit.text, instead=join_unit(limit.text, unit))
    if MEASURE_DIMENSIONS[measure] == "none":
        return ground.problem(at, "threshold_of_pieces", text=limit.text)
    return ground.problem(at, "threshold_unit", text=limit.text, measure=measure, example=join_unit("136", unit))


def _check_measure(ground: CheckContext, at: str, measure: str) -> Iterator[Problem]:
    kind, _, name = measure.partition(".")
    if kind in ("profit", "margin") and not ground.names("costs"):
        yield ground.problem(at, "needs_costs", measure=kind)
    if kind == "cost" and not name and not _cost_names(ground):
        yield ground.problem(at, "needs_costs", measure=kind)
    if kind in ("productivity", "headcount") and not ground.names("workforce"):
        yield ground.problem(at, "needs_workforce", measure=kind)
    if kind in ("revenue", "volume") and name and name not in ground.names("services"):
        yield ground.missing_name_problem(at, name, ground.names("services"), "unknown_service", "services")
    if kind == "cost" and name and name not in _cost_names(ground):
        table = next(
            (one for one in ("costs", "initiatives", "shocks") if ground.deletion_location(f"{one}.{name}")), "costs"
        )
        yield ground.missing_name_problem(at, name, _cost_names(ground), "unknown_cost", table)


def _cost_names(ground: CheckContext) -> set[str]:
    """Names under which a cost is booked."""
    initiatives = {name for name, one in ground.scenario.initiatives.items() if one.cost is not None}
    repairs = {
        name
        for name, shock in ground.scenario.shocks.items()
        if isinstance(shock, Weather) and any(one.repair_per_place is not None for one in shock.classes.values())
    }
    return {*ground.names("costs"), *initiatives, *repairs}


def _check_workforce(ground: CheckContext) -> Iterator[Problem]:
    workforce = ground.scenario.workforce
    if workforce is None:
        return
    productivity = workforce.productivity
    if productivity.basis == "wage_revenue" and "all" not in productivity.wage_share:
        lacking = sorted(set(ground.names("services")) - set(productivity.wage_share))
        if lacking:
            yield ground.problem("workforce.productivity", "wage_share_missing", services=", ".join(lacking))
    if isinstance(workforce.headcount, ImpliedHeadcount):
        yield from _check_implied_headcount(ground, workforce.headcount)


def _check_implied_headcount(ground: CheckContext, said: ImpliedHeadcount) -> Iterator[Problem]:
    at, name = "workforce.headcount.implied_by", said.implied_by.removeprefix("targets.")
    known = {f"targets.{one}": ground.node(f"targets.{one}.measure") for one in ground.names("targets")}
    possible = [one for one, measure in known.items() if measure == "productivity"]
    if said.implied_by not in possible:
        yield ground.missing_name_problem(at, said.implied_by, possible, "implied_by_unknown")
        return
    target = ground.scenario.targets.get(name)
    if target is None:
        return  # said where the target stands
    revenues = [
        one for one in ground.scenario.targets.values()
        if one.measure == "revenue" and one.place is None and one.period.calendar == target.period.calendar
    ]  # fmt: skip
    unread = any(name.startswith("targets.") for name in ground.unread)
    if not revenues and not unread:
        yield ground.problem(at, "implied_needs_revenue", period=target.period.text)
