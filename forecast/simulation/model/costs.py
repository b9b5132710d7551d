"""Costs by what they follow: pieces, revenue, months, people; and those of initiatives and of repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
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
        f"cost.{name}": _plan_cost(name, costs, sampler, inputs, unit_cost_factors) for name in costs.by_name
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


def _cost_factors(changes: Mapping[int, Assumption], horizon: Calendar, sampler: Sampler) -> Floats:
    """(months, paths) or (months, 1) of a cost over its first month: each month changes at the rate of its year."""
    factors: list[Floats] = []
    start: Floats = np.ones(1)
    for year in horizon.years:
        months = [month for month in horizon.months if month // SEASON_MONTHS == year]
        change = 1 + sampler.in_year(changes[year], year) if year in changes else np.ones(1)
        factors += [start * change ** (i / SEASON_MONTHS) for i in range(len(months))]
        start = start * change ** (len(months) / SEASON_MONTHS)
    return np.array(np.broadcast_arrays(*factors))


def _plan_cost(
    name: str,
    costs: CostInputs,
    sampler: Sampler,
    inputs: Mapping[str, Floats],
    unit_cost_factors: Mapping[str, Floats],
) -> Floats:
    """(months, paths) or (months, 1) of one cost of the plan."""
    cost, months = costs.by_name[name], costs.horizon.count
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
    if name in costs.changes:
        total = total * _cost_factors(costs.changes[name], costs.horizon, sampler)
    if cost.once is not None:
        total = total + np.eye(months, 1) * sampler(cost.once)
    return total
