"""Open months given the closed ones: weights of what is not normal, then a linear update of what is.

Arrays of cells are (cells, paths). Every block is updated alone, so that no path depends on the blocks beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from forecast.arrays import Bools, Floats, Ints
from forecast.periods import SEASON_MONTHS, Calendar, format_month
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.model.baseline_paths import (
    BaselineDraws,
    HistoryDraws,
    ServiceDraws,
    draw_baseline,
    price_paths,
    put_together,
    recent_shift_deviations,
)
from forecast.simulation.model.conditioning.cells import Cell
from forecast.simulation.model.conditioning.components import ComponentPlaces
from forecast.simulation.model.conditioning.factors import CellFactors
from forecast.simulation.model.conditioning.gain import CellValues, Gain, widening
from forecast.simulation.model.impacts import Impact, SimulationContext
from forecast.simulation.model.inputs import BaselineInputs, ServiceInputs
from forecast.simulation.model.planned_years import PlannedDraws, draw_changes, is_scored
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.stats.annual_noise import MonthlyNoise
from forecast.stats.censored_normal import unit_censored_normal
from forecast.stats.resampling import resample_paths

__all__ = ["CellStates", "ClosedLesson", "Conditioning", "Members", "SurprisingCell", "Surroundings", "central_draws"]

Members = tuple[bool, ...]
"""For each mixture in order, whether the level is the planner's."""
Components = Sequence[NDArray[Any]]
"""By place, (paths,) or (1,) values of a component."""
StateParts = tuple[Floats, Floats | None]
"""Own part of a cell, (paths,) or (1,), and one that it has in common with other cells, by identity."""
MIN_CELL_FACTOR = 1e-9
"""Least factor of initiatives and events that a booked figure is divided by."""


@dataclass(frozen=True)
class CellStates:
    """Cells on the scale of their months, by path."""

    state: Floats
    """(cells, paths) or (cells, 1) of a path before drifts, initiatives and events."""
    booked: Floats
    """(cells, paths) or (cells, 1) booked figures on the same scale, drifts, initiatives and events taken out."""
    jacobian: Floats
    """(paths,) or (1,) logarithm of what the density of the cells is multiplied by, as factors are taken out."""


class SurprisingCell(NamedTuple):
    """A closed figure that the plan hardly expects."""

    measure: str
    month: int
    """From year 0."""
    difference: float
    """From what the plan expects, as a share of it; of the mean size of a month where months may be below zero."""
    score: float
    """The same in standard deviations, given the other closed figures."""


@dataclass(frozen=True)
class ClosedLesson:
    """Fit of the closed months to the plan."""

    surprise: float
    """Share of the plan's own futures whose months are at least as surprising."""
    effective_draws: float
    """Equally weighted paths that tell as much as those of the first block; all of them where nothing is weighted."""
    block_paths: int
    """Paths of the first block."""
    surprising: tuple[SurprisingCell, ...]
    """Figures at arm's length."""
    without_lesson: tuple[tuple[str, int], ...]
    """Measure and month of figures that are exact and teach nothing, on a scale of logarithms at or below zero."""
    without_doubt: tuple[str, ...]
    """Measures that are sure in the plan, so that their closed months move nothing."""
    without_size: tuple[tuple[str, int], ...] = ()
    """Measure and month of figures above zero that are exact and teach nothing: the plan always has zero there."""


@dataclass(frozen=True)
class Surroundings:
    """Middles of the months of some paths, and the factors of the cells."""

    central: BaselineDraws
    drifts: Sequence[Floats]
    """By cell, (paths,) or (1,) factor of drifts."""
    initiatives: Sequence[Floats]
    """By cell, (paths,) or (1,) factor of initiatives."""
    events: Sequence[Floats]
    """By cell, (paths,) or (1,) share that the named events left."""

    def with_middle_events(self, event_middle: Floats) -> list[Floats]:
        """By cell, (paths,) or (1,) factor of drifts, initiatives and the mean logarithm (cells,) of the events."""
        middles = np.exp(event_middle).tolist()
        return [a * b * c for a, b, c in zip(self.drifts, self.initiatives, middles, strict=True)]

    def with_events(self) -> list[Floats]:
        """By cell, (paths,) or (1,) factor of drifts, initiatives and events."""
        return [a * b * c for a, b, c in zip(self.drifts, self.initiatives, self.events, strict=True)]

    def resampled(self, index: Ints, events: Sequence[Floats]) -> Surroundings:
        """The same where each path has what is not normal in another, `index` (paths,), with the events beside it."""
        return replace(self, initiatives=[f if len(f) == 1 else f[index] for f in self.initiatives], events=events)


