"""From the sheets of accountants to rows of a plan's ledger."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import InputError, Location, Problem, raise_if_problems
from forecast.files.paths import display_path, find_project
from forecast.files.workbook import Workbook, read_workbook
from forecast.history.actuals.labels import parse_sheet_unit
from forecast.history.actuals.recognize import ReadActuals, read_actuals
from forecast.history.actuals.records import ActualFigure, ActualsContext
from forecast.history.ledger_entries import LedgerFile, open_ledger
from forecast.history.ledger_update import LedgerUpdate, plan_update, write_update
from forecast.periods import first_day, format_month
from forecast.reports.workbook.actuals_sheet import find_actuals_sheet

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario

__all__ = [
    "ActualsRequest",
    "AskBookingDay",
    "BookingQuestion",
    "ImportedActuals",
    "find_plan",
    "import_actuals",
    "sheet_unit_factor",
]

TYPICAL_MONTHS = 12
"""Last months of the ledger whose median is the typical size of a measure."""


@dataclass(frozen=True)
class BookingQuestion:
    """A day of booking that neither the sheets nor the call state."""

    sheet: str
    """File and sheet of the first figure without one."""
    month: int
    """The last month of these figures, from year 0."""
    earliest: date | None
    """The last day of the last month that they close; None where all are estimates."""
    example: date
    """A usual day: the fifth of the next month."""


AskBookingDay = Callable[[BookingQuestion], date | None]
"""Asks the person at the terminal; None where there is nobody to ask."""


@dataclass(frozen=True)
class ActualsRequest:
    """Sheets to import, and how."""

    files: tuple[Path, ...]
    plan: Path
    booked: date | None = None
    """Day of booking of all figures; that of the sheets where it is None."""
    unit: str = ""
    """Unit of all amounts of money; that of the sheets where it is empty."""
    convert: bool = False
    """True where columns may be added to the ledger, and a short one made long."""
    is_dry_run: bool = False
    ask_booking_day: AskBookingDay | None = None
    """Called once where `booked` is None and a sheet has no day; its answer is the day of all figures without one."""


@dataclass(frozen=True)
class ImportedActuals:
    """Result of an import."""

    plan_file: str
    """Path of the plan as it is shown."""
    currency: str
    reading: ReadActuals
    update: LedgerUpdate
    gaps: tuple[tuple[str, int], ...]
    """Measures and months before the last of them that no row holds."""
    lacking: tuple[tuple[str, int], ...]
    """Services of the plan without a figure in the last month that was read."""
    is_written: bool


def find_plan(folder: Path) -> Path:
    """Find the only plan of the project of a folder.

    Parameters
    ----------
    folder : Path
        Where to begin.

    Returns
    -------
    Path
        The plan.

    Raises
    ------
    InputError
        There is none, or there are several.
    """
    scenarios = find_project(folder) / "scenarios"
    plans = sorted(path for ending in ("yaml", "yml") for path in scenarios.glob(f"*.{ending}"))
    if len(plans) == 1:
        return plans[0]
    names = ", ".join(path.name for path in plans[:6])
    code = "actuals_which_plan" if plans else "actuals_no_plan"
    raise InputError.of(Location(display_path(scenarios)), "", code, **({"names": names} if plans else {}))


def import_actuals(request: ActualsRequest) -> ImportedActuals:
    """Read sheets and append to the ledger of a plan what it lacks.

    Parameters
    ----------
    request : ActualsRequest
        The sheets, the plan and the day of booking.

    Returns
    -------
    ImportedActuals
        What was read, and the rows that were or would be written.

    Raises
    ------
    InputError
        Every problem of the sheets at once; nothing is written.
    OutputError
        The ledger cannot be written, or changed meanwhile; it is as it was.
    """
    from forecast.plan.accounts import account_measures, ledger_accounts
    from forecast.plan.loading.loader import read_plan

    scenario = read_plan(request.plan).scenario
    if scenario.history is None:
        raise InputError.of(Location(scenario.file), "history", "actuals_no_ledger")
    accounts = ledger_accounts(scenario)
    ledger = open_ledger(Path(scenario.history.file), scenario.currency, accounts)
    values = ledger.values()
    context = ActualsContext(
        measures=account_measures(scenario),
        currency=scenario.currency,
        typical=_typical_sizes(scenario, values),
        booked_values=values,
        unit_factor=sheet_unit_factor(request.unit, scenario.currency),
        booked=request.booked,
    )
    reading = read_actuals([_with_asked_sheet(read_workbook(file)) for file in request.files], context)
    if request.ask_booking_day is not None:
        reading = _with_booking_day(reading, request.ask_booking_day)
    _check_booked(reading.figures)
    update = plan_update(ledger, reading.figures, request.convert)
    if not request.is_dry_run:
        write_update(update)
    gaps = _gaps(ledger, update)
    lacking = _lacking(scenario, reading, values)
    is_written = bool(update.row_count) and not request.is_dry_run
    return ImportedActuals(scenario.file, scenario.currency, reading, update, gaps, lacking, is_written)


def _with_asked_sheet(workbook: Workbook) -> Workbook:
    """A workbook; of one that `forecast` made the sheet for actual figures alone, for the others hold forecasts."""
    sheet = find_actuals_sheet(workbook.sheets)
    return workbook if sheet is None else replace(workbook, sheets=(sheet,), hidden_sheets=())


def sheet_unit_factor(unit: str, currency: str) -> Decimal | None:
    """Read a unit of money that a call gives.

    Parameters
    ----------
    unit : str
        Such as `triệu đồng`; may be empty.
    currency : str
        Currency of the plan.

    Returns
    -------
    Decimal, optional
        Base units of one of it; None for an empty text.

    Raises
    ------
    InputError
        The text is no unit of money.
    """
    if not unit:
        return None
    parsed = parse_sheet_unit(unit, currency)
    if parsed is None or parsed.dimension != "money":
        raise InputError.of(Location("--unit"), "", "actuals_unit", text=unit[:40])
    return Decimal(parsed.factor)


def _typical_sizes(scenario: Scenario, values: Mapping[tuple[str, int], Decimal]) -> dict[str, float]:
    """Median of the last months of each measure in the ledger, else a twelfth of the year that the plan states."""
    months: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for (measure, month), value in values.items():
        if value:
            months[measure].append((month, abs(float(value))))
    typical = {}
    for year in sorted(scenario.stated):
        for name, amount in scenario.stated[year].services.items():
            typical[f"revenue.{name}"] = abs(float(amount.distribution.ppf(np.array([0.5]))[0])) / 12
    for measure, entries in months.items():
        typical[measure] = statistics.median(value for _, value in sorted(entries)[-TYPICAL_MONTHS:])
    return typical


def _with_booking_day(reading: ReadActuals, ask: AskBookingDay) -> ReadActuals:
    """Figures and sheets with the day that is answered, where they have none."""
    undated = [figure for figure in reading.figures if figure.booked is None]
    if not undated:
        return reading
    closed = [figure.month for figure in undated if figure.status == "actual"]
    month = undated[-1].month
    question = BookingQuestion(
        sheet=undated[0].source.rpartition("!")[0],
        month=month,
        earliest=date.fromordinal(first_day(max(closed) + 1) - 1) if closed else None,
        example=_usual_booking_day(month),
    )
    day = ask(question)
    if day is None:
        return reading
    figures = tuple(replace(figure, booked=figure.booked or day) for figure in reading.figures)
    sheets = tuple(replace(sheet, booked=sheet.booked or day) for sheet in reading.sheets)
    return replace(reading, figures=figures, sheets=sheets)


def _usual_booking_day(month: int) -> date:
    """The fifth of the next month."""
    return date.fromordinal(first_day(month + 1) + 4)


def _check_booked(figures: tuple[ActualFigure, ...]) -> None:
    """Refuse figures without a day of booking, and actual figures of months that were not over on that day."""
    problems = []
    undated = [figure for figure in figures if figure.booked is None]
    if undated:
        example = _usual_booking_day(undated[-1].month).isoformat()
        problems.append(Problem.of(undated[0].location, "booked", "actuals_booked_missing", example=example))
    for figure in figures:
        last_day = first_day(figure.month + 1) - 1
        if figure.booked and figure.status == "actual" and figure.booked.toordinal() < last_day:
            params = {"month": format_month(figure.month), "booked": figure.booked.isoformat()}
            problems.append(Problem.of(figure.location, figure.measure, "actuals_booked_early", **params))
    raise_if_problems(problems)


def _gaps(ledger: LedgerFile, update: LedgerUpdate) -> tuple[tuple[str, int], ...]:
    """Measures and months that no row holds, between the first and the last month of the measure."""
    months: dict[str, set[int]] = defaultdict(set)
    for entry in (*ledger.entries, *update.added):
        months[entry.measure].add(entry.month)
    changed = {entry.measure for entry in update.added}
    return tuple(
        (measure, month)
        for measure in sorted(changed)
        for month in range(min(months[measure]), max(months[measure]))
        if month not in months[measure]
    )


def _lacking(
    scenario: Scenario, reading: ReadActuals, values: Mapping[tuple[str, int], Decimal]
) -> tuple[tuple[str, int], ...]:
    """Services of the plan that neither the sheets nor the ledger have in the last month that was read."""
    last = max(figure.month for figure in reading.figures)
    known = {(figure.measure, figure.month) for figure in reading.figures} | set(values)
    kinds = ("revenue", "volume")
    return tuple(
        (service, last)
        for service in sorted(scenario.services)
        if not any((f"{kind}.{service}", last) in known for kind in kinds)
    )
