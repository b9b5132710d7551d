"""Figures of a ledger, short or long: rows that were known on a day, read strictly.

A short ledger has a row for each month and service, a long one for each month and measure. Of a row that became known
only after the day, its month, status and day of booking are read and nothing else: it is as if it were absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, NamedTuple

from forecast.errors import InputError, Problem, closest_match, has_enough_problems
from forecast.files.column_names import english_columns
from forecast.files.csv import CsvCell, CsvFile, CsvRow, check_columns, read_csv
from forecast.files.csv_numbers import DecimalMark, decimal_mark, parse_number_cell
from forecast.files.month_forms import months_of_day, recognize_period
from forecast.history.accounts import Accounts
from forecast.periods import first_day, format_month, parse_month

__all__ = [
    "LEDGER_STATUSES",
    "STATUSES_WEAKEST_FIRST",
    "LedgerFigure",
    "LedgerFigures",
    "LedgerSeries",
    "day_known",
    "parse_month_cell",
    "read_figures",
    "weakest_status",
]

LEDGER_STATUSES = ("actual", "reconstructed", "estimate", "example")
STATUSES_WEAKEST_FIRST = ("reconstructed", "estimate", "example", "actual")
STATUSES_OF_OTHERS = ("reconstructed", "estimate")
"""Statuses of figures that no books hold: without a day of booking they are known whenever they are written."""
SHORT_FIGURE_COLUMNS = ("revenue", "volume", "price")
LEDGER_COLUMNS = ("month", "service", *SHORT_FIGURE_COLUMNS, "measure", "value", "status")
OPTIONAL_LEDGER_COLUMNS = ("booked", "source", "grade", "note", "currency")
"""Columns that may stand beside the figures."""
NAMED_KINDS = ("revenue", "volume", "price", "cost")
"""Kinds of measures that need a name behind a point, `revenue.postal`; `headcount` has none."""
MONTHS_OF_DATES = (12 * date.min.year, 12 * date.max.year + date.max.month - 2)
"""First and last month whose days, and the day after, are dates."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

FigureKind = Literal["revenue", "volume", "price", "cost", "headcount"]


def weakest_status(statuses: Sequence[str]) -> str:
    """Return the weakest of some statuses.

    Parameters
    ----------
    statuses : sequence of str
        One at least.

    Returns
    -------
    str
        A sum is as weak as its weakest part.
    """
    return statuses[0] if len(set(statuses)) == 1 else min(statuses, key=STATUSES_WEAKEST_FIRST.index)


class LedgerFigure(NamedTuple):
    """One figure of a row."""

    month: int
    value: float
    status: str
    booked: int
    """Ordinal day of its booking; 0 where the row has none."""
    row: CsvRow

    @property
    def cell(self) -> CsvCell:
        """Field of its month."""
        return self.row["month"]

    @property
    def known_on(self) -> int:
        """Ordinal day on which it became known."""
        return day_known(self.month, self.booked, self.status)


@dataclass
class LedgerSeries:
    """Figures of one measure under one text of a ledger, in the order of the file."""

    kind: FigureKind
    account: str
    """The text by which rows are of one series: folded where the plan knows it."""
    text: str
    """Service or measure as its first row writes it."""
    name: str
    """Service or cost that the text stands for."""
    figures: list[LedgerFigure] = field(default_factory=list)


@dataclass(frozen=True)
class LedgerFigures:
    """Figures of a ledger that were known on a day."""

    table: CsvFile
    """The file, with the rows that were known."""
    is_long: bool
    figure_columns: tuple[str, ...]
    """Columns of numbers."""
    series: tuple[LedgerSeries, ...]
    """In the order of their first rows."""
    later: Mapping[str, Mapping[int, int]]
    """Service or measure as written -> month -> first day on which a row of it becomes known; rows that are absent."""
    later_count: int
    """Number of rows that become known only later."""

    @property
    def name_column(self) -> str:
        """Column of the service or measure."""
        return "measure" if self.is_long else "service"


