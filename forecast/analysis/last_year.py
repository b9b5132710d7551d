"""Books of the same months a year before, measure by measure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

from forecast.history.booked_months import BookedMonths
from forecast.history.ledger import History
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.scenario import Scenario

__all__ = ["LastYear"]


@dataclass(frozen=True)
class LastYear:
    """Books of a plan, asked for the year before some months; None wherever a month is not booked."""

    scenario: Scenario
    history: History | None
    """Months before those that the plan simulates."""
    booked: BookedMonths
    """Months that it simulates."""

    @cached_property
    def before_audit(self) -> LastYear:
        """The same books as they were known when the plan was made."""
        return self if self.history is None else replace(self, history=replace(self.history, audited={}))

    def audit_change(self, measure: str, calendar: Calendar) -> float:
        """Change of the year before some months by what was restated since the plan was made.

        Parameters
        ----------
        measure : str
            Such as `revenue.postal`; one that adds up.
        calendar : Calendar
            The months whose year before is asked for.

        Returns
        -------
        float
            In currency; months that were first booked after the plan are no restatement.
        """
        months = [month - SEASON_MONTHS for month in calendar.months]
        figures = [(self.before_audit.month(measure, month), self.month(measure, month)) for month in months]
        return math.fsum(after - before for before, after in figures if before is not None and after is not None)

    def total(self, measure: str, calendar: Calendar) -> float | None:
        """Sum of a measure over the year before some months; the mean of a headcount, a year's productivity.

        Parameters
        ----------
        measure : str
            Such as `revenue`, `revenue.postal`, `volume.postal`, `cost.wages`, `profit` or `headcount`.
        calendar : Calendar
            The months whose year before is asked for.

        Returns
        -------
        float, optional
            None where a month is not booked.
        """
        months = [month - SEASON_MONTHS for month in calendar.months]
        values = [self.month(measure, month) for month in months]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        if measure == "headcount":
            return math.fsum(known) / len(known)
        if measure == "productivity":
            return self._productivity(calendar)
        return math.fsum(known)

    def month(self, measure: str, month: int) -> float | None:
        """Figure of one booked month.

        Parameters
        ----------
        measure : str
            As in `total`, but for the productivity, which is 0.
        month : int
            Months since year 0.

        Returns
        -------
        float, optional
            None where it is not booked.
        """
        kind, _, name = measure.partition(".")
        if kind == "productivity":
            return 0.0  # a ratio of sums, made from them
        if kind == "profit":
            revenue, cost = self.month("revenue", month), self.month("cost", month)
            return None if revenue is None or cost is None else revenue - cost
        if not name and kind in ("revenue", "cost"):
            names = self.scenario.service_names if kind == "revenue" else tuple(sorted(self.scenario.costs))
            parts = [self.month(f"{kind}.{part}", month) for part in names]
            known = [part for part in parts if part is not None]
            return math.fsum(known) if known and len(known) == len(parts) else None
        figure = self.booked.get(measure, {}).get(month)
        if figure is not None:
            return figure.value
        return None if self.history is None else self._history_month(kind, name, month)

    def _history_month(self, kind: str, name: str, month: int) -> float | None:
        history = self.history
        assert history is not None
        measure = kind if kind == "headcount" else f"{kind}.{name}"
        if (audited := history.audited.get(measure, {}).get(month)) is not None:
            return audited
        if kind in ("cost", "headcount"):
            months = history.headcount if kind == "headcount" else history.costs.get(name, {})
            return months[month].value if month in months else None
        figures = getattr(history, kind, {}).get(name)
        if figures is None or month > history.calendar.last:
            return None
        row = month - history.service_calendar(name).first
        if row < 0:  # the service had not begun
            return 0.0 if month >= history.calendar.first else None
        return float(figures[row])

    def _productivity(self, calendar: Calendar) -> float | None:
        workforce = self.scenario.workforce
        if workforce is None or workforce.productivity.basis != "total_revenue":
            return None
        revenue, people = self.total("revenue", calendar), self.total("headcount", calendar)
        return None if revenue is None or not people else revenue / people * (SEASON_MONTHS / calendar.count)
