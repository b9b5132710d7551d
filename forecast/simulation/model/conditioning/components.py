"""Normal components of the services, and their covariance in closed form.

A month of a service, on the scale of its months, is linear in a few normal components: the base year, the score of each
growth, and the noise of the months. Of the noise, its persistence and the walk of the level the covariance is the mean
over the paths of the first block. Vectors are over all components of all services.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.model.baseline_paths import BaselineDraws, ServiceDraws
from forecast.simulation.model.inputs import BaselineInputs, ServiceInputs
from forecast.simulation.model.planned_years import PlannedDraws, is_scored
from forecast.simulation.sampling.random_streams import transform_score
from forecast.simulation.sampling.yearly_draws import YearlyDraws, year_loadings
from forecast.stats.ar_covariance import mean_ar_covariance, mean_ar_factor
from forecast.stats.censored_normal import unit_censored_normal
from forecast.stats.copula import CorrelatedGroup
from forecast.stats.transforms import Z90
from forecast.timeseries.models.base import Forecast
from forecast.timeseries.year_width import YearWidth

__all__ = ["ComponentModel", "ComponentPlaces", "ServiceComponents"]

Groups = Mapping[str, CorrelatedGroup]


@dataclass(frozen=True)
class ServiceComponents:
    """Places of the components of one service in the vector of all."""

    first: int
    months: int
    years: tuple[int, ...]
    """Calendar years whose growth, or given amount, has a normal score."""
    price_years: tuple[int, ...]
    """The same of the price."""
    has_planned: bool
    has_history: bool

    @property
    def base(self) -> int:
        """Place of the base year."""
        return self.first

    def year(self, year: int) -> int:
        """Place of the score of a year."""
        return self.first + 1 + self.years.index(year)

    def price_year(self, year: int) -> int:
        """Place of the score of the price change of a year."""
        return self.first + 1 + len(self.years) + self.price_years.index(year)

    @property
    def planned(self) -> slice:
        """Places of the noise of the months at the planner's level."""
        start = self.first + 1 + len(self.years) + len(self.price_years)
        return slice(start, start + (self.months if self.has_planned else 0))

    @property
    def history(self) -> slice:
        """Places of the noise of the months at the level of the history."""
        start = self.planned.stop
        return slice(start, start + (self.months if self.has_history else 0))

    @property
    def stop(self) -> int:
        """Place after the last one."""
        return int(self.history.stop)