@dataclass(frozen=True)
class Conditioning:
    """Lesson of the closed months of a plan, prepared on its first block."""

    cells: tuple[Cell, ...]
    factors: CellFactors
    places: ComponentPlaces
    mixtures: tuple[str, ...]
    """Services whose level is the planner's in some paths and the history's in others."""
    gains: Mapping[Members, Gain]
    central_noise: Mapping[str, MonthlyNoise]
    """By service at the planner's level, (1,) noise of its middle path."""
    event_middle: Floats
    """(cells,) mean logarithm of what the named events left."""
    sizes: Floats
    """(cells,) on `censored` the middle of the month at its level, else 1: the unit of the scale."""
    streams: tuple[str, ...]
    """Draws that move the mean of a cell and are not normal."""

    def condition(
        self, inputs: BaselineInputs, sampler: Sampler, context: SimulationContext, drifts: Sequence[Impact]
    ) -> BaselineDraws:
        """Draw the services of some blocks given the cells.

        Parameters
        ----------
        inputs : BaselineInputs
            Services of the plan.
        sampler : Sampler
            Random numbers of the blocks; those that are drawn anew or moved are put into it.
        context : SimulationContext
            Of the shocks of the plan.
        drifts : sequence of Impact
            Of the plan.

        Returns
        -------
        BaselineDraws
            With closed months as they are booked, before drifts, initiatives and events.
        """
        surroundings = self.surroundings(inputs, sampler, context, drifts)
        if self.streams:
            index = resampling_index(self.log_weights(inputs, sampler, surroundings))
            sampler.resample(self.streams, index)
            surroundings = surroundings.resampled(index, self.event_shares(inputs, sampler, context))
        return self.update(inputs, draw_baseline(inputs, sampler), sampler, surroundings)

    def surroundings(
        self, inputs: BaselineInputs, sampler: Sampler, context: SimulationContext, drifts: Sequence[Impact]
    ) -> Surroundings:
        """Middles of the months given what is not normal, and the factors of the cells."""
        draws = central_draws(inputs, self.places.central_base, self.central_noise, sampler)
        revenue = put_together(inputs, draws, sampler).revenue if self.factors.takes_revenue else {}
        return Surroundings(
            draws,
            self.factors.of_drifts(drifts),
            self.factors.of_initiatives(sampler, context, revenue),
            self.event_shares(inputs, sampler, context, draws),
        )

    def event_shares(
        self, inputs: BaselineInputs, sampler: Sampler, context: SimulationContext, central: BaselineDraws | None = None
    ) -> list[Floats]:
        """By cell, (paths,) or (1,) share that the named events left; what came back counts by the middles."""
        if not self.factors.events:
            return self.factors.of_events(sampler, context, {})
        draws = central or central_draws(inputs, self.places.central_base, self.central_noise, sampler)
        amounts = {name: drawn.amounts(inputs.services[name]) for name, drawn in draws.services.items()}
        return self.factors.of_events(sampler, context, amounts)

    def log_weights(self, inputs: BaselineInputs, sampler: Sampler, surroundings: Surroundings) -> Floats:
        """(paths,) logarithm of the likelihood of all cells given what is not normal in a path."""
        draws = surroundings.central
        booked, jacobian = self._booked_figures(inputs, draws, surroundings.with_middle_events(self.event_middle))
        residuals = self._less_booked(self._state_parts(inputs, draws), booked, sampler.paths)
        roots = {members: residuals.distance_root(gain) for members, gain in self.gains.items()}
        log_weights = np.empty(sampler.paths)
        for block in _blocks(sampler.paths):
            for members, columns in self._by_members(draws, block):
                distances = residuals.distances(roots[members], columns)
                log_weights[columns] = self.gains[members].log_likelihood(distances)
        return log_weights + jacobian

    def states(self, inputs: BaselineInputs, draws: BaselineDraws, factors: Sequence[Floats]) -> CellStates:
        """The cells of some paths; `factors` by cell (paths,) or (1,), of drifts, initiatives and events."""
        booked, jacobian = self._booked_figures(inputs, draws, factors)
        states = [_sum_of_parts(*parts) for parts in self._state_parts(inputs, draws)]
        return CellStates(_stack(states), _stack(booked), jacobian)

    def _booked_figures(
        self, inputs: BaselineInputs, draws: BaselineDraws, factors: Sequence[Floats]
    ) -> tuple[list[Floats], Floats]:
        """By cell, (paths,) or (1,) booked figure on the scale of its state, and the logarithm of the Jacobian."""
        rows: list[Floats] = []
        jacobian: Floats = np.zeros(1)
        for number, cell in enumerate(self.cells):
            service, drawn = inputs.services[cell.service], draws.services[cell.service]
            factor = np.maximum(factors[number], MIN_CELL_FACTOR)
            if cell.is_price:
                rows.append(np.log(cell.booked / factor))
                continue
            amount = _without_factor(service, cell, factor)
            booked: list[Floats] = []
            if drawn.planned is not None:
                booked.append(np.log(amount) if service.fitted.scale == "log" else amount / self.sizes[number])
            if drawn.history is not None:
                booked.append(_history_scale(service, cell.row, amount))
            if service.fitted.scale != "log":
                jacobian = jacobian - np.log(factor)
            rows.append(_choose(drawn.takes_planner, booked))
        return rows, jacobian

    def _state_parts(
        self, inputs: BaselineInputs, draws: BaselineDraws, components: Components | None = None
    ) -> list[StateParts]:
        """By cell, the parts of its state; given the components, of what they do not explain of it."""
        planned = {
            name: self._planned_parts(inputs.services[name], drawn.planned, components)
            for name, drawn in draws.services.items()
            if drawn.planned is not None
        }
        price_logs: dict[tuple[str, int], Floats] = {}
        by_cell: list[StateParts] = []
        for number, cell in enumerate(self.cells):
            service, drawn = inputs.services[cell.service], draws.services[cell.service]
            if cell.is_price:
                key = (cell.service, cell.row // SEASON_MONTHS)
                if key not in price_logs:
                    prices = price_paths(service, drawn.price_changes, inputs.calendar)
                    assert prices is not None  # a counted service has one
                    explained = np.zeros(1) if components is None else self._explained(number, False, components)
                    price_logs[key] = np.log(prices[cell.row]) - explained
                by_cell.append((np.zeros(1), price_logs[key]))
                continue
            by_level: list[StateParts] = []
            if drawn.planned is not None:
                by_level.append(planned[cell.service][number])
            if drawn.history is not None:
                means = None if components is None else _forecast_means(service)
                by_level.append((_history_state(drawn.history, cell.row, means), None))
            if len(by_level) > 1 and drawn.takes_planner is not None:
                by_level = [(np.where(drawn.takes_planner, *(_sum_of_parts(*parts) for parts in by_level)), None)]
            by_cell.append(by_level[0])
        return by_cell

    def _planned_parts(
        self, service: ServiceInputs, drawn: PlannedDraws, components: Components | None
    ) -> dict[int, StateParts]:
        """By number of a cell of the amounts of a service, the same at the planner's level."""
        name, is_log = service.fitted.service, service.fitted.scale == "log"
        rows = {n: cell.row for n, cell in enumerate(self.cells) if cell.service == name and not cell.is_price}
        if not rows:
            return {}
        last_year = max(rows.values()) // SEASON_MONTHS
        if is_log and last_year == 0:  # the months are the level, their shape and their noise, which is a component
            level, shape = drawn.first_year_level_log(), service.fitted.shape
            if components is None:
                return {n: (shape[row] + drawn.residuals[row], level) for n, row in rows.items()}
            first, start = next(iter(rows)), self.places.services[name].planned.start
            level = level - self._explained(first, True, components, without=start + rows[first])
            return {n: (shape[row : row + 1], level) for n, row in rows.items()}
        months = drawn.months(drawn.calendar.years[0] + last_year + 1, is_cut=False)
        states = {n: np.log(months[row]) if is_log else months[row] / self.sizes[n] for n, row in rows.items()}
        if components is not None:
            states = {n: state - self._explained(n, True, components) for n, state in states.items()}
        return {n: (state, None) for n, state in states.items()}

    def _explained(self, number: int, is_planned: bool, components: Components, without: int | None = None) -> Floats:
        """(paths,) or (1,) part of the state of a cell that the components explain, but for one of them."""
        service = self.cells[number].service
        of_members = (
            gain.loadings[number]
            for members, gain in self.gains.items()
            if service not in self.mixtures or members[self.mixtures.index(service)] == is_planned
        )
        loadings = next(of_members)
        explained: Floats = np.zeros(1)
        for place in np.flatnonzero(loadings).tolist():
            if place != without:
                explained = explained + loadings[place] * components[place]
        return explained

    @staticmethod
    def _less_booked(parts: Sequence[StateParts], booked: Sequence[Floats], paths: int) -> CellValues:
        """States less the booked figures."""
        return CellValues.from_parts(
            [(of_cell - figure, shared) for (of_cell, shared), figure in zip(parts, booked, strict=True)], paths
        )

    def update(
        self, inputs: BaselineInputs, draws: BaselineDraws, sampler: Sampler, surroundings: Surroundings
    ) -> BaselineDraws:
        """Draws given the cells, what is not normal drawn anew before.

        A component c becomes s (c - G (H c - e)) - G d: G the gain, H the loadings, e the drawn errors of the cells, d
        what the components do not explain of the cells less what is booked, s the widening. Noise of a closed month is
        not moved: the booked figure stands in its place.
        """
        components = self._components(inputs, draws, sampler)
        booked, _ = self._booked_figures(inputs, draws, surroundings.with_middle_events(self.event_middle))
        gaps = self._less_booked(self._state_parts(inputs, draws, components), booked, sampler.paths)
        errors = self._errors(sampler, surroundings.events)
        moved = self._moved(draws, components, gaps, errors)
        return self._write(inputs, draws, sampler, moved, surroundings.with_events())

    def _moved(
        self, draws: BaselineDraws, components: Components, gaps: CellValues, errors: Floats | None
    ) -> dict[int, NDArray[Any]]:
        """By place, (paths,) components that are in doubt and not of closed months, given the cells."""
        unsure = [place for place, row in enumerate(components) if len(row) > 1]
        is_used = np.any([gain.loadings.any(axis=0) for gain in self.gains.values()], axis=0)
        used = [place for place in unsure if is_used[place]]
        closed = self._closed_places
        places = [place for place in unsure if place not in closed]
        paths = gaps.rows.shape[1]
        inputs = np.empty((len(used) + len(gaps.rows) + 1, paths), np.float32)
        for row, values in zip(inputs, (*(components[place] for place in used), *gaps.rows, 1.0), strict=True):
            row[:] = values
        steps, spread = np.empty((len(places), paths), np.float32), np.empty(paths)
        roots = {members: gaps.distance_root(gain) for members, gain in self.gains.items()}
        for block in _blocks(paths):
            for members, columns in self._by_members(draws, block):
                gain = self.gains[members]
                of_cells = gain.gain[places]
                weights = of_cells @ np.column_stack([gain.loadings[:, used], gaps.is_in_row, gaps.constants])
                spread[columns] = widening(gaps.distances(roots[members], columns), len(self.cells))
                inputs[: len(used), columns] *= spread[columns].astype(np.float32)
                steps[:, columns] = weights.astype(np.float32) @ inputs[:, columns]
                if errors is not None:
                    steps[:, columns] -= of_cells @ (spread[columns] * errors[:, columns])
        narrow = spread.astype(np.float32)
        moved: dict[int, NDArray[Any]] = {}
        for place, step in zip(places, steps, strict=True):
            component = components[place]
            moved[place] = component * (narrow if component.dtype == np.float32 else spread) - step
        return moved

    @property
    def _closed_places(self) -> frozenset[int]:
        """Places of the noise of closed months, which are as booked."""
        places = set()
        for cell in self.cells:
            if cell.is_closed and not cell.is_price:
                service = self.places.services[cell.service]
                places |= {
                    part.start + cell.row for part in (service.planned, service.history) if part.start < part.stop
                }
        return frozenset(places)

    def _components(self, inputs: BaselineInputs, draws: BaselineDraws, sampler: Sampler) -> Components:
        """The components as drawn."""
        by_place: dict[int, NDArray[Any]] = {}
        for name, service in inputs.services.items():
            scores = {
                year: ndtri(sampler.uniform_in_year(*draw_in_year(change, year)))
                for year, change in (service.price_change or {}).items()
                if year in self.places.services[name].price_years
            }
            by_place.update(self.places.read(service, draws.services[name], scores))
        return [by_place[place] for place in range(self.places.size)]

    def _write(
        self,
        inputs: BaselineInputs,
        draws: BaselineDraws,
        sampler: Sampler,
        moved: Mapping[int, NDArray[Any]],
        factors: Sequence[Floats],
    ) -> BaselineDraws:
        services: dict[str, ServiceDraws] = {}
        for name, service in inputs.services.items():
            drawn = self.places.write(service, draws.services[name], moved)
            booked = {
                cell.row: _without_factor(service, cell, np.maximum(factors[number], MIN_CELL_FACTOR))
                for number, cell in enumerate(self.cells)
                if cell.service == name and not cell.is_price and cell.is_closed
            }
            services[name] = replace(drawn, booked=booked)
            places = self.places.services[name]
            for year in places.years:
                assumption = service.annual_in(year) or service.growth[year]
                sampler.put_uniform(*draw_in_year(assumption, year), ndtr(moved[places.year(year)]))
            for year in places.price_years:
                assert service.price_change is not None  # it has years
                stream = draw_in_year(service.price_change[year], year)
                sampler.put_uniform(*stream, ndtr(moved[places.price_year(year)]))
        return replace(draws, services=services, is_conditioned=True)

    def _errors(self, sampler: Sampler, events: Sequence[Floats]) -> Floats | None:
        """(cells, paths) drawn errors: of estimates by measure and month, of events what they left; None without."""
        rows: list[Floats] = []
        for cell, middle, share in zip(self.cells, self.event_middle, events, strict=True):
            error = middle - np.log(np.maximum(share, MIN_CELL_FACTOR))
            if not cell.is_closed:
                month = format_month(self.factors.years.first + cell.row)
                error = error + cell.error_sd * ndtri(sampler.uniform(f"estimates.{cell.measure}.{month}"))
            rows.append(error)
        if all(len(error) == 1 for error in rows):  # events of one size have no error about their middle
            return None
        return np.array([np.broadcast_to(error, sampler.paths) for error in rows])

    def distances(self, gains: Mapping[Members, Gain], draws: BaselineDraws, residuals: Floats) -> Floats:
        """(paths,) squared Mahalanobis distances of residuals (cells, paths), each by the members of its path."""
        distances = np.empty(residuals.shape[1])
        for block in _blocks(residuals.shape[1]):
            for members, columns in self._by_members(draws, block):
                distances[columns] = gains[members].distances(residuals[:, columns])
        return distances

    def _by_members(self, draws: BaselineDraws, block: slice) -> Iterator[tuple[Members, Ints | slice]]:
        """Members of the mixtures, and the paths of a block that have them."""
        if not self.mixtures:
            yield (), block
            return
        takes = [draws.services[name].takes_planner for name in self.mixtures]
        codes = np.zeros(block.stop - block.start, np.intp)
        for bit, planner in enumerate(takes):
            assert planner is not None  # of a mixture
            codes |= planner[block].astype(np.intp) << bit
        for code in np.unique(codes):
            members = tuple(bool(code >> bit & 1) for bit in range(len(takes)))
            yield members, block.start + np.flatnonzero(codes == code)


def resampling_index(log_weights: Floats) -> Ints:
    """(paths,) number of the path whose draws each path gets, block by block, in proportion to weights (paths,)."""
    blocks = log_weights.reshape(-1, PATHS_PER_BLOCK)
    return np.concatenate([PATHS_PER_BLOCK * number + resample_paths(block) for number, block in enumerate(blocks)])


def central_draws(
    inputs: BaselineInputs, base: Mapping[str, Floats], noise: Mapping[str, MonthlyNoise], sampler: Sampler
) -> BaselineDraws:
    """Middles of the services, given what is not normal: scores and noise of 0, the middle base year.

    Parameters
    ----------
    inputs : BaselineInputs
        Services of the plan.
    base : mapping of str to ndarray
        By service, (1,) its base year.
    noise : mapping of str to MonthlyNoise
        By service at the planner's level, (1,) its noise.
    sampler : Sampler
        Random numbers of what is not normal.

    Returns
    -------
    BaselineDraws
        Arrays of one path where no path differs.
    """
    services = {
        name: _central_service(service, base[name], noise.get(name), sampler, inputs.calendar)
        for name, service in inputs.services.items()
    }
    return BaselineDraws(dict(base), services)


def _central_service(
    service: ServiceInputs, base: Floats, noise: MonthlyNoise | None, sampler: Sampler, calendar: Calendar
) -> ServiceDraws:
    planned = history = takes_planner = None
    if noise is not None:
        changes, years = draw_changes(service, sampler, calendar)
        middle = unit_censored_normal(noise.sd)[0] if service.fitted.scale == "censored" else np.zeros(1)
        residuals = np.repeat(middle[None, :], calendar.count, axis=0)
        paths = max((len(change) for change in changes.values()), default=1)
        scores = dict.fromkeys(years, np.zeros(1))
        planned = PlannedDraws(service, base, calendar, paths, noise, residuals, None, changes, scores)
    if service.level != "planner":
        forecast = service.fitted.forecast
        assert forecast is not None  # the baseline fits where the history's level is asked for
        deviations = recent_shift_deviations(service, sampler, calendar)
        paths = 1 if isinstance(deviations, float) else deviations.shape[1]
        history = HistoryDraws(
            np.repeat(forecast.mean[:, None], paths, axis=1), deviations, service.fitted.known_months
        )
    if service.level == "mixture":
        takes_planner = sampler.uniform(f"services.{service.fitted.service}.baseline.level") < service.planner_share
    prices = {
        year: np.asarray(change.distribution.ppf(np.array([0.5])))
        if is_scored(change)
        else sampler.in_year(change, year)
        for year, change in (service.price_change or {}).items()
    }
    return ServiceDraws(base, planned, history, takes_planner, prices)


def _stack(rows: list[Floats]) -> Floats:
    """(rows, paths) or (rows, 1) of rows (paths,) or (1,)."""
    return np.array(np.broadcast_arrays(*rows))


def _blocks(paths: int) -> Iterator[slice]:
    return (slice(first, first + PATHS_PER_BLOCK) for first in range(0, paths, PATHS_PER_BLOCK))


def _choose(takes_planner: Bools | None, values: list[Floats]) -> Floats:
    """Values of the planner's level and of the history's, path by path."""
    if len(values) == 1 or takes_planner is None:
        return values[0]
    return np.where(takes_planner, *values)


def _without_factor(service: ServiceInputs, cell: Cell, factor: Floats) -> Floats:
    """(paths,) or (1,) booked amount before factors; a month below zero changes by a share of its size."""
    if cell.booked < 0:
        return np.asarray(cell.booked / np.maximum(2 - factor, MIN_CELL_FACTOR))
    return np.asarray(cell.booked / factor)


def _history_state(drawn: HistoryDraws, row: int, means: Floats | None) -> Floats:
    """(paths,) or (1,) of one month at the level of the history, on the scale of its forecast.

    With `means` (months,) in place of its normal draw.
    """
    known = row - drawn.known_months
    state = np.asarray(drawn.normals[row] if means is None else means[row : row + 1], np.float64)
    return state if isinstance(drawn.deviations, float) or known < 0 else state + drawn.deviations[known]


def _forecast_means(service: ServiceInputs) -> Floats:
    """(months,) of the forecast of the history, on its scale."""
    forecast = service.fitted.forecast
    assert forecast is not None  # the baseline fits where the history's level is asked for
    return forecast.mean


def _sum_of_parts(of_cell: Floats, shared: Floats | None) -> Floats:
    return of_cell if shared is None else of_cell + shared


def _history_scale(service: ServiceInputs, row: int, amount: Floats) -> Floats:
    """(paths,) or (1,) amount on the scale of the forecast of the history."""
    forecast = service.fitted.forecast
    assert forecast is not None  # the baseline fits where the history's level is asked for
    return forecast.to_normals(row, amount)
