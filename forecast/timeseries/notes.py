"""What a reader must know of a service's past, as keys of sentences in `i18n/messages/data.toml` with their facts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.history.ledger import History
from forecast.periods import Calendar, format_month
from forecast.plan.scenario import Scenario
from forecast.timeseries.ensemble.ensemble import FitTask, Note

MIN_TRAILING_ZERO_MONTHS = 3
"""Months of zero at the end of a history that are said."""
MAX_NAMED_MONTHS = 6
"""Months that a note names before it counts the rest."""
MIN_STATED_DIFFERENCE = 0.005
"""Share by which a stated figure may differ from the ledger before it is said."""


def fitted_notes(scenario: Scenario, history: History, task: FitTask, year: int | None, revenue: float) -> list[Note]:
    """What a reader must know of a service's history."""
    service = task.service
    notes: list[Note] = []
    if task.kind == "reconstructed":
        notes.append(("baseline_not_believed", (("service", service),)))
    if task.scale == "raw":
        notes.append(("baseline_not_above_zero", (("service", service),)))
    notes += _outlier_notes(task)
    zeros = _trailing_zeros(history.modelled_series(service))
    if zeros >= MIN_TRAILING_ZERO_MONTHS:
        notes.append(("baseline_stopped", (("count", str(zeros)), ("service", service))))
    if service in history.leading_zero_months:
        notes.append(
            ("baseline_late_start", (("count", str(history.leading_zero_months[service])), ("service", service)))
        )
    estimates = history.status[service].count("estimate")
    if estimates:
        notes.append(("baseline_estimates", (("count", str(estimates)), ("service", service))))
    stated = scenario.stated.get(str(year))
    said = stated.services.get(service) if stated else None
    if said is not None and abs(said.value - revenue) > MIN_STATED_DIFFERENCE * abs(said.value):
        facts = {"ledger": f"{revenue:.0f}", "service": service, "stated": f"{said.value:.0f}", "year": str(year)}
        notes.append(("baseline_stated_differs", tuple(sorted(facts.items()))))
    return notes


def _trailing_zeros(measured: Floats) -> int:
    sold = np.flatnonzero(measured)
    return len(measured) - 1 - int(sold[-1]) if len(sold) else len(measured)


def _outlier_notes(task: FitTask) -> list[Note]:
    """Which months were taken for slips or corrections, and from which the level moved."""
    past, source = task.series, task.series.source
    if source is None:
        return []
    found: list[Note] = []
    for row, step in past.level_shifts:
        level = 1.0 if past.is_log else abs(float(np.nanmedian(source.values[:row])))
        share = np.expm1(step) if past.is_log else step / max(level, 1e-12)
        month = format_month(past.calendar.first + row)
        facts = (("month", month), ("service", task.service), ("share", f"{share:+.0%}"))
        found.append(("baseline_level_moved", facts))
    corrections = source.masked & np.isnan(source.values) if task.scale == "log" else np.zeros(0, bool)
    for key, rows in (("baseline_odd_months", past.masked & ~source.masked), ("baseline_corrections", corrections)):
        if rows.any():
            found.append((key, (("months", _months_text(past.calendar, rows)), ("service", task.service))))
    return found


def _months_text(calendar: Calendar, rows: NDArray[np.bool_]) -> str:
    """The first few months of these rows, and how many more."""
    months = [format_month(calendar.first + int(row)) for row in np.flatnonzero(rows)]
    return ", ".join(months[:MAX_NAMED_MONTHS]) + (
        f", … (+{len(months) - MAX_NAMED_MONTHS})" if len(months) > MAX_NAMED_MONTHS else ""
    )


def given_notes(scenario: Scenario, service: str, calendar: Calendar, in_history: bool) -> tuple[Note, ...]:
    """What is written of a given service and changes nothing."""
    own = scenario.services[service]
    grows = own.growth is not None or own.price_change is not None
    said = (
        ("baseline_given_has_history", in_history),
        ("baseline_given_grows_later", grows and len(calendar.years) == 1),
    )
    return tuple((key, (("service", service),)) for key, holds in said if holds)
