"""What is read of a plan in every path: its periods, its months, and what is told of its places."""

from __future__ import annotations

from dataclasses import dataclass

from forecast.periods import Calendar, month_text
from forecast.plan.geography import read_places
from forecast.plan.scenario import Scenario, main_of
from forecast.simulation.places.outputs import FEW, PlaceGauges
from forecast.timeseries.place_shares import weighed_by_ledger


@dataclass(frozen=True)
class Gauge:
    """A period whose figures are read in every path."""

    period: str
    calendar: Calendar
    monthly: bool = False
    """Whether it is a single month of the fan: only what is drawn month by month is read."""


def gauges_of(scenario: Scenario) -> tuple[Gauge, ...]:
    """The whole years of the horizon, the periods of targets and triggers, the horizon, and each month."""
    horizon = scenario.horizon.calendar
    periods: dict[str, Calendar] = {}
    for year in horizon.years:
        whole = Calendar(12 * year, 12)
        if whole.first >= horizon.first and whole.last <= horizon.last:
            periods[str(year)] = whole
    for name in sorted(scenario.targets):
        periods[scenario.targets[name].period.text] = scenario.targets[name].period.calendar
    for name in sorted(scenario.decisions):
        trigger = scenario.decisions[name].trigger
        if trigger is not None:
            periods[trigger.period.text] = trigger.period.calendar
    if not periods:
        periods[f"{month_text(horizon.first)} to {month_text(horizon.last)}"] = horizon
    months = [Gauge(month_text(month), Calendar(month, 1), monthly=True) for month in horizon.months]
    single = {gauge.period for gauge in months}
    return tuple(Gauge(text, calendar) for text, calendar in periods.items()) + tuple(
        gauge for gauge in months if gauge.period in single - periods.keys()
    )


def place_gauges_of(scenario: Scenario) -> PlaceGauges | None:
    """What is read of the places: the main target's period, the whole years, and what targets of places ask for."""
    if scenario.places is None or scenario.places.file is None:
        return None
    equal = scenario.places.weights is not None
    terrain = read_places(scenario.places.file, scenario.service_names, equal)
    if (ledger := scenario.places.ledger) is not None:
        horizon = scenario.horizon.calendar
        terrain = weighed_by_ledger(terrain, scenario.places.file, ledger, scenario.service_names, horizon)
    asked = [target for _, target in sorted(scenario.targets.items()) if target.place is not None]
    periods = {gauge.period: gauge.calendar for gauge in gauges_of(scenario) if not gauge.monthly}
    wanted = {target.period.text for target in asked}
    target = scenario.targets.get(main_of(scenario))
    main = next(iter(periods)) if target is None else target.period.text
    read = [main, *(text for text in periods if text != main and (text in wanted or periods[text].count % 12 == 0))]
    told = {target.place for target in asked if target.place is not None}
    if terrain.count <= FEW:
        told.update(terrain.places)
    return PlaceGauges(terrain, scenario.places.noise, tuple((t, periods[t]) for t in read), frozenset(told))
