"""Blocks of paths, played: a pure function of a deck and the numbers of the blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift
from forecast.simulation.compiled import CompiledPlan, FigureKey, OutputPeriod
from forecast.simulation.model.baseline_paths import BaselinePaths, sample_baseline
from forecast.simulation.model.costs import cost_paths
from forecast.simulation.model.impacts import HEADCOUNT_KEY, Impact, SimulationContext
from forecast.simulation.model.initiatives import InitiativeEffects, simulate_initiatives
from forecast.simulation.model.recovery import Recovery
from forecast.simulation.model.service_paths import ServicePaths, simulate_service
from forecast.simulation.model.shocks import impact
from forecast.simulation.model.statement import StatementLine, evaluate_statement, statement_lines
from forecast.simulation.model.workforce import sample_headcount, sample_wage_shares
from forecast.simulation.places.allocation import allocate_block
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.sampling.random_streams import Sampler

np.empty(30 * 2**17)
"""Thirty MB, given back at once and never touched: from then on the C library of Linux keeps what it is given back
(mallopt(3), M_MMAP_THRESHOLD), where it would ask the system for every array anew. A fifth of the time of a block."""
HORIZON_PERIOD = "horizon"
"""The period of the accounts of losses."""


@dataclass(frozen=True)
class BlockResult:
    """Some blocks: figures by (measure, period), and what was drawn for them, (paths,) each."""

    figures: Mapping[FigureKey, Floats]
    uniforms: Mapping[str, Floats]
    occurrences: Mapping[str, Floats]
    """How many events of each shock fell, and whether each initiative that may fail happens."""
    places: PlaceTally | None = None
    """What they say of every place, where they are listed."""


@dataclass(frozen=True)
class _BlockState:
    """What was played of some blocks before it is accounted."""

    baseline: BaselinePaths
    services: Mapping[str, ServicePaths]
    statement_inputs: Mapping[str, Floats]
    """Of the statement, (months, paths) or (months, 1)."""
    wage_shares: Mapping[str, Floats]
    """By service, the share of its revenue that a worker's year is counted on."""
    occurrences: Mapping[str, Floats]
    recoveries: Mapping[str, Recovery]
    """Of the shocks that are no drift."""


def simulate_block(deck: CompiledPlan, blocks: range) -> BlockResult:
    """Play some consecutive blocks."""
    draws = Sampler(deck.seed, blocks, deck.groups)
    scene = _simulate_state(deck, draws)
    lines = statement_lines(scene.statement_inputs, bool(deck.scenario.costs), _productivity_basis(deck.scenario))
    figures: dict[FigureKey, Floats] = {}
    horizon = deck.scenario.horizon.calendar
    for gauge in deck.periods:
        if not gauge.is_month:
            figures.update(_period_figures(gauge, scene, lines, horizon))
    figures.update(_month_figures(deck, scene, lines))
    figures.update(_bridge_figures(deck, scene))
    figures.update(_loss_figures(scene))
    count = deck.count_paths(blocks)
    places = None
    if deck.places is not None:
        split = allocate_block(deck.places, draws, count, horizon, scene.services, scene.recoveries, figures)
        figures.update(split.figures)
        places = split.tally
    cut = {key: values[:count] if len(values) > 1 else np.repeat(values, count) for key, values in figures.items()}
    uniforms = {name: u[:count] for name, u in sorted(draws.uniforms.items())}
    return BlockResult(cut, uniforms, {name: values[:count] for name, values in scene.occurrences.items()}, places)


def _productivity_basis(scenario: Scenario) -> str:
    return scenario.workforce.productivity.basis if scenario.workforce else ""


def _simulate_state(deck: CompiledPlan, draws: Sampler) -> _BlockState:
    scenario = deck.scenario
    calm = sample_baseline(scenario, deck.baseline, draws)
    calendar = scenario.horizon.calendar
    context = _context(deck, calendar, draws)
    impacts = _impacts(scenario, draws, context)
    drifts = {name: impacts[name] for name in impacts if isinstance(scenario.shocks[name], Drift)}
    actions = simulate_initiatives(scenario.initiatives, draws, context, calm.revenue)
    returning = {n: Recovery(impacts[n], calendar, draws.paths) for n in impacts if n not in drifts}
    rows = calendar.rows(deck.bridge_output.calendar)
    trades = {
        s: simulate_service(s, calm, drifts, actions, returning, rows, draws.paths) for s in scenario.service_names
    }
    luck = {f"shocks.{n}": events for n in impacts if (events := impacts[n].event_counts) is not None}
    luck |= {f"initiatives.{name}": happens for name, happens in actions.happens.items()}
    shares = sample_wage_shares(scenario.workforce, scenario.service_names, draws) if scenario.workforce else {}
    return _BlockState(
        calm, trades, _collect_statement_inputs(deck, draws, calm, trades, impacts, actions), shares, luck, returning
    )


def _impacts(scenario: Scenario, draws: Sampler, context: SimulationContext) -> dict[str, Impact]:
    return {name: impact(scenario.shocks[name], f"shocks.{name}", draws, context) for name in sorted(scenario.shocks)}


