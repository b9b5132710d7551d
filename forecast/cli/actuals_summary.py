"""Summary of an import of actual figures: how sheets were read, what was checked, what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from forecast.cli.text_table import wrap
from forecast.i18n import Note, Translator
from forecast.i18n.amounts import choose_scale

if TYPE_CHECKING:
    from forecast.history.actuals.recognize import ReadActuals
    from forecast.history.actuals.records import ReadSheet
    from forecast.history.ledger_entries import LedgerEntry
    from forecast.workflows.actuals import ImportedActuals

MIN_SHOWN_CHANGE = 0.0005
"""Relative change from which a restatement is listed."""
MAX_LISTED_LINES = 12
"""Restatements, gaps and notes that are listed before they are counted."""


def actuals_lines(result: ImportedActuals, t: Translator) -> list[str]:
    """Lines for a person, at most 80 characters wide where names allow."""
    lines = reading_lines(result.reading, result.currency, t)
    indented = [
        *_restatement_lines(result, t),
        *note_lines(result.reading, t),
        *_listed([t("actuals_gap", measure=m, month=month_words(month, t)) for m, month in result.gaps], t),
        *_listed([t("actuals_lacking", service=s, month=month_words(month, t)) for s, month in result.lacking], t),
        *_result_lines(result, t),
    ]
    lines += [f"  {line}" for line in indented]
    return [part for line in lines for part in wrap(line)]


def reading_lines(reading: ReadActuals, currency: str, t: Translator) -> list[str]:
    """Lines on the sheets that were read, those of one file and unit together."""
    lines: list[str] = []
    for _, group in groupby(reading.sheets, key=lambda sheet: (sheet.file, sheet.factor, sheet.style)):
        lines += _sheet_lines(list(group), currency, t)
    return lines


def note_lines(reading: ReadActuals, t: Translator) -> list[str]:
    """Lines on what a reader of the sheets should know."""
    return _listed([_note_line(note, t) for note in reading.notes], t)


def month_words(month: int, t: Translator) -> str:
    """A month as people write it: `tháng 3/2025`, `Mar 2025`."""
    number = month % 12 + 1
    return t("period_month", name=t(f"month_{number}"), month=number, year=month // 12)


def _months_words(months: Iterable[int], t: Translator) -> str:
    ordered = sorted(set(months))
    if len(ordered) == 1:
        return month_words(ordered[0], t)
    is_run = ordered[-1] - ordered[0] == len(ordered) - 1
    key = "actuals_months_run" if is_run else "actuals_months_some"
    return t(key, first=month_words(ordered[0], t), last=month_words(ordered[-1], t), count=len(ordered))


def _unit_words(sheet: ReadSheet, currency: str, t: Translator) -> str:
    unit = choose_scale("revenue", [float(sheet.factor)], currency, t).unit
    return t("actuals_unit_guessed", unit=unit) if sheet.is_factor_guessed else unit


def _sheet_lines(sheets: list[ReadSheet], currency: str, t: Translator) -> Iterator[str]:
    names = [sheet.name for sheet in sheets if sheet.name]
    place = sheets[0].file
    if len(names) == 1:
        place = t("actuals_sheet", file=place, sheet=names[0])
    elif names:
        place = t("actuals_sheets", file=place, count=len(names), first=names[0], last=names[-1])
    months = [month for sheet in sheets for month in sheet.months]
    style = t("actuals_style_text", example=sheets[0].style) if sheets[0].style else t("actuals_style_cells")
    if months:
        unit = _unit_words(sheets[0], currency, t)
        yield t("actuals_read", place=place, months=_months_words(months, t), unit=unit, style=style)
    labels = {label for sheet in sheets for label in sheet.labels}
    measures = sorted({measure for sheet in sheets for measure in sheet.measures})
    yield "  " + t("actuals_matched", labels=len(labels), measures=", ".join(measures))
    sums, cumulative = (sum(getattr(sheet, name) for sheet in sheets) for name in ("sums", "cumulative"))
    key = ("actuals_sums" if sums else "actuals_no_sums") + ("_and_cumulative" if cumulative else "")
    yield "  " + t(key, sums=sums, cumulative=cumulative)


def _restatement_lines(result: ImportedActuals, t: Translator) -> list[str]:
    """Restatements one by one; those of another status, and those that only have other digits, are counted."""
    statuses: Counter[tuple[str, str]] = Counter()
    shown, little = [], 0
    for old, new in result.update.restated:
        if old.status != new.status:
            statuses[old.status, new.status] += 1
        elif old.value and abs(new.value / old.value - 1) < MIN_SHOWN_CHANGE:
            little += 1
        else:
            shown.append(_restatement_line(old, new, result.currency, t))
    lines = _listed(shown, t)
    lines += [t("actuals_restated_little", count=little)] if little else []
    return lines + [
        t("actuals_now_actual", count=count, status=old, new=new) for (old, new), count in sorted(statuses.items())
    ]


def _restatement_line(old: LedgerEntry, new: LedgerEntry, currency: str, t: Translator) -> str:
    scale = choose_scale(new.measure, [float(old.value), float(new.value)], currency, t)
    decimals = next((places for places in range(7) if round(float(old.value) / scale.factor, places)
                     != round(float(new.value) / scale.factor, places)), 6)  # fmt: skip
    decimals = max(decimals, scale.decimals)
    texts = {"old": scale.number(float(old.value), decimals), "new": scale.amount(float(new.value), decimals)}
    change = f"{t.number(100 * float(new.value / old.value - 1), 1)}%" if old.value else ""
    change = change if change.startswith("\N{MINUS SIGN}") or not change else f"+{change}"
    month = month_words(new.month, t)
    return t("actuals_restated", measure=new.measure, month=month, change=change, **texts)


def _note_line(note: Note, t: Translator) -> str:
    key, params = note
    return t(key, **dict(params))


def _listed(lines: list[str], t: Translator) -> list[str]:
    more = len(lines) - MAX_LISTED_LINES
    return lines[:MAX_LISTED_LINES] + ([t("actuals_and_more", count=more)] if more > 0 else [])


def _result_lines(result: ImportedActuals, t: Translator) -> Iterator[str]:
    update = result.update
    file = update.ledger.location.file
    if update.unchanged:
        yield t("actuals_unchanged", count=update.unchanged)
    if update.converted_to:
        yield t(f"actuals_converted_{update.converted_to}", file=file)
    if not update.row_count:
        yield t("actuals_nothing_new", file=file)
        return
    days = sorted({entry.booked for entry in update.added})
    booked = days[0] if len(days) == 1 else f"{days[0]} … {days[-1]}"
    key = "actuals_written" if result.is_written else "actuals_would_write"
    yield t(key, rows=update.row_count, file=file, booked=booked)


def actuals_json(result: ImportedActuals, t: Translator) -> dict[str, Any]:
    """The same for programs."""
    update = result.update
    return {
        "plan": result.plan_file,
        "ledger": update.ledger.location.file,
        "rows": update.row_count,
        "written": result.is_written,
        "unchanged": update.unchanged,
        "converted_to": update.converted_to,
        "figures": [
            {
                "month": f"{figure.month // 12:04d}-{figure.month % 12 + 1:02d}",
                "measure": figure.measure,
                "value": float(figure.value),
                "status": figure.status,
                "booked": figure.booked.isoformat() if figure.booked else "",
                "source": figure.source,
            }
            for figure in result.reading.figures
        ],
        "restated": [
            {"measure": new.measure, "month": f"{new.month // 12:04d}-{new.month % 12 + 1:02d}",
             "old": float(old.value), "new": float(new.value)}
            for old, new in update.restated
        ],
        "sheets": [
            {"file": sheet.file, "sheet": sheet.name, "unit": float(sheet.factor), "unit_guessed":
             sheet.is_factor_guessed, "sums": sheet.sums, "cumulative": sheet.cumulative}
            for sheet in result.reading.sheets
        ],
        "notes": [_note_line(note, t) for note in result.reading.notes],
    }  # fmt: skip
