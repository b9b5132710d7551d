"""One path of a plan in full: its numbers, events with their days, initiatives, and months by service.

The block of the path is simulated again from its random numbers, so that nothing of it has to be kept beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.plan.assumption import Assumption
from forecast.plan.shocks import Drift, dotted_shock
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.block import (
    ShockPaths,
    TradePaths,
    collect_statement_inputs,
    past_context,
    sample_shocks,
    shock_context,
    simulate_trade,
)
from forecast.simulation.compiled import CompiledPlan
from forecast.simulation.model.baseline_paths import BaselineDraws, draw_baseline
from forecast.simulation.model.impacts import DriverKey, sum_by_cell
from forecast.simulation.model.initiatives import InitiativeOutcome, initiative_outcomes
from forecast.simulation.model.planned_years import is_scored
from forecast.simulation.model.shocks import list_path_events
from forecast.simulation.model.shocks.shock import PathEvent
from forecast.simulation.model.workforce import sample_headcount
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler

__all__ = ["ServiceYear", "SinglePath", "realised_years", "simulate_path"]


@dataclass(frozen=True)
class ServiceYear:
    """One service in one path; arrays are (months,) of the horizon, in the unit of the measure."""

    undisturbed: Floats
    """Amount before drifts, initiatives and events, of the whole calendar years that the horizon touches."""
    growth: Mapping[int, float]
    """By calendar year, change of the undisturbed amount over the year before."""
    before_events: Floats
    """Amount after drifts and initiatives."""
    factors: Mapping[str, Floats]
    """By dotted name of a shock that is no drift, share of the amount that it leaves."""
    returned: Mapping[str, Floats]
    """By dotted name of a shock, amount that comes back."""


@dataclass(frozen=True)
class SinglePath:
    """One path of a plan."""

    path: int
    uniforms: Mapping[str, float]
    """By name of the draw."""
    events: tuple[PathEvent, ...]
    """Events that act in the horizon, in order of their first days."""
    initiatives: Mapping[str, InitiativeOutcome]
    """By active initiative."""
    services: Mapping[str, ServiceYear]
    repairs: Mapping[str, Floats]
    """By dotted name of a shock, (months,) cost of repair."""
    drivers: Mapping[str, Mapping[DriverKey, Floats]]
    """By dotted name of a shock that is no drift, (months,) its factors on prices, unit costs and people."""
    headcount: float | None
    """People before any effect; None without a workforce."""
    inputs: Mapping[str, Floats]
    """(months,) of what the statement is made of: `revenue.SERVICE`, `cost.NAME`, `headcount`, `gap`."""


def simulate_path(plan: CompiledPlan, path: int) -> SinglePath:
    """Simulate the block of one path again and read that path.

    Parameters
    ----------
    plan : CompiledPlan
        With what its closed months teach.
    path : int
        Number of the path in the run, from 0.

    Returns
    -------
    SinglePath
        The same numbers as in the run, bit by bit.
    """
    block, row = divmod(path, PATHS_PER_BLOCK)
    sampler = Sampler(plan.seed, range(block, block + 1), plan.groups, plan.yearly, resampled=plan.resampled)
    shocks = sample_shocks(plan, sampler)
    events = _events(plan, sampler, shocks, row)
    # closed months put other numbers into the sampler, after the shocks have drawn theirs
    of_shocks = {name: float(u[row]) for name, u in sampler.uniforms.items() if name.startswith("shocks.")}
    draws = _draws(plan, sampler, shocks)
    trade = simulate_trade(plan, sampler, shocks, draws)
    inputs = collect_statement_inputs(plan, sampler, trade)
    impacts = {dotted_shock(name): impact for name, impact in shocks.impacts.items() if name in shocks.recoveries}
    return SinglePath(
        path,
        {**{name: float(u[row]) for name, u in sampler.uniforms.items()}, **of_shocks},
        events,
        initiative_outcomes(plan.initiatives, sampler, row),
        {name: _service(plan, name, draws, trade, row) for name in plan.services},
        {name: _at(impact.cost, row) for name, impact in impacts.items() if impact.cost is not None},
        {
            name: {key: _at(factor, row) for key, factor in impact.factors.items() if key[0] != "amount"}
            for name, impact in impacts.items()
        },
        None if plan.workforce is None else float(_at(sample_headcount(plan.workforce, sampler)[None], row)[0]),
        {name: np.broadcast_to(_at(values, row), plan.horizon.count) for name, values in inputs.items()},
    )


def realised_years(plan: CompiledPlan) -> dict[str, tuple[Assumption, Floats, Floats]]:
    """Compare what the planner says of a year with the year as it comes out, over the first block.

    The noise of the months is part of the range of a growth, so a draw moves the year by less than its own width.

    Parameters
    ----------
    plan : CompiledPlan
        With what its closed months teach.

    Returns
    -------
    dict of str to tuple of Assumption, ndarray and ndarray
        By name of the draw: the growth or the amount that the plan gives, (paths,) values that it drew, and (paths,)
        what the year came to; of years over one that is above zero in every path.
    """
    sampler = Sampler(plan.seed, range(1), plan.groups, plan.yearly, resampled=plan.resampled)
    draws = _draws(plan, sampler, sample_shocks(plan, sampler))
    calendar = plan.baseline.calendar
    by_draw: dict[str, tuple[Assumption, Floats, Floats]] = {}
    for name, service in plan.baseline.services.items():
        drawn = draws.services[name]
        if drawn.planned is None or drawn.history is not None:
            continue
        amounts, before = drawn.amounts(service), drawn.base
        for year in calendar.years:
            total = amounts[calendar.year_rows(year)].sum(axis=0)
            if (annual := service.annual_in(year)) is not None and is_scored(annual):
                by_draw[annual.stream_name] = annual, sampler(annual), total
            growth = service.growth.get(year)
            if growth is not None and is_scored(growth) and before.min() > 0:
                draw = sampler.yearly_name(*draw_in_year(growth, year))
                by_draw[draw] = growth, sampler.in_year(growth, year), total / before - 1
            before = total
    return by_draw


def _at(values: Floats, row: int) -> Floats:
    """(months,) of one path, from (months, paths) or (months, 1)."""
    return np.array(values[:, row if values.shape[1] > 1 else 0])


def _draws(plan: CompiledPlan, sampler: Sampler, shocks: ShockPaths) -> BaselineDraws:
    """Random numbers of the services, given the closed months where there are some."""
    if plan.conditioning is None:
        return draw_baseline(plan.baseline, sampler)
    acting = [impact for name, impact in shocks.impacts.items() if name not in shocks.recoveries]
    return plan.conditioning.condition(plan.baseline, sampler, shocks.context, acting)


def _events(plan: CompiledPlan, sampler: Sampler, shocks: ShockPaths, row: int) -> tuple[PathEvent, ...]:
    context, events = shocks.context, []
    for name, shock in plan.shocks.items():
        if not isinstance(shock, Drift):
            events += list_path_events(shock, f"shocks.{name}", sampler, shock_context(plan, name, context), row)
    for name, event in plan.earlier.past_shocks.items():
        events += list_path_events(event, name, sampler, past_context(plan, context), row)
    first, stop = plan.horizon.edges[0], plan.horizon.edges[-1]
    acting = [event for event in events if event.end > first and event.start < stop]
    return tuple(sorted(acting, key=lambda event: (event.start, event.shock, event.kind)))


def _service(plan: CompiledPlan, name: str, draws: BaselineDraws, trade: TradePaths, row: int) -> ServiceYear:
    paths = trade.services[name]
    drawn, calendar = draws.services[name], plan.baseline.calendar
    years = _at(drawn.amounts(plan.baseline.services[name]), row)
    n_earlier = len(paths.earlier)
    factors = {
        dotted_shock(shock): _at(factor, row)[n_earlier:]
        for shock, recovery in trade.shocks.recoveries.items()
        if (factor := recovery.impact.factors.get(("amount", name))) is not None
    }
    returned: dict[str, Floats] = {}
    for shock, loss in paths.recovered.items():
        is_of_path = loss.cell % PATHS_PER_BLOCK == row
        months = loss.cell[is_of_path] // PATHS_PER_BLOCK
        by_month = sum_by_cell(months, loss.amount[is_of_path], n_earlier + plan.horizon.count)
        returned[dotted_shock(shock)] = by_month[n_earlier:]
    before = float(drawn.base[row if len(drawn.base) > 1 else 0])
    growth = {}
    for year in calendar.years:
        amount = float(years[calendar.year_rows(year)].sum())
        if before > 0:
            growth[year] = amount / before - 1
        before = amount
    return ServiceYear(
        years,
        growth,
        _at(paths.unshocked, row)[n_earlier:],
        factors,
        returned,
    )
