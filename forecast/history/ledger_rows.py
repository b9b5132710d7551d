"""Rows appended to a ledger: in its own encoding, separator and line ends, in one step; no row that is there changes.

A ledger is short (`month,service,revenue` or `volume,price`) or long (`month,measure,value`). A figure that it holds
already is not repeated; another figure of a month that it holds is a later row, a restatement.
"""

from __future__ import annotations

import codecs
import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from forecast.errors import InputError, Location, OutputError, Problem, raise_if_problems
from forecast.files.atomic import hold_lock, remove_stale_temporaries, write_file
from forecast.files.csv import MAX_CSV_BYTES, CsvRow, read_csv, read_grid, vietnamese_column_problems
from forecast.files.csv_numbers import DecimalMark, decimal_mark, parse_number_cell
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file, real_path
from forecast.history.accounts import Accounts
from forecast.history.actuals.records import ActualFigure
from forecast.history.ledger_figures import day_known, parse_month_cell
from forecast.periods import format_month

__all__ = ["LedgerEntry", "LedgerFile", "LedgerUpdate", "open_ledger", "plan_update", "write_update"]

LedgerForm = Literal["revenue", "volume", "long"]
_LEDGER_COLUMNS = ("month", "service", "revenue", "volume", "price", "measure", "value", "status", "booked", "source")
_BOOKING_COLUMNS = ("booked", "source")
_ENCODINGS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
MAX_PRICE_DIGITS = 15
"""Significant digits of a price that is computed from revenue and volume."""


@dataclass(frozen=True)
class LedgerEntry:
    """One figure of a ledger."""

    month: int
    measure: str
    value: Decimal
    status: str
    booked: str
    """ISO date, or empty."""
    tolerance: Decimal = Decimal(0)
    source: str = ""
    text: str = ""
    """Name of its service or cost in the file."""


@dataclass(frozen=True)
class LedgerFile:
    """A ledger as it lies on the disk."""

    path: Path
    content: bytes
    columns: tuple[str, ...]
    separator: str
    form: LedgerForm
    entries: tuple[LedgerEntry, ...]
    """In the order of the file; a row with volume and price is two."""
    texts: Mapping[str, tuple[str, ...]]
    """Service, or `cost.` and a cost -> the texts that name it in the file, one an account."""
    mark: DecimalMark = ""

    @property
    def location(self) -> Location:
        """Place of the file."""
        return Location(display_path(self.path))

    @property
    def latest(self) -> dict[tuple[str, int], LedgerEntry]:
        """(measure, month) -> its last row; accounts of one service are not added up."""
        return {(entry.measure, entry.month): entry for entry in self.by_day_known}

    @property
    def by_day_known(self) -> list[LedgerEntry]:
        """The entries by the day on which they became known, those of one day in the order of the file."""
        return sorted(self.entries, key=_day_of)

    def values(self) -> dict[tuple[str, int], Decimal]:
        """(measure, month) -> value; the last row of each account counts, revenue is added to volume and price."""
        by_text = {(entry.measure, entry.month, entry.text): entry.value for entry in self.by_day_known}
        for (measure, month, text), volume in list(by_text.items()):
            kind, _, name = measure.partition(".")
            if kind == "volume" and (price := by_text.get((f"price.{name}", month, text))) is not None:
                by_text[f"revenue.{name}", month, text] = volume * price
        totals: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for (measure, month, _), value in by_text.items():
            totals[measure, month] += value
        return dict(totals)


@dataclass(frozen=True)
class LedgerUpdate:
    """Rows that a ledger lacks."""

    ledger: LedgerFile
    added: tuple[LedgerEntry, ...]
    """Figures that are new, restatements included."""
    restated: tuple[tuple[LedgerEntry, LedgerEntry], ...]
    """Old and new figure of each restatement."""
    unchanged: int
    """Figures that stand there already, within what the sheet shows."""
    content: bytes
    """The whole ledger with its new rows."""
    row_count: int
    converted_to: str = ""
    """`booked` where columns were added, `long` where the form was changed; else empty."""


