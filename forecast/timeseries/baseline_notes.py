"""Notes for the reader on the history of a service: months masked, moved or stopped, and what the plan states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.history.ledger import History
from forecast.i18n import Note, Translator
from forecast.i18n.amounts import whole_percent
from forecast.periods import SEASON_MONTHS, Calendar, format_month
from forecast.plan.scenario import Scenario
from forecast.timeseries.ensemble.ensemble import MAX_FITTED_MONTHS, FitTask
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.recent_shift import recent_shift

MIN_TRAILING_ZERO_MONTHS = 3
"""Months of zero at the end of a history from which a note names them."""
MAX_NAMED_MONTHS = 6
"""Months that a note names before it counts the others."""
MIN_STATED_DIFFERENCE = 0.005
"""Share by which a stated figure differs from the ledger before a note says so."""


def fitted_notes(
    scenario: Scenario, history: History, task: FitTask, year: int | None, base_revenue: float
) -> list[Note]:
    """Notes for the reader on the history of a service."""
    service = task.service
    notes: list[Note] = []
    if task.kind == "reconstructed":
        notes.append(("baseline_not_believed", (("service", service),)))
    if (count := task.series.calendar.count) > MAX_FITTED_MONTHS:
        params = {"count": str(count), "last": str(MAX_FITTED_MONTHS), "service": service}
        notes.append(("baseline_long_history", tuple(sorted(params.items()))))
    if task.scale == "raw":
        notes.append(("baseline_not_above_zero", (("service", service),)))
    notes += month_notes(scenario, history, task, year)
    if service in history.leading_zero_months:
        n_leading = str(history.leading_zero_months[service])
        notes.append(("baseline_late_start", (("count", n_leading), ("service", service))))
    n_estimates = history.status[service].count("estimate")
    if n_estimates:
        notes.append(("baseline_estimates", (("count", str(n_estimates)), ("service", service))))
    return notes + _stated_notes(scenario, service, year, base_revenue)


def month_notes(scenario: Scenario, history: History, task: FitTask, year: int | None) -> list[Note]:
    """Notes on months that differ from the others, each month in one note at most."""
    n_zeros = _trailing_zeros(history.modelled_series(task.service))
    has_stopped = n_zeros >= MIN_TRAILING_ZERO_MONTHS
    year_notes = _base_year_notes(scenario, history, task, year)
    explained = task.series.calendar.last + 1 - n_zeros if has_stopped else None
    if explained is None and year is not None and year_notes:
        explained = SEASON_MONTHS * year
    stopped = [_stopped_note(task, n_zeros)] if has_stopped else []
    return [*_outlier_notes(task), *_level_notes(task, explained), *year_notes, *stopped]


def _stated_notes(scenario: Scenario, service: str, year: int | None, base_revenue: float) -> list[Note]:
    """A note where the plan states another revenue of the base year than the ledger."""
    in_year = scenario.stated.get(str(year))
    stated = in_year.services.get(service) if in_year else None
    if stated is None or abs(stated.value - base_revenue) <= MIN_STATED_DIFFERENCE * abs(stated.value):
        return []
    params = {
        "ledger": f"{base_revenue:.0f}",
        "service": service,
        "stated": f"{stated.value:.0f}",
        "year": str(year),
    }
    return [("baseline_stated_differs", tuple(sorted(params.items())))]


def _trailing_zeros(measured: Floats) -> int:
    """Number of zero months at the end."""
    nonzero = np.flatnonzero(measured)
    return len(measured) - 1 - int(nonzero[-1]) if len(nonzero) else len(measured)


def _outlier_notes(task: FitTask) -> list[Note]:
    """Notes on outlying months and corrections; a month stands in one note at most."""
    series, source = task.series, task.series.source
    if source is None:
        return []
    notes: list[Note] = []
    outlying = series.masked & ~source.masked
    outlying[[row for row, _step in series.level_shifts]] = False
    if (shift := recent_shift(series)) is not None:
        outlying[shift.row :] = False
    corrections = source.masked & np.isnan(source.values) if task.scale == "log" else np.zeros(0, bool)
    for key, rows in (("baseline_odd_months", outlying), ("baseline_corrections", corrections)):
        if rows.any():
            notes.append((key, (("months", _months_text(series.calendar, rows)), ("service", task.service))))
    return notes


def _stopped_note(task: FitTask, n_zeros: int) -> Note:
    """The note on a service whose last months are zero."""
    params = [("count", str(n_zeros)), ("service", task.service)]
    recent = recent_shift(task.series)
    if recent is None or recent.row < task.series.calendar.count - n_zeros:
        return "baseline_stopped", tuple(params)
    return "baseline_stopped_lately", (("chance", whole_percent(recent.return_chance, Translator())), *params)


def _level_notes(task: FitTask, explained_from: int | None) -> list[Note]:
    """Notes on level shifts, but for those from the month `explained_from` on, which another note explains."""
    series, recent = task.series, recent_shift(task.series)
    notes: list[Note] = []
    for row, step in series.level_shifts:
        if explained_from is not None and series.calendar.first + row >= explained_from:
            continue
        params = {
            "month": format_month(series.calendar.first + row),
            "service": task.service,
            "share": _share_text(series, row, step),
        }
        key = "baseline_level_moved"
        if recent is not None and row == recent.row:
            key = "baseline_level_recent"
            params |= {"chance": whole_percent(recent.return_chance, Translator()), "count": str(recent.age)}
        notes.append((key, tuple(sorted(params.items()))))
    return notes


def _share_text(series: TimeSeries, row: int, step: float) -> str:
    """The move of the level at a row, as a share of the level before."""
    if series.is_log:
        return f"{np.expm1(step):+.0%}"
    assert series.source is not None  # a series with a level shift was cleaned
    level = abs(float(np.nanmedian(series.source.values[:row])))
    return f"{step / max(level, 1e-12):+.0%}"


def _base_year_notes(scenario: Scenario, history: History, task: FitTask, year: int | None) -> list[Note]:
    """A note where growth is over a year with a temporary change, or with two levels."""
    source, service = task.series.source, task.service
    level = scenario.baseline_for(service).level or ("history" if scenario.services[service].growth is None else "")
    if year is None or source is None or level == "history":
        return []
    months = task.series.calendar
    rows = months.year_rows(year)
    booked = float(history.modelled_series(service)[rows].sum())
    params = {"booked": f"{booked:.0f}", "service": service, "year": str(year)}
    at_last_level = np.exp(task.series.values) if task.scale == "log" else task.series.values
    shifts = [(row, step) for row, step in task.series.level_shifts if rows.start < row < rows.stop]
    if shifts:
        row, step = shifts[-1]
        at_level_before = at_last_level * np.exp(-step) if task.scale == "log" else at_last_level - step
        params["month"] = format_month(months.first + row)
        params |= {"after": f"{at_last_level[rows].sum():.0f}", "before": f"{at_level_before[rows].sum():.0f}"}
        return [("baseline_year_of_two_levels", tuple(sorted(params.items())))]
    outlying = task.series.masked & ~source.masked
    outlying[: rows.start] = False
    undisturbed = float(at_last_level[rows].sum())
    if not outlying.any() or abs(undisturbed - booked) <= MIN_STATED_DIFFERENCE * abs(booked):
        return []
    params |= {"months": _months_text(months, outlying), "undisturbed": f"{undisturbed:.0f}"}
    return [("baseline_year_disturbed", tuple(sorted(params.items())))]


def _months_text(calendar: Calendar, rows: NDArray[np.bool_]) -> str:
    """The first few of these months, consecutive ones as FIRST..LAST, and the number of the others."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(int)))
    spans = [(calendar.first + int(first), calendar.first + int(stop) - 1) for first, stop in edges.reshape(-1, 2)]
    named = [format_month(a) if a == b else f"{format_month(a)}..{format_month(b)}" for a, b in spans]
    n_unnamed = sum(last - first + 1 for first, last in spans[MAX_NAMED_MONTHS:])
    return ", ".join(named[:MAX_NAMED_MONTHS]) + (f", … (+{n_unnamed})" if n_unnamed > 0 else "")


def given_notes(scenario: Scenario, service: str, calendar: Calendar, in_history: bool) -> tuple[Note, ...]:
    """Notes on parts of the plan that change nothing for a given service."""
    plan = scenario.services[service]
    grows = plan.growth is not None or plan.price_change is not None
    conditions = (
        ("baseline_given_has_history", in_history),
        ("baseline_given_grows_later", grows and len(calendar.years) == 1),
    )
    return tuple((key, (("service", service),)) for key, is_met in conditions if is_met)