def _context(deck: CompiledPlan, calendar: Calendar, draws: Sampler) -> SimulationContext:
    scenario = deck.scenario
    terrain = deck.places.geography if deck.places is not None else None
    places = draws(scenario.places.count) if scenario.places and scenario.places.count else None
    if terrain is not None:
        places = np.array([float(terrain.count)])
    climate = None
    if scenario.climate is not None:
        climate = draws.gammas("climate", scenario.climate.shape, calendar.years)
    return SimulationContext(calendar, scenario.service_names, draws.paths, places, climate, terrain)


def _collect_statement_inputs(
    deck: CompiledPlan,
    draws: Sampler,
    calm: BaselinePaths,
    trades: Mapping[str, ServicePaths],
    impacts: Mapping[str, Impact],
    actions: InitiativeEffects,
) -> dict[str, Floats]:
    scenario = deck.scenario
    leaves = {f"revenue.{service}": trade.revenue for service, trade in trades.items()}
    for service, trade in trades.items():
        if deck.baseline.services[service].measured == "volume":
            leaves[f"volume.{service}"] = trade.amount
    if calm.gap is not None:
        leaves["gap"] = calm.gap
    if scenario.workforce is not None:
        people = sample_headcount(scenario, scenario.workforce, deck.baseline, draws)[None, :]
        for factors in (actions.factors, *(impacts[name].factors for name in sorted(impacts))):
            if HEADCOUNT_KEY in factors:
                people = people * factors[HEADCOUNT_KEY]
        leaves["headcount"] = people
    leaves.update(cost_paths(scenario, draws, leaves, impacts, actions))
    return leaves


def _period_figures(
    gauge: OutputPeriod, scene: _BlockState, lines: tuple[StatementLine, ...], horizon: Calendar
) -> dict[FigureKey, Floats]:
    """The statement of one period."""
    rows = horizon.rows(gauge.calendar)
    leaves = {name: _aggregate_rows(rows, name, values) for name, values in scene.statement_inputs.items()}
    if "headcount" in leaves:
        leaves["wage_revenue"] = np.zeros(1)
        for service, share in scene.wage_shares.items():
            leaves["wage_revenue"] = leaves["wage_revenue"] + share * leaves[f"revenue.{service}"]
    found = evaluate_statement(lines, leaves, gauge.calendar.count)
    return {(name, gauge.period): values for name, values in found.items() if name != "wage_revenue"}


def _month_figures(deck: CompiledPlan, scene: _BlockState, lines: tuple[StatementLine, ...]) -> dict[FigureKey, Floats]:
    """What is drawn month by month."""
    told = {
        gauge.period: gauge.calendar.first - deck.scenario.horizon.calendar.first
        for gauge in deck.periods
        if gauge.is_month
    }
    needed = tuple(line for line in lines if _is_charted_by_month(line.name))
    found = evaluate_statement(needed, scene.statement_inputs, 1)
    return {
        (name, period): values[row] if len(values) > 1 else values[0]
        for period, row in told.items()
        for name, values in found.items()
        if _is_charted_by_month(name)
    }


def _aggregate_rows(rows: slice, name: str, values: Floats) -> Floats:
    """(paths,) or (1,): a flow summed over the rows, people in their mean."""
    inside = values[rows] if len(values) > 1 else values
    if name == "headcount":
        return np.asarray(inside.mean(axis=0))
    total: Floats = inside.sum(axis=0)
    return total if len(values) > 1 else total * (rows.stop - rows.start)


def _is_charted_by_month(name: str) -> bool:
    return name in ("revenue", "profit", "cost") or name.startswith("revenue.")


def _bridge_figures(deck: CompiledPlan, scene: _BlockState) -> dict[FigureKey, Floats]:
    """What each step adds to the revenue of the bridge's period, last year to forecast; they sum in each path."""
    gauge = deck.bridge_output
    rows = deck.scenario.horizon.calendar.rows(gauge.calendar)
    found: dict[str, Floats] = {}
    for service in sorted(scene.services):
        part = _base_year_share(deck, service, gauge.calendar)
        last, base = scene.baseline.last_year[service] * part, scene.baseline.underlying[service] * part
        _add_step(found, "last_year", last)
        _add_step(found, "history.shocks", base - last)
        _add_step(found, f"services.{service}", scene.services[service].baseline_revenue - base)
        for step, change in scene.services[service].steps.items():
            _add_step(found, step, change)
    if scene.baseline.gap is not None:
        _add_step(found, "gap", scene.baseline.gap[rows].sum(axis=0))
    return {(f"bridge.{step}", deck.bridge_period): values for step, values in found.items()}


def _add_step(found: dict[str, Floats], step: str, values: Floats) -> None:
    found[step] = found[step] + values if step in found else values


def _base_year_share(deck: CompiledPlan, service: str, period: Calendar) -> float:
    """Last year's part in the months of a period: 1 for a whole year."""
    own = deck.baseline.services[service]
    if own.base_year is None:
        return 0.0
    return float(sum(own.base_weights[month % 12] for month in period.months))


def _loss_figures(scene: _BlockState) -> dict[FigureKey, Floats]:
    """Where the losses went, over the horizon."""
    found: dict[FigureKey, Floats] = {}
    for service, trade in sorted(scene.services.items()):
        if trade.loss_account is not None:
            account = trade.loss_account
            losses = {
                "lost": account.lost,
                "returned": account.returned,
                "carried": account.carried,
                "gone": account.permanent,
            }
            found |= {(f"{measure}.{service}", HORIZON_PERIOD): amounts for measure, amounts in losses.items()}
    return found
