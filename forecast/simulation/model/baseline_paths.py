"""The calm: what each service would take, before drift, initiatives and shocks.

Base, level of the year, months (model: sections 1 to 3). Arrays are (months, paths) over the horizon.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats, Floats32
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
from forecast.plan.scenario import BaselineChoice, Scenario
from forecast.simulation.model.impacts import SimulationContext
from forecast.simulation.model.recovery import Recovery, apply_impacts
from forecast.simulation.model.shocks import impact
from forecast.simulation.sampling.random_streams import Sampler
from forecast.timeseries.baseline import Baseline, ServiceBaseline


@dataclass(frozen=True)
class BaselinePaths:
    """What the services would take if nothing of what the plan names happened."""

    amount: Mapping[str, Floats]
    """By service: pieces where the history counts them, else revenue at the prices of the last year."""
    price: Mapping[str, Floats | None]
    """By service, (months, 1) or (months, paths); none where only revenue is counted."""
    last_year: Mapping[str, Floats]
    """By service, revenue of the last year as it was, (paths,) or (1,); 0 without a history."""
    underlying: Mapping[str, Floats]
    """The same without the shocks that the history holds."""
    gap: Floats | None
    """(months, paths) or (months, 1): the stated total less the services, carried."""

    @property
    def revenue(self) -> dict[str, Floats]:
        """By service, (months, paths)."""
        return {s: amount if (p := self.price[s]) is None else amount * p for s, amount in self.amount.items()}


def sample_baseline(scenario: Scenario, baseline: Baseline, draws: Sampler) -> BaselinePaths:
    """Play the calm of some blocks."""
    whole, horizon = baseline.calendar, scenario.horizon.calendar
    rows = whole.rows(horizon)
    last, base = _sample_base_years(scenario, baseline, draws)
    amount: dict[str, Floats] = {}
    price: dict[str, Floats | None] = {}
    for service in scenario.service_names:
        own, choice = baseline.services[service], scenario.baseline_for(service)
        amount[service] = _amount_paths(scenario, own, choice, base[service], draws, whole)[rows]
        prices = _price_paths(scenario, own, draws, whole)
        price[service] = None if prices is None else prices[rows]
    gap = _gap_paths(scenario, baseline, last, draws, whole)
    price_then = {s: baseline.services[s].base_price or 1.0 for s in scenario.service_names}
    return BaselinePaths(
        amount,
        price,
        {s: last[s] * price_then[s] for s in last},
        {s: base[s] * price_then[s] for s in base},
        None if gap is None else gap[rows],
    )


def _sample_base_years(
    scenario: Scenario, baseline: Baseline, draws: Sampler
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """By service, the last year as it was and without its own shocks: Y and U = Y / sum of (w F + returns)."""
    last: dict[str, Floats] = {}
    base: dict[str, Floats] = {}
    divisors: dict[int, Mapping[str, Floats]] = {}
    for service in scenario.service_names:
        own = baseline.services[service]
        last[service] = _sample_last_year(scenario, own, draws)
        base[service] = last[service]
        if scenario.growth_over == "underlying" and own.base_year is not None:
            if own.base_year not in divisors:
                divisors[own.base_year] = _shock_divisors(scenario, baseline, own.base_year, draws)
            base[service] = last[service] / divisors[own.base_year][service]
    return last, base


def _sample_last_year(scenario: Scenario, own: ServiceBaseline, draws: Sampler) -> Floats:
    """What the year before the horizon took: as stated, plus what `more than` may hide, or as the ledger has it."""
    if own.base_year is None:
        return np.zeros(1)
    said = scenario.stated.get(str(own.base_year))
    stated = for_service(said.services, own.service) if said and own.kind == "reconstructed" else None
    if said is None or stated is None:
        return np.array([own.base_total])
    above = for_service(said.understated_by, own.service)
    return draws(stated) if above is None else draws(stated) + draws(above)


def _shock_divisors(scenario: Scenario, baseline: Baseline, year: int, draws: Sampler) -> dict[str, Floats]:
    """By service, what the year's own shocks left of it, returns included: (paths,) or (1,)."""
    services = tuple(s for s in scenario.service_names if baseline.services[s].base_year == year)
    left: dict[str, Floats] = {service: np.ones(1) for service in services}
    shocks = scenario.history.shocks if scenario.history else {}
    context = SimulationContext(Calendar(12 * year, 12), services, draws.paths)
    impacts = {name: impact(shocks[name], f"history.shocks.{name}", draws, context) for name in sorted(shocks)}
    returning = {name: Recovery(impacts[name], context.calendar, draws.paths) for name in impacts}
    for service in services if impacts else ():
        weights = np.broadcast_to(baseline.services[service].base_weights[:, None], (12, draws.paths))
        found = apply_impacts(weights, service, impacts)
        left[service] = found.amount.sum(axis=0)
        for name, loss in found.net_losses.items():
            left[service] = left[service] + returning[name].recover(service, loss).within_horizon
    return left


def _amount_paths(
    scenario: Scenario, own: ServiceBaseline, choice: BaselineChoice, base: Floats, draws: Sampler, whole: Calendar
) -> Floats:
    """x = A b / (sum of b over the year), or what the history alone says, or a mixture of the two by path."""
    growth = scenario.services[own.service].growth
    level = choice.level or ("planner" if growth is not None or own.forecast is None else "history")
    if level == "planner":
        return _planner_paths(growth, own, choice, base, draws, whole)
    history = _history_paths(own, draws, whole)
    if level == "history":
        return history
    share = float(level.removeprefix("mixture(").removesuffix("%)")) / 100
    planner = draws.uniform(f"services.{own.service}.baseline.level") < share
    return np.where(planner, _planner_paths(growth, own, choice, base, draws, whole), history)


