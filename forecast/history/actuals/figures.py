"""Figures of one sheet: each cell that is taken, with its month, measure and unit, before numbers are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from forecast.errors import Location, Problem
from forecast.history.actuals.grid import Grid
from forecast.history.actuals.labels import CellLabel, Kind
from forecast.history.actuals.sheet_context import SheetContext, account_of_sheet, read_sheet_context
from forecast.history.actuals.sums import months_of_span
from forecast.history.actuals.tables import ColumnHead, RowHead, SheetTable, find_tables

__all__ = ["CellFigure", "LaterCheck", "SheetFigures", "choose_measure", "read_sheet_figures"]

_IGNORED_ROLES = ("percent", "prior", "plan")


@dataclass(frozen=True)
class CellFigure:
    """One cell that is taken."""

    row: int
    column: int
    month: int
    """From year 0."""
    measure: str
    status: str
    value: Any
    """As it stands in the cell."""
    factor: Decimal | None
    """Base units of one of its unit; None where the unit of the sheet's money holds, which is not stated."""
    account: str
    """Text of its account."""
    table: int = 0
    """Number of its table in the sheet."""

    @property
    def is_money(self) -> bool:
        """True where the unit of money of the sheet holds for it."""
        return self.measure.partition(".")[0] in ("revenue", "cost", "price")


@dataclass(frozen=True)
class LaterCheck:
    """A figure of several months of one measure, which is checked once all sheets are read."""

    row: int
    column: int
    measure: str
    months: tuple[int, ...]
    value: Any
    factor: Decimal | None


@dataclass
class SheetFigures:
    """A sheet with tables."""

    grid: Grid
    tables: list[SheetTable]
    context: SheetContext
    cells: list[CellFigure] = field(default_factory=list)
    later: list[LaterCheck] = field(default_factory=list)
    unmatched: list[tuple[Location, str]] = field(default_factory=list)
    """Rows and columns with figures that match no account."""


def read_sheet_figures(
    grid: Grid, currency: str, is_factor_given: bool, problems: list[Problem]
) -> SheetFigures | None:
    """Find the figures of a sheet.

    Parameters
    ----------
    grid : Grid
        The sheet.
    currency : str
        Currency of the plan.
    is_factor_given : bool
        Whether the unit is given with the call.
    problems : list of Problem
        What cannot be read in one way only is added.

    Returns
    -------
    SheetFigures, optional
        None for a sheet without a table.
    """
    tables = find_tables(grid, currency)
    has_accounts = any(table.has_accounts_across or any(h.measures for h in table.rows) for table in tables)
    if not has_accounts and (measures := account_of_sheet(grid)):
        tables = find_tables(grid, currency, measures)
    if not tables:
        return None
    context = read_sheet_context(grid, tables, currency, is_factor_given, problems)
    sheet = SheetFigures(grid, tables, context)
    for table in tables:
        _read_table(sheet, table, currency, problems)
    return sheet


def taken_columns(table: SheetTable) -> list[int]:
    """Columns whose figures are taken: actual figures where they are so called, else those without a role."""
    columns = table.columns_of("value")
    roles = {table.columns[column].label.role for column in columns}
    role = next((wanted for wanted in ("actual", "", "estimate") if wanted in roles), "")
    return [column for column in columns if table.columns[column].label.role == role]


def _read_table(sheet: SheetFigures, table: SheetTable, currency: str, problems: list[Problem]) -> None:
    grid = sheet.grid
    columns = taken_columns(table)
    for column in columns:
        if text := table.columns[column].foreign_unit:
            place = grid.sheet.location(table.last_heading, column)
            problems.append(Problem.of(place, "", "sheet_currency", text=text, currency=currency))
    for head in table.rows:
        if head.is_conflicting:
            place = grid.sheet.location(head.row, head.column)
            problems.append(Problem.of(place, "", "sheet_two_accounts", text=head.text[:60]))
            continue
        if head.use == "other" and head.text and not table.has_accounts_across:
            sheet.unmatched.append((grid.sheet.location(head.row, head.column), head.text))
        if head.use in ("account", "month", "other") and head.label.role not in _IGNORED_ROLES:
            sheet.cells += _read_row_cells(sheet, table, head, columns, problems)
            sheet.later += _later_checks(sheet, table, head, problems)
    if table.has_accounts_across:
        _note_unmatched_columns(sheet, table)


def _note_unmatched_columns(sheet: SheetFigures, table: SheetTable) -> None:
    for column in table.columns_of("other"):
        text = table.columns[column].text
        if text and any(sheet.grid.is_figure(head.row, column) for head in table.rows):
            sheet.unmatched.append((sheet.grid.sheet.location(table.last_heading, column), text))


