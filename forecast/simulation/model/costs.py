"""Costs by what they follow: pieces, revenue, months, people; and those of initiatives and of repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecast.arrays import Floats
from forecast.plan.record import for_service
from forecast.plan.scenario import Cost
from forecast.simulation.model.impacts import Impact
from forecast.simulation.model.initiatives import InitiativeEffects
from forecast.simulation.model.inputs import CostInputs
from forecast.simulation.sampling.random_streams import Sampler


def cost_paths(
    costs: CostInputs,
    sampler: Sampler,
    inputs: Mapping[str, Floats],
    impacts: Mapping[str, Impact],
    initiatives: InitiativeEffects,
) -> dict[str, Floats]:
    """`cost.NAME` -> (months, paths) or (months, 1), for each cost, each initiative that has one, and each repair.

    `inputs` of the statement are (months, paths) or (months, 1): revenue and volume by service, headcount.
    """
    unit_cost_factors = _unit_cost_factors(costs.services, impacts, initiatives)
    paths_by_name = {
        f"cost.{name}": _plan_cost(cost, costs, sampler, inputs, unit_cost_factors)
        for name, cost in costs.by_name.items()
    }
    repairs = {name: impact.cost for name, impact in sorted(impacts.items()) if impact.cost is not None}
    for name, cost_of_paths in (*initiatives.costs.items(), *repairs.items()):
        paths_by_name[f"cost.{name}"] = paths_by_name.get(f"cost.{name}", 0.0) + cost_of_paths
    return paths_by_name


def _unit_cost_factors(
    services: Sequence[str], impacts: Mapping[str, Impact], initiatives: InitiativeEffects
) -> dict[str, Floats]:
    """By service, the factor of shocks and initiatives on the cost of a piece."""
    by_service: dict[str, Floats] = {}
    for service in services:
        factor: Floats = np.ones((1, 1))
        for factors in (initiatives.factors, *(impacts[name].factors for name in sorted(impacts))):
            factor = factor * factors.get(("unit_cost", service), 1.0)
        by_service[service] = factor
    return by_service


def _plan_cost(
    cost: Cost,
    costs: CostInputs,
    sampler: Sampler,
    inputs: Mapping[str, Floats],
    unit_cost_factors: Mapping[str, Floats],
) -> Floats:
    """(months, paths) or (months, 1) of one cost of the plan."""
    months = costs.months
    total: Floats = np.zeros((months, 1))
    for service in costs.services:
        per_unit = for_service(cost.per_unit, service)
        if per_unit is not None and f"volume.{service}" in inputs:
            total = total + sampler(per_unit) * inputs[f"volume.{service}"] * unit_cost_factors[service]
        of_revenue = for_service(cost.of_revenue, service)
        if of_revenue is not None:
            total = total + sampler(of_revenue) * inputs[f"revenue.{service}"]
    if cost.per_month is not None:
        total = total + sampler(cost.per_month)
    if cost.per_person_month is not None and "headcount" in inputs:
        total = total + sampler(cost.per_person_month) * inputs["headcount"]
    if cost.change_per_year is not None:
        years_since_start = np.arange(months)[:, None] / 12
        total = total * (1 + sampler(cost.change_per_year)) ** years_since_start
    if cost.once is not None:
        total = total + np.eye(months, 1) * sampler(cost.once)
    return total
