"""Blocks of paths, played: a pure function of a deck and the numbers of the blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift
from forecast.simulation.compiled import Deck, FigureKey, Gauge
from forecast.simulation.model.baseline_paths import Calm, calm_of
from forecast.simulation.model.costs import costs_of
from forecast.simulation.model.impacts import HEADCOUNT, Impact, SimulationContext
from forecast.simulation.model.initiatives import Actions, act
from forecast.simulation.model.recovery import Returning
from forecast.simulation.model.service_paths import Trade, trade_of
from forecast.simulation.model.shocks import impact
from forecast.simulation.model.statement import Line, account, lines_of
from forecast.simulation.model.workforce import headcount, wage_shares
from forecast.simulation.places.allocation import play_places
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.sampling.random_streams import Draws

np.empty(30 * 2**17)
"""Thirty MB, given back at once and never touched: from then on the C library of Linux keeps what it is given back
(mallopt(3), M_MMAP_THRESHOLD), where it would ask the system for every array anew. A fifth of the time of a block."""
HORIZON = "horizon"
"""The period of the accounts of losses."""


@dataclass(frozen=True)
class Played:
    """Some blocks: figures by (measure, period), and what was drawn for them, (paths,) each."""

    figures: Mapping[FigureKey, Floats]
    uniforms: Mapping[str, Floats]
    luck: Mapping[str, Floats]
    """How many events of each shock fell, and whether each initiative that may fail happens."""
    places: PlaceTally | None = None
    """What they say of every place, where they are listed."""


@dataclass(frozen=True)
class _Scene:
    """What was played of some blocks before it is accounted."""

    calm: Calm
    trades: Mapping[str, Trade]
    leaves: Mapping[str, Floats]
    """Of the statement, (months, paths) or (months, 1)."""
    wage_shares: Mapping[str, Floats]
    """By service, the share of its revenue that a worker's year is counted on."""
    luck: Mapping[str, Floats]
    returning: Mapping[str, Returning]
    """Of the shocks that are no drift."""


def play(deck: Deck, blocks: range) -> Played:
    """Play some consecutive blocks."""
    draws = Draws(deck.seed, blocks, deck.groups)
    scene = _scene(deck, draws)
    lines = lines_of(scene.leaves, bool(deck.scenario.costs), _basis(deck.scenario))
    figures: dict[FigureKey, Floats] = {}
    horizon = deck.scenario.horizon.calendar
    for gauge in deck.gauges:
        if not gauge.monthly:
            figures.update(_read(gauge, scene, lines, horizon))
    figures.update(_read_months(deck, scene, lines))
    figures.update(_steps(deck, scene))
    figures.update(_losses(scene))
    count = deck.paths_of(blocks)
    places = None
    if deck.places is not None:
        split = play_places(deck.places, draws, count, horizon, scene.trades, scene.returning, figures)
        figures.update(split.figures)
        places = split.tally
    cut = {key: values[:count] if len(values) > 1 else np.repeat(values, count) for key, values in figures.items()}
    uniforms = {name: u[:count] for name, u in sorted(draws.uniforms.items())}
    return Played(cut, uniforms, {name: values[:count] for name, values in scene.luck.items()}, places)


def _basis(scenario: Scenario) -> str:
    return scenario.workforce.productivity.basis if scenario.workforce else ""


def _scene(deck: Deck, draws: Draws) -> _Scene:
    scenario = deck.scenario
    calm = calm_of(scenario, deck.baseline, draws)
    calendar = scenario.horizon.calendar
    context = _context(deck, calendar, draws)
    impacts = _impacts(scenario, draws, context)
    drifts = {name: impacts[name] for name in impacts if isinstance(scenario.shocks[name], Drift)}
    actions = act(scenario.initiatives, draws, context, calm.revenue)
    returning = {n: Returning(impacts[n], calendar, draws.paths) for n in impacts if n not in drifts}
    rows = calendar.rows(deck.bridge_gauge.calendar)
    trades = {s: trade_of(s, calm, drifts, actions, returning, rows, draws.paths) for s in scenario.service_names}
    luck = {f"shocks.{n}": events for n in impacts if (events := impacts[n].events) is not None}
    luck |= {f"initiatives.{name}": happens for name, happens in actions.happens.items()}
    shares = wage_shares(scenario.workforce, scenario.service_names, draws) if scenario.workforce else {}
    return _Scene(calm, trades, _leaves(deck, draws, calm, trades, impacts, actions), shares, luck, returning)


def _impacts(scenario: Scenario, draws: Draws, context: SimulationContext) -> dict[str, Impact]:
    return {name: impact(scenario.shocks[name], f"shocks.{name}", draws, context) for name in sorted(scenario.shocks)}


