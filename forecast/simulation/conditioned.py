"""Prepare what the closed months of a plan teach, on its first block (docs/model.md, section 2b)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import first_day
from forecast.plan.initiatives import Initiative
from forecast.plan.record import assumptions_in
from forecast.plan.scenario import Scenario
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.block import sample_drifts, simulation_context
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.model.baseline_paths import RECENT_SHIFT, BaselineDraws, draw_baseline
from forecast.simulation.model.conditioning.cells import Cell, learned_cells
from forecast.simulation.model.conditioning.components import ComponentModel
from forecast.simulation.model.conditioning.conditioning import CellStates, Conditioning, Members, Surroundings
from forecast.simulation.model.conditioning.factors import CellFactors
from forecast.simulation.model.conditioning.gain import CellErrors, Gain, arms_length_variance
from forecast.simulation.model.inputs import BaselineInputs, ServiceInputs
from forecast.simulation.model.planned_years import PlannedDraws, is_scored
from forecast.simulation.sampling.random_streams import Sampler
from forecast.stats.annual_noise import MonthlyNoise
from forecast.timeseries.baseline import Baseline

__all__ = ["ClosedLesson", "prepare_plan"]

MIN_CELL_SD = 1e-6
"""Least standard deviation of a cell by the plan, on its scale, for it to teach."""
PRICE_SD = 0.005
"""Standard deviation of what a cell without noise of its own holds beside the plan [C]."""
EXACT_VARIANCE = 1e-8
"""The same variance of a cell with noise: next to nothing, so that the covariance can be inverted."""
START_TAIL = 1e-4
"""Chance of an earlier start of an initiative, which is not looked for."""


def prepare_plan(
    scenario: Scenario, baseline: Baseline, paths: int | None = None, seed: int | None = None
) -> CompiledPlan:
    """Compile a plan, with what its closed months teach the open ones.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    baseline : Baseline
        Fits of its history, and the booked months.
    paths, seed : int, optional
        Those of the plan by default.

    Returns
    -------
    CompiledPlan
        The same whatever the number of paths.

    Raises
    ------
    ValueError
        When there is no path to simulate.
    """
    plan = compile_plan(scenario, baseline, paths, seed)
    learned = learned_cells(plan.baseline, baseline.booked, {})
    if not learned.cells:
        return plan
    return replace(plan, conditioning=_Preparation(plan, learned.cells).conditioning())


@dataclass(frozen=True)
class ClosedLesson:
    """How the closed months fit the plan."""

    surprise: float
    """Share of the plan's futures whose months are at least as surprising."""
    effective_draws: float
    """Equally weighted paths of the first block that tell as much; all of them where nothing is weighted."""
    surprising: tuple[tuple[Cell, float], ...]
    """Cells at arm's length, and the standard deviations by which they lie off."""


class _Preparation:
    """The first block of a plan, from which its conditioning is made."""

    def __init__(self, plan: CompiledPlan, cells: tuple[Cell, ...]) -> None:
        self.plan = plan
        self.inputs = plan.baseline
        self.sampler = Sampler(plan.seed, range(1), plan.groups, plan.yearly)
        self.context = simulation_context(plan, self.sampler)
        self.drifts = list(sample_drifts(plan, self.sampler, self.context).values())
        self.draws = draw_baseline(self.inputs, self.sampler)
        self.model = ComponentModel(self.inputs, self.draws, plan.groups, plan.yearly)
        self.mixtures = tuple(name for name, service in self.inputs.services.items() if service.level == "mixture")
        covariance = self.model.covariance
        all_loadings = {members: self._loadings(cells, members) for members in self._combinations()}
        variance = sum(np.einsum("ij,jk,ik->i", rows, covariance, rows) for rows in all_loadings.values())
        teaches = np.sqrt(variance) > MIN_CELL_SD * np.array([_unit(self.inputs, cell) for cell in cells])
        self.cells = tuple(cell for cell, keeps in zip(cells, teaches, strict=True) if keeps)
        self.covariance = covariance
        self.loadings = {members: rows[teaches] for members, rows in all_loadings.items()}

    def conditioning(self) -> Conditioning | None:
        """The conditioning; None where no cell teaches."""
        if not self.cells:
            return None
        last = self.inputs.calendar.first + max(cell.row for cell in self.cells)
        blank = Conditioning(
            cells=self.cells,
            factors=_cell_factors(self.plan, self.cells),
            places=self.model.places,
            mixtures=self.mixtures,
            gains={},
            central_noise={n: _central_noise(d.planned) for n, d in self.draws.services.items() if d.planned},
            event_middle=np.zeros(len(self.cells)),
            sizes=np.ones(len(self.cells)),
            streams=tuple(_streams(self.plan, self.sampler, last)),
        )
        surroundings = blank.surroundings(self.inputs, self.sampler, self.context, self.drifts)
        events = np.log(np.maximum(surroundings.events, 1e-9))
        blank = replace(blank, event_middle=events.mean(axis=1), sizes=self._sizes(surroundings.central))
        return self._with_gains(blank, surroundings, events)

    def _with_gains(self, blank: Conditioning, surroundings: Surroundings, events: Floats) -> Conditioning:
        booked_errors = np.diag([cell.error_sd**2 for cell in self.cells])
        if events.shape[1] > 1:
            booked_errors = booked_errors + np.cov(events, bias=True).reshape(booked_errors.shape)
        middle = surroundings.initiatives * np.exp(blank.event_middle)[:, None]
        central = blank.states(self.inputs, surroundings.central, middle)
        errors = CellErrors(self._exact_variance(), booked_errors, np.zeros(len(self.cells)))
        added, _ = self._arms_length(central, errors)
        errors = replace(errors, arms_length=added)
        gains = {
            members: Gain.from_covariance(rows, self.covariance, errors.total)
            for members, rows in self.loadings.items()
        }
        return replace(blank, gains=gains)

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
        by_key: dict[tuple[str, str], Floats] = {}
        rows = []
        for cell in cells:
            service = self.inputs.services[cell.service]
            planner = member_of.get(cell.service, service.level == "planner")
            key = (cell.service, "price" if cell.is_price else "planned" if planner else "history")
            if key not in by_key:
                by_key[key] = getattr(self.model, f"{key[1]}_loadings")(cell.service)
            rows.append(by_key[key][cell.row])
        return np.array(rows)

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

    def _sizes(self, central: BaselineDraws) -> Floats:
        """(cells,) on `censored` the middle of the month at its level, else 1."""
        sizes = np.ones(len(self.cells))
        months: dict[str, Floats] = {}
        for number, cell in enumerate(self.cells):
            planned = central.services[cell.service].planned
            if cell.is_price or planned is None or self.inputs.services[cell.service].fitted.scale != "censored":
                continue
            if cell.service not in months:
                middle = planned.residuals[0, 0]
                months[cell.service] = planned.months(is_cut=False).mean(axis=1) / middle
            sizes[number] = months[cell.service][cell.row]
        return sizes


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
    return bool(initiative.start.distribution.ppf(np.array([START_TAIL]))[0] < end)


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
