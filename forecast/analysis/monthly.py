"""Quantiles of each month, beside last year and the plan."""

from __future__ import annotations

from forecast.analysis.findings import MonthBar, Months
from forecast.analysis.last_year import LastYear
from forecast.history.ledger import History
from forecast.history.ledger_figures import STATUSES_WEAKEST_FIRST
from forecast.periods import format_month
from forecast.plan.scenario import Scenario
from forecast.simulation.results import Simulation

__all__ = ["charted_measure", "summarise_months"]

MONTH_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MAX_PAST_MONTHS = 60
"""Months of the history before those that are simulated, at most."""
CHARTED_MEASURES = ("revenue", "profit", "cost")
"""Measures that a run records by month."""


def summarise_months(run: Simulation, history: History | None) -> Months:
    """Summarise each month of the main target's measure, or of the revenue where it is not one of money.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    history : History, optional
        Its ledger before the months that it simulates.

    Returns
    -------
    Months
        Quantiles of each month, beside the year before and the plan, and up to five years of months before them.
    """
    measure = charted_measure(run.scenario)
    previous = _previous_months(run, history, measure)
    value_by_month = {month: value for month, value, _ in previous}
    plan = _planned(run, measure)
    bars = []
    for month in run.horizon.months:
        text = format_month(month)
        tally = run.tally(measure, text)
        p5, p10, p25, p50, p75, p90, p95 = (tally.quantile(p).value for p in MONTH_QUANTILES)
        last_year = value_by_month.get(format_month(month - 12))
        bars.append(MonthBar(text, last_year, plan.get(text), p5, p10, p25, p50, p75, p90, p95, tally.mean))
    return Months(measure, previous, tuple(bars))


def charted_measure(scenario: Scenario) -> str:
    """Choose the measure that a plan charts month by month.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    str
        The measure of the main target where its months are recorded, else the revenue.
    """
    target = scenario.targets.get(scenario.main_target)
    is_charted = target is not None and target.place is None and target.measure in CHARTED_MEASURES
    return target.measure if target is not None and is_charted else "revenue"


def _previous_months(run: Simulation, history: History | None, measure: str) -> tuple[tuple[str, float, str], ...]:
    """Month, value and weakest status of the services, for each month of the ledger that has the measure."""
    if history is None:
        return ()
    books = LastYear(run.scenario, history, run.baseline.booked)
    months = []
    services = [service for service in history.services if service in run.scenario.services]
    first = max(run.horizon.first - MAX_PAST_MONTHS, history.calendar.first)
    for month in range(first, min(history.calendar.last + 1, run.horizon.first)):
        statuses = {service: history.status_at(service, month) for service in services}
        started = [service for service in services if statuses[service] is not None]
        revenue = sum(float(history.revenue[s][month - history.service_calendar(s).first]) for s in started)
        value = revenue if measure == "revenue" else books.month(measure, month)
        weakest_first = [status for status in STATUSES_WEAKEST_FIRST if status in statuses.values()]
        if value is not None and weakest_first:
            months.append((format_month(month), value, weakest_first[0]))
    return tuple(months)


def _planned(run: Simulation, measure: str) -> dict[str, float]:
    """Targets of whole years of a measure by month, spread by the monthly shares of the forecast's mean."""
    planned: dict[str, float] = {}
    for name in sorted(run.scenario.targets):
        target = run.scenario.targets[name]
        if target.measure != measure or target.place or (target.at_least is None) != (measure == "cost"):
            continue
        months = [format_month(month) for month in target.period.calendar.months]
        if len(months) != 12 or planned.keys() & set(months):
            continue
        means = [run.tally(measure, text).mean for text in months]
        planned |= zip(months, _spread(target.threshold.value, means), strict=True)
    return planned


def _spread(total: float, means: list[float]) -> list[float]:
    """Return a total by month in the shares of the means; where some are not above zero, with equal differences."""
    if min(means) > 0:
        return [total * mean / sum(means) for mean in means]
    return [mean + (total - sum(means)) / len(means) for mean in means]
