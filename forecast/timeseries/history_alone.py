"""Quantiles of revenue by the history alone: the plain forecast that a plan's growth is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.stats.cholesky import cholesky
from forecast.timeseries.baseline import Baseline, ServiceBaseline

__all__ = ["history_alone_quantiles"]

HISTORY_ALONE_DRAWS = 10_000
HISTORY_ALONE_SEED = 20210112
"""Seed of those draws; they share no random number with the simulation."""

Quantiles = tuple[float, ...]


def history_alone_quantiles(
    baseline: Baseline, periods: Mapping[str, Calendar], levels: Sequence[float]
) -> dict[str, dict[str, Quantiles]]:
    """Compute quantiles of the revenue of each service, and of all, by the fitted models alone.

    Parameters
    ----------
    baseline : Baseline
        Of a plan.
    periods : mapping of str to Calendar
        Months and periods inside the calendar of the baseline, by their names.
    levels : sequence of float
        Levels of the quantiles, ascending.

    Returns
    -------
    dict
        `revenue.SERVICE` -> period -> quantiles in currency, of each service with a fit; `revenue` where all have one.
    """
    services = [service for service in baseline.services.values() if service.forecast is not None]
    if not services:
        return {}
    rows = {period: baseline.calendar.rows(calendar) for period, calendar in periods.items()}
    total = np.zeros((baseline.calendar.count, HISTORY_ALONE_DRAWS))
    quantiles: dict[str, dict[str, Quantiles]] = {}
    normals, uniforms, shift_levels = _draws(baseline)
    for index, (name, service) in enumerate(baseline.services.items()):
        if service.forecast is not None:
            revenue = _revenue(service, normals[index], np.vstack((uniforms, shift_levels[index])), baseline.calendar)
            quantiles[f"revenue.{name}"] = _by_period(revenue, rows, levels)
            total += revenue
    if len(services) == len(baseline.services):
        quantiles["revenue"] = _by_period(total, rows, levels)
    return quantiles


def _draws(baseline: Baseline) -> tuple[Floats, Floats, Floats]:
    """Standard normals (services, months, draws), correlated between services in each month, and uniforms.

    Services share two uniforms (2, draws), when and how far a recent shift of the level comes back; each has one of its
    own (services, draws).
    """
    count = len(baseline.services)
    rng = np.random.default_rng(HISTORY_ALONE_SEED)
    uniforms = rng.random((2, HISTORY_ALONE_DRAWS))
    shift_levels = rng.random((count, HISTORY_ALONE_DRAWS))
    normals = rng.standard_normal((count, baseline.calendar.count, HISTORY_ALONE_DRAWS))
    if baseline.correlation is not None:
        factor = cholesky(baseline.correlation)
        for service in reversed(range(count)):  # a row of the factor needs the normals of the services before it
            normals[service] *= factor[service, service]
            for earlier in range(service):
                normals[service] += factor[service, earlier] * normals[earlier]
    return normals, uniforms, shift_levels


def _revenue(service: ServiceBaseline, normals: Floats, uniforms: Floats, calendar: Calendar) -> Floats:
    """(months, draws) of the revenue of a service, at its last price where its volume is forecast."""
    forecast, shift = service.forecast, service.recent_shift
    assert forecast is not None
    deviations = np.zeros_like(normals)
    if shift is not None:
        deviations[service.known_months :] = shift.deviations(uniforms, calendar.count - service.known_months)
    amounts = forecast.transform_normal(normals, deviations)
    return amounts if service.last_price is None else amounts * service.last_price


def _by_period(revenue: Floats, rows: Mapping[str, slice], levels: Sequence[float]) -> dict[str, Quantiles]:
    """Quantiles of the sum of each period."""
    return {
        period: tuple(map(float, np.quantile(revenue[months].sum(axis=0), levels))) for period, months in rows.items()
    }
