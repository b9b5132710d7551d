"""Figures of a run that a lock holds: targets, their chances, and quantiles by the plan and by the history alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite

from forecast.plan.scenario import Scenario
from forecast.runs.locks import LOCKED_LEVELS, Lock, LockedChance, LockedTarget
from forecast.simulation.compiled import HORIZON_PERIOD, output_periods
from forecast.simulation.results import Simulation
from forecast.stats.tally import Tally
from forecast.timeseries.history_alone import history_alone_quantiles

__all__ = ["LockedFigures", "differing_figures", "locked_figures"]

FigureQuantiles = Mapping[str, Mapping[str, tuple[float, ...]]]
"""Measure -> month or period -> quantiles."""


@dataclass(frozen=True)
class LockedFigures:
    """Figures of a run as a lock holds them."""

    targets: Mapping[str, LockedTarget]
    chances: Mapping[str, LockedChance]
    """Target -> chance."""
    quantiles: FigureQuantiles
    """At `LOCKED_LEVELS`."""
    history_alone: FigureQuantiles
    """The same of revenue by the history alone."""


def locked_figures(run: Simulation) -> LockedFigures:
    """Gather the figures of a run that a lock holds.

    Parameters
    ----------
    run : Simulation
        The simulated plan.

    Returns
    -------
    LockedFigures
        Every recorded measure by month and period, but for steps of the bridge, losses and places without a target.
    """
    scenario = run.scenario
    chances = {name: run.chance(name) for name in sorted(scenario.targets)}
    calendars = {output.period: output.calendar for output in output_periods(scenario)}
    return LockedFigures(
        targets=_locked_targets(scenario),
        chances={name: LockedChance(**chance._asdict()) for name, chance in chances.items()},
        quantiles=_quantiles(run),
        history_alone=history_alone_quantiles(run.baseline, calendars, LOCKED_LEVELS),
    )


def differing_figures(lock: Lock, figures: LockedFigures) -> list[str]:
    """Name the figures of a run that are not those of a lock, bit for bit.

    Parameters
    ----------
    lock : Lock
        The lock.
    figures : LockedFigures
        Of a run of its plan.

    Returns
    -------
    list of str
        `chances.revenue`, `quantiles.revenue.2025-03`, sorted; figures that one of the two lacks are among them.
    """
    pairs = [
        *_differing("targets", lock.targets, figures.targets),
        *_differing("chances", lock.chances, figures.chances),
    ]
    for table, locked, present in (
        ("quantiles", lock.quantiles, figures.quantiles),
        ("history_alone", lock.history_alone, figures.history_alone),
    ):
        for measure in locked.keys() | present.keys():
            pairs += _differing(f"{table}.{measure}", locked.get(measure, {}), present.get(measure, {}))
    return sorted(pairs)


def _differing(table: str, locked: Mapping[str, object], present: Mapping[str, object]) -> Iterable[str]:
    """Names of the entries that differ."""
    return [f"{table}.{key}" for key in locked.keys() | present.keys() if locked.get(key) != present.get(key)]


def _locked_targets(scenario: Scenario) -> dict[str, LockedTarget]:
    return {
        name: LockedTarget(
            measure=target.measure,
            period=target.period.text,
            at_least=None if target.at_least is None else target.at_least.value,
            at_most=None if target.at_most is None else target.at_most.value,
            required_chance=target.required,
            basis=target.basis,
            place=target.place or "",
        )
        for name, target in sorted(scenario.targets.items())
    }


def _quantiles(run: Simulation) -> dict[str, dict[str, tuple[float, ...]]]:
    """Quantiles of each figure that a reader may ask for later."""
    target_figures = {run.target_figure(target) for target in run.scenario.targets.values()}
    quantiles: dict[str, dict[str, tuple[float, ...]]] = {}
    for (measure, period), tally in run.tallies.items():
        is_detail = period == HORIZON_PERIOD or measure.startswith("bridge.") or "@" in measure or ":" in measure
        if not is_detail or (measure, period) in target_figures:
            values = _ascending_quantiles(tally)
            if all(map(isfinite, values)):
                quantiles.setdefault(measure, {})[period] = values
    return quantiles


def _ascending_quantiles(tally: Tally) -> tuple[float, ...]:
    """Quantiles at `LOCKED_LEVELS`; the last bit of an interpolation never makes one smaller than the one before."""
    return tuple(accumulate((float(tally.quantile(level).value) for level in LOCKED_LEVELS), max))
