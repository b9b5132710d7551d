"""The year that is being lived: its closed months, and the periods in which it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecast.history.booked_months import closed_figures
from forecast.periods import SEASON_MONTHS, Calendar, format_month
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline import Baseline

__all__ = ["ClosedYear", "find_closed_months", "find_closed_year"]


@dataclass(frozen=True)
class ClosedYear:
    """Months of the calendar year of the last closed month, as far as a plan simulates them or they are booked."""

    calendar: Calendar
    """Its months in the horizon, and those before it where all of them are closed."""
    closed_months: tuple[int, ...]
    """Months in which the revenue of every service of the ledger is booked, ascending, from year 0; one at least."""

    @property
    def month(self) -> str:
        """The last closed month: `2025-03`."""
        return format_month(self.closed_months[-1])

    @property
    def to_date_calendar(self) -> Calendar:
        """From the first month of the year to the last closed one."""
        return Calendar(self.calendar.first, self.closed_months[-1] - self.calendar.first + 1)

    @property
    def to_date(self) -> str:
        """The same as it is written: `2025-01 to 2025-03`."""
        return _format_period(self.to_date_calendar)

    @property
    def outlook(self) -> str:
        """The year as it is written, `2025`, or its months that are known or simulated."""
        return _format_period(self.calendar)

    @property
    def open_count(self) -> int:
        """Months of the year that are not closed."""
        return self.calendar.count - len(self.closed_months)

    @property
    def periods(self) -> tuple[str, ...]:
        """The last closed month, the year to date and the year, each once."""
        return tuple(dict.fromkeys((self.month, self.to_date, self.outlook)))


def find_closed_year(scenario: Scenario, baseline: Baseline) -> ClosedYear | None:
    """Find the closed months of a plan in the last calendar year that has one.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    baseline : Baseline
        With the books of the plan.

    Returns
    -------
    ClosedYear or None
        None where no month of the horizon, nor all months of its year before it, are closed for every service that the
        ledger has.
    """
    horizon = scenario.horizon.calendar
    has_gap = scenario.stated_total_before(baseline.calendar.years[0]) is not None  # no ledger has the difference
    before = () if has_gap else _closed_before(scenario.service_names, horizon, baseline)
    closed = (*before, *find_closed_months(scenario.service_names, horizon, baseline))
    if not closed:
        return None
    january = closed[-1] // SEASON_MONTHS * SEASON_MONTHS
    first = max(january, horizon.first - len(before))
    last = min(january + SEASON_MONTHS - 1, horizon.last)
    return ClosedYear(Calendar(first, last - first + 1), tuple(month for month in closed if month >= first))


def _closed_before(services: Iterable[str], horizon: Calendar, baseline: Baseline) -> tuple[int, ...]:
    """Months before the horizon in its first year, where all services are booked in all of them; else none."""
    months = tuple(range(horizon.first // SEASON_MONTHS * SEASON_MONTHS, horizon.first))
    closed = [set(closed_figures(baseline.booked, f"revenue.{name}")) for name in services]
    return months if all(each.issuperset(months) for each in closed) else ()


def find_closed_months(services: Iterable[str], horizon: Calendar, baseline: Baseline) -> tuple[int, ...]:
    """Find the closed months of a plan.

    Parameters
    ----------
    services : iterable of str
        Names of its services.
    horizon : Calendar
        Its months.
    baseline : Baseline
        With the books of the plan.

    Returns
    -------
    tuple of int
        Months of the horizon, from year 0 and ascending, in which the revenue of every service of the ledger is booked
        as a final figure.
    """
    booked = {service: set(closed_figures(baseline.booked, f"revenue.{service}")) for service in services}
    from_ledger = [name for name in booked if booked[name] or baseline.services[name].base_year is not None]
    if not from_ledger:
        return ()
    return tuple(sorted(set(horizon.months).intersection(*(booked[name] for name in from_ledger))))


def _format_period(calendar: Calendar) -> str:
    if calendar.count == 1:
        return format_month(calendar.first)
    if calendar.count == SEASON_MONTHS and calendar.first % SEASON_MONTHS == 0:
        return str(calendar.first // SEASON_MONTHS)
    return f"{format_month(calendar.first)} to {format_month(calendar.last)}"