def open_ledger(path: Path, accounts: Accounts) -> LedgerFile:
    """Read a ledger for appending.

    Parameters
    ----------
    path : Path
        The CSV.
    accounts : Accounts
        What its rows call the services and costs of the plan.

    Returns
    -------
    LedgerFile
        Its bytes, its form and its figures.

    Raises
    ------
    InputError
        It cannot be read.
    """
    problems: list[Problem] = []
    content = read_regular_file(path, Location(display_path(path)), "", MAX_CSV_BYTES)
    headings = [row for row in read_grid(path, content) if any(row)]
    if len(headings) == 1:
        return _empty_ledger(path, content, headings[0])
    table = read_csv(path, problems, _LEDGER_COLUMNS)
    raise_if_problems(vietnamese_column_problems(table, _LEDGER_COLUMNS) or problems)
    form = _form(table.columns, table.location)
    figures = {"revenue": ("revenue",), "volume": ("volume", "price"), "long": ("value",)}[form]
    marks = {figure: decimal_mark(table, figure) for figure in figures}
    entries: list[LedgerEntry] = []
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in table.rows:
        for figure in figures:
            entry = _read_entry(row, figure, form, marks[figure], accounts, problems)
            if entry is not None:
                entries.append(entry)
                kind, _, name = entry.measure.partition(".")
                key = name if kind != "cost" else entry.measure
                texts[key].setdefault(accounts.account_of(entry.text), entry.text)
    raise_if_problems(problems)
    mark: DecimalMark = next((mark for mark in marks.values() if mark), "")
    named = {service: tuple(names.values()) for service, names in texts.items()}
    return LedgerFile(path, content, table.columns, table.separator, form, tuple(entries), named, mark)


def _empty_ledger(path: Path, content: bytes, heading: list[str]) -> LedgerFile:
    """A ledger that is a row of headings and nothing else."""
    columns = tuple(name.lower() for name in heading if name)
    text = decode_text(content, display_path(path))
    separator = max((",", ";", "\t"), key=text.count)
    return LedgerFile(path, content, columns, separator, _form(columns, Location(display_path(path))), (), {})


def _form(columns: tuple[str, ...], location: Location) -> LedgerForm:
    if "measure" in columns:
        return "long"
    needed = ("month", "service", "status")
    missing = [column for column in needed if column not in columns]
    if "revenue" not in columns and "volume" not in columns:
        missing.append("revenue")
    if missing:
        raise InputError([Problem.of(location, name, "csv_column_missing", column=name) for name in missing])
    return "revenue" if "revenue" in columns else "volume"


def _read_entry(
    row: CsvRow, figure: str, form: LedgerForm, mark: DecimalMark, accounts: Accounts, problems: list[Problem]
) -> LedgerEntry | None:
    count = len(problems)
    month = parse_month_cell(row["month"], problems)
    if len(problems) > count:
        return None
    if not parse_number_cell(row[figure], figure, problems, mark) <= float("inf"):
        return None
    text = row.text("measure" if form == "long" else "service")
    measure = _long_measure(text, accounts) if form == "long" else _short_measure(text, figure, accounts)
    if form == "long":
        text = text.partition(".")[2].strip()
    booked = row.text("booked") if "booked" in row else ""
    value = _exact(row.text(figure), mark)
    if measure.startswith("cost.") and form == "volume":  # a cost in a ledger of volumes is the product of the two
        if figure == "volume":
            return None
        value *= _exact(row.text("volume"), mark)
    return LedgerEntry(month, measure, value, row.text("status").lower(), booked, text=text)


def _short_measure(text: str, figure: str, accounts: Accounts) -> str:
    if accounts.is_cost(text):
        return f"cost.{accounts.cost_of(text)}"
    return f"{figure}.{accounts.service_of(text)}"


def _long_measure(text: str, accounts: Accounts) -> str:
    """The measure of a row in the names of the plan."""
    kind, _, name = text.partition(".")
    if kind == "cost":
        return f"cost.{accounts.cost_of(name.strip())}"
    return f"{kind}.{accounts.service_of(name.strip())}" if name else text


def _exact(text: str, mark: DecimalMark) -> Decimal:
    """Number of a field that is known to be one."""
    plain = text.replace(".", "").replace(",", ".") if mark == "," else text.replace(",", "")
    with suppress(InvalidOperation):
        return Decimal(plain)
    return Decimal(0)


