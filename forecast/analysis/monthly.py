"""Quantiles of each month, beside last year and the plan."""

from __future__ import annotations

from forecast.analysis.findings import MonthBar, Months
from forecast.history.ledger import History
from forecast.history.ledger_figures import STATUSES_WEAKEST_FIRST
from forecast.periods import format_month
from forecast.simulation.simulate import Simulation

MONTH_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def summarise_months(run: Simulation, history: History | None, measure: str = "revenue") -> Months:
    """Return the monthly quantiles of a measure, with up to twelve months of the history before them."""
    previous = _previous_months(run, history)
    value_by_month = {month: value for month, value, _ in previous}
    plan = _planned_revenue(run, measure)
    bars = []
    for month in run.horizon.months:
        text = format_month(month)
        tally = run.tally(measure, text)
        p5, p10, p25, p50, p75, p90, p95 = (tally.quantile(p).value for p in MONTH_QUANTILES)
        last_year = value_by_month.get(format_month(month - 12))
        bars.append(MonthBar(text, last_year, plan.get(text), p5, p10, p25, p50, p75, p90, p95, tally.mean))
    return Months(measure, previous, tuple(bars))


def _previous_months(run: Simulation, history: History | None) -> tuple[tuple[str, float, str], ...]:
    if history is None:
        return ()
    months = []
    services = [service for service in history.services if service in run.scenario.services]
    for month in range(max(run.horizon.first - 12, history.calendar.first), history.calendar.last + 1):
        statuses = {service: history.status_at(service, month) for service in services}
        started = [service for service in services if statuses[service] is not None]
        value = sum(float(history.revenue[s][month - history.service_calendar(s).first]) for s in started)
        weakest_first = [status for status in STATUSES_WEAKEST_FIRST if status in statuses.values()]
        if month < run.horizon.first and weakest_first:
            months.append((format_month(month), value, weakest_first[0]))
    return tuple(months)


def _planned_revenue(run: Simulation, measure: str) -> dict[str, float]:
    """Return revenue targets of whole years by month, spread by the monthly shares of the forecast's mean."""
    planned: dict[str, float] = {}
    for name in sorted(run.scenario.targets):
        target = run.scenario.targets[name]
        if measure != "revenue" or target.measure != "revenue" or target.at_least is None or target.place:
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
