"""Prepare what the closed months of a plan teach, on its first block (docs/model.md, section 2b)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from forecast.arrays import Bools, Floats
from forecast.periods import first_day
from forecast.plan.initiatives import Initiative
from forecast.plan.record import assumptions_in
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.block import sample_drifts, simulation_context
from forecast.simulation.compiled import CompiledPlan
from forecast.simulation.model.baseline_paths import RECENT_SHIFT, ServiceDraws, draw_baseline
from forecast.simulation.model.conditioning.cells import Cell
from forecast.simulation.model.conditioning.components import ComponentModel
from forecast.simulation.model.conditioning.conditioning import (
    MIN_CELL_FACTOR,
    CellStates,
    ClosedLesson,
    Conditioning,
    Members,
    SurprisingCell,
    Surroundings,
    central_draws,
)
from forecast.simulation.model.conditioning.factors import CellFactors
from forecast.simulation.model.conditioning.gain import CellErrors, Gain, arms_length_variance, surprise_rank
from forecast.simulation.model.inputs import BaselineInputs, ServiceInputs
from forecast.simulation.model.planned_years import PlannedDraws, is_scored
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.stats.annual_noise import MonthlyNoise
from forecast.stats.resampling import effective_draws, resample_paths

__all__ = ["condition_plan"]

MIN_CELL_SD = 1e-6
"""Least standard deviation of a cell by the plan, on its scale, for it to teach."""
PRICE_SD = 0.005
"""Standard deviation of what a cell without noise of its own holds beside the plan [C]."""
EXACT_VARIANCE = 1e-8
"""The same variance of a cell with noise: next to nothing, so that the covariance can be inverted."""
MIN_SIZE_SHARE = 1e-9
"""Share of a mean month of its service from which a month on `censored` has a size to measure a booked figure by [C].
A season of zeros has none: a figure there is exact and teaches nothing."""
LEAST_UNIFORM = 2.0**-54
"""The least uniform number: a start that it does not bring into the closed months is never there."""


def condition_plan(plan: CompiledPlan) -> CompiledPlan:
    """Add to a plan what its closed months teach the open ones.

    Parameters
    ----------
    plan : CompiledPlan
        As compiled.

    Returns
    -------
    CompiledPlan
        With its conditioning, which is the same for any number of paths; as it was where nothing teaches.
    """
    return _Preparation(plan).conditioned() if plan.learned.cells else plan


class _Preparation:
    """The first block of a plan, from which its conditioning is made."""

    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = plan
        cells = plan.learned.cells
        self.inputs = plan.baseline
        self.sampler = Sampler(plan.seed, range(1), plan.groups, plan.yearly)
        self.context = simulation_context(plan, self.sampler)
        self.drifts = list(sample_drifts(plan, self.sampler, self.context).values())
        self.draws = draw_baseline(self.inputs, self.sampler)
        self.model = ComponentModel(self.inputs, self.draws, plan.groups, plan.yearly)
        self.mixtures = tuple(name for name, service in self.inputs.services.items() if service.level == "mixture")
        self.central_noise = {n: _central_noise(d.planned) for n, d in self.draws.services.items() if d.planned}
        sizes = self._sizes(cells)
        self.without_size = tuple(cell for cell, size in zip(cells, sizes, strict=True) if not size)
        cells, sizes = tuple(cell for cell, size in zip(cells, sizes, strict=True) if size), sizes[sizes > 0]
        covariance = self.model.covariance
        all_loadings = {members: self._loadings(cells, members) for members in self._combinations()}
        variance = sum(((rows @ covariance) * rows).sum(axis=1) for rows in all_loadings.values())
        teaches = np.sqrt(variance) > MIN_CELL_SD * np.array([_unit(self.inputs, cell) for cell in cells])
        self.cells = tuple(cell for cell, keeps in zip(cells, teaches, strict=True) if keeps)
        self.sizes = sizes[teaches]
        self.covariance = covariance
        self.loadings = {members: rows[teaches] for members, rows in all_loadings.items()}

    def conditioned(self) -> CompiledPlan:
        """The plan with its conditioning, or with the lesson alone where the plan is sure of every cell."""
        measures = {c.measure for c in self.plan.learned.cells if c not in self.without_size}
        sure = tuple(sorted(measures - {c.measure for c in self.cells}))
        first = self.inputs.calendar.first
        without_lesson = self.plan.learned.without_lesson
        without_size = tuple((cell.measure, first + cell.row) for cell in self.without_size)
        if not self.cells:
            everything = float(PATHS_PER_BLOCK)
            lesson = ClosedLesson(1.0, everything, PATHS_PER_BLOCK, (), without_lesson, sure, without_size)
            return replace(self.plan, lesson=lesson)
        last = first + max(cell.row for cell in self.cells)
        blank = Conditioning(
            cells=self.cells,
            factors=_cell_factors(self.plan, self.cells),
            places=self.model.places,
            mixtures=self.mixtures,
            gains={},
            central_noise=self.central_noise,
            event_middle=np.zeros(len(self.cells)),
            sizes=self.sizes,
            streams=tuple(_streams(self.plan, self.sampler, last)),
        )
        surroundings = blank.surroundings(self.inputs, self.sampler, self.context, self.drifts)
        events = np.log(np.maximum(np.array(np.broadcast_arrays(*surroundings.events)), MIN_CELL_FACTOR))
        blank = replace(blank, event_middle=events.mean(axis=1))
        middle = surroundings.with_middle_events(blank.event_middle)
        central = blank.states(self.inputs, surroundings.central, middle)
        errors = CellErrors(self._exact_variance(), self._booked_errors(events), np.zeros(len(self.cells)))
        added, scores = self._arms_length(central, errors)
        conditioning = replace(blank, gains=self._gains(replace(errors, arms_length=added).total))
        lesson = ClosedLesson(
            self._surprise(conditioning, surroundings, central, errors),
            self._effective_draws(conditioning, surroundings),
            PATHS_PER_BLOCK,
            self._at_arms_length(central, added, scores),
            without_lesson,
            sure,
            without_size,
        )
        return replace(self.plan, conditioning=conditioning, lesson=lesson)

    def _at_arms_length(self, central: CellStates, added: Floats, scores: Floats) -> tuple[SurprisingCell, ...]:
        """The cells (cells,) that get variance in addition."""
        first, gaps = self.inputs.calendar.first, (central.booked - central.state).mean(axis=1)
        surprising = []
        for cell, variance, gap, score in zip(self.cells, added, gaps, scores, strict=True):
            if variance:
                scale = self.inputs.services[cell.service].fitted.scale
                is_log = cell.is_price or scale == "log"
                difference = float(np.expm1(gap) if is_log else gap / _unit(self.inputs, cell))
                surprising.append(SurprisingCell(cell.measure, first + cell.row, difference, float(score)))
        return tuple(surprising)

    def _booked_errors(self, events: Floats) -> Floats:
        """(cells, cells) covariance of estimates and of what named events left, (cells, paths) or (cells, 1)."""
        errors = np.diag([cell.error_sd**2 for cell in self.cells])
        return errors if events.shape[1] == 1 else errors + np.cov(events, bias=True).reshape(errors.shape)

    def _gains(self, errors: Floats) -> dict[Members, Gain]:
        """By combination of members, the gain with errors (cells, cells)."""
        return {members: Gain.from_covariance(rows, self.covariance, errors) for members, rows in self.loadings.items()}

    def _effective_draws(self, conditioning: Conditioning, surroundings: Surroundings) -> float:
        if not conditioning.streams:
            return float(PATHS_PER_BLOCK)
        return effective_draws(conditioning.log_weights(self.inputs, self.sampler, surroundings))

    def _surprise(
        self, conditioning: Conditioning, surroundings: Surroundings, central: CellStates, errors: CellErrors
    ) -> float:
        """Share of the paths of the first block that are as surprising as the booked months, in their likely paths."""
        shape = (len(self.cells), PATHS_PER_BLOCK)
        middle = surroundings.with_middle_events(conditioning.event_middle)
        states = conditioning.states(self.inputs, self.draws, middle)
        of_plan = np.broadcast_to(states.state - central.state, shape)
        distances = conditioning.distances(self._gains(np.diag(errors.exact)), self.draws, of_plan)
        booked = np.broadcast_to(central.booked - central.state, shape)
        of_booked = conditioning.distances(self._gains(errors.total), self.draws, booked)
        if conditioning.streams:
            weights = conditioning.log_weights(self.inputs, self.sampler, surroundings)
            of_booked = of_booked[resample_paths(weights)]
        return surprise_rank(float(np.median(of_booked)), distances)

    def _arms_length(self, central: CellStates, errors: CellErrors) -> tuple[Floats, Floats]:
        """Variance that surprising cells get in addition, and the distances of all."""
        gaps = central.booked - central.state
        total = errors.total
        for members, share in self._shares().items():
            rows = self.loadings[members]
            total = total + share * (rows @ self.covariance @ rows.T)
        if gaps.shape[1] > 1:
            total = total + np.cov(gaps, bias=True).reshape(total.shape)
        return arms_length_variance(gaps.mean(axis=1), total, np.array([cell.is_ordinary for cell in self.cells]))

    def _combinations(self) -> list[Members]:
        """Every combination of members that a path of the plan may have."""
        combinations: list[Members] = [()]
        for _ in self.mixtures:
            combinations = [(*members, planner) for members in combinations for planner in (False, True)]
        return combinations

    def _shares(self) -> dict[Members, float]:
        """Probability of each combination."""
        shares = {}
        for members in self._combinations():
            chances = [self.inputs.services[name].planner_share for name in self.mixtures]
            parts = [c if planner else 1 - c for c, planner in zip(chances, members, strict=True)]
            shares[members] = float(np.prod(parts))
        return shares

    def _loadings(self, cells: Iterable[Cell], members: Members) -> Floats:
        """(cells, components) for one combination of members."""
        member_of = dict(zip(self.mixtures, members, strict=True))
        loadings_of = {
            "price": self.model.price_loadings,
            "planned": self.model.planned_loadings,
            "history": self.model.history_loadings,
        }
        by_key: dict[tuple[str, str], Floats] = {}
        rows = []
        for cell in cells:
            service = self.inputs.services[cell.service]
            planner = member_of.get(cell.service, service.level == "planner")
            key = (cell.service, "price" if cell.is_price else "planned" if planner else "history")
            if key not in by_key:
                by_key[key] = loadings_of[key[1]](cell.service)
            rows.append(by_key[key][cell.row])
        return np.array(rows).reshape(-1, self.model.size)

    def _exact_variance(self) -> Floats:
        """(cells,) variance of what each cell holds beside the components."""
        variances = []
        for cell in self.cells:
            has_noise = not cell.is_price and self._has_noise(cell.service)
            variances.append((EXACT_VARIANCE if has_noise else PRICE_SD**2) * _unit(self.inputs, cell) ** 2)
        return np.array(variances)

    def _has_noise(self, service: str) -> bool:
        places = self.model.layout[service]
        rows = [*range(places.planned.start, places.planned.stop), *range(places.history.start, places.history.stop)]
        return bool(np.diag(self.covariance)[rows].max() > 0)

    def _sizes(self, cells: Sequence[Cell]) -> Floats:
        """(cells,) on `censored` the middle of the month at its level, else 1; 0 for a month that is always zero."""
        central = central_draws(self.inputs, self.model.places.central_base, self.central_noise, self.sampler)
        months = {
            name: _month_sizes(self.inputs.services[name], central.services[name])
            for name in {cell.service for cell in cells if not cell.is_price}
        }
        return np.array([1.0 if cell.is_price else months[cell.service][cell.row] for cell in cells])


def _month_sizes(service: ServiceInputs, central: ServiceDraws) -> Floats:
    """(months,) on `censored` the middles at the planner's level, else 1; 0 where a level has no month to speak of."""
    fitted, sizes = service.fitted, np.ones(len(service.fitted.shape))
    if fitted.scale == "log":
        return np.where(np.isneginf(fitted.shape), 0.0, sizes)  # a year that is given may have months of no share
    if fitted.scale == "raw":
        return sizes
    has_size = np.ones(len(sizes), bool)
    if central.history is not None:
        assert fitted.forecast is not None  # the baseline fits where the history's level is asked for
        has_size &= _is_sizable(fitted.forecast.mean)
    if central.planned is not None:
        sizes = central.planned.months(is_cut=False).mean(axis=1) / central.planned.residuals[0, 0]
        has_size &= _is_sizable(sizes)
    return np.where(has_size, sizes, 0.0)


