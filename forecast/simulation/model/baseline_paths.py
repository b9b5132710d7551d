"""Baseline paths: revenue of each service before drifts, initiatives and shocks.

Base, level of the year, months (docs/model.md, sections 1 to 3). Arrays are (months, paths) over the horizon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.simulation.model.impacts import SimulationContext
from forecast.simulation.model.inputs import BaselineInputs, GapInputs, ServiceInputs, StatedAmount
from forecast.simulation.model.planned_years import planned_paths
from forecast.simulation.model.recovery import Recovery, apply_impacts
from forecast.simulation.model.shocks import impact
from forecast.simulation.sampling.random_streams import Sampler
from forecast.timeseries.baseline import ServiceBaseline

MIN_REMAINING_SHARE = 0.05
"""Smallest share that a base year's own shocks leave of it: its total is divided by it. An effect reaches -100%, a year
with revenue did not; without a limit, the mean over a range of losses of a whole year does not exist."""

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
    earlier: Mapping[str, Floats]
    """By service, (months, paths) or (months, 1) amount of the months before the horizon that still count."""

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
    earlier: dict[str, Floats] = {}
    price: dict[str, Floats | None] = {}
    for name, service in baseline.services.items():
        whole_years = _amount_paths(service, base[name], sampler, calendar)
        amount[name] = whole_years[rows]
        earlier[name] = _earlier_amounts(service, base[name], whole_years, baseline)
        prices = _price_paths(service, sampler, calendar)
        price[name] = None if prices is None else prices[rows]
    unit_prices = {name: service.unit_price for name, service in baseline.services.items()}
    return BaselinePaths(
        amount,
        price,
        {name: last_year[name] * unit_prices[name] for name in last_year},
        {name: base[name] * unit_prices[name] for name in base},
        None if baseline.gap is None else _gap_paths(baseline.gap, baseline, last_year, sampler)[rows],
        earlier,
    )


def _earlier_amounts(service: ServiceInputs, base: Floats, whole_years: Floats, baseline: BaselineInputs) -> Floats:
    """(months, paths) or (months, 1) undisturbed amount of the months before the horizon that still count.

    Months of the calendar years that the horizon touches are as simulated, or as booked where the history sets the
    level. Those before are the months of the base year, or of the first of these years where there is none.
    """
    first_row = baseline.horizon.first - baseline.calendar.first
    rows = np.arange(first_row - baseline.earlier_months, first_row)
    row_of_years = np.where(rows < 0, rows % 12, rows)
    fitted = service.fitted
    booked = np.exp(fitted.shape) if fitted.scale == "log" else fitted.shape
    amount = booked[row_of_years, None] if service.level == "history" else whole_years[row_of_years]
    if fitted.base_year is None or not len(rows):
        return amount
    # a sum of months of both signs may be near zero: there the months as they were, not shares of what a path has
    base_year = fitted.base_undisturbed if fitted.scale == "raw" else base
    return np.where(rows[:, None] < 0, fitted.base_weights[rows % 12, None] * base_year, amount)


def _sample_base_years(baseline: BaselineInputs, sampler: Sampler) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """By service, the last year as it was and without its own shocks: Y and U."""
    last_year: dict[str, Floats] = {}
    base: dict[str, Floats] = {}
    remaining_by_year: dict[int, Mapping[str, Floats]] = {}
    for name, service in baseline.services.items():
        year = service.fitted.base_year
        last_year[name] = base[name] = _sample_last_year(service, sampler)
        if baseline.base_year_shocks and year is not None:
            if year not in remaining_by_year:
                remaining_by_year[year] = _remaining_years(baseline, year, sampler)
            base[name] = _without_shocks(service.fitted, last_year[name], remaining_by_year[year][name])
    return last_year, base


def _without_shocks(fitted: ServiceBaseline, last_year: Floats, remaining: Floats) -> Floats:
    """(paths,) or (1,) the year without its shocks, relative to what they left of it.

    U = Y / remaining share; where months may be below zero the difference, for a share of their sum says nothing.
    """
    if fitted.scale == "raw":
        return last_year + fitted.base_undisturbed - remaining
    return last_year / np.maximum(MIN_REMAINING_SHARE, remaining)


def _sample_last_year(service: ServiceInputs, sampler: Sampler) -> Floats:
    """(paths,) or (1,) the year before the horizon: as a document states it, or as the ledger has it."""
    if service.fitted.base_year is None:
        return np.zeros(1)
    if service.last_year is None:
        return np.array([service.fitted.base_total])
    stated = service.last_year
    amount = sampler(stated.amount)
    return amount if stated.understated_by is None else amount + sampler(stated.understated_by)


def _remaining_years(baseline: BaselineInputs, year: int, sampler: Sampler) -> dict[str, Floats]:
    """By service, what its own shocks left of the year, recovery included: (paths,) or (1,).

    A share of the year; an amount where months may be below zero.
    """
    services = tuple(name for name, service in baseline.services.items() if service.fitted.base_year == year)
    earlier = baseline.base_year_earlier_months
    context = SimulationContext(Calendar(12 * year - earlier, 12 + earlier), services, sampler.paths, earlier=earlier)
    impacts = {
        name: impact(shock, f"history.shocks.{name}", sampler, context)
        for name, shock in baseline.base_year_shocks.items()
    }
    recoveries = {
        name: Recovery(impacts[name], Calendar(12 * year, 12), sampler.paths, earlier, earlier) for name in impacts
    }
    remaining: dict[str, Floats] = {}
    for service in services:
        fitted = baseline.services[service].fitted
        months = fitted.base_weights * (fitted.base_undisturbed if fitted.scale == "raw" else 1.0)
        undisturbed = np.broadcast_to(months[np.arange(-earlier, 12) % 12, None], context.shape)
        shocked = apply_impacts(undisturbed, service, impacts, earlier=earlier)
        remaining[service] = shocked.amount[earlier:].sum(axis=0)
        for name, loss in shocked.net_losses.items():
            recovered = recoveries[name].recover(service, loss)
            remaining[service] = remaining[service] + recovered.within_horizon + recovered.brought
    return remaining


def _amount_paths(service: ServiceInputs, base: Floats, sampler: Sampler, calendar: Calendar) -> Floats:
    """A level of the planner with its months, or the forecast of the history alone, or a mixture of the two by path."""
    if service.level == "planner":
        return planned_paths(service, base, sampler, calendar)
    history = _history_paths(service, sampler, calendar)
    if service.level == "history":
        return history
    takes_planner = sampler.uniform(f"services.{service.fitted.service}.baseline.level") < service.planner_share
    return np.where(takes_planner, planned_paths(service, base, sampler, calendar), history)


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
    return forecast.to_amounts(x)


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
    price, by_year = np.full(1, service.unit_price), []
    for year in calendar.years:
        if year in service.price_change:
            price = price * (1 + sampler.in_year(service.price_change[year], year))
        by_year.append(price)
    return np.repeat(np.array(np.broadcast_arrays(*by_year)), SEASON_MONTHS, axis=0)


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