class _DatedRow(NamedTuple):
    """A row whose month, status and day of booking were read; its status is empty where one of them cannot be."""

    row: CsvRow
    month: int
    status: str
    booked: int

    @property
    def known_on(self) -> int:
        """Ordinal day on which it became known."""
        return day_known(self.month, self.booked, self.status)


class _Name(NamedTuple):
    """Kind of measure, account and name of the text of a row."""

    kind: FigureKind | Literal[""]
    """Empty for a service of a short ledger: the columns say which measures the row has."""
    account: str
    name: str


def read_figures(
    path: str, currency: str, accounts: Accounts, as_of: date | None, problems: list[Problem]
) -> LedgerFigures:
    """Read the figures of a ledger that were known on a day.

    Parameters
    ----------
    path : str
        A CSV file.
    currency : str
        The currency of its amounts.
    accounts : Accounts
        What its rows call the services and costs of a plan.
    as_of : date, optional
        The day; None for all rows.
    problems : list of Problem
        What is wrong with a row is added, and the row is left out.

    Returns
    -------
    LedgerFigures
        Figures by measure and text, in the order of the file.

    Raises
    ------
    InputError
        The file is no ledger.
    """
    table = read_csv(path, problems, LEDGER_COLUMNS)
    is_long = "measure" in table.columns
    columns = _figure_columns(table, is_long, problems)
    later: dict[str, dict[int, int]] = {}
    name_column = "measure" if is_long else "service"
    known: list[_DatedRow] = []
    later_count = 0
    for dated in _date_rows(table, problems):
        if as_of is None or not dated.status or dated.known_on <= as_of.toordinal():
            known.append(dated)
            continue
        later_count += 1
        months = later.setdefault(dated.row.text(name_column), {})
        months[dated.month] = min(dated.known_on, months.get(dated.month, dated.known_on))
    if later_count:
        table = replace(table, rows=tuple(dated.row for dated in known))
    marks = {column: decimal_mark(table, column) for column in columns}
    reader = _LongReader if is_long else _ShortReader
    series = reader(accounts, marks, currency).read(known, problems)
    return LedgerFigures(table, is_long, columns, series, later, later_count)


def day_known(month: int, booked: int, status: str) -> int:
    """Return the day on which a row became known.

    Parameters
    ----------
    month : int
        Its month, from year 0.
    booked : int
        Ordinal day of its booking; 0 where it has none.
    status : str
        Its status.

    Returns
    -------
    int
        The day of booking; without one the last day of the month, and 0 for an estimate or a reconstructed month,
        which may be written before the month is over.
    """
    if booked:
        return booked
    return 0 if status in STATUSES_OF_OTHERS else first_day(month + 1) - 1


def _figure_columns(table: CsvFile, is_long: bool, problems: list[Problem]) -> tuple[str, ...]:
    """Columns of numbers of a ledger; InputError where its columns are not those of one."""
    is_counted = bool({"volume", "price"}.intersection(english_columns(table.columns, SHORT_FIGURE_COLUMNS)))
    figures = ("value",) if is_long else ("volume", "price") if is_counted else ("revenue",)
    name = "measure" if is_long else "service"
    columns = check_columns(table, ("month", name, *figures, "status"), OPTIONAL_LEDGER_COLUMNS)
    if is_counted and not is_long and "revenue" in table.columns:
        columns = [Problem.of(table.location, "revenue", "history_revenue_and_volume")]
    if columns:
        raise InputError([*columns, *problems])
    return figures


