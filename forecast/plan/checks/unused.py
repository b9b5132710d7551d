"""What is written and would change nothing: an effect, a cost or a return that has nothing to act on."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Problem
from forecast.plan.checks.context import CheckContext
from forecast.plan.record import for_service
from forecast.plan.shocks import Drift, Effects, Epidemic, Shock
from forecast.units import join_unit, suggest_unit

HISTORY_SHOCK_DRIVERS = ("volume", "revenue")
"""What a past shock may take: `growth` is over the year without it."""


def check_unused(ground: CheckContext) -> Iterator[Problem]:
    """Everything that is written in vain."""
    past = ground.scenario.history.shocks if ground.scenario.history else {}
    for name, shock in ground.scenario.shocks.items():
        if isinstance(shock, Drift):
            yield from _check_drift(ground, f"shocks.{name}")
    for at, effect in iter_effects(ground):
        yield from _check_unit_cost(ground, at, effect)
    for name, event in past.items():
        at = f"history.shocks.{name}.effect"
        for driver in Effects.model_fields:
            if driver not in HISTORY_SHOCK_DRIVERS and getattr(event.effect, driver):
                yield ground.problem(f"{at}.{driver}", "not_of_the_past", driver=driver)
    for name, initiative in ground.scenario.initiatives.items():
        if "all" in initiative.takes_from:
            yield ground.problem(f"initiatives.{name}.takes_from.all", "takes_from_all")
    yield from _check_costs(ground)
    for service in ground.scenario.service_names:
        yield from _check_given_baseline(ground, service)


def iter_effects(ground: CheckContext) -> Iterator[tuple[str, Effects]]:
    """The effects of initiatives and of shocks, each regime of an epidemic by itself, with their dotted names."""
    for name, initiative in ground.scenario.initiatives.items():
        yield f"initiatives.{name}.effect", initiative.effect
    for name, shock in ground.scenario.shocks.items():
        for at, holder in _iter_shock_effects(shock):
            yield f"shocks.{name}{at}.effect", holder


def _iter_shock_effects(shock: Shock) -> Iterator[tuple[str, Effects]]:
    if isinstance(shock, Epidemic):
        regimes = {"mild": shock.mild, "upstream": shock.upstream, "hard": shock.hard}
        yield from ((f".{name}", regime.effect) for name, regime in regimes.items() if regime is not None)
    elif isinstance(effect := getattr(shock, "effect", None), Effects):
        yield "", effect


def _check_drift(ground: CheckContext, at: str) -> Iterator[Problem]:
    if ground.names(f"{at}.recovered"):
        yield ground.problem(f"{at}.recovered", "drift_stays")


def _check_unit_cost(ground: CheckContext, at: str, effect: Effects) -> Iterator[Problem]:
    """A change of the cost of a piece needs one."""
    if any(name.startswith("costs") for name in ground.unread):
        return
    costs = ground.scenario.costs.values()
    priced = {s for s in ground.names("services") for cost in costs if for_service(cost.per_unit, s) is not None}
    for service in effect.unit_cost:
        meant = [service] if service != "all" else set(ground.names("services")) - set(effect.unit_cost)
        if not priced.intersection(meant):
            yield ground.problem(f"{at}.unit_cost.{service}", "unit_cost_of_nothing", service=service)


def _check_costs(ground: CheckContext) -> Iterator[Problem]:
    scenario = ground.scenario
    for name, cost in scenario.costs.items():
        at = f"costs.{name}"
        if cost.per_person_month is not None and scenario.workforce is None and "workforce" not in ground.unread:
            yield ground.problem(f"{at}.per_person_month", "cost_needs_workforce")
        for service in scenario.service_names:
            choice, key = scenario.baseline_for(service), service if service in cost.per_unit else "all"
            if key in cost.per_unit and choice.method == "given" and choice.annual is not None:
                yield ground.problem(f"{at}.per_unit.{key}", "per_unit_of_given", service=service)


def _check_given_baseline(ground: CheckContext, service: str) -> Iterator[Problem]:
    """A year that is given has no history to ask, and no price."""
    choice, at = ground.scenario.baseline_for(service), f"services.{service}.baseline"
    if choice.method != "given":
        return
    for key in ("level", "mask"):
        if ground.node(f"{at}.{key}") not in (None, "planner"):
            yield ground.problem(f"{at}.{key}", "needs_fit", key=key)
    if choice.annual is not None and choice.annual.dimension == "none" and "empirical" not in choice.annual.text:
        place = f"{at}.annual" if ground.node(f"{at}.annual") is not None else "baseline.annual"
        example = join_unit("5000", suggest_unit("money", ground.scenario.currency))
        yield ground.problem(place, "given_without_price", text=choice.annual.text, example=example)
