"""Services, costs and people that sheets name, where no plan names them yet."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Location, Problem, raise_if_problems
from forecast.files.csv_numbers import DecimalMark
from forecast.files.workbook import Sheet, Workbook
from forecast.history.actuals.figures import taken_columns
from forecast.history.actuals.grid import Grid, text_problems
from forecast.history.actuals.labels import Kind, account_forms, currency_in_text, read_label
from forecast.history.actuals.numbers import decimals_of, looks_like_number, number_mark, parse_sheet_number
from forecast.history.actuals.tables import RowHead, SheetTable, find_tables
from forecast.units import QuantityError, fold_text

__all__ = ["DiscoveredAccounts", "LeftOutAccount", "SheetAccount", "discover_accounts", "discover_currency"]

AccountKind = Literal["revenue", "cost"]
LeftOutReason = Literal["total", "result", "unnamed"]
MIN_MONTH_ROWS = 3
"""Rows that begin with a month from which a column is one of months."""
MAX_ROWS_ABOVE_MONTHS = 12
"""Rows above the first month that may head its columns."""
MIN_DAYS = 8
"""Days inside a month from which a column is one of days."""
MIN_SPANS = 2
"""Headings of quarters or years, where there is none of a month, that show what a sheet holds."""
MAX_TOTAL_CELLS = 40_000
"""Figures of a table up to which totals without a word for it are looked for: the time grows with its rows too."""
MIN_TOTAL_MONTHS = 3
"""Months with a figure that make a sum no coincidence."""
MAX_TOTAL_ERROR = 0.002
"""Share of a total by which rounded parts may miss it [C]."""
MAX_ACCOUNTS = 200
"""Services and costs of a new plan."""
_DAY_TEXT = re.compile(r"(\d{1,2})[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d{2}-(\d{2})")
_RESULTS = re.compile(
    r"(?:tong )?(?:loi nhuan|lai|lo|ln|ket qua|chenh lech)\b.*"
    r"|(?:(?:gross|net|operating) )?(?:profit|ebitda?|margin|income)\b.*"
    r"|nang suat\b.*|productivity\b.*|(?:so du|ton kho)\b.*|balance\b.*"
)
"""Lines that are computed from revenue and costs, or no flow of a month at all."""
_KIND_WORDS = re.compile(
    r"^(?:doanh thu|dt|san luong|sl|chi phi|cp|don gia|revenue|sales|volume|costs?|price)(?: (?:of|from|cua|tu))?"
    r"(?:[ :-]+|$)"
)
_COSTS = re.compile(
    r"(?:gia von|khau hao|(?:tien |chi )?luong|tien cong|thue|lai vay|cogs|cost of)\b.*"
    r"|(?:depreciation|wages|salar(?:y|ies)|payroll|rent|interest|tax(?:es)?)\b.*"
)
"""Lines that are costs also where no heading says so."""
_VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_VIETNAMESE_WORDS = re.compile(r"\b(?:thang \d|doanh thu|dich vu|chi phi|san luong|tong cong)\b")
"""Words of Vietnamese that was written without its marks."""


@dataclass(frozen=True)
class SheetAccount:
    """One line of business or cost that sheets name."""

    text: str
    """As people read it."""
    kind: AccountKind
    folded: str
    """Text under which sheets are matched with it."""
    location: Location


@dataclass(frozen=True)
class LeftOutAccount:
    """A line with figures that is no service and no cost of its own; an unnamed one has no text either."""

    text: str
    reason: LeftOutReason
    location: Location


@dataclass(frozen=True)
class DiscoveredAccounts:
    """Lines of some sheets, in their order."""

    accounts: tuple[SheetAccount, ...]
    left_out: tuple[LeftOutAccount, ...]


@dataclass(frozen=True)
class _Line:
    """A row or a column of figures with its text."""

    text: str
    kind: Kind
    location: Location
    cells: list[tuple[int, int]]
    """(row, column) of its figures, in the order of the months."""


@dataclass
class _Collected:
    """Accounts on the way."""

    accounts: dict[tuple[AccountKind, str], SheetAccount] = field(default_factory=dict)
    left_out: dict[str, LeftOutAccount] = field(default_factory=dict)


def discover_accounts(workbooks: Sequence[Workbook], currency: str) -> DiscoveredAccounts:
    """Find the services and costs that sheets of months have figures of.

    Parameters
    ----------
    workbooks : sequence of Workbook
        The files.
    currency : str
        Currency of their amounts.

    Returns
    -------
    DiscoveredAccounts
        Totals, with a word for it or only by their figures, and results such as profit are apart.

    Raises
    ------
    InputError
        The sheets are of days, quarters or years, or name too many lines.
    """
    collected = _Collected()
    sheets = [sheet for workbook in workbooks for sheet in workbook.sheets]
    raise_if_problems([problem for workbook in workbooks for problem in text_problems(workbook)])
    problems = [problem for sheet in sheets for problem in (*_daily_rows(sheet), *_repeated_rows(Grid(sheet, {})))]
    raise_if_problems(problems[:1])
    unnamed: list[tuple[Sheet, _Line]] = []
    for sheet in sheets:
        grid = Grid(sheet, {})
        groups = [list(group) for group in _sheet_lines(grid, currency)]
        mark = _decimal_mark(sheet)
        count = len(collected.accounts)
        for group in groups:
            _collect(group, grid, mark, collected)
        revenue = next((line for group in groups for line in group if read_label(line.text).kind == "revenue"), None)
        if len(collected.accounts) == count and revenue is not None:
            unnamed.append((sheet, revenue))
    if not collected.accounts and unnamed:
        _name_by_sheet(unnamed, collected)
    if not collected.accounts:
        raise_if_problems(list(_spans_without_months(sheets))[:1])
    if len(collected.accounts) > MAX_ACCOUNTS:
        last = list(collected.accounts.values())[MAX_ACCOUNTS]
        raise_if_problems([Problem.of(last.location, "", "new_too_many_lines", most=MAX_ACCOUNTS)])
    return DiscoveredAccounts(tuple(collected.accounts.values()), tuple(collected.left_out.values()))


def _name_by_sheet(unnamed: list[tuple[Sheet, _Line]], collected: _Collected) -> None:
    """Accounts of sheets whose only line is `Doanh thu`: one sheet a service, or one service in all."""
    is_by_sheet = len(unnamed) > 1 and not any(read_label(sheet.name).has_month for sheet, _ in unnamed)
    for sheet, line in unnamed if is_by_sheet else unnamed[:1]:
        text = sheet.name if is_by_sheet else line.text
        folded = fold_text(text) if is_by_sheet else account_forms(read_label(text))[-1]
        collected.accounts["revenue", folded] = SheetAccount(text, "revenue", folded, line.location)
    for _, line in unnamed:
        collected.left_out.pop(line.text, None)


def discover_currency(workbooks: Sequence[Workbook]) -> tuple[str, bool]:
    """Find the currency of sheets.

    Parameters
    ----------
    workbooks : sequence of Workbook
        The files.

    Returns
    -------
    currency, is_stated : tuple of str and bool
        VND, not stated, where texts are in Vietnamese and name no currency; empty where nothing tells.
    """
    cells = (value for book in workbooks for sheet in book.sheets for row in sheet.rows for value in row)
    texts = {value for value in cells if isinstance(value, str) and not looks_like_number(value)}
    codes = Counter(code for text in texts if (code := currency_in_text(text)))
    if codes:
        return min(codes, key=lambda code: (-codes[code], code)), True
    is_vietnamese = any(_VIETNAMESE.search(text) or _VIETNAMESE_WORDS.search(fold_text(text)) for text in texts)
    return ("VND" if is_vietnamese else "", False)


def _daily_rows(sheet: Sheet) -> Iterator[Problem]:
    """A problem where a column holds days inside months."""
    days: Counter[int] = Counter()
    for row, cells in enumerate(sheet.rows):
        for column, value in enumerate(cells):
            day = value.day if isinstance(value, date | datetime) else 0
            if isinstance(value, str) and (match := _DAY_TEXT.fullmatch(value)):
                day = int(match[1] or match[2])
            days[column] += 1 < day < 28
            if days[column] == MIN_DAYS:
                yield Problem.of(sheet.location(row, column), "", "new_daily_rows")


def _repeated_rows(grid: Grid) -> Iterator[Problem]:
    """A problem where a list has several rows of one name and month, told apart by another column of names."""
    months = _month_column(grid)
    named = _name_columns(grid, *months) if months is not None else []
    if months is None or len(named) < 2:
        return
    column, rows = months
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (str(grid.value(row, column)), fold_text(str(grid.filled(row, named[0]))))
        if key in seen:
            texts = [_heading_above(grid, rows[0], other) for other in sorted(named)]
            params = {"columns": ", ".join(filter(None, texts))}
            yield Problem.of(grid.sheet.location(row, named[0]), "", "new_repeated_rows", **params)
            return
        seen.add(key)


def _spans_without_months(sheets: Sequence[Sheet]) -> Iterator[Problem]:
    """A problem where headings name quarters or years, and none a month."""
    for sheet in sheets:
        places = [(row, column) for row, cells in enumerate(sheet.rows) for column in range(len(cells))]
        labels = {(row, column): read_label(sheet.rows[row][column]) for row, column in places}
        years = [p for p in places if labels[p].is_year or sheet.rows[p[0]][p[1]] in range(1990, 2101)]
        quarters = [place for place in places if labels[place].quarter]
        for spans, code in ((quarters, "new_quarters"), (years, "new_years")):
            if len(spans) >= MIN_SPANS and not any(label.has_month for label in labels.values()):
                yield Problem.of(sheet.location(*spans[0]), "", code)


def _decimal_mark(sheet: Sheet) -> DecimalMark:
    texts = (value for row in sheet.rows for value in row if isinstance(value, str))
    return number_mark(text for text in texts if looks_like_number(text))[0]


def _sheet_lines(grid: Grid, currency: str) -> Iterator[list[_Line]]:
    """Lines of the tables of a sheet: months down, or months across and sheets of one month."""
    months = _month_column(grid)
    if months is not None:
        column, rows = months
        names = _name_columns(grid, column, rows)
        yield list(_long_lines(grid, names[0], rows) if names else _column_lines(grid, column, rows))
        return
    for table in find_tables(grid, currency):
        columns = taken_columns(table)
        yield [line for head in table.rows if (line := _row_line(grid, table, head, columns)) is not None]


def _month_column(grid: Grid) -> tuple[int, list[int]] | None:
    """The first column of months, and its rows; None where months stand in headings or nowhere."""
    rows_by_column: dict[int, list[int]] = defaultdict(list)
    titled: set[int] = set()
    for row, cells in enumerate(grid.sheet.rows):
        filled = [(column, value) for column, value in enumerate(cells) if value != ""]
        labels = {column: read_label(value) for column, value in filled if not isinstance(value, int | float)}
        named = [column for column, label in labels.items() if label.has_month]
        titled |= {column for column, label in labels.items() if label.title == "month"}
        bare = [c for c, value in filled if c in titled and isinstance(value, int | float) and value in range(1, 13)]
        months = bare + [column for column in named if len(named) == 1 and not labels[column].kind]
        last_number = max((column for column, value in filled if looks_like_number(value)), default=-1)
        for column in months:
            if column < last_number:
                rows_by_column[column].append(row)
    return next(
        ((column, rows) for column, rows in sorted(rows_by_column.items()) if len(rows) >= MIN_MONTH_ROWS), None
    )


def _name_columns(grid: Grid, months: int, rows: list[int]) -> list[int]:
    """Columns of names beside the months of a list of one row a month and service, the likeliest first.

    Empty where names head columns of figures.
    """
    columns = range(max(grid.width(row) for row in rows))
    named = []
    for column in columns:
        texts = [v for row in rows if isinstance(v := grid.value(row, column), str) and v]
        words = [text for text in texts if not looks_like_number(text) and not read_label(text).has_month]
        heading = _heading_above(grid, rows[0], column)
        title = read_label(heading).title
        if column != months and len(words) > len(rows) / 2 and title not in ("unit", "note"):
            is_code = fold_text(heading).startswith(("ma", "code"))
            named.append((title != "account", is_code, len(set(words)) < 2, column))
    return [column for *_, column in sorted(named)]


def _heading_above(grid: Grid, row: int, column: int) -> str:
    texts = (grid.filled(r, column) for r in range(row - 1, max(-1, row - 1 - MAX_ROWS_ABOVE_MONTHS), -1))
    return next((text for text in texts if isinstance(text, str) and text), "")


def _long_lines(grid: Grid, accounts: int, rows: list[int]) -> Iterator[_Line]:
    """Names of a list of one row a month and service; a row below the last month goes on with it."""
    heading = _heading_above(grid, rows[0], accounts)
    by_text: dict[str, _Line] = {}
    for row in range(rows[0], grid.row_count):
        text = grid.filled(row, accounts)
        columns = range(accounts + 1, grid.width(row))
        figure = next((column for column in columns if looks_like_number(grid.value(row, column))), None)
        if isinstance(text, str) and text and figure is not None:
            kind = read_label(text).kind or read_label(heading).kind
            line = by_text.setdefault(fold_text(text), _Line(text, kind, grid.sheet.location(row, accounts), []))
            line.cells.append((row, figure))
    yield from by_text.values()


def _column_lines(grid: Grid, months: int, rows: list[int]) -> Iterator[_Line]:
    """Headings of columns of figures beside the months."""
    first = rows[0]
    width = max(grid.width(row) for row in rows)
    for column in range(months + 1, width):
        if sum(looks_like_number(grid.value(row, column)) for row in rows) < MIN_MONTH_ROWS:
            continue
        above = range(max(0, first - MAX_ROWS_ABOVE_MONTHS), first)
        headings = [(r, v) for r in above if isinstance(v := grid.filled(r, column), str) and v]
        headings = [(row, text) for row, text in headings if grid.filled(row, months) != text]  # no title over all
        if not headings:
            continue
        row, text = headings[-1]
        kinds: list[Kind] = [read_label(heading).kind for _, heading in headings]
        kind: Kind = next((kind for kind in reversed(kinds) if kind and kind != "amount"), "")
        if read_label(text).kind and not _name_in(text) and len(headings) > 1:
            row, text = headings[-2]  # `Doanh thu` below the name of a service
        yield _Line(text, kind, grid.sheet.location(row, column), [(r, column) for r in rows])


def _row_line(grid: Grid, table: SheetTable, head: RowHead, columns: list[int]) -> _Line | None:
    """The line of a row below months or below `Thực hiện`; None where it has neither a text nor an amount."""
    if not columns or not (head.text or any(grid.is_amount(head.row, column) for column in columns)):
        return None
    kinds: list[Kind] = [head.kind, head.section.kind, *(table.columns[column].kind for column in columns)]
    kind: Kind = next((kind for kind in kinds if kind and kind != "amount"), "")
    cells = [(head.row, column) for column in columns]
    return _Line(head.text, kind, grid.sheet.location(head.row, head.column), cells)


def _name_in(text: str) -> str:
    """Name in a text such as `Doanh thu bưu chính` as people read it; empty where it names a kind alone."""
    words = text.strip(" .:;").split()
    label = read_label(text)
    if not label.text:  # a number, as codes of products are
        return "" if label.has_month or label.year else text.strip()
    name = _KIND_WORDS.sub("", label.text)
    for count in range(1, len(words) + 1):  # the same words with their marks
        marked = " ".join(words[-count:])
        if fold_text(marked).strip(" .:;") == name:
            return marked[:1].upper() + marked[1:]
    return name[:1].upper() + name[1:]


def _collect(lines: list[_Line], grid: Grid, mark: DecimalMark, collected: _Collected) -> None:
    candidates: list[tuple[_Line, AccountKind]] = []
    heading_kind: Kind = ""
    for line in lines:
        label = read_label(line.text)
        name = _name_in(line.text)
        if not line.text:
            _leave_out(replace(line, text=f"{line.location.line}"), "unnamed", collected)
            continue
        is_sum = label.is_sum and label.role not in ("percent", "prior", "plan")
        if not is_sum and (label.is_span or label.has_month or label.role in ("percent", "prior", "plan")):
            continue
        if is_sum or (label.kind and not name and label.kind not in ("volume", "price", "headcount")):
            heading_kind = label.kind or heading_kind  # `II Chi phí` with its sum heads the rows below it
            _leave_out(line, "total", collected)
        elif _RESULTS.fullmatch(label.text) and not _COSTS.fullmatch(label.text):
            _leave_out(line, "result", collected)
        elif name and line.kind != "headcount" and not label.title:
            is_cost = "cost" in (line.kind or heading_kind, label.kind) or _COSTS.fullmatch(label.text)
            candidates.append((line, "cost" if is_cost else "revenue"))
    totals: set[int] = set()
    for kind in ("revenue", "cost"):
        places = [index for index, (_, line_kind) in enumerate(candidates) if line_kind == kind]
        sums = _find_totals([_numbers(candidates[index][0], grid, mark) for index in places])
        totals |= {places[index] for index in sums}
    for index, (line, kind) in enumerate(candidates):
        if index in totals:
            _leave_out(line, "total", collected)
            continue
        name = _name_in(line.text)
        folded = (line.text.strip(), *account_forms(read_label(line.text)))[-1]
        collected.accounts.setdefault((kind, folded), SheetAccount(name, kind, folded, line.location))


def _leave_out(line: _Line, reason: LeftOutReason, collected: _Collected) -> None:
    collected.left_out.setdefault(line.text, LeftOutAccount(line.text, reason, line.location))


def _numbers(line: _Line, grid: Grid, mark: DecimalMark) -> tuple[Decimal, ...]:
    """Figures of a line; a blank or unreadable one is zero, for a total has them all."""
    return tuple(_quiet(grid.value(*cell), mark) for cell in line.cells)


def _quiet(value: object, mark: DecimalMark) -> Decimal:
    try:
        return parse_sheet_number(value, mark) if looks_like_number(value) else Decimal(0)
    except QuantityError:
        return Decimal(0)


def _find_totals(lines: Sequence[tuple[Decimal, ...]]) -> set[int]:
    """Indices of lines that are in every month the sum of those that follow or precede them, two at least."""
    lengths = {len(line) for line in lines}
    if len(lengths) != 1 or 0 in lengths or len(lines) * max(lengths) > MAX_TOTAL_CELLS:
        return set()
    values = np.array(lines, dtype=float)  # (lines, months)
    digit = 10.0 ** -max(decimals_of(value) for line in lines for value in line)
    totals: set[int] = set()
    is_changed = True
    while is_changed:
        is_changed = False
        remaining = [index for index in range(len(lines)) if index not in totals and values[index].any()]
        for place, index in enumerate(remaining):
            if np.count_nonzero(values[index]) < MIN_TOTAL_MONTHS:
                continue
            blocks = (remaining[place + 1 :], remaining[:place][::-1])
            if any(_is_sum_of(values[index], values[block], digit) for block in blocks):
                totals.add(index)
                is_changed = True
                break
    return totals


def _is_sum_of(total: Floats, block: Floats, digit: float) -> bool:
    """True where a line (months,) is the sum of the first lines of a block (lines, months), of two at least.

    Each may be rounded to the last digit that is shown; the miss is a small share of the total all the same, for a few
    pieces are no total by chance.
    """
    sums = np.cumsum(block, axis=0)[1:]
    rounding = digit * (np.arange(2, len(block) + 1) + 1) / 2 * (1 + 1e-9)
    allowed = np.minimum(rounding[:, None], MAX_TOTAL_ERROR * np.abs(total) + 1e-9 * digit)
    return bool((np.abs(sums - total) <= allowed).all(axis=1).any())
