"""From the months of a workbook, or of a ledger, to a plan that runs at once."""

from __future__ import annotations

import math
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from forecast.errors import InputError, Location, Problem, raise_if_problems
from forecast.files.paths import display_path
from forecast.files.workbook import Workbook, read_workbook
from forecast.history.accounts import Accounts
from forecast.history.actuals.discovery import (
    DiscoveredAccounts,
    LeftOutAccount,
    discover_accounts,
    discover_currency,
)
from forecast.history.actuals.recognize import ReadActuals, read_actuals
from forecast.history.actuals.records import ActualFigure, ActualsContext
from forecast.history.ledger import read_history
from forecast.history.ledger_entries import new_ledger, open_ledger
from forecast.history.ledger_figures import day_known
from forecast.history.ledger_update import plan_update
from forecast.i18n import Language, Translator
from forecast.i18n.amounts import choose_scale
from forecast.periods import SEASON_MONTHS, first_day, format_month
from forecast.plan.draft import DraftCost, DraftRange, DraftService, PlanDraft, compose_plan
from forecast.plan.record import MAX_NAME_CHARS
from forecast.stats.annual_change import predict_annual_change
from forecast.units import fold_text
from forecast.workflows.actuals import sheet_unit_factor
from forecast.workflows.new_plan import PLAN_FILE, SCHEMA_FILE, schema_bytes

__all__ = ["DraftedPlan", "DroppedService", "LedgerRequest", "draft_from_ledger"]

LEDGER_FILE = "data/ledger.csv"
MIN_OVERLAP_MONTHS = 6
"""Months of a second year that tell a change from the first, where it is not complete [C]."""
MIN_CHANGES_FOR_RECORD = 2
"""Changes from year to year from which a range rests on records (grade B)."""
PRIOR_SD, PRIOR_PRICE_SD = 0.06, 0.02
"""Standard deviation of a year's change before any is known: of a volume, a revenue or a cost as measured in
`benchmarks/annual_change.py`, of a price by judgement [C]."""
MAX_NEGATIVE_MONTHS = 1
"""Months below zero beyond which a year is no measure of a size that could grow."""
GIVEN_HALF_WIDTH = 0.3
"""Half the width of the range of a year of which only a part is known [C]."""
MID_YEAR = 6
"""Last month up to which a plan of the same year is drafted; later, the next year is in its horizon too."""
FALLBACK_NAME = "line"


@dataclass(frozen=True)
class LedgerRequest:
    """Files to draft a plan from, and what they do not state."""

    files: tuple[Path, ...]
    language: Language | None = None
    """Language of the remarks; that of the sheets where it is None."""
    currency: str = ""
    """Three letters; that of the sheets where it is empty."""
    unit: str = ""
    """Unit of all amounts of money; that of the sheets where it is empty."""


@dataclass(frozen=True)
class DroppedService:
    """A line of the sheets that a plan cannot have."""

    text: str
    reason: Literal["zero", "ended", "volume"]
    """Zero in all months; ended before the others; its volume is not known in all months, so that revenue alone is."""
    month: int
    """Its last month, from year 0."""


@dataclass(frozen=True)
class DraftedPlan:
    """A drafted project, and what was guessed for it."""

    content: Mapping[str, bytes]
    """Files by name."""
    language: Language
    currency: str
    is_currency_guessed: bool
    draft: PlanDraft
    reading: ReadActuals | None
    """None where the file was a ledger already."""
    left_out: tuple[LeftOutAccount, ...]
    dropped: tuple[DroppedService, ...]
    counted: tuple[str, ...]
    """Services with volume and price."""
    months: tuple[int, int]
    """First and last month of the ledger, from year 0."""
    row_count: int
    ledger_file: str = LEDGER_FILE


@dataclass
class _Books:
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


