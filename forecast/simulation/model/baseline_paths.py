"""Baseline paths: revenue of each service before drifts, initiatives and shocks.

Base, level of the year, months (docs/model.md, sections 1 to 3). Arrays are (months, paths) over the horizon.
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
from forecast.simulation.model.impacts import SimulationContext
from forecast.simulation.model.inputs import BaselineInputs, GapInputs, ServiceInputs, StatedAmount
from forecast.simulation.model.recovery import Recovery, apply_impacts
from forecast.simulation.model.shocks import impact
from forecast.simulation.sampling.random_streams import Sampler

RECENT_SHIFT = "recent_shift"
"""Name of the draws of a recent level shift."""


@dataclass(frozen=True)
class BaselinePaths:
    """Amounts and prices of the services if nothing that the plan names happened."""

    amount: Mapping[str, Floats]
    """By service, (months, paths): pieces where the history counts them, else revenue at last year's prices."""
    price: Mapping[str, Floats | None]
    """By service, (months, 1) or (months, paths); None where only revenue is counted."""
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


def sample_baseline(baseline: BaselineInputs, sampler: Sampler) -> BaselinePaths:
    """Sample the baseline paths of some blocks."""
    calendar = baseline.calendar
    rows = calendar.rows(baseline.horizon)
    last_year, base = _sample_base_years(baseline, sampler)
    amount: dict[str, Floats] = {}
    price: dict[str, Floats | None] = {}
    for name, service in baseline.services.items():
        amount[name] = _amount_paths(service, base[name], sampler, calendar)[rows]
        prices = _price_paths(service, sampler, calendar)
        price[name] = None if prices is None else prices[rows]
    unit_prices = {name: service.unit_price for name, service in baseline.services.items()}
    return BaselinePaths(
        amount,
        price,
        {name: last_year[name] * unit_prices[name] for name in last_year},
        {name: base[name] * unit_prices[name] for name in base},
        None if baseline.gap is None else _gap_paths(baseline.gap, baseline, last_year, sampler)[rows],
    )


def _sample_base_years(baseline: BaselineInputs, sampler: Sampler) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """By service, the last year as it was and without its own shocks: Y and U = Y / sum of (w F + recovered)."""
    last_year: dict[str, Floats] = {}
    base: dict[str, Floats] = {}
    remaining_by_year: dict[int, Mapping[str, Floats]] = {}
    for name, service in baseline.services.items():
        year = service.fitted.base_year
        last_year[name] = base[name] = _sample_last_year(service, sampler)
        if baseline.base_year_shocks and year is not None:
            if year not in remaining_by_year:
                remaining_by_year[year] = _remaining_shares(baseline, year, sampler)
            base[name] = last_year[name] / remaining_by_year[year][name]
    return last_year, base


def _sample_last_year(service: ServiceInputs, sampler: Sampler) -> Floats:
    """(paths,) or (1,) the year before the horizon: as a document states it, or as the ledger has it."""
    if service.fitted.base_year is None:
        return np.zeros(1)
    if service.last_year is None:
        return np.array([service.fitted.base_total])
    stated = service.last_year
    amount = sampler(stated.amount)
    return amount if stated.understated_by is None else amount + sampler(stated.understated_by)


def _remaining_shares(baseline: BaselineInputs, year: int, sampler: Sampler) -> dict[str, Floats]:
    """By service, the share of the year that its own shocks left, recovery included: (paths,) or (1,)."""
    services = tuple(name for name, service in baseline.services.items() if service.fitted.base_year == year)
    context = SimulationContext(Calendar(12 * year, 12), services, sampler.paths)
    impacts = {
        name: impact(shock, f"history.shocks.{name}", sampler, context)
        for name, shock in baseline.base_year_shocks.items()
    }
    recoveries = {name: Recovery(impacts[name], context.calendar, sampler.paths) for name in impacts}
    remaining: dict[str, Floats] = {}
    for service in services:
        month_shares = baseline.services[service].fitted.base_weights
        shocked = apply_impacts(np.broadcast_to(month_shares[:, None], (12, sampler.paths)), service, impacts)
        remaining[service] = shocked.amount.sum(axis=0)
        for name, loss in shocked.net_losses.items():
            remaining[service] = remaining[service] + recoveries[name].recover(service, loss).within_horizon
    return remaining


def _amount_paths(service: ServiceInputs, base: Floats, sampler: Sampler, calendar: Calendar) -> Floats:
    """x = A b / (sum of b over the year), or the forecast of the history alone, or a mixture of the two by path."""
    if service.level == "planner":
        return _planner_paths(service, base, sampler, calendar)
    history = _history_paths(service, sampler, calendar)
    if service.level == "history":
        return history
    takes_planner = sampler.uniform(f"services.{service.fitted.service}.baseline.level") < service.planner_share
    return np.where(takes_planner, _planner_paths(service, base, sampler, calendar), history)


def _planner_paths(service: ServiceInputs, base: Floats, sampler: Sampler, calendar: Calendar) -> Floats:
    """(months, paths) of whole years whose totals are the planner's."""
    change = 1 + (np.zeros(1) if service.growth is None else sampler(service.growth))
    paths = _seasonal_paths(service, sampler, calendar)
    if paths.shape[1] == 1:
        paths = np.repeat(paths, sampler.paths, axis=1)
    base_year = service.fitted.base_year
    for year in calendar.years:
        if service.fitted.kind == "given" and service.annual is not None:
            level = sampler(service.annual) * change ** (year - calendar.years[0])
        else:
            assert base_year is not None  # the baseline asks for a whole year where a growth stands
            level = base * change ** (year - base_year)
        months = paths[calendar.year_rows(year)]
        months *= level / months.sum(axis=0)
    return paths


