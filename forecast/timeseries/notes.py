"""What a reader must know of a service's past, as keys of sentences in `i18n/messages/data.toml` with their facts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.history.ledger import History
from forecast.periods import Calendar, month_text
from forecast.plan.scenario import Scenario
from forecast.timeseries.ensemble.fit import Note, Task

STOPPED = 3
"""Months of zero at the end of a history that are said."""
NAMED = 6
"""Months that a note names before it counts the rest."""
DIFFERS = 0.005
"""Share by which a stated figure may differ from the ledger before it is said."""


def notes_of_fitted(scenario: Scenario, history: History, task: Task, year: int | None, revenue: float) -> list[Note]:
    """What a reader must know of a service's history."""
    service = task.service
    notes: list[Note] = []
    if task.kind == "reconstructed":
        notes.append(("baseline_not_believed", (("service", service),)))
    if task.scale == "raw":
        notes.append(("baseline_not_above_zero", (("service", service),)))
    notes += _odd_notes(task)
    zeros = _zeros_at_the_end(history.measured(service))
    if zeros >= STOPPED:
        notes.append(("baseline_stopped", (("count", str(zeros)), ("service", service))))
    if service in history.before:
        notes.append(("baseline_late_start", (("count", str(history.before[service])), ("service", service))))
    estimates = history.status[service].count("estimate")
    if estimates:
        notes.append(("baseline_estimates", (("count", str(estimates)), ("service", service))))
    stated = scenario.stated.get(str(year))
    said = stated.services.get(service) if stated else None
    if said is not None and abs(said.value - revenue) > DIFFERS * abs(said.value):
        facts = {"ledger": f"{revenue:.0f}", "service": service, "stated": f"{said.value:.0f}", "year": str(year)}
        notes.append(("baseline_stated_differs", tuple(sorted(facts.items()))))
    return notes


def _zeros_at_the_end(measured: Floats) -> int:
    sold = np.flatnonzero(measured)
    return len(measured) - 1 - int(sold[-1]) if len(sold) else len(measured)


def _odd_notes(task: Task) -> list[Note]:
    """Which months were taken for slips or corrections, and from which the level moved."""
    past, source = task.past, task.past.source
    if source is None:
        return []
    found: list[Note] = []
    for row, step in past.moved:
        level = 1.0 if past.log else abs(float(np.nanmedian(source.values[:row])))
        share = np.expm1(step) if past.log else step / max(level, 1e-12)
        month = month_text(past.calendar.first + row)
        facts = (("month", month), ("service", task.service), ("share", f"{share:+.0%}"))
        found.append(("baseline_level_moved", facts))
    corrections = source.masked & np.isnan(source.values) if task.scale == "log" else np.zeros(0, bool)
    for key, rows in (("baseline_odd_months", past.masked & ~source.masked), ("baseline_corrections", corrections)):
        if rows.any():
            found.append((key, (("months", _named(past.calendar, rows)), ("service", task.service))))
    return found


def _named(calendar: Calendar, rows: NDArray[np.bool_]) -> str:
    """The first few months of these rows, and how many more."""
    months = [month_text(calendar.first + int(row)) for row in np.flatnonzero(rows)]
    return ", ".join(months[:NAMED]) + (f", … (+{len(months) - NAMED})" if len(months) > NAMED else "")


def notes_of_given(scenario: Scenario, service: str, calendar: Calendar, in_history: bool) -> tuple[Note, ...]:
    """What is written of a given service and changes nothing."""
    own = scenario.services[service]
    grows = own.growth is not None or own.price_change is not None
    said = (
        ("baseline_given_has_history", in_history),
        ("baseline_given_grows_later", grows and len(calendar.years) == 1),
    )
    return tuple((key, (("service", service),)) for key, holds in said if holds)
