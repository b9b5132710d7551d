"""Targets, triggers and people: what is measured exists, and its threshold has the right unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forecast.errors import Complaint
from forecast.periods import month_text
from forecast.plan.assumption import Assumption
from forecast.plan.checks.context import Ground
from forecast.plan.fields import Period
from forecast.plan.shocks import Weather
from forecast.plan.workforce import Implied
from forecast.units import unit_of, with_unit

DIMENSIONS = {
    "revenue": "money", "cost": "money", "profit": "money", "margin": "percent",
    "productivity": "money_per_person", "headcount": "people", "volume": "none",
}  # fmt: skip
"""What a threshold of each measure is counted in."""


def check(ground: Ground) -> Iterator[Complaint]:
    """Everything about targets, the triggers of decisions, and the workforce."""
    for name, target in ground.scenario.targets.items():
        at = f"targets.{name}"
        limits = {"at_least": target.at_least, "at_most": target.at_most}
        yield from _measured(ground, at, target.measure, target.period, limits)
        if target.want is not None and not target.want.sure:
            yield ground.complain(f"{at}.want", "one_quantity", text=target.want.text)
    for name, decision in ground.scenario.decisions.items():
        if (trigger := decision.trigger) is not None:
            at = f"decisions.{name}.trigger"
            limits = {"below": trigger.below, "above": trigger.above}
            yield from _measured(ground, at, trigger.measure, trigger.period, limits)
    yield from _workforce(ground)


def _measured(
    ground: Ground, at: str, measure: str, period: Period, limits: Mapping[str, Assumption | None]
) -> Iterator[Complaint]:
    yield from _measure(ground, f"{at}.measure", measure)
    given = {key: limit for key, limit in limits.items() if limit is not None}
    if len(given) != 1:
        yield ground.complain(at, "one_threshold", first=min(limits), second=max(limits))
    kind, _, _ = measure.partition(".")
    for key, limit in given.items():
        if limit.dimension != DIMENSIONS[kind]:
            yield _wrong_unit(ground, f"{at}.{key}", kind, limit)
    horizon = ground.scenario.horizon.calendar
    inside = horizon.first <= period.calendar.first and period.calendar.last <= horizon.last
    if not inside and "horizon" not in ground.unread:
        facts = {"first": month_text(horizon.first), "last": month_text(horizon.last)}
        yield ground.complain(f"{at}.period", "period_outside", text=period.text, **facts)


def _wrong_unit(ground: Ground, at: str, measure: str, limit: Assumption) -> Complaint:
    unit = unit_of(DIMENSIONS[measure], ground.scenario.currency, limit.text)  # type: ignore[arg-type]
    if limit.dimension == "none":
        return ground.complain(at, "unit_missing", text=limit.text, instead=with_unit(limit.text, unit))
    if DIMENSIONS[measure] == "none":
        return ground.complain(at, "threshold_of_pieces", text=limit.text)
    return ground.complain(at, "threshold_unit", text=limit.text, measure=measure, example=with_unit("136", unit))


def _measure(ground: Ground, at: str, measure: str) -> Iterator[Complaint]:
    kind, _, name = measure.partition(".")
    if kind in ("profit", "margin") and not ground.names("costs"):
        yield ground.complain(at, "needs_costs", measure=kind)
    if kind == "cost" and not name and not _costs(ground):
        yield ground.complain(at, "needs_costs", measure=kind)
    if kind in ("productivity", "headcount") and not ground.names("workforce"):
        yield ground.complain(at, "needs_workforce", measure=kind)
    if kind in ("revenue", "volume") and name and name not in ground.names("services"):
        yield ground.missing(at, name, ground.names("services"), "unknown_service", "services")
    if kind == "cost" and name and name not in _costs(ground):
        table = next((one for one in ("costs", "initiatives", "shocks") if ground.taken_away(f"{one}.{name}")), "costs")
        yield ground.missing(at, name, _costs(ground), "unknown_cost", table)


def _costs(ground: Ground) -> set[str]:
    """Names under which a cost is booked."""
    initiatives = {name for name, one in ground.scenario.initiatives.items() if one.cost is not None}
    repairs = {
        name
        for name, shock in ground.scenario.shocks.items()
        if isinstance(shock, Weather) and any(one.repair_per_place is not None for one in shock.classes.values())
    }
    return {*ground.names("costs"), *initiatives, *repairs}


def _workforce(ground: Ground) -> Iterator[Complaint]:
    workforce = ground.scenario.workforce
    if workforce is None:
        return
    productivity = workforce.productivity
    if productivity.basis == "wage_revenue" and "all" not in productivity.wage_share:
        lacking = sorted(set(ground.names("services")) - set(productivity.wage_share))
        if lacking:
            yield ground.complain("workforce.productivity", "wage_share_missing", services=", ".join(lacking))
    if isinstance(workforce.headcount, Implied):
        yield from _implied(ground, workforce.headcount)


def _implied(ground: Ground, said: Implied) -> Iterator[Complaint]:
    at, name = "workforce.headcount.implied_by", said.implied_by.removeprefix("targets.")
    known = {f"targets.{one}": ground.node(f"targets.{one}.measure") for one in ground.names("targets")}
    possible = [one for one, measure in known.items() if measure == "productivity"]
    if said.implied_by not in possible:
        yield ground.missing(at, said.implied_by, possible, "implied_by_unknown")
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
        yield ground.complain(at, "implied_needs_revenue", period=target.period.text)