def plan_update(ledger: LedgerFile, figures: Sequence[ActualFigure], convert: bool) -> LedgerUpdate:
    """Compose a ledger with the figures that it lacks; nothing is written.

    Parameters
    ----------
    ledger : LedgerFile
        As it was read.
    figures : sequence of ActualFigure
        Each month and measure once.
    convert : bool
        Whether columns may be added, and a short ledger made long where it must be.

    Returns
    -------
    LedgerUpdate
        Without a row where everything stands there already.

    Raises
    ------
    InputError
        The ledger cannot hold the figures as it is: what to do is said.
    """
    problems: list[Problem] = []
    entries = [_entry_of(figure) for figure in figures]
    entries = _with_prices(entries, ledger, _counted_services(entries, ledger))
    added, restated, unchanged = _compare(ledger, entries, problems)
    raise_if_problems(problems)
    if not added:
        return LedgerUpdate(ledger, (), (), unchanged, ledger.content, 0)
    must_be_long = not _fits(ledger.form, added)
    lacking = [column for column in _BOOKING_COLUMNS if column not in ledger.columns]
    if (must_be_long or lacking) and not convert:
        code = "ledger_must_be_long" if must_be_long else "ledger_lacks_columns"
        names = ", ".join(sorted({entry.measure for entry in added if not _fits(ledger.form, [entry])})[:6])
        params = {"measures": names} if must_be_long else {"columns": ", ".join(lacking)}
        raise InputError.of(ledger.location, "", code, **params)
    text, columns, form = _prepared_text(ledger, must_be_long, lacking)
    rows = _rows_of(added, form, columns, ledger)
    content = _append(text, rows, ledger)
    converted = "long" if must_be_long else "booked" if lacking else ""
    return LedgerUpdate(ledger, tuple(added), tuple(restated), unchanged, content, len(rows), converted)


def _entry_of(figure: ActualFigure) -> LedgerEntry:
    booked = figure.booked.isoformat() if figure.booked else ""
    return LedgerEntry(
        figure.month, figure.measure, figure.value, figure.status, booked, figure.tolerance, figure.source
    )


def _fits(form: LedgerForm, entries: Iterable[LedgerEntry]) -> bool:
    """True where a ledger of this form can hold the figures."""
    kinds = {entry.measure.partition(".")[0] for entry in entries}
    return form == "long" or kinds <= ({"revenue"} if form == "revenue" else {"volume", "price"})