def _context(deck: Deck, calendar: Calendar, draws: Draws) -> SimulationContext:
    scenario = deck.scenario
    terrain = deck.places.terrain if deck.places is not None else None
    places = draws(scenario.places.count) if scenario.places and scenario.places.count else None
    if terrain is not None:
        places = np.array([float(terrain.count)])
    climate = None
    if scenario.climate is not None:
        climate = draws.gammas("climate", scenario.climate.shape, calendar.years)
    return SimulationContext(calendar, scenario.service_names, draws.paths, places, climate, terrain)


def _leaves(
    deck: Deck,
    draws: Draws,
    calm: Calm,
    trades: Mapping[str, Trade],
    impacts: Mapping[str, Impact],
    actions: Actions,
) -> dict[str, Floats]:
    scenario = deck.scenario
    leaves = {f"revenue.{service}": trade.revenue for service, trade in trades.items()}
    for service, trade in trades.items():
        if deck.baseline.services[service].measured == "volume":
            leaves[f"volume.{service}"] = trade.amount
    if calm.gap is not None:
        leaves["gap"] = calm.gap
    if scenario.workforce is not None:
        people = headcount(scenario, scenario.workforce, deck.baseline, draws)[None, :]
        for factors in (actions.factors, *(impacts[name].factors for name in sorted(impacts))):
            if HEADCOUNT in factors:
                people = people * factors[HEADCOUNT]
        leaves["headcount"] = people
    leaves.update(costs_of(scenario, draws, leaves, impacts, actions))
    return leaves


def _read(gauge: Gauge, scene: _Scene, lines: tuple[Line, ...], horizon: Calendar) -> dict[FigureKey, Floats]:
    """The statement of one period."""
    rows = horizon.rows(gauge.calendar)
    leaves = {name: _over(rows, name, values) for name, values in scene.leaves.items()}
    if "headcount" in leaves:
        leaves["wage_revenue"] = np.zeros(1)
        for service, share in scene.wage_shares.items():
            leaves["wage_revenue"] = leaves["wage_revenue"] + share * leaves[f"revenue.{service}"]
    found = account(lines, leaves, gauge.calendar.count)
    return {(name, gauge.period): values for name, values in found.items() if name != "wage_revenue"}


def _read_months(deck: Deck, scene: _Scene, lines: tuple[Line, ...]) -> dict[FigureKey, Floats]:
    """What is drawn month by month."""
    told = {
        gauge.period: gauge.calendar.first - deck.scenario.horizon.calendar.first
        for gauge in deck.gauges
        if gauge.monthly
    }
    needed = tuple(line for line in lines if _drawn_by_month(line.name))
    found = account(needed, scene.leaves, 1)
    return {
        (name, period): values[row] if len(values) > 1 else values[0]
        for period, row in told.items()
        for name, values in found.items()
        if _drawn_by_month(name)
    }


def _over(rows: slice, name: str, values: Floats) -> Floats:
    """(paths,) or (1,): a flow summed over the rows, people in their mean."""
    inside = values[rows] if len(values) > 1 else values
    if name == "headcount":
        return np.asarray(inside.mean(axis=0))
    total: Floats = inside.sum(axis=0)
    return total if len(values) > 1 else total * (rows.stop - rows.start)


def _drawn_by_month(name: str) -> bool:
    return name in ("revenue", "profit", "cost") or name.startswith("revenue.")


def _steps(deck: Deck, scene: _Scene) -> dict[FigureKey, Floats]:
    """What each step adds to the revenue of the bridge's period, last year to forecast; they sum in each path."""
    gauge = deck.bridge_gauge
    rows = deck.scenario.horizon.calendar.rows(gauge.calendar)
    found: dict[str, Floats] = {}
    for service in sorted(scene.trades):
        part = _year_share(deck, service, gauge.calendar)
        last, base = scene.calm.last[service] * part, scene.calm.base[service] * part
        _add(found, "last_year", last)
        _add(found, "history.shocks", base - last)
        _add(found, f"services.{service}", scene.trades[service].calm - base)
        for step, change in scene.trades[service].steps.items():
            _add(found, step, change)
    if scene.calm.gap is not None:
        _add(found, "gap", scene.calm.gap[rows].sum(axis=0))
    return {(f"bridge.{step}", deck.bridge): values for step, values in found.items()}


def _add(found: dict[str, Floats], step: str, values: Floats) -> None:
    found[step] = found[step] + values if step in found else values


def _year_share(deck: Deck, service: str, period: Calendar) -> float:
    """Last year's part in the months of a period: 1 for a whole year."""
    own = deck.baseline.services[service]
    if own.base_year is None:
        return 0.0
    return float(sum(own.base_weights[month % 12] for month in period.months))


def _losses(scene: _Scene) -> dict[FigureKey, Floats]:
    """Where the losses went, over the horizon."""
    found: dict[FigureKey, Floats] = {}
    for service, trade in sorted(scene.trades.items()):
        if trade.account is not None:
            for word in ("lost", "returned", "carried", "gone"):
                found[f"{word}.{service}", HORIZON] = getattr(trade.account, word)
    return found
