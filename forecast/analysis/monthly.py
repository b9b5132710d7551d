"""What does each month look like, beside the last year's and the plan's?"""

from __future__ import annotations

from forecast.analysis.findings import MonthBar, Months
from forecast.history.ledger import STATUSES_WEAKEST_FIRST, History
from forecast.periods import format_month
from forecast.simulation.simulate import Simulation

MONTH_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def summarise_months(run: Simulation, history: History | None, measure: str = "revenue") -> Months:
    """The fan of a measure, with up to twelve months of the history before it."""
    before = _previous_months(run, history)
    past = {month: value for month, value, _ in before}
    plan = _planned_revenue(run, measure)
    bars = []
    for month in run.horizon.months:
        text = format_month(month)
        tally = run.tally(measure, text)
        p5, p10, p25, p50, p75, p90, p95 = (tally.quantile(p).value for p in MONTH_QUANTILES)
        last_year = past.get(format_month(month - 12))
        bars.append(MonthBar(text, last_year, plan.get(text), p5, p10, p25, p50, p75, p90, p95, tally.mean))
    return Months(measure, before, tuple(bars))


def _previous_months(run: Simulation, history: History | None) -> tuple[tuple[str, float, str], ...]:
    if history is None:
        return ()
    found = []
    services = [service for service in history.services if service in run.scenario.services]
    for month in range(max(run.horizon.first - 12, history.calendar.first), history.calendar.last + 1):
        states = {service: history.status_at(service, month) for service in services}
        begun = [service for service in services if states[service] is not None]
        value = sum(float(history.revenue[s][month - history.service_calendar(s).first]) for s in begun)
        weak = [status for status in STATUSES_WEAKEST_FIRST if status in states.values()]
        if month < run.horizon.first and weak:
            found.append((format_month(month), value, weak[0]))
    return tuple(found)


def _planned_revenue(run: Simulation, measure: str) -> dict[str, float]:
    """The revenue targets of whole years, spread by the forecast's own monthly shares."""
    found: dict[str, float] = {}
    for name in sorted(run.scenario.targets):
        target = run.scenario.targets[name]
        if measure != "revenue" or target.measure != "revenue" or target.at_least is None or target.place:
            continue
        texts = [format_month(month) for month in target.period.calendar.months]
        if len(texts) != 12 or found.keys() & set(texts):
            continue
        means = [run.tally(measure, text).mean for text in texts]
        found |= {text: target.threshold.value * mean / sum(means) for text, mean in zip(texts, means, strict=True)}
    return found
