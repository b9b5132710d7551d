"""Costs, by what they follow: pieces, revenue, months, people; and those of initiatives and of repair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.arrays import Floats
from forecast.plan.record import for_service
from forecast.plan.scenario import Cost, Scenario
from forecast.simulation.model.impacts import Impact
from forecast.simulation.model.initiatives import InitiativeEffects
from forecast.simulation.sampling.random_streams import Sampler


def cost_paths(
    scenario: Scenario,
    draws: Sampler,
    leaves: Mapping[str, Floats],
    impacts: Mapping[str, Impact],
    actions: InitiativeEffects,
) -> dict[str, Floats]:
    """`cost.NAME` -> (months, paths) or (months, 1), for each cost, each initiative that has one, and each repair."""
    unit = _unit_cost_factors(scenario, impacts, actions)
    found = {
        f"cost.{name}": _plan_cost(scenario, scenario.costs[name], draws, leaves, unit)
        for name in sorted(scenario.costs)
    }
    for name, paid in actions.costs.items():
        found[f"cost.{name}"] = found.get(f"cost.{name}", 0.0) + paid
    for name, impact in sorted(impacts.items()):
        if impact.cost is not None:
            found[f"cost.{name}"] = found.get(f"cost.{name}", 0.0) + impact.cost
    return found


def _unit_cost_factors(
    scenario: Scenario, impacts: Mapping[str, Impact], actions: InitiativeEffects
) -> dict[str, Floats]:
    """By service, what shocks and initiatives make of the cost of a piece."""
    found: dict[str, Floats] = {}
    for service in scenario.service_names:
        factor: Floats = np.ones((1, 1))
        for factors in (actions.factors, *(impacts[name].factors for name in sorted(impacts))):
            factor = factor * factors.get(("unit_cost", service), 1.0)
        found[service] = factor
    return found


def _plan_cost(
    scenario: Scenario, cost: Cost, draws: Sampler, leaves: Mapping[str, Floats], unit: Mapping[str, Floats]
) -> Floats:
    months = scenario.horizon.months
    total: Floats = np.zeros((months, 1))
    for service in scenario.service_names:
        per_unit = for_service(cost.per_unit, service)
        if per_unit is not None and f"volume.{service}" in leaves:
            total = total + draws(per_unit) * leaves[f"volume.{service}"] * unit[service]
        of_revenue = for_service(cost.of_revenue, service)
        if of_revenue is not None:
            total = total + draws(of_revenue) * leaves[f"revenue.{service}"]
    if cost.per_month is not None:
        total = total + draws(cost.per_month)
    if cost.per_person_month is not None and "headcount" in leaves:
        total = total + draws(cost.per_person_month) * leaves["headcount"]
    if cost.change_per_year is not None:
        since = np.arange(months)[:, None] / 12
        total = total * (1 + draws(cost.change_per_year)) ** since
    if cost.once is not None:
        total = total + np.eye(months, 1) * draws(cost.once)
    return total
