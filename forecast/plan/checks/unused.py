"""Entries without effect: an effect, a cost or a recovery that has nothing to act on."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Problem
from forecast.plan.checks.context import CheckContext
from forecast.plan.record import for_service
from forecast.plan.shocks import Drift, Effects, Epidemic, Shock
from forecast.units import join_unit, suggest_unit

HISTORY_SHOCK_DRIVERS = ("volume", "revenue")
"""Drivers that a past shock may change: `growth` is over the year without it."""


def check_unused(context: CheckContext) -> Iterator[Problem]:
    """Problems of entries that would change nothing."""
    past_shocks = context.scenario.history.shocks if context.scenario.history else {}
    for name, shock in context.scenario.shocks.items():
        if isinstance(shock, Drift):
            yield from _check_drift(context, f"shocks.{name}")
    for path, effect in iter_effects(context):
        yield from _check_unit_cost(context, path, effect)
    for name, event in past_shocks.items():
        path = f"history.shocks.{name}.effect"
        for driver in Effects.model_fields:
            if driver not in HISTORY_SHOCK_DRIVERS and getattr(event.effect, driver):
                yield context.problem(f"{path}.{driver}", "not_of_the_past", driver=driver)
    for name, initiative in context.scenario.initiatives.items():
        if "all" in initiative.takes_from:
            yield context.problem(f"initiatives.{name}.takes_from.all", "takes_from_all")
    yield from _check_costs(context)
    for service in context.scenario.service_names:
        yield from _check_given_baseline(context, service)


def iter_effects(context: CheckContext) -> Iterator[tuple[str, Effects]]:
    """The effects of initiatives and of shocks, each regime of an epidemic by itself, with their dotted names."""
    for name, initiative in context.scenario.initiatives.items():
        yield f"initiatives.{name}.effect", initiative.effect
    for name, shock in context.scenario.shocks.items():
        for path, holder in _iter_shock_effects(shock):
            yield f"shocks.{name}{path}.effect", holder


def _iter_shock_effects(shock: Shock) -> Iterator[tuple[str, Effects]]:
    if isinstance(shock, Epidemic):
        regimes = {"mild": shock.mild, "upstream": shock.upstream, "hard": shock.hard}
        yield from ((f".{name}", regime.effect) for name, regime in regimes.items() if regime is not None)
    elif isinstance(effect := getattr(shock, "effect", None), Effects):
        yield "", effect


def _check_drift(context: CheckContext, path: str) -> Iterator[Problem]:
    if context.names(f"{path}.recovered"):
        yield context.problem(f"{path}.recovered", "drift_stays")


def _check_unit_cost(context: CheckContext, path: str, effect: Effects) -> Iterator[Problem]:
    """A change of the cost of a piece needs one."""
    if any(name.startswith("costs") for name in context.unread):
        return
    costs = context.scenario.costs.values()
    priced = {s for s in context.names("services") for cost in costs if for_service(cost.per_unit, s) is not None}
    for service in effect.unit_cost:
        services = [service] if service != "all" else set(context.names("services")) - set(effect.unit_cost)
        if not priced.intersection(services):
            yield context.problem(f"{path}.unit_cost.{service}", "unit_cost_of_nothing", service=service)


def _check_costs(context: CheckContext) -> Iterator[Problem]:
    scenario = context.scenario
    for name, cost in scenario.costs.items():
        path = f"costs.{name}"
        if cost.per_person_month is not None and scenario.workforce is None and "workforce" not in context.unread:
            yield context.problem(f"{path}.per_person_month", "cost_needs_workforce")
        for service in scenario.service_names:
            choice, key = scenario.baseline_for(service), service if service in cost.per_unit else "all"
            if key in cost.per_unit and choice.method == "given" and choice.annual is not None:
                yield context.problem(f"{path}.per_unit.{key}", "per_unit_of_given", service=service)


def _check_given_baseline(context: CheckContext, service: str) -> Iterator[Problem]:
    """A year that is given has no history to ask, and no price."""
    choice, path = context.scenario.baseline_for(service), f"services.{service}.baseline"
    if choice.method != "given":
        return
    for key in ("level", "mask"):
        if context.node(f"{path}.{key}") not in (None, "planner"):
            yield context.problem(f"{path}.{key}", "needs_fit", key=key)
    if choice.annual is not None and choice.annual.dimension == "none" and "empirical" not in choice.annual.text:
        annual_path = f"{path}.annual" if context.node(f"{path}.annual") is not None else "baseline.annual"
        example = join_unit("5000", suggest_unit("money", context.scenario.currency))
        yield context.problem(annual_path, "given_without_price", text=choice.annual.text, example=example)
