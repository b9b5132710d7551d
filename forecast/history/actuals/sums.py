"""Sums of a table: each must equal the sum of its parts within rounding, in the table or with months of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from forecast.errors import InputError
from forecast.history.actuals.labels import CellLabel
from forecast.history.actuals.numbers import decimals_of
from forecast.history.actuals.tables import ColumnHead, RowHead, SheetTable

__all__ = ["SumCheck", "check_table_sums", "months_of_span", "ties"]

MAX_SUM_STEPS = 1_000_000
"""Sums times rows times columns of a table, at most: a list of 5 years with a sum a month has 13,000."""
Numbers = Callable[[int, int], Decimal | None]
"""(row, column) -> the number of a cell; None for a blank one."""


@dataclass(frozen=True)
class SumCheck:
    """Result of the check of one sum."""

    row: int
    column: int
    stated: Decimal
    computed: Decimal | None
    """Sum of its nearest parts; None where it has no parts in the table."""
    is_tied: bool


def ties(stated: Decimal, parts: Iterable[Decimal]) -> bool:
    """Return whether a sum equals that of its parts, each rounded to the digits that it shows.

    Parameters
    ----------
    stated : Decimal
        The sum.
    parts : iterable of Decimal
        In the same unit.

    Returns
    -------
    bool
        True within half a unit of the last digit of each.
    """
    values = list(parts)
    last_digit = Decimal(10) ** -max(map(decimals_of, values), default=0)
    tolerance = (len(values) * last_digit + Decimal(10) ** -decimals_of(stated)) / 2
    return abs(sum(values, Decimal(0)) - stated) <= tolerance


def months_of_span(label: CellLabel, until: int = 0) -> range:
    """Months of the year that a label of several months names.

    Parameters
    ----------
    label : CellLabel
        A quarter, a year, the first N months, or a cumulative figure.
    until : int
        Last month of a cumulative figure that names none.

    Returns
    -------
    range
        From 1 to 12; empty where it is not known.
    """
    if label.is_cumulative:
        return range(1, (label.first_months or 3 * label.quarter or until) + 1)
    if label.quarter:
        return range(3 * label.quarter - 2, 3 * label.quarter + 1)
    return range(1, 13) if label.is_year else range(0)


def check_table_sums(table: SheetTable, value_columns: list[int], number: Numbers) -> Iterator[SumCheck]:
    """Check the sums of a table against its own cells.

    Parameters
    ----------
    table : SheetTable
        The table.
    value_columns : list of int
        Columns whose figures are taken.
    number : callable
        (row, column) -> its number, None where it is blank.

    Yields
    ------
    SumCheck
        One a sum that is not blank; cumulative columns are checked in the rows that add up accounts alone.

    Raises
    ------
    InputError
        The table has more sums than can be checked in reasonable time.
    """
    columns = [*value_columns, *table.columns_of("cumulative", "sum")]
    n_sums = sum(head.use == "sum" for head in table.rows)
    if n_sums * len(table.rows) * len(columns) > MAX_SUM_STEPS:
        raise InputError.of(table.grid.sheet.location(table.first_heading, 0), "", "sheet_too_many_sums", count=n_sums)
    for index, head in enumerate(table.rows):
        if head.use == "sum" and head.label.role not in ("percent", "prior", "plan"):
            for column in columns:
                if table.columns[column].kind != "price" and (stated := number(head.row, column)) is not None:
                    yield _check(head.row, column, stated, _vertical_parts(table, index, column, number))
    if table.has_accounts_across:
        yield from _check_running_sums(table, value_columns, number)
    for head in table.rows:
        for column in table.columns_of("sum"):
            if head.use != "blank" and (stated := number(head.row, column)) is not None:
                yield _check(head.row, column, stated, _horizontal_parts(table, head, column, value_columns, number))


def _check_running_sums(table: SheetTable, value_columns: list[int], number: Numbers) -> Iterator[SumCheck]:
    """Cumulative columns of no account of their own, beside months that stand in the rows."""
    months = [head for head in table.rows if head.use == "month"]
    for column in (c for c in table.columns_of("cumulative") if not table.columns[c].measures):
        parts: list[Decimal] = []
        is_from_january = False
        for head in months:
            month = _row_month(head)
            if month == 1:
                parts, is_from_january = [], True
            values = [number(head.row, c) for c in value_columns]
            parts += [value for value in values if value is not None]
            if (stated := number(head.row, column)) is not None:
                yield _check(head.row, column, stated, iter([parts if is_from_january else []]))


def _check(row: int, column: int, stated: Decimal, candidates: Iterator[list[Decimal]]) -> SumCheck:
    nearest: Decimal | None = None
    for parts in candidates:
        if not parts:
            continue
        if ties(stated, parts):
            return SumCheck(row, column, stated, sum(parts, Decimal(0)), True)
        nearest = sum(parts, Decimal(0)) if nearest is None else nearest
    return SumCheck(row, column, stated, nearest, nearest is None and stated == 0)


def _vertical_parts(table: SheetTable, index: int, column: int, number: Numbers) -> Iterator[list[Decimal]]:
    """Numbers that a row may add up, the nearest first."""
    head = table.rows[index]

    def numbers(rows: Iterable[RowHead]) -> list[Decimal]:
        return [value for part in rows if (value := number(part.row, column)) is not None]

    if table.columns[column].use == "cumulative":
        yield numbers(part for part in table.rows[:index] if part.use == "month")[-1:]
    if head.label.is_span and any(part.use == "month" for part in table.rows):
        months = months_of_span(head.label, 12)
        yield numbers(part for part in table.rows if part.use == "month" and _row_month(part) in months)
        return
    for rows in _row_groups(table, index):
        parts = [part for part in rows if part.use in ("account", "month", "other")]
        yield numbers(parts)
        yield numbers(part for part in parts if part.use != "other")
        yield numbers(part for part in rows if part.use == "sum")


def _row_groups(table: SheetTable, index: int) -> Iterator[list[RowHead]]:
    rows, head = table.rows, table.rows[index]
    sums = [i for i, part in enumerate(rows) if part.use == "sum"]
    before = max((i for i in sums if i < index), default=-1)
    after = min((i for i in sums if i > index), default=len(rows))
    yield rows[before + 1 : index]
    yield [part for part in rows[:index] if part.row >= head.section.start]
    yield rows[:index]
    yield rows[index + 1 : after]
    yield [part for part in rows[index + 1 :] if part.section == head.section]
    yield [part for part in rows[index + 1 :] if part.section.kind == head.section.kind]
    yield rows[index + 1 :]
    yield list(_accounts_of_one_kind(rows[index + 1 :]))
    yield list(_accounts_of_one_kind(rows[:index][::-1]))


def _accounts_of_one_kind(rows: Iterable[RowHead]) -> Iterator[RowHead]:
    """The accounts that rows begin with, up to one of another kind: costs end where profit or people follow."""
    kind = ""
    for part in rows:
        part_kind = part.measures[0].partition(".")[0] if part.use == "account" else ""
        kind = kind or part_kind
        if not part_kind or part_kind != kind:
            return
        yield part


def _row_month(head: RowHead) -> int:
    return head.label.month % 12 + 1 if head.label.month is not None else head.label.month_of_year


def _column_month(head: ColumnHead) -> int:
    return head.label.month % 12 + 1 if head.label.month is not None else head.label.month_of_year


def _horizontal_parts(
    table: SheetTable, row: RowHead, column: int, value_columns: list[int], number: Numbers
) -> Iterator[list[Decimal]]:
    """Numbers that a column may add up, the nearest first."""
    head = table.columns[column]

    def numbers(columns: Iterable[int]) -> list[Decimal]:
        return [value for c in columns if (value := number(row.row, c)) is not None]

    columns_of_kind = [c for c in value_columns if head.kind in ("", "amount", table.columns[c].kind)]
    others = table.columns_of("other") if table.has_accounts_across else []
    if (
        not table.has_accounts_across
        and head.label.is_span
        and any(_column_month(table.columns[c]) for c in columns_of_kind)
    ):
        months = months_of_span(head.label, 12)
        yield numbers(
            c for c in columns_of_kind if _column_month(table.columns[c]) in months and _same_year(table, c, head)
        )
        return
    before = max((c for c in table.columns_of("sum", "cumulative") if c < column), default=-1)
    for columns in (range(before + 1, column), range(column), range(column + 1, max(table.columns) + 1)):
        month = _column_month(head)
        group = [c for c in columns_of_kind if c in columns and month in (0, _column_month(table.columns[c]))]
        if table.has_accounts_across or any(_column_month(table.columns[c]) for c in group):
            yield numbers([*group, *(c for c in others if c in columns)])
            yield numbers(group)


def _same_year(table: SheetTable, column: int, head: ColumnHead) -> bool:
    years = {head.label.year, table.columns[column].label.year} - {0}
    return len(years) <= 1