def draft_from_ledger(request: LedgerRequest, folder: Path) -> DraftedPlan:
    """Read months and draft a plan from them; nothing is written.

    Parameters
    ----------
    request : LedgerRequest
        The files: workbooks, CSV files of any of the layouts of `data actuals`, or one ledger of a plan.
    folder : Path
        Folder of the project to be, for problems.

    Returns
    -------
    DraftedPlan
        Files of a project whose plan was read and checked.

    Raises
    ------
    InputError
        The files cannot be read in one way only: every problem, with the way out.
    """
    workbooks = [read_workbook(file) for file in request.files]
    currency, is_stated = discover_currency(workbooks)
    language: Language = request.language or ("vi" if currency == "VND" else "en")
    if request.currency and currency and is_stated and request.currency != currency:
        params = {"currency": request.currency, "stated": currency}
        raise InputError.of(Location(workbooks[0].file), "", "new_other_currency", **params)
    is_guessed = not (is_stated or request.currency)
    currency = request.currency or currency or ("VND" if language == "vi" else "")
    if not currency:
        raise InputError.of(Location(workbooks[0].file), "", "new_no_currency")
    t = Translator(language)
    if len(workbooks) == 1 and _is_ledger(workbooks[0]):
        books = _read_ledger(request.files[0], currency)
    else:
        books = _read_sheets(request, workbooks, currency)
    names = ", ".join(Path(workbook.file).name for workbook in workbooks)
    draft = _draft(books, names, currency, t)
    content = {
        PLAN_FILE: compose_plan(draft, t).encode(),
        LEDGER_FILE: books.content,
        SCHEMA_FILE: schema_bytes(),
    }
    _check_project(content, folder)
    first = min(min(months) for measure, months in books.values.items() if measure.startswith("revenue."))
    counted = tuple(name for name in books.names("revenue") if f"volume.{name}" in books.values)
    return DraftedPlan(
        content, language, currency, is_guessed, draft, books.reading, books.left_out, books.dropped, counted,
        (first, books.last), books.row_count,
    )  # fmt: skip


def _is_ledger(workbook: Workbook) -> bool:
    """True for a CSV with the columns of a ledger."""
    sheet = workbook.sheets[0] if len(workbook.sheets) == 1 and not workbook.sheets[0].name else None
    heading = next((row for row in sheet.rows if any(row)), ()) if sheet else ()
    columns = {str(cell).strip().lower() for cell in heading}
    figures = ({"service", "revenue"}, {"service", "volume", "price"}, {"measure", "value"})
    return {"month", "status"} <= columns and any(names <= columns for names in figures)


def _read_ledger(file: Path, currency: str) -> _Books:
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
    return _Books(ledger.content, rows, dict(values), dict(statuses), sources, known_on, names)


