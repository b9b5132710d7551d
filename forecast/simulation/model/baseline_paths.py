"""Baseline paths: revenue of each service before drifts, initiatives and shocks.

Base, level of the year, months (docs/model.md, sections 1 to 3). Arrays are (months, paths) over the horizon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Bools, Floats
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.simulation.model.impacts import SimulationContext
from forecast.simulation.model.inputs import BaselineInputs, GapInputs, ServiceInputs, StatedAmount
from forecast.simulation.model.planned_years import PlannedDraws, draw_planned
from forecast.simulation.model.recovery import Recovery, apply_impacts
from forecast.simulation.model.shocks import impact
from forecast.simulation.sampling.random_streams import Sampler
from forecast.timeseries.baseline import ServiceBaseline
from forecast.timeseries.models.base import Forecast

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
    may_be_negative: frozenset[str]
    """Services whose months may lie below zero; those of the others are logarithms, or are cut at zero."""
    growth: Mapping[tuple[str, int], Floats] = field(default_factory=dict)
    """By service and calendar year, (paths,) change of its amount over the year before, where months are closed."""

    @property
    def revenue(self) -> dict[str, Floats]:
        """By service, (months, paths)."""
        return {s: amount if (p := self.price[s]) is None else amount * p for s, amount in self.amount.items()}


@dataclass(frozen=True)
class HistoryDraws:
    """Random numbers of one service at the level of its history."""

    normals: NDArray[Any]
    """(months, paths) mean of the forecast and its correlated normals, on the scale of the forecast."""
    deviations: Floats | float
    """(months that are not known, paths) moves of a recent level shift that comes back; 0 without one."""
    known_months: int

    def months(self, forecast: Forecast) -> NDArray[Any]:
        """(months, paths) in the unit of the measure."""
        normals = self.normals.copy()
        normals[self.known_months :] += self.deviations
        return forecast.to_amounts(normals)

    def with_deviations(self, means: Floats, deviations: Mapping[int, NDArray[Any]]) -> HistoryDraws:
        """The same draws with other deviations (paths,) from the means (months,) in some rows."""
        normals = self.normals.astype(np.float64)  # the logarithm of a large amount has few decimals in 32 bits
        for row, deviation in deviations.items():
            normals[row] = deviation + means[row]
        return replace(self, normals=normals)


@dataclass(frozen=True)
class ServiceDraws:
    """Random numbers of one service, before its months are put together."""

    base: Floats
    """(paths,) or (1,) base year without its shocks, in the unit of the measure."""
    planned: PlannedDraws | None
    """None at the level of the history."""
    history: HistoryDraws | None
    """None at the planner's level."""
    takes_planner: Bools | None
    """(paths,) whether a path has the planner's level; None where all have the same."""
    price_changes: Mapping[int, Floats]
    """By calendar year, (paths,) or (1,) change of the price."""
    booked: Mapping[int, Floats] = field(default_factory=dict)
    """By row of a closed month, (paths,) or (1,) its amount before initiatives and events."""

    def amounts(self, service: ServiceInputs) -> Floats:
        """(months, paths) of the whole years, in the unit of the measure."""
        planned = None if self.planned is None else self.planned.months(booked=self.booked)
        if self.history is None:
            assert planned is not None  # one of the two sets the level
            return planned
        assert service.fitted.forecast is not None  # the baseline fits where the history's level is asked for
        history = self.history.months(service.fitted.forecast)
        for row, amount in self.booked.items():
            history[row] = amount
        if planned is None or self.takes_planner is None:
            return history
        return np.where(self.takes_planner, planned, history)


@dataclass(frozen=True)
class BaselineDraws:
    """Random numbers of the baseline paths of some blocks."""

    last_year: Mapping[str, Floats]
    """By service, (paths,) or (1,) measure of the last year as it was; 0 without a history."""
    services: Mapping[str, ServiceDraws]
    """By name, in the order in which they are summed."""
    is_conditioned: bool = False
    """True where closed months moved them."""


def draw_baseline(baseline: BaselineInputs, sampler: Sampler) -> BaselineDraws:
    """Draw the baseline paths of some blocks."""
    last_year, base = _sample_base_years(baseline, sampler)
    services = {
        name: _draw_service(service, base[name], sampler, baseline.calendar)
        for name, service in baseline.services.items()
    }
    return BaselineDraws(last_year, services)