def _date_rows(table: CsvFile, problems: list[Problem]) -> Iterator[_DatedRow]:
    """The rows with what says when they were known; a ledger repeats its months, days and statuses in many rows."""
    months: dict[str, int] = {}
    days = {"": 0}
    statuses: dict[str, str] = {}
    is_booked = "booked" in table.columns
    for row in table.rows:
        if has_enough_problems(problems):
            return
        month_text, status_text = row.text("month"), row.text("status")
        booked_text = row.text("booked") if is_booked else ""
        if month_text in months and status_text in statuses and booked_text in days:
            yield _DatedRow(row, months[month_text], statuses[status_text], days[booked_text])
            continue
        count = len(problems)
        month = parse_month_cell(row["month"], problems)
        booked = _parse_day(row["booked"], problems) if booked_text else 0
        status = _parse_status(row["status"], problems)
        if len(problems) == count:
            months[month_text], days[booked_text], statuses[status_text] = month, booked, status
        yield _DatedRow(row, month, status if len(problems) == count else "", booked)


def _parse_day(cell: CsvCell, problems: list[Problem]) -> int:
    """Ordinal day of a booking; 0 where it cannot be read."""
    try:
        if _DAY.fullmatch(cell.text):
            return date.fromisoformat(cell.text).toordinal()
    except ValueError:
        pass
    problems.append(Problem.of(cell.location, "booked", "history_booked", text=cell.text[:40]))
    return 0


def _parse_status(cell: CsvCell, problems: list[Problem]) -> str:
    """Status of a row; empty where there is no such status."""
    status = cell.text.lower()
    if status in LEDGER_STATUSES:
        return status
    params = {"text": status[:40], "instead": closest_match(status, LEDGER_STATUSES) or ", ".join(LEDGER_STATUSES)}
    problems.append(Problem.of(cell.location, "status", "history_status", **params))
    return ""


class _FigureReader:
    """Reads the figures of rows; subclasses know the form of the ledger."""

    name_column: str

    def __init__(self, accounts: Accounts, marks: Mapping[str, DecimalMark], currency: str) -> None:
        self.accounts = accounts
        self.marks = marks
        self.currency = currency
        self.names: dict[str, _Name] = {}
        self.series: dict[tuple[str, str], LedgerSeries] = {}

    def read(self, rows: list[_DatedRow], problems: list[Problem]) -> tuple[LedgerSeries, ...]:
        """The figures of the rows, by measure and text."""
        has_currency = bool(rows) and "currency" in rows[0].row
        for dated in rows:
            if has_enough_problems(problems):
                break
            count = len(problems)
            text = dated.row.text(self.name_column)
            name = self.names.get(text) or self.parse_name(text, dated.row, problems)
            if has_currency:
                self.check_currency(dated.row["currency"], problems)
            values = self.parse_values(dated.row, name, problems)
            if len(problems) > count or name is None or not dated.status:
                continue
            self.names[text] = name
            for kind, value in values:
                key = (kind, name.account)
                if key not in self.series:
                    self.series[key] = LedgerSeries(kind, name.account, text, name.name)
                figure = LedgerFigure(dated.month, value, dated.status, dated.booked, dated.row)
                self.series[key].figures.append(figure)
        return tuple(self.series.values())

    def check_currency(self, cell: CsvCell, problems: list[Problem]) -> None:
        """Add the problem of an amount in another currency."""
        if cell.text not in ("", self.currency):
            params = {"text": cell.text[:40], "currency": self.currency}
            problems.append(Problem.of(cell.location, "currency", "history_currency", **params))

    def parse_name(self, text: str, row: CsvRow, problems: list[Problem]) -> _Name | None:
        """Kind, account and name of a text; None where it is no name."""
        raise NotImplementedError

    def parse_values(
        self, row: CsvRow, name: _Name | None, problems: list[Problem]
    ) -> tuple[tuple[FigureKind, float], ...]:
        """Kinds and values of the figures of a row."""
        raise NotImplementedError

    def parse_number(self, row: CsvRow, column: str, kind: str, problems: list[Problem]) -> float:
        """A number that a figure of this kind may have."""
        value = parse_number_cell(row[column], column, problems, self.marks[column])
        if (kind == "price" and value <= 0) or (kind == "headcount" and value < 0):
            code = "history_price" if kind == "price" else "history_headcount"
            problems.append(Problem.of(row[column].location, column, code, text=row[column].text[:40]))
        return value


