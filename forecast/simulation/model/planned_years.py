"""Months of the years whose level the planner sets (docs/model.md, section 2).

Arrays are (months, paths) over whole calendar years; noise is drawn in 32 bits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.arrays import Floats, Floats32
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.model.inputs import ServiceInputs
from forecast.simulation.sampling.random_streams import Sampler, transform_score
from forecast.stats.annual_noise import MonthlyNoise
from forecast.stats.censored_normal import unit_censored_normal
from forecast.stats.distributions import Discrete
from forecast.timeseries.models.base import MonthScale
from forecast.timeseries.year_width import YearWidth

__all__ = ["PlannedDraws", "draw_changes", "draw_planned", "is_scored"]


@dataclass(frozen=True)
class PlannedDraws:
    """Random numbers of one service at the planner's level, before they are put together."""

    service: ServiceInputs
    base: Floats
    """(paths,) or (1,) base year without its shocks, in the unit of the measure."""
    calendar: Calendar
    """Whole years."""
    paths: int
    noise: MonthlyNoise
    residuals: NDArray[Any]
    """(months, paths), or (months, 1) without noise: noise and walk of the level; on `censored` the latent normal, of
    which what lies below zero is cut."""
    walk: Floats32 | None
    """On `censored` the walk of the level, (months, paths) or (months, 1); None without one and on other scales."""
    changes: Mapping[int, Floats]
    """By calendar year, (paths,) or (1,) growth that is sure or a list of values; of the others the score counts."""
    scores: Mapping[int, Floats]
    """By calendar year, (paths,) normal score of the growth, or of the amount that the planner gives."""
    widths: dict[int, YearWidth] = field(default_factory=dict, repr=False, compare=False)
    """By calendar year, its width by this noise, once it was asked for."""

    @property
    def deviations(self) -> NDArray[Any]:
        """(months, paths) or (months, 1) noise of the months about their middle, with the walk of the level."""
        if self.service.fitted.scale != "censored":
            return self.residuals
        latent = self.residuals - unit_censored_normal(self.noise.sd)[0]
        return latent if self.walk is None else latent + self.walk

    def with_deviations(self, deviations: Mapping[int, NDArray[Any]]) -> PlannedDraws:
        """The same draws with another noise (paths,) in some rows; without noise they stay as they are."""
        if self.residuals.shape[1] == 1:
            return self
        residuals = np.empty_like(self.residuals)
        for row, before in enumerate(self.residuals):
            deviation = deviations.get(row)
            if deviation is not None and self.service.fitted.scale == "censored":
                deviation = deviation + unit_censored_normal(self.noise.sd)[0]
                deviation = deviation if self.walk is None else deviation - self.walk[row]
            residuals[row] = before if deviation is None else deviation
        return replace(self, residuals=residuals)

    def months(
        self, stop_year: int | None = None, *, booked: Mapping[int, Floats] | None = None, is_cut: bool = True
    ) -> Floats:
        """Put the draws together: growth and the noise of the months share the width of a year.

        Parameters
        ----------
        stop_year : int, optional
            The first calendar year that is left out.
        booked : mapping of int to ndarray, optional
            By row of a closed month, (paths,) or (1,) its amount; the next year grows over it.
        is_cut : bool
            On `censored`, whether what lies below zero is cut.

        Returns
        -------
        ndarray
            (months, paths) in the unit of the measure. On `log` a year grows over the year before as it came; on the
            other scales, whose years may be near zero, over its level.
        """
        years = [year for year in self.calendar.years if stop_year is None or year < stop_year]
        months = np.empty((SEASON_MONTHS * len(years), self.paths))
        closed = booked or {}
        level, grown = self.base, np.ones(1)
        year_before = self.base
        for year in years:
            rows = self.calendar.year_rows(year)
            level, grown = self._level(year, level, grown, year_before)
            for run in _open_runs(rows, closed):
                months[run] = self._relative_months(run, is_cut)
                self._width(year).put_to_level(months[run], level, grown)
            for row in range(rows.start, rows.stop):
                if row in closed:
                    months[row] = closed[row]
            if year != years[-1]:
                year_before = months[rows].sum(axis=0) if self.service.fitted.scale == "log" else level
        return months

    def first_year_level_log(self) -> Floats:
        """Compute the part of the first year's logarithms that all its months have, on `log` alone.

        Returns
        -------
        ndarray
            (paths,) or (1,): with the logarithm of its shape and its residual, the logarithm of a month.
        """
        first = self.calendar.years[0]
        level, _ = self._level(first, self.base, np.ones(1), self.base)
        return self._width(first).log_of_level(level)

    def _width(self, year: int) -> YearWidth:
        """Width of a year; the noise is that of all draws that are made of these."""
        if year not in self.widths:
            fitted, shape = self.service.fitted, self.service.fitted.shape[self.calendar.year_rows(year)]
            months = np.exp(shape) if fitted.scale == "log" else shape
            noise = (self.noise.sd, self.noise.persistence, self.noise.level_sd)
            if all(len(values) == 1 for values in noise):
                sure = (float(values[0]) for values in noise)
                self.widths[year] = _sure_width(fitted.scale, tuple(months.tolist()), fitted.month_size, *sure)
            else:
                self.widths[year] = YearWidth(fitted.scale, months, fitted.month_size, self.noise)
        return self.widths[year]

    def _level(self, year: int, level: Floats, grown: Floats, year_before: Floats) -> tuple[Floats, Floats]:
        """(paths,) or (1,) level of a year, and the product of 1 + growth up to it."""
        width = self._width(year)
        if (annual := self.service.annual_in(year)) is not None:
            level = self._value(annual, year, width.annual_spread(annual))
        if (growth := self.service.growth.get(year)) is not None:
            change = 1 + self._value(growth, year, width.growth_spread(growth, level, grown))
            level, grown = year_before * change, grown * change
        return level, grown

    def _value(self, assumption: Assumption, year: int, spread: Floats | None) -> Floats:
        """(paths,) or (1,) a growth, or an amount that the planner gives, by its narrowed score."""
        if year in self.changes:
            return self.changes[year]
        score = self.scores[year]
        return transform_score(assumption, score if spread is None else score * spread)

    def _relative_months(self, rows: slice, is_cut: bool) -> NDArray[Any]:
        """Some months before they are put to the level of their year, (rows, paths), or (rows, 1) without noise.

        Shape times the exponential of the noise; on `raw` shape plus noise; on `censored` shape times a noise from zero
        up.
        """
        fitted, residuals = self.service.fitted, self.residuals[rows]
        shape = fitted.shape[rows][:, None]
        if fitted.scale == "censored":
            months = shape * (np.maximum(residuals, 0.0) if is_cut else residuals)
            return np.asarray(months if self.walk is None else months * np.exp(self.walk[rows]))
        if fitted.scale == "raw":
            return np.asarray(shape + fitted.month_size * residuals)
        if residuals.shape[1] == 1:  # exact where nothing is drawn
            return np.exp(shape)
        relative = residuals + shape.astype(np.float32)
        np.clip(relative, -80, 80, out=relative)  # 32 bits end at e^88
        np.exp(relative, out=relative)
        return relative


