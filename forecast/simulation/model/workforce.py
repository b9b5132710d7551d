"""People in numbers: the headcount of each month and the revenue that a worker's year is counted on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from forecast.arrays import Floats
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Target
from forecast.plan.workforce import ImpliedHeadcount, Workforce
from forecast.simulation.sampling.random_streams import Sampler
from forecast.stats.transforms import Z90
from forecast.timeseries.baseline import Baseline


def sample_wage_shares(workforce: Workforce, services: Iterable[str], draws: Sampler) -> dict[str, Floats]:
    """By service, the share of its revenue that a worker's year is counted on, (paths,) or (1,)."""
    said = {service: for_service(workforce.productivity.wage_share, service) for service in services}
    return {service: draws(share) for service, share in said.items() if share is not None}


def sample_headcount(scenario: Scenario, workforce: Workforce, baseline: Baseline, draws: Sampler) -> Floats:
    """(paths,) or (1,) before any effect: counted, or what the plan itself implies (model: section 8)."""
    said = workforce.headcount
    if not isinstance(said, ImpliedHeadcount):
        return draws(said)
    target = scenario.targets[said.implied_by.removeprefix("targets.")]
    revenue = find_revenue_target(scenario, target)
    months = target.period.calendar.count
    planned = draws(revenue.threshold) * _planned_wage_share(scenario, workforce, baseline, draws)
    people: Floats = planned * (12 / months) / draws(target.threshold)
    return people if said.spread is None else people * _spread_factor(draws(said.spread), draws)


def find_revenue_target(scenario: Scenario, productivity: Target) -> Target:
    """The revenue target of the same period, by the order of names."""
    return next(
        scenario.targets[name]
        for name in sorted(scenario.targets)
        if scenario.targets[name].measure == "revenue"
        and scenario.targets[name].place is None
        and scenario.targets[name].period.calendar == productivity.period.calendar
    )


def _planned_wage_share(scenario: Scenario, workforce: Workforce, baseline: Baseline, draws: Sampler) -> Floats:
    """Share of the planned revenue that counts: services at their stated shares of the last year."""
    if workforce.productivity.basis == "total_revenue":
        return np.ones(1)
    sizes = {service: _annual_revenue(scenario, baseline, service) for service in scenario.service_names}
    whole = sum(sizes.values())
    total: Floats = np.zeros(1)
    for service, size in sizes.items():
        share = for_service(workforce.productivity.wage_share, service)
        if share is not None:
            total = total + draws(share) * (size / whole)
    return total


def _annual_revenue(scenario: Scenario, baseline: Baseline, service: str) -> float:
    own = baseline.services[service]
    said = scenario.stated.get(str(own.base_year))
    stated = for_service(said.services, service) if said else None
    if stated is not None:
        return stated.value
    annual = scenario.baseline_for(service).annual
    return own.base_total * (own.base_price or 1.0) or (annual.value if annual else 0.0)


def _spread_factor(half: Floats, draws: Sampler) -> Floats:
    """A factor with P10 = 1 - half and P90 = 1 + half, normal on the log line."""
    from scipy.special import ndtri

    z = ndtri(draws.uniform("workforce.headcount.place_in_spread"))
    low, high = np.log1p(-half), np.log1p(half)
    return np.asarray(np.exp((low + high) / 2 + (high - low) / (2 * Z90) * z))