def _read_sheets(request: LedgerRequest, workbooks: Sequence[Workbook], currency: str) -> _Books:
    discovered = discover_accounts(workbooks, currency)
    if not discovered.accounts:
        raise InputError.of(Location(workbooks[0].file), "", "sheet_nothing_found")
    labels, measures = _name_accounts(discovered)
    context = ActualsContext(
        measures=measures,
        currency=currency,
        unit_factor=sheet_unit_factor(request.unit, currency),
        default_factor=Decimal(1) if currency != "VND" else None,
    )
    reading = read_actuals(workbooks, context)
    figures, dropped = _select_figures(reading.figures, labels)
    kinds = {figure.measure.partition(".")[0] for figure in figures}
    if "revenue" not in kinds and not {"volume", "price"} <= kinds:
        raise InputError.of(Location(workbooks[0].file), "", "new_no_revenue")
    raise_if_problems(list(_gap_problems(figures, labels)))
    update = plan_update(new_ledger(Path(LEDGER_FILE), _ledger_columns(figures)), figures, convert=False)
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
    return _Books(
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


def _draft(books: _Books, files: str, currency: str, t: Translator) -> PlanDraft:
    last = books.last
    services = books.names("revenue")
    full_year = SEASON_MONTHS * ((last + 1) // SEASON_MONTHS) - SEASON_MONTHS
    has_full_year = {name: min(books.values[f"revenue.{name}"]) <= full_year for name in services}
    first, months, target_first = _horizon(last, any(has_full_year.values()))
    revenue = [books.values[f"revenue.{name}"] for name in services]
    year = range(last - SEASON_MONTHS + 1, last + 1)
    is_last_year = all(min(values) <= year[0] for values in revenue)
    total = math.fsum(_year_size(values, last) for values in revenue)
    headcount = books.values.get("headcount", {})
    return PlanDraft(
        files=files,
        as_of=date.fromordinal(books.known_on),
        currency=currency,
        first=first,
        months=months,
        ledger=f"../{LEDGER_FILE}",
        has_open_estimates=any("estimate" in s for month, s in books.statuses.items() if month >= first),
        services=tuple(
            _draft_service(books, name, first, full_year if has_full_year[name] else None, currency, t)
            for name in services
        ),
        costs=tuple(_draft_cost(books, name, t) for name in books.names("cost")),
        headcount=round(headcount[max(headcount)]) if headcount else 0,
        target_first=target_first,
        target=total,
        is_last_year=is_last_year,
    )


def _horizon(last: int, has_full_year: bool) -> tuple[int, int, int]:
    """First month, number of months and first month of the target of a plan whose books end with a month."""
    start, month = last - last % SEASON_MONTHS, last % SEASON_MONTHS + 1
    if month == SEASON_MONTHS or not has_full_year:
        return last + 1, SEASON_MONTHS, last + 1
    if month <= MID_YEAR:
        return start, SEASON_MONTHS, start
    return start, 2 * SEASON_MONTHS, start + SEASON_MONTHS


def _draft_service(
    books: _Books, name: str, start: int, full_year: int | None, currency: str, t: Translator
) -> DraftService:
    revenue = books.values[f"revenue.{name}"]
    volume = books.values.get(f"volume.{name}")
    measured = revenue if volume is None else volume
    source = books.sources.get(f"revenue.{name}" if volume is None else f"volume.{name}", "")
    is_reconstructed = any("reconstructed" in books.statuses[month] for month in revenue)
    growth = price_change = None
    n_negative = sum(value < 0 for value in measured.values())
    if (
        full_year is not None
        and _sum(measured, full_year + SEASON_MONTHS - 1) > 0
        and (n_negative <= MAX_NEGATIVE_MONTHS or is_reconstructed)
    ):
        growth = _change_range(_annual_changes(measured), source, PRIOR_SD, t)
        if volume is not None:
            price_source = books.sources.get(f"price.{name}") or books.sources.get(f"revenue.{name}", source)
            price_change = _change_range(_annual_changes(revenue, volume), price_source, PRIOR_PRICE_SD, t)
    annual = None
    if min(revenue) >= start:
        mean = math.fsum(measured.values()) / len(measured) * SEASON_MONTHS
        low, high = ((1 - GIVEN_HALF_WIDTH) * mean, (1 + GIVEN_HALF_WIDTH) * mean)
        annual = DraftRange(low, high, "C", source, t("draft_given_note", count=len(measured)))
    noise = DraftRange(0.04, 0.10, "C", "", t("draft_noise_note")) if is_reconstructed else None
    recent = _sum(revenue, max(revenue))
    remark = t(
        "draft_service" if growth or annual else "draft_service_short" if full_year is None else "draft_service_level",
        first=format_month(min(revenue)),
        last=format_month(max(revenue)),
        amount=choose_scale("revenue", [recent], currency, t).amount(recent),
        count=min(SEASON_MONTHS, len(revenue)),
    )
    label = books.labels[name]
    return DraftService(name, label, growth, price_change, noise, annual, remark)


def _draft_cost(books: _Books, name: str, t: Translator) -> DraftCost:
    """A cost as the mean month of its last year, and the change that its own past shows."""
    values = books.values[f"cost.{name}"]
    months = range(max(values) - SEASON_MONTHS + 1, max(values) + 1)
    recent = [values[month] for month in months if month in values]
    mean = math.fsum(recent) / len(recent)
    changes = _annual_changes(values)
    low, high = predict_annual_change([change for _, change in changes], PRIOR_SD)
    grade = "B" if len(changes) >= MIN_CHANGES_FOR_RECORD else "C"
    note = t("draft_cost_note", count=len(recent))
    per_month = DraftRange(mean * (1 + low), mean * (1 + high), grade, books.sources.get(f"cost.{name}", ""), note)
    return DraftCost(name, books.labels[name], per_month)


def _sum(values: Mapping[int, float], last: int) -> float:
    """Sum of the twelve months that end with a month; of those that are known."""
    return math.fsum(values.get(month, 0.0) for month in range(last - SEASON_MONTHS + 1, last + 1))


def _year_size(values: Mapping[int, float], last: int) -> float:
    """Last twelve months of a service; twelve times the mean month of one that is younger."""
    count = min(SEASON_MONTHS, last - min(values) + 1)
    return _sum(values, last) / count * SEASON_MONTHS


def _annual_changes(values: Mapping[int, float], divisor: Mapping[int, float] | None = None) -> list[tuple[str, float]]:
    """Changes from year to year, each with the last month of its year; of a ratio where there is a divisor."""
    last, count = max(values), len(values)

    def level(months: Sequence[int]) -> float:
        total = math.fsum(values.get(month, 0.0) for month in months)
        below = math.fsum(divisor.get(month, 0.0) for month in months) if divisor is not None else 1.0
        return total / below if below > 0 else 0.0

    def year(back: int, length: int = SEASON_MONTHS) -> Sequence[int]:
        end = last - SEASON_MONTHS * back
        return range(end - length + 1, end + 1)

    lengths = [SEASON_MONTHS] * (count // SEASON_MONTHS - 1)
    overlap = count - SEASON_MONTHS
    if not lengths and overlap >= MIN_OVERLAP_MONTHS:
        lengths = [overlap]
    changes = []
    for back, length in enumerate(lengths):
        now, before = level(year(back, length)), level(year(back + 1, length))
        if now <= 0 or before <= 0:
            return []
        end = last - SEASON_MONTHS * back
        changes.append((str(end // 12) if end % 12 == SEASON_MONTHS - 1 else format_month(end), now / before - 1))
    return changes[::-1]


def _change_range(changes: Sequence[tuple[str, float]], source: str, prior_sd: float, t: Translator) -> DraftRange:
    low, high = predict_annual_change([change for _, change in changes], prior_sd)
    low, high = round(low, 2), round(high, 2)
    grade = "B" if len(changes) >= MIN_CHANGES_FOR_RECORD and source else "C"
    listed = "; ".join(f"{period}: {_signed_percent(change, t)}" for period, change in changes)
    note = listed if len(changes) >= MIN_CHANGES_FOR_RECORD else t("draft_one_change", changes=listed)
    return DraftRange(
        low, max(high, low + 0.01), grade, source, note if changes else t("draft_no_change"), len(changes)
    )


def _signed_percent(change: float, t: Translator) -> str:
    text = t.number(100 * change, 1)
    return f"{text}%" if change < 0 else f"+{text}%"


def _check_project(content: Mapping[str, bytes], folder: Path) -> None:
    """Read and check a drafted project in a folder of its own, so that nothing is written that does not run."""
    from forecast.plan.accounts import read_plan_history
    from forecast.plan.loading.loader import read_plan
    from forecast.timeseries.checks import check_baselines, check_history

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for name, text in content.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(text)
        try:
            scenario = read_plan(root / PLAN_FILE).scenario
            history = read_plan_history(scenario)
            raise_if_problems(check_baselines(scenario))
            raise_if_problems(check_history(scenario, history) if history is not None else [])
        except InputError as error:
            shown = display_path(folder)
            raise InputError([_relocate(problem, display_path(root), shown) for problem in error.problems]) from None


def _relocate(problem: Problem, temporary: str, folder: str) -> Problem:
    place = problem.location
    return replace(problem, location=replace(place, file=place.file.replace(temporary, folder)))