def _counted_services(entries: list[LedgerEntry], ledger: LedgerFile) -> set[str]:
    """Services of some entries that the ledger holds, or will hold, as volume and price; InputError where as both."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for known in ledger.entries:
        kind, _, name = known.measure.partition(".")
        kinds[name].add(kind)
    new_kinds: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        kind, _, name = entry.measure.partition(".")
        new_kinds[name].add(kind)
    counted = set()
    for name, added in new_kinds.items():
        if "revenue" in kinds[name] and added & {"volume", "price"}:
            raise InputError.of(ledger.location, f"volume.{name}", "ledger_holds_revenue", service=name)
        if ledger.form == "volume" or (kinds[name] | added) & {"volume", "price"}:
            counted.add(name)
    return counted


def _with_prices(entries: list[LedgerEntry], ledger: LedgerFile, counted: set[str]) -> list[LedgerEntry]:
    """Entries, counted services as volume and price; the price is revenue by volume where it is not stated."""
    latest = ledger.latest
    by_key = {(entry.measure, entry.month): entry for entry in entries}
    result = []
    for entry in entries:
        kind, _, name = entry.measure.partition(".")
        price_key = (f"price.{name}", entry.month)
        volume = by_key.get((f"volume.{name}", entry.month))
        if kind in ("volume", "price"):
            pair = ("volume", "price", "revenue") if kind == "volume" else ("price", "volume", "volume")
            keys = [(f"{other}.{name}", entry.month) for other in pair[1:]]
            if keys[0] not in latest and not any(key in by_key for key in keys):
                code = "ledger_needs_price" if kind == "volume" else "ledger_needs_volume"
                params = {"service": name, "month": format_month(entry.month)}
                raise InputError.of(ledger.location, entry.measure, code, **params)
            result.append(entry)
        elif kind != "revenue" or name not in counted:
            result.append(entry)
        elif volume is None:
            params = {"service": name, "month": format_month(entry.month)}
            raise InputError.of(ledger.location, entry.measure, "ledger_needs_volume", **params)
        elif price_key not in by_key and volume.value:
            price = (entry.value / volume.value).normalize()
            price = Decimal(f"{price:.{MAX_PRICE_DIGITS}g}")
            tolerance = (entry.tolerance + price * volume.tolerance) / abs(volume.value)
            result.append(
                LedgerEntry(entry.month, price_key[0], price, entry.status, entry.booked, tolerance, entry.source)
            )
    return result


def _compare(
    ledger: LedgerFile, entries: list[LedgerEntry], problems: list[Problem]
) -> tuple[list[LedgerEntry], list[tuple[LedgerEntry, LedgerEntry]], int]:
    """New entries, restatements as (old, new), and the number of entries that stand there already."""
    by_key: dict[tuple[str, int], list[LedgerEntry]] = defaultdict(list)
    for known in ledger.entries:
        by_key[known.measure, known.month].append(known)
    added: list[LedgerEntry] = []
    restated: list[tuple[LedgerEntry, LedgerEntry]] = []
    unchanged = 0
    for entry in entries:
        name = entry.measure.partition(".")[2]
        key = entry.measure if entry.measure.startswith("cost.") else name
        if len(ledger.texts.get(key, ())) > 1:
            texts = ", ".join(ledger.texts[key][:6])
            problems.append(
                Problem.of(ledger.location, entry.measure, "ledger_many_accounts", service=name, texts=texts)
            )
            continue
        rows = by_key.get((entry.measure, entry.month), [])
        later = [row for row in rows if _day_of(row) > entry.booked]
        earlier = [row for row in rows if _day_of(row) <= entry.booked]
        old = max(enumerate(earlier), key=lambda place: (_day_of(place[1]), place[0]))[1] if earlier else None
        if old is not None and _is_known(old, entry):
            unchanged += 1
        elif later:
            params = {"month": format_month(entry.month), "day": max(map(_day_of, later)), "booked": entry.booked}
            problems.append(Problem.of(ledger.location, entry.measure, "ledger_booked_later", **params))
        else:
            added.append(entry)
            restated += [(old, entry)] if old is not None else []
    return _whole_rows(ledger, added, entries), restated, unchanged


def _day_of(entry: LedgerEntry) -> str:
    """Day on which a row was known as an ISO date; empty for an estimate that was not booked, see `day_known`."""
    day = 0 if entry.booked else day_known(entry.month, 0, entry.status)
    return entry.booked or (date.fromordinal(day).isoformat() if day else "")


def _is_known(old: LedgerEntry, new: LedgerEntry) -> bool:
    """True where the ledger holds a figure, within the digits of the sheet; no estimate follows an actual figure."""
    if old.status == "actual" and new.status == "estimate":
        return True
    is_weaker = old.status != new.status
    return not is_weaker and abs(old.value - new.value) <= new.tolerance


def _whole_rows(ledger: LedgerFile, added: list[LedgerEntry], entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """Added entries; where a row holds volume and price, both of them as soon as one is new."""
    if ledger.form != "volume" or not _fits("volume", added):
        return added
    keys = {(entry.measure.partition(".")[2], entry.month) for entry in added}
    latest = ledger.latest
    complete = [entry for entry in entries if (entry.measure.partition(".")[2], entry.month) in keys]
    present = {(entry.measure, entry.month) for entry in complete}
    for entry in list(complete):
        name = entry.measure.partition(".")[2]
        for kind in ("volume", "price"):
            key = (f"{kind}.{name}", entry.month)
            if key not in present and key in latest:
                complete.append(latest[key])
                present.add(key)
    return complete


def _prepared_text(
    ledger: LedgerFile, must_be_long: bool, lacking: list[str]
) -> tuple[str, tuple[str, ...], LedgerForm]:
    """Text of the ledger before rows are appended, its columns and its form."""
    text = decode_text(ledger.content, ledger.location.file)
    if must_be_long:
        return _long_text(ledger, text)
    if not lacking:
        return text, ledger.columns, ledger.form
    lines = re.split(r"(\r\n|\n|\r)", text)
    is_header = True
    for index in range(0, len(lines), 2):
        if not lines[index].strip(f" \t{ledger.separator}") or re.fullmatch(r"sep=[,;\t][ \t]*", lines[index]):
            continue
        more = lacking if is_header else [""] * len(lacking)
        lines[index] = ledger.separator.join([_without_surplus(lines[index], ledger), *more])
        is_header = False
    return "".join(lines), (*ledger.columns, *lacking), ledger.form


def _without_surplus(line: str, ledger: LedgerFile) -> str:
    """A line without the empty fields of a spreadsheet beyond its last column."""
    surplus = len(next(csv.reader([line], delimiter=ledger.separator))) - len(ledger.columns)
    while surplus > 0 and line.endswith(ledger.separator):
        line, surplus = line[:-1], surplus - 1
    return line


def _long_text(ledger: LedgerFile, text: str) -> tuple[str, tuple[str, ...], LedgerForm]:
    """A short ledger as a long one: each figure a row, its digits as they stand."""
    many = {service: texts for service, texts in ledger.texts.items() if len(texts) > 1}
    if many:
        service, texts = next(iter(many.items()))
        name = service.removeprefix("cost.")
        raise InputError.of(ledger.location, "", "ledger_many_accounts", service=name, texts=", ".join(texts))
    kept = tuple(column for column in ledger.columns if column in ("grade", "note", "currency"))
    columns = ("month", "measure", "value", "status", "booked", "source", *kept)
    rows = read_csv(ledger.path, []).rows if ledger.entries else ()
    newline = _newline(text)
    service_by_text = {entry.text: entry.measure.partition(".")[2] for entry in ledger.entries}
    cost_entries = [entry for entry in ledger.entries if entry.measure.startswith("cost.")]
    costs = {entry.text: entry.measure for entry in cost_entries}
    amounts = (_number_text(entry.value, ledger) for entry in cost_entries)
    lines = [ledger.separator.join(columns)]
    for row in rows:
        name, month = row.text("service"), row.text("month")
        if name in costs:
            figures = {costs[name]: next(amounts)}
        else:
            kinds = ("revenue",) if ledger.form == "revenue" else ("volume", "price")
            figures = {f"{kind}.{service_by_text[name]}": row.text(kind) for kind in kinds}
        others = [row.text(c) if c in row else "" for c in ("status", "booked", "source", *kept)]
        for measure, value in figures.items():
            fields = [month, measure, value, *others]
            lines.append(ledger.separator.join(_quoted(field, ledger.separator) for field in fields))
    return newline.join(lines) + newline, columns, "long"


def _rows_of(
    added: list[LedgerEntry], form: LedgerForm, columns: tuple[str, ...], ledger: LedgerFile
) -> list[list[str]]:
    """Fields of the rows to append, by month and measure."""
    groups: dict[tuple[int, str], list[LedgerEntry]] = defaultdict(list)
    for entry in added:
        name = entry.measure if form == "long" else entry.measure.partition(".")[2]
        groups[entry.month, name].append(entry)
    rows = []
    for (month, name), entries in sorted(groups.items()):
        first = entries[0]
        fields = {
            "month": format_month(month), "status": first.status, "booked": first.booked, "source": first.source,
        }  # fmt: skip
        if form == "long":
            kind, _, service = name.partition(".")
            texts = ledger.texts.get(name if kind == "cost" else service, (service,)) if ledger.form == "long" else ()
            measure = f"{kind}.{texts[0]}" if service and texts else name
            fields |= {"measure": measure, "value": _number_text(first.value, ledger)}
        else:
            fields["service"] = ledger.texts.get(name, (name,))[0]
            fields |= {entry.measure.partition(".")[0]: _number_text(entry.value, ledger) for entry in entries}
        rows.append([fields.get(column, "") for column in columns])
    return rows


def _number_text(value: Decimal, ledger: LedgerFile) -> str:
    """A number as the ledger writes them, never one that may be read in two ways."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}", text):
        text += "0"
    return text.replace(".", ",") if ledger.mark == "," else text