def _seasonal_paths(service: ServiceInputs, sampler: Sampler, calendar: Calendar) -> Floats:
    """b = exp(season + Tết + residuals), (months, paths) or (months, 1), drawn in 32 bits."""
    logs = _log_residuals(service, sampler, calendar)
    logs += service.fitted.shape[:, None].astype(np.float32)
    np.clip(logs, -80, 80, out=logs)  # 32 bits end at e^88
    return np.exp(logs, out=logs).astype(np.float64)  # here: 64 and 32 bits together cost more


def _log_residuals(service: ServiceInputs, sampler: Sampler, calendar: Calendar) -> Floats32:
    """Log residuals: AR(1) of stationary sd `noise`, and a random walk of sd `level_noise` over a year.

    (months, paths), or (months, 1) where there are none; the array is the caller's.
    """
    name = f"services.{service.fitted.service}"
    noise = _sample_or_fitted(service.noise, service.fitted.noise, sampler).astype(np.float32)
    persistence = _sample_or_fitted(service.persistence, service.fitted.persistence, sampler).astype(np.float32)
    residuals = np.zeros((calendar.count, 1), np.float32)
    if np.any(noise > 0):
        residuals = sampler.normals(name, calendar.years)
        residuals *= noise
        residuals[1:] *= np.sqrt(1 - np.square(persistence))
        _accumulate(residuals, persistence)
    if service.level_noise is not None:
        sd = (sampler(service.level_noise) / math.sqrt(12)).astype(np.float32)
        steps = np.multiply(sampler.normals(f"{name}.level_noise", calendar.years), sd)
        walk = _accumulate(steps, np.ones(1, np.float32))
        residuals = walk if residuals.shape[1] == 1 else np.add(residuals, walk, out=residuals)
    return residuals


def _accumulate(steps: Floats32, persistence: Floats32) -> Floats32:
    """Add to each month the persistent share of the month before, in place."""
    carried = np.empty(steps.shape[1], np.float32)
    for previous, month in itertools.pairwise(steps):
        is_walk = persistence[0] == 1 and len(persistence) == 1
        month += previous if is_walk else np.multiply(previous, persistence, out=carried)
    return steps


def _sample_or_fitted(assumption: Assumption | None, fitted: float | None, sampler: Sampler) -> Floats:
    """(paths,) or (1,) the assumption of the plan, else the estimate of the history, else 0."""
    return np.array([fitted or 0.0]) if assumption is None else sampler(assumption)


def _history_paths(service: ServiceInputs, sampler: Sampler, calendar: Calendar) -> Floats:
    """The joint forecast: mean + root z on its scale, row by row so that a longer horizon keeps the first months."""
    forecast = service.fitted.forecast
    assert forecast is not None  # the baseline fits where the history's level is asked for
    z = sampler.normals(f"services.{service.fitted.service}", calendar.years)
    x = np.empty_like(z)
    for month in range(calendar.count):
        total = np.full(z.shape[1], float(forecast.mean[month]))
        for earlier in range(month + 1):
            if (weight := float(forecast.cholesky[month, earlier])) != 0:
                total += weight * z[earlier]
        x[month] = total
    x[service.fitted.known_months :] += _recent_shift_deviations(service, sampler, calendar)
    return np.exp(x) if forecast.scale == "log" else np.maximum(x, 0.0)


def _recent_shift_deviations(service: ServiceInputs, sampler: Sampler, calendar: Calendar) -> Floats | float:
    """(months that are not known, paths): what a recent level shift that comes back moves; 0 without one.

    Services share the draws of when and how far, for what moves several at a time mostly has one cause.
    """
    shift = service.fitted.recent_shift
    if shift is None:
        return 0.0
    names = (f"{RECENT_SHIFT}.end", f"{RECENT_SHIFT}.share", f"services.{service.fitted.service}.{RECENT_SHIFT}")
    uniforms = np.array([sampler.uniform(name) for name in names])
    return shift.deviations(uniforms, calendar.count - service.fitted.known_months)


def _price_paths(service: ServiceInputs, sampler: Sampler, calendar: Calendar) -> Floats | None:
    """Flat within a year: last year's mean price by (1 + price_change) a year, or the last price of the history.

    A year that the planner gives has its prices inside.
    """
    fitted = service.fitted
    if service.price_change is None:
        return None if fitted.last_price is None else np.full((calendar.count, 1), fitted.last_price)
    first = calendar.years[0] - (fitted.kind != "given") if fitted.base_year is None else fitted.base_year
    change = 1 + sampler(service.price_change)
    by_year = [service.unit_price * change ** (year - first) for year in calendar.years]
    return np.repeat(np.array(by_year), 12, axis=0)


def _gap_paths(gap: GapInputs, baseline: BaselineInputs, last_year: Mapping[str, Floats], sampler: Sampler) -> Floats:
    """Stated total less the services of that year, carried unchanged and spread as the undisturbed months are."""
    total = sampler(gap.total)
    for name, service in baseline.services.items():
        if service.fitted.base_year is not None:
            total = total - last_year[name] * service.unit_price
        elif (stated := gap.without_history[name]) is not None:
            total = _subtract_stated(total, stated, sampler)
    return gap.month_shares[:, None] * total


def _subtract_stated(total: Floats, stated: StatedAmount, sampler: Sampler) -> Floats:
    hidden = 0.0 if stated.understated_by is None else sampler(stated.understated_by)
    return total - sampler(stated.amount) - hidden
