"""Steps of a measure between two simulations over the same random numbers: the means of what a cause changed.

Closed months are told line by line as booked, by volume and price where both are booked, and what these taught the
open months comes after them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from forecast.analysis.earlier_forecasts import named_events
from forecast.analysis.year_findings import VarianceKind, VarianceStep
from forecast.arrays import Floats
from forecast.periods import format_month
from forecast.plan.labels import display_label
from forecast.simulation.closed_year import ClosedYear, find_closed_year
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Z975
from forecast.stats.tally import Tally

__all__ = [
    "MonthPair",
    "VarianceSpan",
    "VarianceStage",
    "exact_mean",
    "mean_of",
    "measure_lines",
    "split_by_volume_and_price",
    "variance_span",
    "variance_steps",
]

RELATIVE_ROUNDING = 1e-12
"""Change, as a share of the measure, below which it is the rounding of sums."""
GROUPED_NAMES = ("rest", "initiatives")
"""Names of steps of several causes together."""
MonthPair = tuple[tuple[float, float], tuple[float, float]]
"""Volume and revenue of a month, before and after."""


@dataclass(frozen=True)
class VarianceStage:
    """A cause, simulated."""

    kind: VarianceKind
    name: str
    run: Simulation


class VarianceSpan(NamedTuple):
    """Months that a variance is told of."""

    months: tuple[str, ...]
    """From the first month of the year to the last that is closed, as written; empty where none is."""
    to_date: str
    """The same as one period."""
    outlook: str
    """The year."""
    has_open: bool
    """True where a month of the year is open."""


def variance_span(run: Simulation, year: ClosedYear) -> VarianceSpan:
    """Find the months of a year up to the last that is closed in a simulation.

    Parameters
    ----------
    run : Simulation
        The simulation.
    year : ClosedYear
        The year, and the months that are closed now.

    Returns
    -------
    VarianceSpan
        Without months where the simulation has none of them closed.
    """
    state = find_closed_year(run.scenario, run.baseline)
    closed = [month for month in year.closed_months if state is not None and month in state.closed_months]
    if not closed:
        return VarianceSpan((), "", year.outlook, True)
    known = ClosedYear(year.calendar, tuple(closed))
    months = tuple(map(format_month, known.to_date_calendar.months))
    return VarianceSpan(months, known.to_date, year.outlook, known.open_count > 0)


def measure_lines(run: Simulation, measure: str, period: str) -> list[tuple[str, float]]:
    """List the lines that a measure is made of.

    Parameters
    ----------
    run : Simulation
        The simulation.
    measure : {"revenue", "cost", "profit"}
        The measure.
    period : str
        A period with tallies.

    Returns
    -------
    list of (str, float)
        Each line with its sign, 1 or -1.
    """
    names = sorted(name for name, of_period in run.tallies if of_period == period)
    revenues = [(name, 1.0) for name in names if name.startswith("revenue.") or name == "gap"]
    costs = [name for name in names if name.startswith("cost.")]
    if measure == "revenue":
        return revenues
    if measure == "cost":
        return [(name, 1.0) for name in costs]
    return [*revenues, *((name, -1.0) for name in costs)]


def variance_steps(
    measure: str, before: Simulation, stages: Iterable[VarianceStage], span: VarianceSpan
) -> list[VarianceStep]:
    """Compute the steps of one measure through the stages.

    Parameters
    ----------
    measure : {"revenue", "cost", "profit"}
        The measure.
    before : Simulation
        Start of the first stage.
    stages : iterable of VarianceStage
        In order; all simulations are over the same random numbers.
    span : VarianceSpan
        Months of the year to date, and the year.

    Returns
    -------
    list of VarianceStep
        In currency; those that are more than rounding.
    """
    steps: list[VarianceStep] = []
    previous = before
    for stage in stages:
        lines = measure_lines(stage.run, measure, span.outlook)
        if stage.kind == "actual":
            for line, sign in lines:
                steps += _booked_steps(line, sign, previous, stage.run, span)
            for line, sign in lines:
                steps += _learned_steps(line, sign, previous, stage.run, span)
        else:
            steps.append(_measure_step(stage, measure, previous, span))
        previous = stage.run
    rounding = RELATIVE_ROUNDING * abs(exact_mean(before.tally(measure, span.outlook)))
    return [step for step in steps if max(abs(step.to_date), abs(step.outlook)) > rounding]


def exact_mean(tally: Tally) -> float:
    """Return the mean of a tally, without rounding where every path has the same value.

    Parameters
    ----------
    tally : Tally
        The tally.

    Returns
    -------
    float
        In its unit.
    """
    return tally.minimum if tally.minimum == tally.maximum else tally.mean


def _values(run: Simulation, measure: str, period: str) -> Floats:
    """(paths,) values of a figure; zeros where the plan has no such line."""
    tally = run.tallies.get((measure, period))
    return np.zeros(run.paths) if tally is None else tally.values


def _changes(line: str, before: Simulation, after: Simulation, span: VarianceSpan) -> tuple[Floats, Floats]:
    """(paths,) changes of a line in the year to date and in the year."""
    to_date = np.zeros(after.paths)
    for month in span.months:
        to_date = to_date + (_values(after, line, month) - _values(before, line, month))
    return to_date, _values(after, line, span.outlook) - _values(before, line, span.outlook)


def _step(kind: VarianceKind, name: str, to_date: float, changes: Floats) -> VarianceStep:
    """A step with the mean of the changes of the year, (paths,), and its error."""
    error = Z975 * float(changes.std(ddof=1)) / math.sqrt(len(changes)) if len(changes) > 1 else 0.0
    return VarianceStep(kind, name, to_date, float(changes.mean()), error)


def _measure_step(stage: VarianceStage, measure: str, before: Simulation, span: VarianceSpan) -> VarianceStep:
    """The step of a cause that acts on all lines."""
    to_date, outlook = _changes(measure, before, stage.run, span)
    step = _step(stage.kind, stage.name, float(to_date.mean()), outlook)
    if stage.name in GROUPED_NAMES:
        return step
    labels = [display_label(run.scenario, stage.name) for run in (stage.run, before) if _has_name(run, stage.name)]
    return replace(step, label=labels[0] if labels else None)


def _has_name(run: Simulation, name: str) -> bool:
    """True where a plan has the entry of a dotted name."""
    table, _, entry = name.rpartition(".")
    if table == "history.shocks":
        return entry in named_events(run.scenario)
    return entry in getattr(run.scenario, table)


def _booked_steps(
    line: str, sign: float, before: Simulation, after: Simulation, span: VarianceSpan
) -> list[VarianceStep]:
    """Closed months of one line as booked, by volume and price where it has both."""
    to_date, _ = _changes(line, before, after, span)
    by_cause = _volume_and_price(line, before, after, span)
    if by_cause is None:
        return [_step("actual", line, sign * float(to_date.mean()), sign * to_date)]
    volume, _ = by_cause
    total = _step("actual", line, sign * float(to_date.mean()), sign * to_date)
    return [
        VarianceStep("volume", line, sign * volume, sign * volume, total.error),
        VarianceStep("price", line, total.to_date - sign * volume, total.outlook - sign * volume, total.error),
    ]


def _volume_and_price(
    line: str, before: Simulation, after: Simulation, span: VarianceSpan
) -> tuple[float, float] | None:
    """Change of closed months by volume at the price of before, and by price at the volume of after; None uncounted."""
    kind, _, service = line.partition(".")
    months = span.months
    figures = [(f"{name}.{service}", month) for name in ("volume", "revenue") for month in months]
    if kind != "revenue" or any(figure not in run.tallies for figure in figures for run in (before, after)):
        return None

    def volume_and_revenue(run: Simulation, month: str) -> tuple[float, float]:
        return mean_of(run, f"volume.{service}", month), mean_of(run, line, month)

    return split_by_volume_and_price(
        [(volume_and_revenue(before, month), volume_and_revenue(after, month)) for month in months]
    )


def mean_of(run: Simulation, measure: str, period: str) -> float:
    """Return the mean of a figure, exact where it is booked.

    Parameters
    ----------
    run : Simulation
        The simulation.
    measure, period : str
        Key of a tally.

    Returns
    -------
    float
        In currency, or the unit of the measure.
    """
    return exact_mean(run.tally(measure, period))


def split_by_volume_and_price(months: Sequence[MonthPair]) -> tuple[float, float]:
    """Split the change of revenue by volume, at the price of before, and by price, at the volume of after.

    Parameters
    ----------
    months : sequence of MonthPair
        Volume and revenue of each month, before and after.

    Returns
    -------
    tuple of float
        By volume and by price; together the change of revenue. A month without volume before has no price of its own:
        all of its change is by volume.
    """
    by_volume = by_price = 0.0
    for (volume_before, revenue_before), (volume_after, revenue_after) in months:
        if volume_before:
            volume_part = (volume_after - volume_before) * revenue_before / volume_before
        else:
            volume_part = revenue_after - revenue_before
        by_volume += volume_part
        by_price += revenue_after - revenue_before - volume_part
    return by_volume, by_price


def _learned_steps(
    line: str, sign: float, before: Simulation, after: Simulation, span: VarianceSpan
) -> list[VarianceStep]:
    """The change of the open months of a line by what the closed ones taught, and as no unnamed event has come."""
    to_date, outlook = _changes(line, before, after, span)
    return [_step("learned", line, 0.0, sign * (outlook - to_date))] if span.has_open else []
