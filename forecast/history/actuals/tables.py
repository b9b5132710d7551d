"""Tables of a sheet: rows of headings found, what heads each column, what stands at the head of each row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from forecast.files.month_forms import recognize_month
from forecast.history.actuals.grid import Grid
from forecast.history.actuals.labels import (
    CellLabel,
    Kind,
    SheetUnit,
    Title,
    dates_in_text,
    parse_sheet_unit,
    read_label,
    unit_in_text,
)
from forecast.history.actuals.numbers import is_dash, looks_like_number

__all__ = ["ColumnHead", "RowHead", "Section", "SheetTable", "find_tables"]

ColumnUse = Literal["value", "sum", "cumulative", "other", "ignored", "label"]
RowUse = Literal["account", "month", "sum", "other", "blank"]
NO_LABEL = CellLabel()
MIN_HEADINGS = 2
"""Headings that make a row one of headings."""
MIN_MONTH_NUMBERS = 3
"""Consecutive whole numbers that may be months in a row of headings."""
MAX_HEADING_ROWS = 6
MAX_ROWS_ABOVE = 3
"""Rows above a heading in which the year of its table may stand."""
MAX_LOOKED_AT_ROWS = 60
"""Rows below a heading that tell whether a column holds texts or figures."""


@dataclass(frozen=True)
class ColumnHead:
    """Headings of one column, the lower over the upper."""

    use: ColumnUse
    label: CellLabel = NO_LABEL
    measures: tuple[str, ...] = ()
    kind: Kind = ""
    unit: SheetUnit | None = None
    foreign_unit: str = ""
    title: Title = ""
    text: str = ""


@dataclass(frozen=True)
class Section:
    """Heading between rows, which holds for the rows below it."""

    start: int = 0
    month: int | None = None
    month_of_year: int = 0
    year: int = 0
    kind: Kind = ""
    measures: tuple[str, ...] = ()
    unit: SheetUnit | None = None


@dataclass(frozen=True)
class RowHead:
    """Labels of one row."""

    row: int
    use: RowUse
    section: Section
    label: CellLabel = NO_LABEL
    text: str = ""
    """As it is written."""
    measures: tuple[str, ...] = ()
    kind: Kind = ""
    unit: SheetUnit | None = None
    column: int = 0
    """Column of the text."""
    is_conflicting: bool = False
    """True where two texts of the row stand for different measures."""


@dataclass
class SheetTable:
    """Headings and the rows below them."""

    grid: Grid
    first_heading: int
    last_heading: int
    columns: dict[int, ColumnHead]
    rows: list[RowHead] = field(default_factory=list)

    @property
    def has_accounts_across(self) -> bool:
        """True where columns are headed by accounts."""
        return any(head.measures for head in self.columns.values())

    def columns_of(self, *uses: ColumnUse) -> list[int]:
        """Columns of some uses, in order."""
        return [column for column, head in sorted(self.columns.items()) if head.use in uses]


def find_tables(grid: Grid, currency: str, measures: tuple[str, ...] = ()) -> list[SheetTable]:
    """Find the tables of a sheet.

    Parameters
    ----------
    grid : Grid
        The sheet.
    currency : str
        Currency of the plan, for units in headings.
    measures : tuple of str
        Measures of the account that the sheet as such is of; empty where it is of several.

    Returns
    -------
    list of SheetTable
        Those with rows of figures, from top to bottom.
    """
    tables: list[SheetTable] = []
    row = 0
    while row < grid.row_count:
        active = tables[-1] if tables else None
        if not _is_heading_row(grid, row, active):
            row += 1
            continue
        last = row
        while last + 1 < min(grid.row_count, row + MAX_HEADING_ROWS) and _continues_heading(grid, row, last + 1):
            last += 1
        tables.append(_build_table(grid, row, last, currency))
        row = last + 1
    ends = [*(table.first_heading for table in tables[1:]), grid.row_count]
    for table, end in zip(tables, ends[: len(tables)], strict=True):
        year = _year_above(table) if table is not tables[0] else 0  # what stands above the first is of the sheet
        table.rows = list(_read_rows(table, end, currency, measures, year))
    return [table for table in tables if any(head.use != "blank" for head in table.rows)]


def _headings(grid: Grid, row: int) -> list[int]:
    """Columns of a row whose own cell is a heading."""
    return [
        column
        for column in range(grid.width(row))
        if (value := grid.value(row, column)) != ""
        and (read_label(value).is_heading or (isinstance(value, str) and grid.account(value)[0]))
    ]


def _is_heading_row(grid: Grid, row: int, active: SheetTable | None) -> bool:
    if any(grid.is_amount(row, column) for column in range(grid.width(row))):
        return False
    headings = _headings(grid, row)
    if active is not None:
        values = active.columns_of("value", "sum", "cumulative", "ignored")
        headings = [column for column in headings if column in values]
    elif headings and _month_numbers(grid, row):
        return True
    return len(headings) >= MIN_HEADINGS


def _continues_heading(grid: Grid, first: int, row: int) -> bool:
    """True for a row of headings below another: lower headings, or numbers of columns."""
    width = range(grid.width(row))
    if any(grid.is_amount(row, column) for column in width):
        return False
    if _month_numbers(grid, row):
        return True
    headings = [column for column in _headings(grid, row) if grid.value(row - 1, column) == "" or column > 0]
    is_below = any(read_label(grid.filled(first, column)).text for column in headings)
    has_figures = any(grid.is_figure(row, column) for column in width)
    return len(headings) >= MIN_HEADINGS and is_below and not has_figures


def _month_numbers(grid: Grid, row: int) -> list[int]:
    """Columns of consecutive whole numbers in a row without other numbers; empty where there are too few."""
    columns = [c for c in range(grid.width(row)) if isinstance(grid.value(row, c), int | float)]
    numbers = [grid.value(row, column) for column in columns]
    is_consecutive = all(after - before == 1 for before, after in pairwise(numbers))
    is_small = all(1 <= number <= 40 and float(number).is_integer() for number in numbers)
    return columns if len(columns) >= MIN_MONTH_NUMBERS and is_consecutive and is_small else []


def _build_table(grid: Grid, first: int, last: int, currency: str) -> SheetTable:
    width = max(grid.width(row) for row in range(first, last + 1))
    stacks = {column: [grid.filled(row, column) for row in range(first, last + 1)] for column in range(width)}
    for depth, row in enumerate(range(first, last)):
        _fill_upper(grid, stacks, depth, row, width)
    numbered = {row: _month_numbers(grid, row) for row in range(first, last + 1)}
    columns = {}
    for column, stack in stacks.items():
        month_number = _number_of_month(grid, stack, column, numbered)
        columns[column] = _read_column(grid, stack, month_number, currency)
        if columns[column].use == "value" and _holds_texts(grid, column, last + 1):
            columns[column] = replace(columns[column], use="label", title="account")
    has_month_column = any(head.title == "month" for head in columns.values())
    return SheetTable(grid, first, last, {c: _settle(head, has_month_column) for c, head in columns.items()})


def _holds_texts(grid: Grid, column: int, start: int) -> bool:
    """True for a column with more texts than figures below its heading, such as `Chi phí` over names of costs."""
    cells = [grid.value(row, column) for row in range(start, min(grid.row_count, start + MAX_LOOKED_AT_ROWS))]
    texts = sum(
        isinstance(value, str) and not looks_like_number(value) and not is_dash(value) for value in cells if value
    )
    return texts > sum(map(looks_like_number, cells)) and any(isinstance(v, str) and grid.account(v)[0] for v in cells)


def _fill_upper(grid: Grid, stacks: dict[int, list[object]], depth: int, row: int, width: int) -> None:
    """Carry an upper heading over the blank cells to its right, as far as lower headings go on."""
    for column in range(1, width):
        before = stacks[column - 1]
        lower = [value for value in stacks[column][depth + 1 :] if value != ""]
        has_lower = any(value not in ("", before[depth]) for value in before[depth + 1 :])
        if stacks[column][depth] == "" and lower and has_lower and all(v == "" for v in stacks[column][:depth]):
            stacks[column][depth] = before[depth]


def _number_of_month(grid: Grid, stack: list[object], column: int, numbered: dict[int, list[int]]) -> int:
    """The month that a bare number in the headings stands for; 0 where numbers only count the columns."""
    for row, columns in numbered.items():
        if column not in columns:
            continue
        others = [label for c in columns for label in (read_label(grid.filled(r, c)) for r in numbered if r != row)]
        number = grid.value(row, column)
        is_month = all(label.title == "month" or not label.is_heading or label.is_year for label in others)
        if is_month and number <= 12:
            return int(number)
    return 0


def _read_column(grid: Grid, stack: list[object], month_number: int, currency: str) -> ColumnHead:
    merged = CellLabel()
    kind: Kind = ""
    measures: tuple[str, ...] = ()
    unit, foreign = None, ""
    title: Title = ""
    texts = [value for value in dict.fromkeys(stack) if isinstance(value, str) and value]
    for value in dict.fromkeys(value for value in stack if value != ""):
        label = read_label(value)
        named, kind_beside = grid.account(value) if isinstance(value, str) else ((), "")
        if named:
            measures, label = named, CellLabel(kind=kind_beside)
        merged = _over(merged, label)
        kind = label.kind or kind
        title = label.title or title
        if isinstance(value, str):
            stated, other = unit_in_text(value, currency)
            unit, foreign = stated or unit, other or foreign
    if month_number:
        merged, title = replace(merged, month_of_year=month_number), ""
    head = ColumnHead("other", merged, measures, kind, unit, foreign, title, texts[-1] if texts else "")
    return replace(head, use=_column_use(head))


def _over(upper: CellLabel, lower: CellLabel) -> CellLabel:
    """CellLabel of two headings, the lower over the upper."""
    return CellLabel(
        text=lower.text or upper.text,
        month=lower.month if lower.month is not None else upper.month,
        month_of_year=lower.month_of_year or upper.month_of_year,
        quarter=lower.quarter or upper.quarter,
        year=lower.year or upper.year,
        first_months=lower.first_months or upper.first_months,
        is_cumulative=lower.is_cumulative or upper.is_cumulative,
        is_year=lower.is_year or upper.is_year,
        is_sum=lower.is_sum or upper.is_sum,
        role=lower.role or upper.role,
    )


def _column_use(head: ColumnHead) -> ColumnUse:
    label = head.label
    if head.title and not (label.has_month or head.measures):
        return "label"
    if label.role in ("percent", "prior", "plan"):
        return "ignored"
    if label.is_cumulative:
        return "cumulative"
    if label.is_sum:
        return "sum"
    if head.measures or label.has_month:
        return "value"
    if label.quarter or label.is_year:
        return "sum"
    if head.kind or label.role:
        return "value"
    return "other"


def _settle(head: ColumnHead, has_month_column: bool) -> ColumnHead:
    """The head of a column, once it is known whether months stand in the rows."""
    if has_month_column and head.use == "sum" and head.label.is_year and head.kind and not head.label.is_sum:
        return replace(head, use="value")
    return head


def _read_rows(table: SheetTable, end: int, currency: str, measures: tuple[str, ...], year: int) -> Iterator[RowHead]:
    kinds = {head.kind for head in table.columns.values() if head.use == "label" and head.kind} - {"amount"}
    kind = kinds.pop() if len(kinds) == 1 else ""
    section = Section(table.last_heading + 1, year=year, kind=kind, measures=measures)
    month_before: CellLabel | None = None
    figures = table.columns_of("value", "sum", "cumulative", "other")
    figures = [column for column in figures if table.columns[column].use != "other" or table.has_accounts_across]
    ignored = table.columns_of("ignored")
    values = table.columns_of("value")
    for row in range(table.last_heading + 1, end):
        head = _read_row(table, row, section, currency)
        is_filled = head.use in ("account", "month") and any(table.grid.value(row, c) != "" for c in values)
        if is_filled or any(table.grid.is_figure(row, column) for column in figures):
            month_column = head.label.has_month or head.label.is_span
            if not month_column and month_before is not None and head.use == "account":
                head = replace(head, label=_over(month_before, head.label))
            elif head.use in ("account", "month") and head.label.has_month:
                month_before = head.label
            yield head
        elif head.text and not any(table.grid.is_figure(row, column) for column in ignored):
            section = _next_section(section, head, row)
            month_before = None if section.start == row else month_before


def _year_above(table: SheetTable) -> int:
    """Year right above the headings of a table that follows another; 0 where none stands there."""
    grid = table.grid
    for row in range(table.first_heading - 1, max(-1, table.first_heading - 1 - MAX_ROWS_ABOVE), -1):
        columns = range(grid.width(row))
        if any(grid.is_amount(row, column) for column in columns):
            return 0
        texts = [value for column in columns if isinstance(value := grid.value(row, column), str)]
        labels = [read_label(text) for text in texts if not dates_in_text(text)]
        years = {label.year for label in labels if not label.has_month and label.role not in ("prior", "percent")} - {0}
        if len(years) == 1:
            return years.pop()
    return 0


def _next_section(section: Section, head: RowHead, row: int) -> Section:
    """Section that a row without figures begins; the same where it says nothing."""
    label = head.label
    if not (label.has_month or label.kind or head.measures or label.year or head.kind):
        return section
    return Section(
        row,
        label.month if label.month is not None else None if label.month_of_year else section.month,
        label.month_of_year or (0 if label.month is not None else section.month_of_year),
        label.year or section.year,
        (label.kind or head.kind or section.kind) if not head.measures else section.kind,
        head.measures,
        head.unit or section.unit,
    )


def _read_row(table: SheetTable, row: int, section: Section, currency: str) -> RowHead:
    grid = table.grid
    label, text, text_column = CellLabel(), "", 0
    measures: tuple[str, ...] = ()
    kind: Kind = ""
    unit = None
    is_conflicting = False
    for column in range(grid.width(row)):
        column_head = table.columns.get(column, ColumnHead("other"))
        value = grid.filled(row, column)
        if value == "" or column_head.use not in ("label", "other") or column_head.title in ("index", "note"):
            continue
        if column_head.title == "unit":
            unit = parse_sheet_unit(str(value), currency) or unit
        elif column_head.title in ("month", "year"):
            label = _over(label, _read_period_cell(value, column_head.title))
        else:
            named, kind_beside = grid.account(value) if _can_name(value, column_head.title) else ((), "")
            is_conflicting = is_conflicting or bool(named and measures and named != measures)
            if named and not measures:
                measures, kind, text, text_column = named, kind_beside, str(value), column
            elif isinstance(value, str) and not measures:
                label, kind = _over(label, read_label(value)), read_label(value).kind or kind
                unit = unit_in_text(value, currency)[0] or unit
                text, text_column = (value, column) if not (text and len(value) <= 4) else (text, text_column)
    if measures:
        label = replace(label, is_sum=False)
    head = RowHead(row, "other", section, label, text, measures, kind, unit, text_column, is_conflicting)
    return _settle_row(head, table)


def _can_name(value: object, title: Title) -> bool:
    return isinstance(value, str) or (title == "account" and isinstance(value, int | float))


def _settle_row(head: RowHead, table: SheetTable) -> RowHead:
    """The row with its use."""
    label = head.label
    if head.measures:
        return replace(head, use="account")
    if head.kind == "headcount" and not table.has_accounts_across:
        return replace(head, use="account", measures=("headcount",))
    if head.section.measures and head.kind and not label.is_sum:
        return replace(head, use="account", measures=head.section.measures)
    if label.is_sum or label.is_span:
        return replace(head, use="sum")
    if label.has_month and (table.has_accounts_across or head.section.measures):
        return replace(head, use="month")
    if head.kind and not table.has_accounts_across:
        return replace(head, use="sum")
    return replace(head, use="other" if head.text or table.has_accounts_across else "blank")


def _read_period_cell(value: object, title: Title) -> CellLabel:
    """CellLabel of a cell below the heading `Tháng` or `Năm`, where bare numbers count."""
    is_number = isinstance(value, int | float) and float(value).is_integer()
    text = str(int(value)) if isinstance(value, int | float) and is_number else value
    if title == "year":
        return (
            CellLabel(year=int(text)) if isinstance(text, str) and text.isdecimal() and len(text) == 4 else CellLabel()
        )
    if isinstance(text, str) and text.isdecimal() and 1 <= int(text) <= 12:
        return CellLabel(month_of_year=int(text))
    if isinstance(text, str) and (recognized := recognize_month(text)):
        return CellLabel(month=recognized[0], year=recognized[0] // 12)
    return read_label(value)