def _is_sizable(months: Floats) -> Bools:
    """(months,) True where a middle is not zero beside the others."""
    return np.asarray(months > MIN_SIZE_SHARE * max(months.mean(), 0.0))


def _unit(inputs: BaselineInputs, cell: Cell) -> float:
    """Size of one unit on the scale of a cell."""
    fitted = inputs.services[cell.service].fitted
    return fitted.month_size if fitted.scale == "raw" and not cell.is_price else 1.0


def _central_noise(planned: PlannedDraws) -> MonthlyNoise:
    """(1,) root mean squares of the noise, and the mean of its persistence."""
    noise = planned.noise
    squares = (np.sqrt(np.mean(np.square(values), keepdims=True)) for values in (noise.sd, noise.level_sd))
    sd, level_sd = squares
    return MonthlyNoise(sd, np.mean(noise.persistence, keepdims=True), level_sd)


def _cell_factors(plan: CompiledPlan, cells: tuple[Cell, ...]) -> CellFactors:
    return CellFactors(
        cells,
        plan.baseline.calendar,
        plan.horizon,
        plan.initiatives,
        plan.closed_events,
        plan.gives_back,
    )


def _streams(plan: CompiledPlan, sampler: Sampler, last_month: int) -> Iterator[str]:
    """Names of the draws that move the mean of a cell and are not normal."""
    names: set[str] = set()
    end = first_day(last_month + 1)
    for name, initiative in plan.initiatives.items():
        if initiative.active and _may_have_begun(initiative, end):
            names |= _initiative_streams(plan, name)
    for name, service in plan.baseline.services.items():
        names |= _service_streams(service, sampler, name)
    yield from sorted(names)