def put_together(baseline: BaselineInputs, draws: BaselineDraws, sampler: Sampler) -> BaselinePaths:
    """Put the baseline paths of some blocks together."""
    calendar, last_year = baseline.calendar, draws.last_year
    rows = calendar.rows(baseline.horizon)
    amount: dict[str, Floats] = {}
    earlier: dict[str, Floats] = {}
    price: dict[str, Floats | None] = {}
    growth: dict[tuple[str, int], Floats] = {}
    for name, service in baseline.services.items():
        drawn = draws.services[name]
        whole_years = drawn.amounts(service)
        if draws.is_conditioned:
            growth |= {(name, year): values for year, values in _growths(drawn.base, whole_years, calendar)}
        amount[name] = whole_years[rows]
        earlier[name] = _earlier_amounts(service, drawn.base, whole_years, baseline)
        prices = price_paths(service, drawn.price_changes, calendar)
        price[name] = None if prices is None else prices[rows]
    unit_prices = {name: service.unit_price for name, service in baseline.services.items()}
    return BaselinePaths(
        amount,
        price,
        {name: last_year[name] * unit_prices[name] for name in last_year},
        {name: drawn.base * unit_prices[name] for name, drawn in draws.services.items()},
        None if baseline.gap is None else _gap_paths(baseline.gap, baseline, last_year, sampler)[rows],
        earlier,
        frozenset(name for name, service in baseline.services.items() if service.fitted.scale == "raw"),
        growth,
    )


def _growths(base: Floats, whole_years: Floats, calendar: Calendar) -> Iterator[tuple[int, Floats]]:
    """Calendar year, and (paths,) change of its amount; of years over one that is above zero in every path."""
    before = base
    for year in calendar.years:
        amount = whole_years[calendar.year_rows(year)].sum(axis=0)
        if before.min() > 0:
            yield year, amount / before - 1
        before = amount


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
        return np.array([service.fitted.base_total]) + _estimate_deviations(service.fitted, sampler)
    stated = service.last_year
    amount = sampler(stated.amount)
    return amount if stated.understated_by is None else amount + sampler(stated.understated_by)


def _estimate_deviations(fitted: ServiceBaseline, sampler: Sampler) -> Floats:
    """(paths,) or (1,) actual total of the base year less the one with its estimates; 0 where it has none."""
    estimates = fitted.base_estimates
    if estimates is None or fitted.base_year is None:
        return np.zeros(1)
    error, years = estimates.error, range(fitted.base_year, fitted.base_year + 1)
    sd = error.sd if isinstance(error.sd, float) else sampler(error.sd)
    z = sampler.normals(f"services.{fitted.service}.base_year_estimates", years)
    return np.asarray((estimates.amounts[:, None] * np.expm1(error.bias + sd * z)).sum(axis=0))


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


def _draw_service(service: ServiceInputs, base: Floats, sampler: Sampler, calendar: Calendar) -> ServiceDraws:
    """A level of the planner with its months, the forecast of the history alone, or a mixture of the two by path."""
    history = None if service.level == "planner" else _draw_history(service, sampler, calendar)
    takes_planner = None
    if service.level == "mixture":
        takes_planner = sampler.uniform(f"services.{service.fitted.service}.baseline.level") < service.planner_share
    planned = None if service.level == "history" else draw_planned(service, base, sampler, calendar)
    price_changes = {year: sampler.in_year(change, year) for year, change in (service.price_change or {}).items()}
    return ServiceDraws(base, planned, history, takes_planner, price_changes)


def _draw_history(service: ServiceInputs, sampler: Sampler, calendar: Calendar) -> HistoryDraws:
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
    return HistoryDraws(x, recent_shift_deviations(service, sampler, calendar), service.fitted.known_months)


def recent_shift_deviations(service: ServiceInputs, sampler: Sampler, calendar: Calendar) -> Floats | float:
    """(months that are not known, paths): what a recent level shift that comes back moves; 0 without one.

    Services share the draws of when and how far, for what moves several at a time mostly has one cause.
    """
    shift = service.fitted.recent_shift
    if shift is None:
        return 0.0
    names = (f"{RECENT_SHIFT}.end", f"{RECENT_SHIFT}.share", f"services.{service.fitted.service}.{RECENT_SHIFT}")
    uniforms = np.array([sampler.uniform(name) for name in names])
    return shift.deviations(uniforms, calendar.count - service.fitted.known_months)


def price_paths(service: ServiceInputs, changes: Mapping[int, Floats], calendar: Calendar) -> Floats | None:
    """Flat within a year: last year's mean price by (1 + price_change) a year, or the last price of the history.

    A year that the planner gives has its prices inside.
    """
    fitted = service.fitted
    if service.price_change is None:
        return None if fitted.last_price is None else np.full((calendar.count, 1), fitted.last_price)
    price, by_year = np.full(1, service.unit_price), []
    for year in calendar.years:
        if year in changes:
            price = price * (1 + changes[year])
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
