"""Months of the years whose level the planner sets (docs/model.md, section 2).

Arrays are (months, paths) over whole calendar years; noise is drawn in 32 bits.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Floats32
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.simulation.model.inputs import ServiceInputs
from forecast.simulation.sampling.random_streams import Sampler
from forecast.stats.annual_noise import MonthlyNoise
from forecast.stats.censored_normal import unit_censored_normal
from forecast.timeseries.year_width import YearWidth

__all__ = ["planned_paths"]


def planned_paths(service: ServiceInputs, base: Floats, sampler: Sampler, calendar: Calendar) -> Floats:
    """Simulate months at the planner's level; growth and the noise of the months share the width of a year.

    Parameters
    ----------
    service : ServiceInputs
        Its growths, or the year that is given, and its noise.
    base : ndarray
        (paths,) or (1,) base year without its shocks, in the unit of the measure.
    sampler : Sampler
        Random numbers of some blocks.
    calendar : Calendar
        Whole years.

    Returns
    -------
    ndarray
        (months, paths) in the unit of the measure. On `log` a year grows over the year before as it came; on the other
        scales, whose years may be near zero, over its level.
    """
    fitted = service.fitted
    noise = MonthlyNoise(
        _sample_or_fitted(service.noise, fitted.noise, sampler),
        _sample_or_fitted(service.persistence, fitted.persistence, sampler),
        np.zeros(1) if service.level_noise is None else sampler(service.level_noise),
    )
    paths = _relative_months(service, noise, sampler, calendar)
    if paths.shape[1] == 1:
        paths = np.repeat(paths, sampler.paths, axis=1)
    shape = np.exp(fitted.shape) if fitted.scale == "log" else fitted.shape
    annual = service.annual if fitted.kind == "given" else None
    assert annual is not None or fitted.base_year is not None  # a growth needs a whole year
    level, grown = base, np.ones(1)
    year_before = base
    for year in calendar.years:
        rows = calendar.year_rows(year)
        width = YearWidth(fitted.scale, shape[rows], fitted.month_size, noise)
        if annual is not None and year == calendar.years[0]:
            level = sampler(annual, width.annual_spread(annual))
        if (growth := service.growth.get(year)) is not None:
            change = 1 + sampler.in_year(growth, year, width.growth_spread(growth, level, grown))
            level, grown = year_before * change, grown * change
        width.put_to_level(paths[rows], level, grown)
        year_before = paths[rows].sum(axis=0) if fitted.scale == "log" else level
    return paths


def _relative_months(service: ServiceInputs, noise: MonthlyNoise, sampler: Sampler, calendar: Calendar) -> Floats:
    """Months before they are put to the level of their year, (months, paths), or (months, 1) without noise.

    Shape times the exponential of the noise; on `raw` shape plus noise; on `censored` shape times a noise from zero up.
    """
    fitted = service.fitted
    walk = _level_walk(service, noise, sampler, calendar)
    if fitted.scale == "censored":
        location, scale = unit_censored_normal(noise.sd)
        steady = _persistent_normals(service, noise, noise.sd > 0, sampler, calendar)
        months = fitted.shape[:, None] * np.maximum(location + scale * steady, 0.0)
        return months if walk is None else months * np.exp(walk)
    residuals = _persistent_normals(service, noise, noise.sd.astype(np.float32), sampler, calendar)
    if walk is not None:
        residuals = walk if residuals.shape[1] == 1 else np.add(residuals, walk, out=residuals)
    if fitted.scale == "raw":
        return np.asarray(fitted.shape[:, None] + fitted.month_size * residuals)
    if residuals.shape[1] == 1:  # exact where nothing is drawn
        return np.exp(fitted.shape[:, None])
    residuals += fitted.shape[:, None].astype(np.float32)
    np.clip(residuals, -80, 80, out=residuals)  # 32 bits end at e^88
    return np.exp(residuals, out=residuals).astype(np.float64)  # here: 64 and 32 bits together cost more


def _persistent_normals(
    service: ServiceInputs, noise: MonthlyNoise, sd: NDArray[Any], sampler: Sampler, calendar: Calendar
) -> Floats32:
    """AR(1) of stationary sd (paths,) or (1,): (months, paths), or zeros (months, 1) where every sd is 0."""
    if not np.any(sd > 0):
        return np.zeros((calendar.count, 1), np.float32)
    persistence = noise.persistence.astype(np.float32)
    residuals = sampler.normals(f"services.{service.fitted.service}", calendar.years)
    residuals *= sd
    if not persistence.any():
        return residuals
    residuals[1:] *= np.sqrt(1 - np.square(persistence))
    return _accumulate(residuals, persistence)


def _level_walk(service: ServiceInputs, noise: MonthlyNoise, sampler: Sampler, calendar: Calendar) -> Floats32 | None:
    """(months, paths) random walk of the level, in logs, from 0 in each year; None without `level_noise`."""
    if service.level_noise is None:
        return None
    steps = sampler.normals(f"services.{service.fitted.service}.level_noise", calendar.years)
    steps *= (noise.level_sd / math.sqrt(12)).astype(np.float32)
    for year in calendar.years:
        _accumulate(steps[calendar.year_rows(year)], np.ones(1, np.float32))
    return steps


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
