"""Books of a plan to be: the lines and months that its files hold, and the ledger that is made of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from forecast.errors import InputError, Location, Problem, raise_if_problems
from forecast.files.workbook import Workbook
from forecast.history.accounts import Accounts
from forecast.history.actuals.discovery import DiscoveredAccounts, LeftOutAccount, discover_accounts
from forecast.history.actuals.recognize import ReadActuals, read_actuals
from forecast.history.actuals.records import ActualFigure, ActualsContext
from forecast.history.ledger import read_history
from forecast.history.ledger_entries import new_ledger, open_ledger
from forecast.history.ledger_figures import day_known
from forecast.history.ledger_update import plan_update
from forecast.periods import first_day, format_month
from forecast.plan.record import MAX_NAME_CHARS
from forecast.units import fold_text
from forecast.workflows.actuals import sheet_unit_factor

__all__ = ["DRAFTED_LEDGER", "DiscoveredBooks", "DroppedService", "read_books"]

DRAFTED_LEDGER = "data/ledger.csv"
FALLBACK_NAME = "line"


@dataclass(frozen=True)
class DroppedService:
    """A line of the sheets that a plan cannot have."""

    text: str
    reason: Literal["zero", "ended", "volume"]
    """Zero in all months; ended before the others; its volume is not known in all months, so that revenue alone is."""
    month: int
    """Its last month, from year 0."""


@dataclass
class DiscoveredBooks:
    """Months of the services, costs and people of some files."""

    content: bytes
    """The ledger."""
    row_count: int
    values: dict[str, dict[int, float]]
    """Measure -> month -> value; revenue of each service, also where it is volume times price."""
    statuses: dict[int, set[str]]
    sources: dict[str, str]
    """Measure -> file and cells."""
    known_on: int
    """Ordinal day on which the last row became known."""
    labels: dict[str, str]
    """Service or cost -> its label, in the order of the sheets."""
    reading: ReadActuals | None = None
    left_out: tuple[LeftOutAccount, ...] = ()
    dropped: tuple[DroppedService, ...] = ()

    def names(self, kind: str) -> list[str]:
        """Services or costs with figures, in the order of the sheets."""
        present = {m.partition(".")[2] for m in self.values if m.startswith(f"{kind}.")}
        return [name for name in self.labels if name in present]

    @property
    def last(self) -> int:
        """Last month of the services."""
        return max(max(self.values[f"revenue.{name}"]) for name in self.names("revenue"))


def read_books(files: Sequence[Path], workbooks: Sequence[Workbook], currency: str, unit: str) -> DiscoveredBooks:
    """Read the books of some files: one ledger as it is, or what is discovered in sheets.

    Parameters
    ----------
    files : sequence of Path
        The files.
    workbooks : sequence of Workbook
        Their content, in the same order.
    currency : str
        Three letters.
    unit : str
        Unit of all amounts of money; that of the sheets where it is empty.

    Returns
    -------
    DiscoveredBooks
        With revenue of one service or more.

    Raises
    ------
    InputError
        The files cannot be read in one way only, have no revenue, or have a gap: every problem.
    """
    if len(workbooks) == 1 and _is_ledger(workbooks[0]):
        return _read_ledger(files[0], currency)
    return _read_sheets(workbooks, currency, unit)


def _is_ledger(workbook: Workbook) -> bool:
    """True for a CSV with the columns of a ledger."""
    sheet = workbook.sheets[0] if len(workbook.sheets) == 1 and not workbook.sheets[0].name else None
    heading = next((row for row in sheet.rows if any(row)), ()) if sheet else ()
    columns = {str(cell).strip().lower() for cell in heading}
    figures = ({"service", "revenue"}, {"service", "volume", "price"}, {"measure", "value"})
    return {"month", "status"} <= columns and any(names <= columns for names in figures)


def _read_ledger(file: Path, currency: str) -> DiscoveredBooks:
    """Books of a ledger, which is taken as it is."""
    read_history(str(file), currency, Accounts(), None)  # its own rules: no gap, one end
    ledger = open_ledger(file, currency, Accounts())
    values: dict[str, dict[int, float]] = defaultdict(dict)
    names: dict[str, str] = {}
    slugs: dict[str, str] = {}
    for entry in ledger.entries:
        text = entry.measure.partition(".")[2]
        if text and text not in slugs:
            slugs[text] = _name(text, slugs.values())
            names[slugs[text]] = text[:1].upper() + text[1:].replace("_", " ") if slugs[text] == text else text
    for (measure, month), value in ledger.values().items():
        kind, _, text = measure.partition(".")
        values[f"{kind}.{slugs[text]}" if text else kind][month] = float(value)
    statuses: dict[int, set[str]] = defaultdict(set)
    known_on = 0
    for entry in ledger.entries:
        statuses[entry.month].add(entry.status)
        booked = date.fromisoformat(entry.booked).toordinal() if entry.booked else 0
        known_on = max(known_on, day_known(entry.month, booked, entry.status), first_day(entry.month + 1))
    rows = len(ledger.entries) // (2 if ledger.form == "volume" else 1)
    sources = {}
    for text, slug in slugs.items():
        for kind in ("revenue", "volume", "price", "cost"):
            sources[f"{kind}.{slug}"] = f"{file.name}: {text}"
    return DiscoveredBooks(ledger.content, rows, dict(values), dict(statuses), sources, known_on, names)


def _read_sheets(workbooks: Sequence[Workbook], currency: str, unit: str) -> DiscoveredBooks:
    discovered = discover_accounts(workbooks, currency)
    if not discovered.accounts:
        raise InputError.of(Location(workbooks[0].file), "", "sheet_nothing_found")
    labels, measures = _name_accounts(discovered)
    context = ActualsContext(
        measures=measures,
        currency=currency,
        unit_factor=sheet_unit_factor(unit, currency),
        default_factor=Decimal(1) if currency != "VND" else None,
    )
    reading = read_actuals(workbooks, context)
    figures, dropped = _select_figures(reading.figures, labels)
    kinds = {figure.measure.partition(".")[0] for figure in figures}
    if "revenue" not in kinds and not {"volume", "price"} <= kinds:
        raise InputError.of(Location(workbooks[0].file), "", "new_no_revenue")
    raise_if_problems(list(_gap_problems(figures, labels)))
    update = plan_update(new_ledger(Path(DRAFTED_LEDGER), _ledger_columns(figures)), figures, convert=False)
    values: dict[str, dict[int, float]] = defaultdict(dict)
    statuses: dict[int, set[str]] = defaultdict(set)
    cells: dict[str, list[str]] = defaultdict(list)
    for figure in figures:
        values[figure.measure][figure.month] = float(figure.value)
        statuses[figure.month].add(figure.status)
        cells[figure.measure].append(figure.source)
    for measure in [measure for measure in values if measure.startswith("price.")]:
        name = measure.partition(".")[2]
        for month, volume in values[f"volume.{name}"].items():
            values[f"revenue.{name}"].setdefault(month, volume * values[measure].get(month, 0.0))
    known_on = max(
        max(first_day(figure.month + 1), figure.booked.toordinal() if figure.booked else 0) for figure in figures
    )
    sources = {measure: _cell_range(texts) for measure, texts in cells.items()}
    notes = tuple(note for note in reading.notes if note[0] != "actuals_unmatched")
    return DiscoveredBooks(
        update.content, update.row_count, dict(values), dict(statuses), sources, known_on, labels,
        reading=replace(reading, notes=notes), left_out=discovered.left_out, dropped=dropped,
    )  # fmt: skip


def _name_accounts(discovered: DiscoveredAccounts) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Labels by name, and the measures that each text may stand for."""
    labels: dict[str, str] = {}
    measures: dict[str, tuple[str, ...]] = {}
    for account in discovered.accounts:
        name = _name(account.text, labels)
        labels[name] = account.text
        measures[account.folded] = (*measures.get(account.folded, ()), f"{account.kind}.{name}")
    return labels, measures


