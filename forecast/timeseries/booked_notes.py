"""Notes for the reader on the booked months of a plan: what was not booked, teaches nothing, or was not decided."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from forecast.history.booked_months import closed_figures
from forecast.history.ledger import History
from forecast.i18n import Note
from forecast.i18n.listing import list_names
from forecast.periods import first_day, format_month
from forecast.plan.accounts import simulated_months
from forecast.plan.data_files import location_in_project
from forecast.plan.initiatives import Initiative
from forecast.plan.scenario import Scenario
from forecast.timeseries.estimate_errors import error_notes

__all__ = ["booked_notes"]

MAX_MONTHS_IN_NOTE = 6
"""Months that a note lists before it counts the others."""
LATE_START = 0.99
"""Quantile of an uncertain start that stands for its last day [C]."""


def booked_notes(scenario: Scenario, history: History, log_services: Collection[str]) -> list[Note]:
    """List the notes on the booked months of a plan.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger, which agrees with the plan.
    log_services : collection of str
        Services whose months are simulated as logarithms.

    Returns
    -------
    list of Note
        Services without books in a month that others have, booked months that are not above zero, initiatives that are
        unsure after their start, and errors of estimates.
    """
    closed = _closed_months(scenario, history)
    return [
        *_missing_notes(closed, history),
        *_nonpositive_notes(scenario, history, log_services),
        *_undecided_notes(scenario, closed),
        *error_notes(scenario, history, simulated_months(scenario)),
    ]


def _closed_months(scenario: Scenario, history: History) -> dict[str, set[int]]:
    """Service of the plan -> its closed months."""
    months = simulated_months(scenario)
    return {
        service: set(closed_figures(history.booked, f"revenue.{service}")).intersection(months)
        for service in scenario.service_names
    }


def _missing_notes(closed: dict[str, set[int]], history: History) -> list[Note]:
    """Notes on services without any figure in a month that other services have."""
    months = set().union(*closed.values())
    return [
        ("booked_missing", (("months", _list_months(missing)), ("service", service)))
        for service, present in closed.items()
        if (missing := sorted(months - present - history.booked.get(f"revenue.{service}", {}).keys()))
    ]


def _nonpositive_notes(scenario: Scenario, history: History, log_services: Collection[str]) -> list[Note]:
    """Notes on booked months that have no logarithm."""
    notes: list[Note] = []
    for service in scenario.service_names:
        booked = history.booked.get(f"volume.{service}") or history.booked.get(f"revenue.{service}", {})
        months = [m for m in sorted(booked) if booked[m].value <= 0 and m in simulated_months(scenario)]
        if months and service in log_services:
            notes.append(("booked_nonpositive", (("months", _list_months(months)), ("service", service))))
    return notes


def _undecided_notes(scenario: Scenario, closed: dict[str, set[int]]) -> list[Note]:
    """Notes on initiatives whose start lies in closed months and whose chance is neither 0 nor 1."""
    last = max(set().union(*closed.values()), default=None)
    if last is None:
        return []
    notes: list[Note] = []
    for name, initiative in sorted(scenario.initiatives.items()):
        chance = initiative.chance
        if chance is None or not initiative.active or (chance.is_constant and chance.value in (0.0, 1.0)):
            continue
        if _last_start(initiative) < first_day(last + 1):
            params = {
                "chance": chance.text,
                "month": format_month(last),
                "name": f"initiatives.{name}",
                "place": str(location_in_project(chance.location, scenario)),
            }
            notes.append(("booked_undecided", tuple(sorted(params.items()))))
    return notes


def _last_start(initiative: Initiative) -> float:
    """Ordinal of the last day on which an initiative may start."""
    import numpy as np

    distribution = initiative.start.distribution
    return float(min(distribution.bounds[1], distribution.ppf(np.array([LATE_START]))[0]))


def _list_months(months: Sequence[int]) -> str:
    return list_names(map(format_month, months), MAX_MONTHS_IN_NOTE)