def _read_row_cells(
    sheet: SheetFigures, table: SheetTable, row: RowHead, columns: list[int], problems: list[Problem]
) -> Iterator[CellFigure]:
    grid = sheet.grid
    for column in columns:
        value = grid.value(row.row, column)
        has_no_value = (row.row, column) in grid.sheet.formulas_without_value
        if (value == "" and not has_no_value) or value is None:
            continue
        head = table.columns[column]
        measure = _measure(sheet.context, row, head)
        if not measure:
            continue
        month = _month(sheet, row, head, problems)
        if month is None:
            continue
        if has_no_value:
            problems.append(Problem.of(grid.sheet.location(row.row, column), "", "sheet_formula"))
            continue
        status = "estimate" if "estimate" in (head.label.role, row.label.role) else "actual"
        account = row.text if row.measures else head.text
        yield CellFigure(
            row.row,
            column,
            month,
            measure,
            status,
            value,
            _factor(sheet, measure, row, head),
            account,
            sheet.tables.index(table),
        )


def _later_checks(
    sheet: SheetFigures, table: SheetTable, row: RowHead, problems: list[Problem]
) -> Iterator[LaterCheck]:
    """Cumulative figures, and sums of months that are not in the table."""
    has_months = any(head.label.has_month for head in table.columns.values() if head.use == "value")
    for column in table.columns_of("cumulative", *(() if has_months else ("sum",))):
        head = table.columns[column]
        value = sheet.grid.value(row.row, column)
        measure = _measure(sheet.context, row, head)
        if not measure or not sheet.grid.is_figure(row.row, column) or measure.startswith("price"):
            continue
        until = row.label.month % 12 + 1 if row.label.month is not None else row.label.month_of_year
        months = months_of_span(head.label, until or sheet.context.month_of_year)
        year = head.label.year or row.label.year or row.section.year or sheet.context.year
        if (row.row, column) in sheet.grid.sheet.formulas_without_value:
            problems.append(Problem.of(sheet.grid.sheet.location(row.row, column), "", "sheet_formula"))
        elif months and year:
            span = tuple(12 * year + month - 1 for month in months)
            yield LaterCheck(row.row, column, measure, span, value, _factor(sheet, measure, row, head))


def _measure(context: SheetContext, row: RowHead, head: ColumnHead) -> str:
    """Measure of a cell; empty where it is of none that the language has."""
    options = row.measures or head.measures or row.section.measures
    kinds: tuple[Kind, ...] = (head.kind if head.kind != "amount" else "", row.kind, row.section.kind)
    kind: Kind = next((kind for kind in kinds if kind and kind != "amount"), "")
    if not kind and context.kind in ("volume", "cost", "headcount"):
        kind = context.kind
    return choose_measure(options, kind)


def choose_measure(options: tuple[str, ...], kind: Kind) -> str:
    """Choose the measure of a figure.

    Parameters
    ----------
    options : tuple of str
        Measures that its account may stand for.
    kind : str
        Kind of the figure; empty where none is stated.

    Returns
    -------
    str
        Empty where no option has that kind.
    """
    for option in options:
        prefix, _, name = option.partition(".")
        if kind in ("", prefix):
            return option
        if kind in ("volume", "price") and prefix == "revenue":
            return f"{kind}.{name}"
    return ""


def _month(sheet: SheetFigures, row: RowHead, head: ColumnHead, problems: list[Problem]) -> int | None:
    """Month of a cell, from year 0: its row's, its column's, its section's or its sheet's."""
    labels = [row.label, head.label, CellLabel(month=row.section.month, month_of_year=row.section.month_of_year)]
    place = sheet.grid.sheet.location(row.row, 0)
    absolute = {label.month for label in labels[:2] if label.month is not None}
    if len(absolute) > 1:
        problems.append(Problem.of(place, "", "sheet_two_months", months=", ".join(str(m % 12 + 1) for m in absolute)))
        return None
    named = next((label for label in labels if label.has_month), None)
    if named is not None and named.month is not None:
        return named.month
    number = named.month_of_year if named is not None else sheet.context.month_of_year
    year = row.label.year or head.label.year or row.section.year or sheet.context.year
    if number and year:
        return 12 * year + number - 1
    problems.append(Problem.of(sheet.grid.sheet.location(0, 0), "", "sheet_no_year" if number else "sheet_no_month"))
    return None


def _factor(sheet: SheetFigures, measure: str, row: RowHead, head: ColumnHead) -> Decimal | None:
    """Base units of one of the nearest unit."""
    unit = row.unit or head.unit or row.section.unit
    if measure == "headcount":
        return Decimal(1)
    if measure.startswith("volume"):
        return (
            Decimal(unit.factor) if unit is not None and unit.dimension == "money" and head.unit is unit else Decimal(1)
        )
    if unit is not None and unit.dimension == "money":
        return Decimal(unit.factor)
    return sheet.context.factor
