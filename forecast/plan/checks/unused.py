"""What is written and would change nothing: an effect, a cost or a return that has nothing to act on."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Complaint
from forecast.plan.checks.context import Ground
from forecast.plan.record import of_service
from forecast.plan.shocks import Drift, Effects, Epidemic, Shock
from forecast.units import unit_of, with_unit

OF_THE_PAST = ("volume", "revenue")
"""What a past shock may take: `growth` is over the year without it."""


def check(ground: Ground) -> Iterator[Complaint]:
    """Everything that is written in vain."""
    past = ground.scenario.history.shocks if ground.scenario.history else {}
    for name, shock in ground.scenario.shocks.items():
        if isinstance(shock, Drift):
            yield from _drift(ground, f"shocks.{name}")
    for at, effect in effects(ground):
        yield from _unit_cost(ground, at, effect)
    for name, event in past.items():
        at = f"history.shocks.{name}.effect"
        for driver in Effects.model_fields:
            if driver not in OF_THE_PAST and getattr(event.effect, driver):
                yield ground.complain(f"{at}.{driver}", "not_of_the_past", driver=driver)
    for name, initiative in ground.scenario.initiatives.items():
        if "all" in initiative.takes_from:
            yield ground.complain(f"initiatives.{name}.takes_from.all", "takes_from_all")
    yield from _costs(ground)
    for service in ground.scenario.service_names:
        yield from _given(ground, service)


def effects(ground: Ground) -> Iterator[tuple[str, Effects]]:
    """The effects of initiatives and of shocks, each regime of an epidemic by itself, with their dotted names."""
    for name, initiative in ground.scenario.initiatives.items():
        yield f"initiatives.{name}.effect", initiative.effect
    for name, shock in ground.scenario.shocks.items():
        for at, holder in _holders(shock):
            yield f"shocks.{name}{at}.effect", holder


def _holders(shock: Shock) -> Iterator[tuple[str, Effects]]:
    if isinstance(shock, Epidemic):
        regimes = {"mild": shock.mild, "upstream": shock.upstream, "hard": shock.hard}
        yield from ((f".{name}", regime.effect) for name, regime in regimes.items() if regime is not None)
    elif isinstance(effect := getattr(shock, "effect", None), Effects):
        yield "", effect


def _drift(ground: Ground, at: str) -> Iterator[Complaint]:
    if ground.names(f"{at}.recovered"):
        yield ground.complain(f"{at}.recovered", "drift_stays")


def _unit_cost(ground: Ground, at: str, effect: Effects) -> Iterator[Complaint]:
    """A change of the cost of a piece needs one."""
    if any(name.startswith("costs") for name in ground.unread):
        return
    costs = ground.scenario.costs.values()
    priced = {s for s in ground.names("services") for cost in costs if of_service(cost.per_unit, s) is not None}
    for service in effect.unit_cost:
        meant = [service] if service != "all" else set(ground.names("services")) - set(effect.unit_cost)
        if not priced.intersection(meant):
            yield ground.complain(f"{at}.unit_cost.{service}", "unit_cost_of_nothing", service=service)


def _costs(ground: Ground) -> Iterator[Complaint]:
    scenario = ground.scenario
    for name, cost in scenario.costs.items():
        at = f"costs.{name}"
        if cost.per_person_month is not None and scenario.workforce is None and "workforce" not in ground.unread:
            yield ground.complain(f"{at}.per_person_month", "cost_needs_workforce")
        for service in scenario.service_names:
            choice, key = scenario.choice(service), service if service in cost.per_unit else "all"
            if key in cost.per_unit and choice.method == "given" and choice.annual is not None:
                yield ground.complain(f"{at}.per_unit.{key}", "per_unit_of_given", service=service)


def _given(ground: Ground, service: str) -> Iterator[Complaint]:
    """A year that is given has no history to ask, and no price."""
    choice, at = ground.scenario.choice(service), f"services.{service}.baseline"
    if choice.method != "given":
        return
    for key in ("level", "mask"):
        if ground.node(f"{at}.{key}") not in (None, "planner"):
            yield ground.complain(f"{at}.{key}", "needs_fit", key=key)
    if choice.annual is not None and choice.annual.dimension == "none" and "empirical" not in choice.annual.text:
        place = f"{at}.annual" if ground.node(f"{at}.annual") is not None else "baseline.annual"
        example = with_unit("5000", unit_of("money", ground.scenario.currency))
        yield ground.complain(place, "given_without_price", text=choice.annual.text, example=example)