@lru_cache(maxsize=512)
def _sure_width(
    scale: MonthScale, shape: tuple[float, ...], month_size: float, sd: float, persistence: float, level_sd: float
) -> YearWidth:
    """Width of a year whose noise is sure: the same in every block, with what was computed of it."""
    noise = MonthlyNoise(np.array([sd]), np.array([persistence]), np.array([level_sd]))
    return YearWidth(scale, np.array(shape), month_size, noise)


def _open_runs(rows: slice, closed: Container[int]) -> list[slice]:
    """Rows of a year without those that are closed, as slices."""
    is_open = [False, *(row not in closed for row in range(rows.start, rows.stop)), False]
    turns = [rows.start + n for n, (before, after) in enumerate(itertools.pairwise(is_open)) if before != after]
    return [slice(first, stop) for first, stop in zip(turns[::2], turns[1::2], strict=True)]


def draw_planned(service: ServiceInputs, base: Floats, sampler: Sampler, calendar: Calendar) -> PlannedDraws:
    """Draw the months of a service at the planner's level.

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
    PlannedDraws
        All that a path of the service is made of.
    """
    fitted = service.fitted
    noise = MonthlyNoise(
        _sample_or_fitted(service.noise, fitted.noise, sampler),
        _sample_or_fitted(service.persistence, fitted.persistence, sampler),
        np.zeros(1) if service.level_noise is None else sampler(service.level_noise),
    )
    walk = _level_walk(service, noise, sampler, calendar)
    residuals: NDArray[Any]
    if fitted.scale == "censored":
        location, scale = unit_censored_normal(noise.sd)
        residuals = location + scale * _persistent_normals(service, noise, noise.sd > 0, sampler, calendar)
    else:
        residuals = _persistent_normals(service, noise, noise.sd.astype(np.float32), sampler, calendar)
        if walk is not None:
            residuals = walk if residuals.shape[1] == 1 else np.add(residuals, walk, out=residuals)
        walk = None
    changes, scored = draw_changes(service, sampler, calendar)
    scores = {year: ndtri(_year_uniform(service, assumption, sampler, year)) for year, assumption in scored.items()}
    return PlannedDraws(service, base, calendar, sampler.paths, noise, residuals, walk, changes, scores)


def draw_changes(
    service: ServiceInputs, sampler: Sampler, calendar: Calendar
) -> tuple[dict[int, Floats], dict[int, Assumption]]:
    """Draw what sets the level of each year and has no normal score.

    Parameters
    ----------
    service : ServiceInputs
        Its growths, or the year that is given.
    sampler : Sampler
        Random numbers of some blocks.
    calendar : Calendar
        Whole years.

    Returns
    -------
    changes : dict
        By calendar year, (paths,) or (1,) growths and amounts that are sure or lists of values.
    scored : dict
        By calendar year, the assumptions that are drawn by a normal score.
    """
    changes: dict[int, Floats] = {}
    scored: dict[int, Assumption] = {}
    for year in calendar.years:
        assumption = service.annual_in(year) or service.growth.get(year)
        if assumption is None:
            continue
        if is_scored(assumption):
            scored[year] = assumption
        else:
            changes[year] = sampler(assumption) if service.annual_in(year) else sampler.in_year(assumption, year)
    return changes, scored


def is_scored(assumption: Assumption) -> bool:
    """Return whether an assumption is drawn by its normal score.

    Parameters
    ----------
    assumption : Assumption
        A growth, a price change or an amount.

    Returns
    -------
    bool
        False for a sure value and for a list of values, which are facts of a path.
    """
    return not (assumption.is_constant or isinstance(assumption.distribution, Discrete))


def _year_uniform(service: ServiceInputs, assumption: Assumption, sampler: Sampler, year: int) -> Floats:
    """(paths,) uniform number of a growth, or of the amount that the planner gives."""
    if service.annual_in(year) is not None:
        return sampler.uniform(assumption.stream_name)
    return sampler.uniform_in_year(*draw_in_year(assumption, year))


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