def _quoted(field: str, separator: str) -> str:
    if any(character in field for character in (separator, '"', "\n", "\r")) or field != field.strip():
        return '"' + field.replace('"', '""') + '"'
    return field


def _newline(text: str) -> str:
    match = re.search(r"\r\n|\n|\r", text)
    return match[0] if match else "\n"


def _append(text: str, rows: list[list[str]], ledger: LedgerFile) -> bytes:
    newline = _newline(text)
    end = "" if not text or text.endswith(("\n", "\r")) else newline
    lines = [ledger.separator.join(_quoted(field, ledger.separator) for field in row) + newline for row in rows]
    mark, encoding = next((entry for entry in _ENCODINGS if ledger.content.startswith(entry[0])), (b"", "utf-8"))
    return mark + (text + end + "".join(lines)).encode(encoding)


def write_update(update: LedgerUpdate) -> None:
    """Write a ledger with its new rows, in one step.

    Parameters
    ----------
    update : LedgerUpdate
        What to write; without a row nothing is.

    Raises
    ------
    OutputError
        The ledger changed since it was read, is being written by another call, or the disk refuses; it is as it was.
    """
    if not update.row_count:
        return
    path = real_path(update.ledger.path)
    with _hold_ledger(path, update.ledger.location.file):
        remove_stale_temporaries(path.parent, re.escape(path.name))
        current = path.read_bytes()
        if current != update.ledger.content:
            raise OutputError("ledger_changed", path=update.ledger.location.file)
        if not os.access(path, os.W_OK):
            raise OutputError("ledger_not_writable", path=update.ledger.location.file)
        mode = path.stat().st_mode
        write_file(path, update.content)
        os.chmod(path, mode & 0o7777)


@contextmanager
def _hold_ledger(path: Path, shown: str) -> Iterator[None]:
    """Hold the lock of a ledger; OutputError where another import holds it for too long."""
    is_held = False
    try:
        with hold_lock(path.with_name(f".{path.name}.lock")):
            is_held = True
            yield
    except OutputError as error:
        if error.code == "locked" and not is_held:
            raise OutputError("ledger_busy", path=shown) from None
        raise