class _ShortReader(_FigureReader):
    """Reads rows of a month and a service."""

    name_column = "service"

    def parse_name(self, text: str, row: CsvRow, problems: list[Problem]) -> _Name | None:
        """The service or cost of a row."""
        if not text:
            problems.append(Problem.of(row["service"].location, "service", "history_service_missing"))
            return None
        if self.accounts.is_cost(text):
            return _Name("cost", self.accounts.account_of(text), self.accounts.cost_of(text))
        return _Name("", self.accounts.account_of(text), self.accounts.service_of(text))

    def parse_values(
        self, row: CsvRow, name: _Name | None, problems: list[Problem]
    ) -> tuple[tuple[FigureKind, float], ...]:
        """Revenue, or volume and price; a cost is the amount, or the product of the two."""
        is_cost = name is not None and name.kind == "cost"
        if "revenue" in self.marks:
            return (("cost" if is_cost else "revenue", self.parse_number(row, "revenue", "revenue", problems)),)
        volume = self.parse_number(row, "volume", "volume", problems)
        price = self.parse_number(row, "price", "price", problems)
        return (("cost", volume * price),) if is_cost else (("volume", volume), ("price", price))


class _LongReader(_FigureReader):
    """Reads rows of a month and a measure."""

    name_column = "measure"

    def parse_name(self, text: str, row: CsvRow, problems: list[Problem]) -> _Name | None:
        """The measure of a row."""
        kind, _, name = text.partition(".")
        name = name.strip()
        if text == "headcount":
            return _Name("headcount", "", "headcount")
        if kind not in NAMED_KINDS or not name:
            params = {"text": text[:40], "instead": _measure_like(kind, name)[:80]}
            problems.append(Problem.of(row["measure"].location, "measure", "history_measure", **params))
            return None
        stands_for = self.accounts.cost_of(name) if kind == "cost" else self.accounts.service_of(name)
        return _Name(kind, self.accounts.account_of(name), stands_for)  # type: ignore[arg-type]

    def parse_values(
        self, row: CsvRow, name: _Name | None, problems: list[Problem]
    ) -> tuple[tuple[FigureKind, float], ...]:
        """The one figure of the row."""
        kind = name.kind if name is not None else ""
        value = self.parse_number(row, "value", kind, problems)
        return ((kind, value),) if kind else ()


def _measure_like(kind: str, name: str) -> str:
    """The measure that a text may have meant."""
    if closest_match(kind.lower(), ("headcount",)):
        return "headcount"
    return f"{closest_match(kind.lower(), NAMED_KINDS) or 'revenue'}.{name or 'SERVICE'}"


def parse_month_cell(cell: CsvCell, problems: list[Problem]) -> int:
    """Read the month of a row.

    Parameters
    ----------
    cell : CsvCell
        The field.
    problems : list of Problem
        A text that is not written as `2020-01` is added, with the month that it means where that is known.

    Returns
    -------
    int
        Month from year 0; 0 when it cannot be read.
    """
    text = cell.text
    try:
        month = parse_month(text)
        if MONTHS_OF_DATES[0] <= month <= MONTHS_OF_DATES[1]:
            return month
    except ValueError:
        pass
    params = {"text": text[:40]}
    code = "history_month"
    if months := months_of_day(text):
        code = "history_day" if len(months) == 1 else "day_or_month"
        params["instead"] = "' / '".join(months)
    elif (period := recognize_period(text)) and format_month(period[0].first) != text:
        is_month = period[0].count == 1
        code, params["instead"] = "month_form" if is_month else "history_frequency", format_month(period[0].first)
    problems.append(Problem.of(cell.location, "month", code, **params))
    return 0
