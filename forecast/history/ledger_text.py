"""Text of a ledger with more rows: in its own encoding, separator, digits and line ends; what is there stays."""

from __future__ import annotations

import codecs
import csv
import re
from collections import defaultdict
from decimal import Decimal

from forecast.errors import InputError
from forecast.files.csv import read_csv
from forecast.files.encoding import decode_text
from forecast.history.ledger_entries import LedgerEntry, LedgerFile, LedgerForm
from forecast.periods import format_month

__all__ = ["append_rows", "prepared_text", "row_fields"]

_ENCODINGS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def prepared_text(
    ledger: LedgerFile, must_be_long: bool, lacking: list[str]
) -> tuple[str, tuple[str, ...], LedgerForm]:
    """Prepare the text of a ledger for more rows.

    Parameters
    ----------
    ledger : LedgerFile
        As it was read.
    must_be_long : bool
        True where a short ledger is made long.
    lacking : list of str
        Columns that are added.

    Returns
    -------
    text, columns, form : tuple of str, tuple of str and LedgerForm
        The text before rows are appended, its columns and its form.

    Raises
    ------
    InputError
        Several accounts of one service cannot be made long.
    """
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


def row_fields(
    added: list[LedgerEntry], form: LedgerForm, columns: tuple[str, ...], ledger: LedgerFile
) -> list[list[str]]:
    """Write figures as fields of rows, by month and measure.

    Parameters
    ----------
    added : list of LedgerEntry
        The figures.
    form : LedgerForm
        Of the ledger that they are appended to.
    columns : tuple of str
        Its columns.
    ledger : LedgerFile
        As it was read, for the texts of its accounts and its decimal mark.

    Returns
    -------
    list of list of str
        A field for each column.
    """
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


def append_rows(text: str, rows: list[list[str]], ledger: LedgerFile) -> bytes:
    """Compose the bytes of a ledger with rows at its end.

    Parameters
    ----------
    text : str
        Its text so far.
    rows : list of list of str
        Fields of the rows, in the order of its columns.
    ledger : LedgerFile
        As it was read: its encoding and separator stay.

    Returns
    -------
    bytes
        The whole file.
    """
    newline = _newline(text)
    end = "" if not text or text.endswith(("\n", "\r")) else newline
    lines = [ledger.separator.join(_quoted(field, ledger.separator) for field in row) + newline for row in rows]
    mark, encoding = next((entry for entry in _ENCODINGS if ledger.content.startswith(entry[0])), (b"", "utf-8"))
    return mark + (text + end + "".join(lines)).encode(encoding)