def _name(text: str, taken_names: object) -> str:
    """A name that the language allows, like a text, and that no other line has."""
    slug = re.sub(r"[^a-z0-9]+", "_", fold_text(text).replace("đ", "d")).strip("_")
    slug = slug if re.match(r"[a-z]", slug) and slug != "all" else f"{FALLBACK_NAME}_{slug}".strip("_")
    slug = slug[: MAX_NAME_CHARS - 4].strip("_")
    used = set(taken_names)  # type: ignore[call-overload]
    return next(name for name in (slug, *(f"{slug}_{n}" for n in range(2, len(used) + 3))) if name not in used)


def _select_figures(
    figures: Sequence[ActualFigure], labels: Mapping[str, str]
) -> tuple[list[ActualFigure], tuple[DroppedService, ...]]:
    """Figures that a plan can have, and the services that it cannot."""
    by_measure: dict[str, list[ActualFigure]] = defaultdict(list)
    for figure in figures:
        by_measure[figure.measure].append(figure)
    for name in labels:  # a volume that is not known in all months of the revenue makes no price
        revenue = {figure.month for figure in by_measure.get(f"revenue.{name}", ())}
        volume = {figure.month for figure in by_measure.get(f"volume.{name}", ()) if figure.value}
        price = by_measure.get(f"price.{name}", [])
        if (revenue and not revenue <= volume) or (price and not volume):
            by_measure.pop(f"volume.{name}", None)
            by_measure.pop(f"price.{name}", None)
    services = {
        name: [f for kind in ("revenue", "volume") for f in by_measure.get(f"{kind}.{name}", ())] for name in labels
    }
    last = max((figure.month for entries in services.values() for figure in entries), default=0)
    dropped = []
    for name, entries in services.items():
        if not entries:
            continue
        end = max(figure.month for figure in entries)
        if not any(figure.value for figure in entries):
            dropped.append((name, DroppedService(labels[name], "zero", end)))
        elif end < last:
            dropped.append((name, DroppedService(labels[name], "ended", end)))
    names = {name for name, _ in dropped}
    kept = [f for f in figures if f.measure.partition(".")[2] not in names or f.measure.startswith("cost.")]
    kept = [figure for figure in kept if figure.measure in by_measure]
    volumes = {f.measure.partition(".")[2] for f in figures if f.measure.startswith("volume.")}
    without = [
        DroppedService(labels[name], "volume", last)
        for name in labels
        if name in volumes - names and f"volume.{name}" not in by_measure
    ]
    return kept, (*(service for _, service in dropped), *without)


