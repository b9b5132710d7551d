"""Figures appended to a ledger, in one step; no row that is there changes.

A figure that it holds already is not repeated; another figure of a month that it holds is a later row, a restatement.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from forecast.errors import InputError, OutputError, Problem, raise_if_problems
from forecast.files.atomic import write_file
from forecast.files.locks import hold_lock
from forecast.files.paths import real_path
from forecast.files.temporaries import remove_stale_temporaries
from forecast.history.actuals.records import ActualFigure
from forecast.history.ledger_entries import LedgerEntry, LedgerFile, LedgerForm, entry_day
from forecast.history.ledger_text import append_rows, prepared_text, row_fields
from forecast.periods import format_month

__all__ = ["LedgerUpdate", "plan_update", "write_update"]

_BOOKING_COLUMNS = ("booked", "source")
MAX_PRICE_DIGITS = 15
"""Significant digits of a price that is computed from revenue and volume."""


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
    text, columns, form = prepared_text(ledger, must_be_long, lacking)
    rows = row_fields(added, form, columns, ledger)
    content = append_rows(text, rows, ledger)
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
        later = [row for row in rows if entry_day(row) > entry.booked]
        earlier = [row for row in rows if entry_day(row) <= entry.booked]
        old = max(enumerate(earlier), key=lambda place: (entry_day(place[1]), place[0]))[1] if earlier else None
        if old is not None and _is_known(old, entry):
            unchanged += 1
        elif later:
            params = {"month": format_month(entry.month), "day": max(map(entry_day, later)), "booked": entry.booked}
            problems.append(Problem.of(ledger.location, entry.measure, "ledger_booked_later", **params))
        else:
            added.append(entry)
            restated += [(old, entry)] if old is not None else []
    return _whole_rows(ledger, added, entries), restated, unchanged


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