def _may_have_begun(initiative: Initiative, end: float) -> bool:
    return bool(initiative.start.distribution.ppf(np.array([LEAST_UNIFORM]))[0] < end)


def _initiative_streams(plan: CompiledPlan, name: str) -> set[str]:
    """Draws of whether an initiative happens, when it starts and how much it moves, with those that it needs."""
    initiative = plan.initiatives[name]
    written = (initiative.effect, initiative.start, initiative.ramp, initiative.chance, *initiative.takes_from.values())
    names = {
        assumption.stream_name
        for part in written
        if part is not None
        for assumption in assumptions_in(part)
        if not assumption.is_constant
    }
    if initiative.chance is not None:
        names.add(f"initiatives.{name}.happens")
    for required in initiative.needs:
        names |= _initiative_streams(plan, required)
    return names


def _service_streams(service: ServiceInputs, sampler: Sampler, name: str) -> set[str]:
    """Draws of the member of a mixture, of growths in lists, and of a recent level shift that comes back."""
    names = {f"services.{name}.baseline.level"} if service.level == "mixture" else set()
    if service.level != "history":
        for year, growth in service.growth.items():
            if not growth.is_constant and not is_scored(growth):
                names.add(sampler.yearly_name(*draw_in_year(growth, year)))
        if service.annual is not None and not service.annual.is_constant and not is_scored(service.annual):
            names.add(service.annual.stream_name)
    for year, change in (service.price_change or {}).items():
        if not change.is_constant and not is_scored(change):
            names.add(sampler.yearly_name(*draw_in_year(change, year)))
    if service.level != "planner" and service.fitted.recent_shift is not None:
        names |= {f"{RECENT_SHIFT}.end", f"{RECENT_SHIFT}.share", f"services.{name}.{RECENT_SHIFT}"}
    return names