@dataclass(frozen=True)
class ComponentPlaces:
    """Places of the components of all services, and how they are read from draws and written back."""

    services: Mapping[str, ServiceComponents]
    central_base: Mapping[str, Floats]
    """By service, (1,) middle of its base year over the first block."""

    @property
    def size(self) -> int:
        """Number of components."""
        return max((places.stop for places in self.services.values()), default=0)

    def base_components(self, service: ServiceInputs, base: Floats) -> Floats:
        """(paths,) or (1,) the base year less its middle: relative, on `raw` in the unit of the measure."""
        if len(base) == 1:
            return np.zeros(1)
        middle = self.central_base[service.fitted.service]
        return np.asarray(base - middle if service.fitted.scale == "raw" else np.log(base / middle))

    def read(
        self, service: ServiceInputs, drawn: ServiceDraws, price_scores: Mapping[int, Floats]
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """Place and values, (paths,) or (1,), of each component of one service; the values are not copied."""
        places = self.services[service.fitted.service]
        yield places.base, self.base_components(service, drawn.base)
        if (planned := drawn.planned) is not None:
            yield from ((places.year(year), planned.scores[year]) for year in places.years)
            yield from enumerate(planned.deviations, places.planned.start)
        yield from ((places.price_year(year), price_scores[year]) for year in places.price_years)
        if (history := drawn.history) is not None:
            means = _forecast(service).mean
            yield from enumerate(
                (z - mean for z, mean in zip(history.normals, means, strict=True)), places.history.start
            )

    def write(self, service: ServiceInputs, drawn: ServiceDraws, moved: Mapping[int, NDArray[Any]]) -> ServiceDraws:
        """The draws of one service with the components that moved, (paths,) by place; the others stay as they are."""
        places = self.services[service.fitted.service]
        base, planned, history = drawn.base, drawn.planned, drawn.history
        if len(base) > 1:
            middle, deviation = self.central_base[service.fitted.service], moved[places.base]
            base = middle + deviation if service.fitted.scale == "raw" else middle * np.exp(deviation)
        if planned is not None:
            scores = {year: moved[places.year(year)] for year in places.years}
            deviations = _in_places(moved, places.planned)
            planned = replace(planned.with_deviations(deviations), base=base, scores=scores)
        if history is not None:
            history = history.with_deviations(_forecast(service).mean, _in_places(moved, places.history))
        changes = dict(drawn.price_changes)
        for year in places.price_years:
            assert service.price_change is not None  # it has years
            changes[year] = transform_score(service.price_change[year], moved[places.price_year(year)])
        return replace(drawn, base=base, planned=planned, history=history, price_changes=changes)


def _in_places(moved: Mapping[int, NDArray[Any]], places: slice) -> dict[int, NDArray[Any]]:
    """By row of a month, the components that moved in the places of the noise of one service."""
    return {place - places.start: moved[place] for place in range(places.start, places.stop) if place in moved}


@dataclass(frozen=True)
class _Noise:
    """Noise of the months of one service by the paths of the first block, each (paths,) or (1,)."""

    sd: Floats
    persistence: Floats
    level_sd: Floats


@dataclass(frozen=True)
class ComponentModel:
    """Components of all services over the whole years of a plan."""

    inputs: BaselineInputs
    draws: BaselineDraws
    """Draws of the first block."""
    groups: Groups
    yearly: YearlyDraws

    @property
    def calendar(self) -> Calendar:
        """The whole years."""
        return self.inputs.calendar

    @cached_property
    def places(self) -> ComponentPlaces:
        """Places of the components of all services."""
        services: dict[str, ServiceComponents] = {}
        first = 0
        for name, service in self.inputs.services.items():
            drawn = self.draws.services[name]
            changes = service.price_change or {}
            services[name] = ServiceComponents(
                first,
                self.calendar.count,
                tuple(sorted(drawn.planned.scores)) if drawn.planned else (),
                tuple(year for year, change in sorted(changes.items()) if is_scored(change)),
                drawn.planned is not None,
                drawn.history is not None,
            )
            first = services[name].stop
        bases = {name: (self.inputs.services[name], drawn.base) for name, drawn in self.draws.services.items()}
        return ComponentPlaces(services, {name: _middle_base(*pair) for name, pair in bases.items()})

    @property
    def layout(self) -> Mapping[str, ServiceComponents]:
        """By service, the places of its components."""
        return self.places.services

    @property
    def size(self) -> int:
        """Number of components."""
        return self.places.size

    def planned_loadings(self, name: str) -> Floats:
        """(months, components) weights of the components in each month at the planner's level."""
        service, places = self.inputs.services[name], self.layout[name]
        drawn = self.draws.services[name].planned
        assert drawn is not None  # of a service at the planner's level
        if service.fitted.scale == "raw":
            return self._raw_loadings(service, drawn, places)
        loadings = np.zeros((self.calendar.count, self.size))
        level, year_before = np.zeros(self.size), np.zeros(self.size)
        level[places.base] = year_before[places.base] = 1.0
        is_log = service.fitted.scale == "log"
        for year in self.calendar.years:
            rows, width = self.calendar.year_rows(year), _width(service, drawn, self.calendar, year)
            if (annual := service.annual_in(year)) is not None:
                level = np.zeros(self.size)
                if year in drawn.scores:
                    low, high = annual.distribution.ppf(np.array([0.1, 0.9]))
                    level[places.year(year)] = _log_sd(low, high) * _root_mean_square(width.annual_spread(annual))
            if (growth := service.growth.get(year)) is not None:
                level = (year_before if is_log else level).copy()
                if year in drawn.scores:
                    low, high = 1 + growth.distribution.ppf(np.array([0.1, 0.9]))
                    spread = _root_mean_square(width.growth_spread(growth, np.ones(1), np.ones(1)))
                    level[places.year(year)] = _log_sd(low, high) * spread
            loadings[rows] = level
            start = places.planned.start
            loadings[range(rows.start, rows.stop), range(start + rows.start, start + rows.stop)] = 1.0
            year_before = width.weights @ loadings[rows]
        return loadings

    def _raw_loadings(self, service: ServiceInputs, drawn: PlannedDraws, places: ServiceComponents) -> Floats:
        """The same where months may be below zero, in the unit of the measure: growths multiply the level."""
        loadings = np.zeros((self.calendar.count, self.size))
        level, middle = np.zeros(self.size), float(np.mean(drawn.base))
        level[places.base] = 1.0
        grown = 1.0
        for year in self.calendar.years:
            rows, width = self.calendar.year_rows(year), _width(service, drawn, self.calendar, year)
            if (growth := service.growth.get(year)) is not None:
                change = 1 + _middle(growth, drawn, year)
                level = level * change
                if year in drawn.scores:
                    low, high = growth.distribution.ppf(np.array([0.1, 0.9]))
                    spread = width.growth_spread(growth, np.array([middle]), np.array([grown]))
                    level[places.year(year)] = middle * (high - low) / (2 * Z90) * _root_mean_square(spread)
                middle, grown = middle * change, grown * change
            loadings[rows] = level / SEASON_MONTHS
            start = places.planned.start
            size = service.fitted.month_size * grown
            loadings[range(rows.start, rows.stop), range(start + rows.start, start + rows.stop)] = size
        return loadings

    def history_loadings(self, name: str) -> Floats:
        """(months, components) the same at the level of the history."""
        loadings = np.zeros((self.calendar.count, self.size))
        start, rows = self.layout[name].history.start, range(self.calendar.count)
        loadings[rows, range(start, start + len(rows))] = 1.0
        return loadings

    def price_loadings(self, name: str) -> Floats:
        """(months, components) weights in the logarithm of the price of each month."""
        service, places = self.inputs.services[name], self.layout[name]
        loadings = np.zeros((self.calendar.count, self.size))
        level = np.zeros(self.size)
        for year in self.calendar.years:
            if year in places.price_years:
                assert service.price_change is not None  # it has years
                low, high = 1 + service.price_change[year].distribution.ppf(np.array([0.1, 0.9]))
                level[places.price_year(year)] = _log_sd(low, high)
            loadings[self.calendar.year_rows(year)] = level
        return loadings

    @cached_property
    def covariance(self) -> Floats:
        """(components, components)."""
        covariance = np.zeros((self.size, self.size))
        self._fill_bases(covariance)
        self._fill_scores(covariance)
        names = list(self.inputs.services)
        for number, name in enumerate(names):
            for other in names[: number + 1]:
                self._fill_noise(covariance, name, other)
        return np.tril(covariance) + np.tril(covariance, -1).T

    def _fill_bases(self, covariance: Floats) -> None:
        """Covariance of the base years over the first block; what one document says of several moves them together."""
        values = {
            name: self.places.base_components(self.inputs.services[name], drawn.base)
            for name, drawn in self.draws.services.items()
        }
        varying = [name for name, base in values.items() if len(base) > 1]
        if not varying:
            return
        places = [self.layout[name].base for name in varying]
        covariance[np.ix_(places, places)] = np.atleast_2d(np.cov([values[name] for name in varying], bias=True))

    def _fill_scores(self, covariance: Floats) -> None:
        """Correlation of the scores of growths and price changes, service by service and year by year."""
        streams: list[tuple[int, str, int]] = []
        for name, service in self.inputs.services.items():
            places = self.layout[name]
            for year in places.years:
                assumption = service.annual_in(year) or service.growth[year]
                streams.append((places.year(year), *draw_in_year(assumption, year)))
            for year in places.price_years:
                assert service.price_change is not None  # it has years
                streams.append((places.price_year(year), *draw_in_year(service.price_change[year], year)))
        for place, stream, year in streams:
            for other_place, other_stream, other_year in streams:
                between = _stream_correlation(self.groups, stream, other_stream)
                if between:
                    covariance[place, other_place] = between * self._year_correlation(stream, year, other_year)

    def _year_correlation(self, stream: str, year: int, other: int) -> float:
        first = self.yearly.first_years.get(stream, min(year, other))
        loadings = [year_loadings(max(0, each - first), self.yearly.correlation) for each in (year, other)]
        return float(sum(a * b for a, b in zip(*loadings, strict=False)))

    def _fill_noise(self, covariance: Floats, name: str, other: str) -> None:
        """Covariance of the noise of two services, or of one service with itself, below the diagonal of services."""
        months = _stream_correlation(self.groups, f"services.{name}", f"services.{other}")
        walks = _stream_correlation(self.groups, f"services.{name}.level_noise", f"services.{other}.level_noise")
        if not months and not walks:
            return
        rows, columns = self.layout[name], self.layout[other]
        if rows.has_planned and columns.has_planned:
            noise, another = self._noises[name], self._noises[other]
            block = months * mean_ar_covariance(
                noise.sd, noise.persistence, another.sd, another.persistence, self.calendar.count
            )
            covariance[rows.planned, columns.planned] = block + walks * self._walk_covariance(noise, another)
        if not (rows.has_history or columns.has_history):
            return
        factors, others = self._factors[name], self._factors[other]
        for kind, other_kind in (("history", "history"), ("history", "planned"), ("planned", "history")):
            if kind in factors and other_kind in others:
                block = months * factors[kind] @ others[other_kind].T
                covariance[getattr(rows, kind), getattr(columns, other_kind)] = block

    @cached_property
    def _factors(self) -> dict[str, dict[str, Floats]]:
        """By service and level, (months, months) mean weights of the monthly normals in the months."""
        return {name: self._factors_of(name) for name in self.layout}

    def _factors_of(self, name: str) -> dict[str, Floats]:
        places, factors = self.layout[name], {}
        if places.has_planned:
            noise = self._noises[name]
            factors["planned"] = mean_ar_factor(noise.sd, noise.persistence, self.calendar.count)
        if places.has_history:
            factors["history"] = _forecast(self.inputs.services[name]).cholesky
        return factors

    @cached_property
    def _noises(self) -> dict[str, _Noise]:
        noises = {}
        for name, drawn in self.draws.services.items():
            if (planned := drawn.planned) is None:
                continue
            sd = planned.noise.sd
            if planned.service.fitted.scale == "censored":
                sd = unit_censored_normal(sd)[1]
            noises[name] = _Noise(sd, planned.noise.persistence, planned.noise.level_sd)
        return noises

    def _walk_covariance(self, noise: _Noise, other: _Noise) -> Floats:
        """(months, months) covariance of two walks with the same steps, from 0 in each year."""
        steps = np.arange(1, SEASON_MONTHS + 1)
        year = float(np.mean(noise.level_sd * other.level_sd)) * np.minimum.outer(steps, steps) / SEASON_MONTHS
        return np.asarray(np.kron(np.eye(len(self.calendar.years)), year))


def _forecast(service: ServiceInputs) -> Forecast:
    forecast = service.fitted.forecast
    assert forecast is not None  # the baseline fits where the history's level is asked for
    return forecast


def _middle_base(service: ServiceInputs, base: Floats) -> Floats:
    """(1,) geometric mean of a base year, on `raw` its mean; 0 where there is none."""
    if service.fitted.scale == "raw" or not np.all(base > 0):
        return np.asarray(np.mean(base, keepdims=True))
    return np.asarray(np.exp(np.mean(np.log(base), keepdims=True)))


def _width(service: ServiceInputs, drawn: PlannedDraws, calendar: Calendar, year: int) -> YearWidth:
    fitted = service.fitted
    shape = fitted.shape[calendar.year_rows(year)]
    return YearWidth(fitted.scale, np.exp(shape) if fitted.scale == "log" else shape, fitted.month_size, drawn.noise)


def _middle(growth: Assumption, drawn: PlannedDraws, year: int) -> float:
    """Middle of a growth: its median, or the mean of the paths of a list of values."""
    if year in drawn.scores:
        return float(growth.distribution.ppf(np.array([0.5]))[0])
    return float(np.mean(drawn.changes[year]))


def _log_sd(low: float, high: float) -> float:
    """Standard deviation of a normal whose exponential has these P10 and P90."""
    return math.log(high / low) / (2 * Z90) if low > 0 else 2 * (high - low) / abs(high + low) / (2 * Z90)


def _root_mean_square(spread: Floats | None) -> float:
    return 1.0 if spread is None else math.sqrt(float(np.mean(np.square(spread))))


def _stream_correlation(groups: Groups, name: str, other: str) -> float:
    """Correlation of the normals behind two draws."""
    if name == other:
        return 1.0
    group = groups.get(name)
    return 0.0 if group is None or other not in group.names else group.correlation(name, other)