def _planner_paths(
    growth: Assumption | None,
    own: ServiceBaseline,
    choice: BaselineChoice,
    base: Floats,
    draws: Sampler,
    whole: Calendar,
) -> Floats:
    change = 1 + (np.zeros(1) if growth is None else draws(growth))
    played = _seasonal_paths(own, choice, draws, whole)
    if played.shape[1] == 1:
        played = np.repeat(played, draws.paths, axis=1)
    for year in whole.years:
        if own.kind == "given" and choice.annual is not None:
            level = draws(choice.annual) * change ** (year - whole.years[0])
        else:
            assert own.base_year is not None  # the baseline asks for a whole year where a growth stands
            level = base * change ** (year - own.base_year)
        months = played[whole.year_rows(year)]
        months *= level / months.sum(axis=0)
    return played


def _seasonal_paths(own: ServiceBaseline, choice: BaselineChoice, draws: Sampler, whole: Calendar) -> Floats:
    """b = exp(season + Tết + surprises), (months, paths) or (months, 1), drawn in 32 bits."""
    surprises = _log_residuals(own, choice, draws, whole)
    surprises += own.shape[:, None].astype(np.float32)
    np.clip(surprises, -80, 80, out=surprises)  # 32 bits end at e^88
    return np.exp(surprises, out=surprises).astype(np.float64)  # here: 64 and 32 bits together cost more


def _log_residuals(own: ServiceBaseline, choice: BaselineChoice, draws: Sampler, whole: Calendar) -> Floats32:
    """Log surprises: AR(1) of stationary sd `noise`, and a random walk of sd `level_noise` over a year.

    (months, paths), or (months, 1) where there are none; the array is the caller's.
    """
    name = f"services.{own.service}"
    noise = _sample_or_fitted(choice.noise, own.noise, draws).astype(np.float32)
    persistence = _sample_or_fitted(choice.persistence, own.persistence, draws).astype(np.float32)
    found = np.zeros((whole.count, 1), np.float32)
    if np.any(noise > 0):
        found = draws.normals(name, whole.count)
        found *= noise
        found[1:] *= np.sqrt(1 - np.square(persistence))
        _accumulate(found, persistence)
    if choice.level_noise is not None:
        sd = (draws(choice.level_noise) / math.sqrt(12)).astype(np.float32)
        walk = _accumulate(np.multiply(draws.normals(f"{name}.level_noise", whole.count), sd), np.ones(1, np.float32))
        found = walk if found.shape[1] == 1 else np.add(found, walk, out=found)
    return found


def _accumulate(steps: Floats32, kept: Floats32) -> Floats32:
    """Add to each month what is kept of the month before, in place."""
    carried = np.empty(steps.shape[1], np.float32)
    for before, month in itertools.pairwise(steps):
        month += before if kept[0] == 1 and len(kept) == 1 else np.multiply(before, kept, out=carried)
    return steps


def _sample_or_fitted(said: Assumption | None, taught: float | None, draws: Sampler) -> Floats:
    return np.array([taught or 0.0]) if said is None else draws(said)


def _history_paths(own: ServiceBaseline, draws: Sampler, whole: Calendar) -> Floats:
    """The joint forecast: mean + root z on its scale, row by row so that a longer horizon keeps the first months."""
    assert own.forecast is not None  # the baseline fits where the history's level is asked for
    z = draws.normals(f"services.{own.service}", whole.count)
    x = np.empty_like(z)
    for month in range(whole.count):
        total = np.full(z.shape[1], float(own.forecast.mean[month]))
        for earlier in range(month + 1):
            if (weight := float(own.forecast.cholesky[month, earlier])) != 0:
                total += weight * z[earlier]
        x[month] = total
    return np.exp(x) if own.forecast.scale == "log" else np.maximum(x, 0.0)


def _price_paths(scenario: Scenario, own: ServiceBaseline, draws: Sampler, whole: Calendar) -> Floats | None:
    """Flat within a year: last year's mean price by (1 + price_change) a year, or the last price seen.

    A year that the planner gives has its prices inside.
    """
    change = scenario.services[own.service].price_change
    if change is None:
        return None if own.last_price is None else np.full((whole.count, 1), own.last_price)
    before = whole.years[0] - (own.kind != "given")
    first = before if own.base_year is None else own.base_year
    by_year = [(own.base_price or 1.0) * (1 + draws(change)) ** (year - first) for year in whole.years]
    return np.repeat(np.array(by_year), 12, axis=0)


def _gap_paths(
    scenario: Scenario, baseline: Baseline, last: Mapping[str, Floats], draws: Sampler, whole: Calendar
) -> Floats | None:
    """Stated total less the services of the last year stated, carried unchanged and spread by the calm's own months."""
    years = [year for year in scenario.stated if int(year) < whole.years[0]]
    said = scenario.stated[max(years)] if years else None
    if said is None or said.total is None:
        return None
    total = draws(said.total)
    for service in scenario.service_names:
        stated = for_service(said.services, service)
        above = for_service(said.understated_by, service)
        if baseline.services[service].base_year is not None:
            total = total - last[service] * (baseline.services[service].base_price or 1.0)
        elif stated is not None:
            total = total - draws(stated) - (0.0 if above is None else draws(above))
    spread = np.zeros(whole.count)
    for service in scenario.service_names:
        own = baseline.services[service]
        annual = scenario.baseline_for(service).annual
        size = own.base_total * (own.base_price or 1.0) or (annual.value if annual else 0.0)
        profile = np.exp(own.shape)
        for year in whole.years:
            rows = whole.year_rows(year)
            spread[rows] += size * profile[rows] / profile[rows].sum()
    for year in whole.years:
        rows = whole.year_rows(year)
        spread[rows] /= spread[rows].sum()
    return spread[:, None] * total
