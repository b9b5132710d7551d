"""Context of a sheet: month, year, unit, kind and day of booking that its title, its name and its foot state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from forecast.errors import Location, Problem
from forecast.history.actuals.grid import Grid
from forecast.history.actuals.labels import CellLabel, Kind, dates_in_text, read_label, unit_in_text
from forecast.history.actuals.tables import SheetTable
from forecast.units import fold_text

__all__ = ["SheetContext", "account_of_sheet", "read_sheet_context"]

_KIND_WORDS: tuple[tuple[Kind, str], ...] = (
    ("revenue", "doanh thu"), ("revenue", "revenue"), ("volume", "san luong"), ("volume", "volume"),
    ("cost", "chi phi"), ("cost", "costs"), ("headcount", "lao dong"), ("headcount", "headcount"),
)  # fmt: skip


@dataclass(frozen=True)
class SheetContext:
    """Statements of a sheet outside its tables; what it does not state is empty."""

    month_of_year: int = 0
    year: int = 0
    kind: Kind = ""
    factor: Decimal | None = None
    """Base units of one of its unit of money."""
    booked: date | None = None
    is_year_from_file_name: bool = False


def account_of_sheet(grid: Grid) -> tuple[str, ...]:
    """Return the measures of the account that the name or the title of a sheet names.

    Parameters
    ----------
    grid : Grid
        The sheet.

    Returns
    -------
    tuple of str
        Empty where it names none.
    """
    for text in (grid.sheet.name, *(text for _, text in _texts(grid, range(min(8, grid.row_count))))):
        for part in (text, *text.replace(" - ", ":").split(":")[1:]):
            if measures := grid.account(part)[0]:
                return measures
    return ()


def read_sheet_context(
    grid: Grid, tables: list[SheetTable], currency: str, is_factor_given: bool, problems: list[Problem]
) -> SheetContext:
    """Read what a sheet states outside its tables.

    Parameters
    ----------
    grid : Grid
        The sheet.
    tables : list of SheetTable
        Its tables, one at least.
    currency : str
        Currency of the plan.
    is_factor_given : bool
        Whether the unit is given with the call, so that those of the sheet do not matter.
    problems : list of Problem
        Two units, months, years or days of booking of one sheet are added.

    Returns
    -------
    SheetContext
        Its month without a year where the year is nowhere stated.
    """
    top = list(_texts(grid, range(tables[0].first_heading)))
    foot_start = max((head.row for table in tables for head in table.rows), default=0) + 1
    foot = list(_texts(grid, range(foot_start, grid.row_count)))
    labels = [read_label(text) for _, text in top]
    name = read_label(grid.sheet.name)
    file_name = read_label(Path(grid.sheet.file).stem.replace("_", " "))
    start = grid.sheet.location(0, 0)
    month = _month_of_year(labels, name, file_name, start, problems)
    year, is_from_file = _year(labels, name, file_name, start, problems)
    factor = None if is_factor_given else _factor(top, currency, problems)
    booked = _booked(grid, [*top, *foot], problems)
    return SheetContext(month, year, _kind([*(text for _, text in top), grid.sheet.name]), factor, booked, is_from_file)


def _texts(grid: Grid, rows: Iterable[int]) -> Iterator[tuple[Location, str]]:
    """Texts of the cells of some rows, and their places."""
    for row in rows:
        for column in range(grid.width(row)):
            value = grid.value(row, column)
            if isinstance(value, str) and value:
                yield grid.sheet.location(row, column), value


def _month(label: CellLabel) -> int:
    """Number of the month that a title names; 0 where it names none, or several."""
    if label.is_cumulative or label.role in ("prior", "percent", "plan"):
        return 0
    return label.month % 12 + 1 if label.month is not None else label.month_of_year


def _month_of_year(
    labels: list[CellLabel], name: CellLabel, file_name: CellLabel, start: Location, problems: list[Problem]
) -> int:
    in_title = sorted({_month(label) for label in labels} - {0})
    in_name = _month(name)
    stated = sorted({*in_title, in_name} - {0})
    if len(stated) > 1:
        problems.append(Problem.of(start, "", "sheet_two_months", months=", ".join(map(str, stated))))
    return stated[0] if stated else _month(file_name)


def _year(
    labels: list[CellLabel], name: CellLabel, file_name: CellLabel, start: Location, problems: list[Problem]
) -> tuple[int, bool]:
    """Year, and whether only the file's name states it."""
    years = sorted({label.year for label in labels if label.role not in ("prior", "percent")} - {0})
    if name.year and name.year not in years:
        years.append(name.year)
    if len(years) > 1:
        problems.append(Problem.of(start, "", "sheet_two_years", years=", ".join(map(str, years))))
    return (years[0], False) if years else (file_name.year, file_name.year > 0)


def _factor(top: list[tuple[Location, str]], currency: str, problems: list[Problem]) -> Decimal | None:
    factors: dict[Decimal, tuple[Location, str]] = {}
    for place, text in top:
        unit, foreign = unit_in_text(text, currency)
        if foreign:
            problems.append(Problem.of(place, "", "sheet_currency", text=foreign, currency=currency))
        if unit is not None and unit.dimension == "money":
            factors.setdefault(Decimal(unit.factor), (place, text))
    if len(factors) > 1:
        (_, first), (place, second), *_ = factors.values()
        problems.append(Problem.of(place, "", "sheet_two_units", first=first[:60], second=second[:60]))
    return next(iter(factors), None)


def _booked(grid: Grid, texts: list[tuple[Location, str]], problems: list[Problem]) -> date | None:
    """Day of booking: a text states it, or a date beside a text that announces it."""
    days: dict[date, Location] = {}
    for place, text in texts:
        for day in dates_in_text(text):
            days.setdefault(day, place)
        if fold_text(text).strip(" :") in (
            "ngay lap",
            "ngay khoa so",
            "ngay ghi so",
            "booked",
            "closed",
            "closing date",
        ):
            beside = grid.value(place.line - 1, place.column)
            if isinstance(beside, date | datetime):
                days.setdefault(beside.date() if isinstance(beside, datetime) else beside, place)
    if len(days) > 1:
        listed = ", ".join(day.isoformat() for day in sorted(days))
        problems.append(Problem.of(list(days.values())[1], "", "sheet_two_booking_days", days=listed))
    return next(iter(days), None)


def _kind(texts: list[str]) -> Kind:
    """Kind of all figures, where the titles name one and no other."""
    folded = " ".join(map(fold_text, texts))
    kinds = {kind for kind, words in _KIND_WORDS if words in folded}
    return kinds.pop() if len(kinds) == 1 else ""
