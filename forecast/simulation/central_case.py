"""The central case of a plan: one path with every draw at its median and no random event, month by month.

It is what formulas can repeat: the workbook has the same sums and products. The noise of the months is left out, so
that a year grows by its growth exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.plan.assumption import Assumption
from forecast.plan.shocks import Drift
from forecast.simulation.block import TradePaths, collect_statement_inputs, sample_shocks, simulate_trade
from forecast.simulation.compiled import CompiledPlan
from forecast.simulation.model.baseline_paths import BaselineDraws, draw_baseline
from forecast.simulation.model.planned_years import PlannedDraws
from forecast.simulation.sampling.random_streams import Sampler
from forecast.stats.annual_noise import MonthlyNoise
from forecast.stats.censored_normal import unit_censored_normal

__all__ = ["CentralCase", "simulate_central_case"]


class CentralSampler(Sampler):
    """Draws of one path, each of them its median; what may happen does where its chance is a half or more."""

    def __init__(self, plan: CompiledPlan) -> None:
        super().__init__(plan.seed, range(1), {}, plan.yearly)
        self.paths = 1

    def __call__(self, assumption: Assumption) -> Floats:
        """(1,) median of an assumption."""
        return np.array([assumption.value])

    def in_year(self, change: Assumption, year: int) -> Floats:
        """(1,) median of a yearly change."""
        return self(change)

    def uniform(self, name: str) -> Floats:
        """(1,) a half."""
        return np.full(1, 0.5)

    def uniform_in_year(self, name: str, year: int) -> Floats:
        """(1,) a half."""
        return self.uniform(name)

    def happens(self, name: str, chance: Floats) -> NDArray[np.bool_]:
        """(1,) true for a chance of a half or more."""
        return np.asarray(chance >= 0.5)

    def normals(self, name: str, years: range) -> NDArray[np.float32]:
        """(12 x years, 1) zeros."""
        return np.zeros((SEASON_MONTHS * len(years), 1), np.float32)

    def gammas(self, name: str, shape: float, years: range) -> Floats:
        """(years, 1) factors of 1."""
        return np.ones((len(years), 1))


@dataclass(frozen=True)
class CentralCase:
    """The months of the central case."""

    plan: CompiledPlan
    trade: TradePaths
    """Services after drifts and initiatives, arrays of one path."""
    months: Mapping[str, Floats]
    """(months,) by name: `revenue.SERVICE`, `volume.SERVICE`, `cost.NAME`, `gap` and `headcount`."""
    base: Mapping[str, float]
    """By service, its base year without that year's shocks, in the unit of the measure."""


def simulate_central_case(plan: CompiledPlan) -> CentralCase:
    """Compute the central case of a plan.

    Parameters
    ----------
    plan : CompiledPlan
        Without closed months.

    Returns
    -------
    CentralCase
        Medians of all assumptions put together; drifts and initiatives act, other shocks of the plan do not. What
        events of the history took comes back as in every path.

    Raises
    ------
    ValueError
        Months of the plan are closed: what they teach is no sum of medians.
    """
    if plan.learned.cells or plan.closed.last_month is not None:
        raise ValueError("a plan with closed months has no central case")
    drifts = {name: shock for name, shock in plan.shocks.items() if isinstance(shock, Drift)}
    quiet = replace(plan, shocks=drifts)
    sampler = CentralSampler(quiet)
    draws = _without_noise(draw_baseline(quiet.baseline, sampler))
    trade = simulate_trade(quiet, sampler, sample_shocks(quiet, sampler), draws)
    inputs = collect_statement_inputs(quiet, sampler, trade)
    count = quiet.horizon.count
    months = {name: np.broadcast_to(values, (count, 1))[:, 0] for name, values in inputs.items()}
    return CentralCase(quiet, trade, months, {name: float(drawn.base[0]) for name, drawn in draws.services.items()})


def _without_noise(draws: BaselineDraws) -> BaselineDraws:
    """The same draws with months that have no noise."""
    services = {
        name: drawn if drawn.planned is None else replace(drawn, planned=_planned_middle(drawn.planned))
        for name, drawn in draws.services.items()
    }
    return replace(draws, services=services)


def _planned_middle(planned: PlannedDraws) -> PlannedDraws:
    service, noise = planned.service, MonthlyNoise(np.zeros(1), np.zeros(1), np.zeros(1))
    latent = unit_censored_normal(noise.sd)[0] if service.fitted.scale == "censored" else np.zeros(1)
    written = {year: service.annual_in(year) or service.growth.get(year) for year in planned.calendar.years}
    middles = {year: np.array([each.value]) for year, each in written.items() if each is not None}
    residuals = np.repeat(latent[None, :], planned.calendar.count, axis=0)
    return replace(planned, noise=noise, residuals=residuals, walk=None, changes=middles, scores={})