def _gap_problems(figures: Sequence[ActualFigure], labels: Mapping[str, str]) -> Iterator[Problem]:
    """Months without a figure between those of a service, each at the figure before it."""
    months: dict[str, dict[int, ActualFigure]] = defaultdict(dict)
    for figure in figures:
        if figure.measure.startswith(("revenue.", "volume.")):
            months[figure.measure][figure.month] = figure
    for measure, by_month in months.items():
        for month in range(min(by_month), max(by_month)):
            if month not in by_month:
                before = by_month[max(known for known in by_month if known < month)]
                params = {"service": labels[measure.partition(".")[2]], "month": format_month(month)}
                yield Problem.of(before.location, measure, "new_gap", **params)
                break


def _ledger_columns(figures: Sequence[ActualFigure]) -> tuple[str, ...]:
    """Columns of the shortest ledger that holds some figures."""
    kinds = {figure.measure.partition(".")[0] for figure in figures}
    counted = {f.measure.partition(".")[2] for f in figures if f.measure.startswith("volume.")}
    named = {f.measure.partition(".")[2] for f in figures if f.measure.startswith("revenue.")}
    ends = ("status", "booked", "source")
    if kinds == {"revenue"}:
        return ("month", "service", "revenue", *ends)
    if kinds <= {"revenue", "volume", "price"} and named <= counted:
        return ("month", "service", "volume", "price", *ends)
    return ("month", "measure", "value", *ends)


def _cell_range(sources: Sequence[str]) -> str:
    """File and cells of a series: `a.xlsx!DT!C5:N5`, or its first and last cell in two sheets."""
    (first_place, _, first), (last_place, _, last) = sources[0].rpartition("!"), sources[-1].rpartition("!")
    if first_place == last_place:
        return sources[0] if first == last else f"{first_place}!{first}:{last}"
    return f"{sources[0]} … {sources[-1].partition('!')[2]}"
