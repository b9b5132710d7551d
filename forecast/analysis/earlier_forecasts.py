"""Earlier forecasts of a plan: as it stood before its months, and on each day on which a month was closed.

They are simulated over the first paths of the run, with its random numbers, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from forecast.history.books_by_day import BooksByDay
from forecast.periods import first_day, format_month
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Event
from forecast.simulation.closed_year import ClosedYear, find_closed_year
from forecast.simulation.results import Simulation
from forecast.simulation.simulate import simulate
from forecast.stats.intervals import Estimate
from forecast.timeseries.baseline import Baseline

__all__ = ["EarlierForecast", "MediansByMeasure", "PlanState", "YearReferences"]

PAIRED_PATHS = 4_096
"""First paths over which earlier forecasts are simulated: each costs a 25th of a run of 100,000 [C]."""

MediansByMeasure = Mapping[str, Mapping[str, float]]
"""Measure -> period as written -> amount."""


@dataclass(frozen=True)
class PlanState:
    """A plan with its fitted baseline, which holds the books that it knows."""

    scenario: Scenario
    baseline: Baseline


@dataclass(frozen=True)
class EarlierForecast:
    """A plan of an earlier day of the year."""

    state: PlanState
    """Its `as_of` is that day."""
    chances: Mapping[str, Estimate] = field(default_factory=dict)
    """Target -> chance, as its lock holds it; empty without one."""
    lock: str = ""
    """Name of its lock."""

    @property
    def day(self) -> date:
        """The day."""
        as_of = self.state.scenario.as_of
        assert as_of is not None  # an earlier plan has its day
        return as_of


@dataclass(frozen=True)
class YearReferences:
    """References of the year to date: earlier plans, assigned figures, locks."""

    earlier: tuple[EarlierForecast, ...] = ()
    """The plan, then the forecasts of later days, by day; without any the plan is simulated without its books."""
    assigned: MediansByMeasure = field(default_factory=dict)
    """Figures that a document assigns to months, quarters and the year."""
    locked: MediansByMeasure = field(default_factory=dict)
    """Medians of the lock of the approved plan."""
    plan_lock: str = ""
    """Name and short hash of that lock; empty without one."""
    revised: MediansByMeasure = field(default_factory=dict)
    """Medians of the lock of the revised plan."""
    are_locks_broken: bool = False
    """True where the chain of locks is not whole, so that none is read."""


class PairedSimulations:
    """Simulates states of a plan over the first paths of a run."""

    def __init__(self, run: Simulation, year: ClosedYear) -> None:
        self.run = run
        self.year = year
        self.paths = min(PAIRED_PATHS, run.paths)
        months = tuple(format_month(month) for month in year.to_date_calendar.months)
        self.periods = tuple(dict.fromkeys((*year.periods, *months)))

    def simulate(self, state: PlanState) -> Simulation:
        """Simulate a state, with the figures of each closed month, of the year to date and of the year."""
        return simulate(
            state.scenario,
            paths=self.paths,
            seed=self.run.seed,
            every_place=False,
            periods=self.periods,
            baseline=state.baseline,
        )


def state_on_day(state: PlanState, day: int, books: BooksByDay | None) -> PlanState:
    """Return a plan with the books and the named events that were known on a day; all else is as it is today.

    Months before its horizon are as they are today: the plan begins after them.
    """
    known = {} if books is None else books.on_day(day)
    first, last = state.scenario.horizon.calendar.first, state.baseline.calendar.last
    inside = {
        measure: {month: figure for month, figure in figures.items() if month < first}
        for measure, figures in state.baseline.booked.items()
    }
    for measure, figures in known.items():
        since = {month: figure for month, figure in figures.items() if first <= month <= last}
        inside[measure] = {**inside.get(measure, {}), **since}
    known_month = None if state.baseline.last_known_month is None else month_before(day, state.baseline)
    baseline = replace(
        state.baseline, booked={name: rows for name, rows in inside.items() if rows}, last_known_month=known_month
    )
    scenario = with_events(state.scenario, known_events(state.scenario, day))
    return PlanState(scenario.model_copy(update={"as_of": date.fromordinal(day)}), baseline)


def month_before(day: int, baseline: Baseline) -> int:
    """Return the last known month of a baseline, none after the month that ends by a day."""
    after = date.fromordinal(day + 1)
    assert baseline.last_known_month is not None
    return min(baseline.last_known_month, 12 * after.year + after.month - 2)


def named_events(scenario: Scenario) -> dict[str, Event]:
    """Return the events that a plan names under its history, by name."""
    return {} if scenario.history is None else dict(sorted(scenario.history.shocks.items()))


def known_events(scenario: Scenario, day: int) -> dict[str, Event]:
    """Return the named events whose first day, in the middle of its range, was over."""
    return {name: event for name, event in named_events(scenario).items() if event.from_.value <= day}


def with_events(scenario: Scenario, events: Mapping[str, Event]) -> Scenario:
    """Return a plan with other named events."""
    if scenario.history is None:
        return scenario
    source = scenario.history.model_copy(update={"shocks": FrozenDict(events)})
    return scenario.model_copy(update={"history": source})


@dataclass(frozen=True)
class EarlierDay:
    """A day of the year before that of the plan, with the forecast of that day."""

    forecast: EarlierForecast
    closed_months: tuple[int, ...]
    """Closed by then, from year 0."""

    @property
    def as_of(self) -> date:
        """The day."""
        return self.forecast.day


def earlier_days(
    run: Simulation, year: ClosedYear, books: BooksByDay | None, known: Sequence[EarlierForecast]
) -> tuple[EarlierDay, ...]:
    """Return the plan and the forecasts of later days, before the day of the run.

    A forecast that did not know all months of the year before its horizon has no figure of the year and is left out.
    Where the plan alone is known, each day on which a month was closed has the plan with the books of that day; where
    nothing is, it has the plan of the run with the books and the named events of that day.
    """
    current = PlanState(run.scenario, run.baseline)
    known = [forecast for forecast in known if _has_year(forecast.state, year)]
    closing = {} if books is None else books.closing_days(year.closed_months)

    def closed_by(day: int) -> tuple[int, ...]:
        return tuple(month for month, closed in closing.items() if closed <= day)

    opening = first_day(max(year.calendar.first, run.horizon.first))
    forecasts = list(known) or [EarlierForecast(state_on_day(current, opening - 1, books))]
    days = [EarlierDay(forecast, ()) for forecast in forecasts]
    last = max(closing.values(), default=0)
    for day in sorted(set(closing.values())) if len(known) < 2 else ():
        if forecasts[0].day.toordinal() < day < last:
            state = state_on_day(forecasts[0].state if known else current, day, books)
            days.append(EarlierDay(EarlierForecast(state), ()))
    days.sort(key=lambda day: day.as_of)
    return tuple(EarlierDay(day.forecast, closed_by(day.as_of.toordinal())) for day in days)


def _has_year(state: PlanState, year: ClosedYear) -> bool:
    """True where a state of the plan knows the months of a year before its horizon."""
    if year.calendar.first >= state.scenario.horizon.calendar.first:
        return True
    its_year = find_closed_year(state.scenario, state.baseline)
    return its_year is not None and its_year.calendar.first == year.calendar.first
