"""Sections of a report on assumptions, sources, data status and provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from forecast.errors import Location
from forecast.i18n import Note, Translator
from forecast.i18n.dates import localize_dates
from forecast.plan.assumption import Assumption
from forecast.plan.data_files import path_in_project
from forecast.plan.describe import decimals_of_middle, describe_skewness
from forecast.reports.content.context import RunView
from forecast.reports.content.sensitivity import sources_sentence
from forecast.reports.content.text import date_text, foreign_language, name_text, range_text, sentence_case
from forecast.units import SCALES

__all__ = ["quantity_text"]

MIN_WHOLE_NUMBER = 10_000
"""Number from which decimals say nothing, and some currencies have none."""


@dataclass(frozen=True)
class AssumptionRow:
    """One assumption, as the report prints it."""

    name: str
    label: str
    text: str
    """As written in the plan."""
    unit: str
    meaning: str
    """Its 80% range and its middle as a sentence."""
    warning: str
    """Where its middle is far from halfway between its ends, what to write instead; else empty."""
    source: str
    source_language: str
    """Language of the source, where it is not that of the page; else empty."""
    note: str
    note_language: str
    grade: str
    """Empty for one sure value that nobody graded."""
    location: str
    hindsight: str
    """The day its source came out, as a sentence, where that is after the day of the plan; else empty."""


@dataclass(frozen=True)
class AssumptionGroup:
    """Assumptions about one service, shock, initiative, cost or part of the plan."""

    label: str
    assumptions: tuple[AssumptionRow, ...]
    grades: str
    """Count by grade of those that are drawn: `A 2 · B 3 · C 1`."""
    warning_count: int
    """Assumptions with a warning."""
    hindsight_count: int
    """Assumptions whose source came out after the day of the plan."""


def assumption_groups(view: RunView, t: Translator) -> list[AssumptionGroup]:
    """Return every assumption, grouped by the service, shock, initiative, cost or part of the plan."""
    hindsight_names = view.hindsight_assumptions()
    rows_by_group: dict[str, list[AssumptionRow]] = {}
    for assumption in view.assumptions():
        parts = assumption.name.split(".")
        is_named = parts[0] in ("services", "shocks", "initiatives", "costs") and len(parts) > 2
        group_name = ".".join(parts[: 2 if is_named else 1])
        rows_by_group.setdefault(group_name, []).append(
            _assumption_row(assumption, view, t, assumption.name in hindsight_names)
        )
    return [_assumption_group(name, rows, view, t) for name, rows in rows_by_group.items()]


def _assumption_group(name: str, rows: list[AssumptionRow], view: RunView, t: Translator) -> AssumptionGroup:
    drawn = {assumption.name for assumption in view.drawn_assumptions()}
    counts = Counter(row.grade for row in rows if row.name in drawn)
    grades = " · ".join(f"{grade} {counts[grade]}" for grade in "ABC" if counts[grade])
    hindsight_count = sum(bool(row.hindsight) for row in rows)
    key = f"group_{name}"
    label = t(key) if t.has(key) else sentence_case(name_text(name, view.scenario, t))
    warning_count = sum(bool(row.warning) for row in rows)
    return AssumptionGroup(label, tuple(rows), grades, warning_count, hindsight_count)


def _assumption_row(assumption: Assumption, view: RunView, t: Translator, is_hindsight: bool) -> AssumptionRow:
    return AssumptionRow(
        name=assumption.name,
        label=name_text(assumption.name, view.scenario, t),
        text=assumption.text,
        unit=range_text(f" {assumption.unit}", t).strip(),
        meaning=describe_range(assumption, t),
        warning="" if assumption.same_as else describe_skewness(assumption, view.scenario.currency, t),
        source=assumption.source.in_language(t.language) or t("assumption_judgement"),
        source_language=foreign_language(assumption.source, t),
        note=assumption.note.in_language(t.language),
        note_language=foreign_language(assumption.note, t),
        grade=assumption.shown_grade,
        location=location_text(assumption.location, view),
        hindsight=t("hindsight_mark", known=localize_dates(assumption.known_since, t)) if is_hindsight else "",
    )


def describe_range(assumption: Assumption, t: Translator) -> str:
    """Return the P10 to P90 of an assumption and its middle as a sentence."""
    if assumption.same_as:
        return t("assumption_same", name=assumption.same_as)
    if assumption.is_constant:
        return t("assumption_constant")
    low_text, middle_text, high_text = quantile_texts(assumption, t)
    return t("assumption_range", low=low_text, middle=middle_text, high=high_text)


def quantile_texts(assumption: Assumption, t: Translator) -> tuple[str, str, str]:
    """Return the P10, the median and the P90 of an assumption in its unit."""
    quantiles = [float(value) for value in assumption.distribution.ppf(np.array([0.1, 0.5, 0.9]))]
    if assumption.dimension == "day":
        first, median, last = (_day_text(day, t) for day in quantiles)
        return first, median, last
    low, middle, high = (value / _unit_factor(assumption) for value in quantiles)
    end_decimals = _common_decimals((low, high))
    decimals = (end_decimals, decimals_of_middle(middle, high - low), end_decimals)
    unit = "%" if assumption.dimension == "percent" else f" {assumption.unit}" if assumption.unit else ""
    first, median, last = (
        range_text(t.number(value, places) + unit, t)
        for value, places in zip((low, middle, high), decimals, strict=True)
    )
    return first, median, last


def quantity_text(assumption: Assumption, value: float, t: Translator, decimals: int = 1) -> str:
    """Return a value of an assumption in the unit in which the planner wrote it, or as a date.

    Parameters
    ----------
    assumption : Assumption
        Of the plan.
    value : float
        In base units.
    t : Translator
        Language of the text.
    decimals : int
        Decimals of a number; none of one with five digits or more.

    Returns
    -------
    str
        Such as `-2.0%`, `139.2 tỷ` or `15/03/2021`.
    """
    if assumption.dimension == "day":
        return _day_text(value, t)
    unit = "%" if assumption.dimension == "percent" else f" {assumption.unit}" if assumption.unit else ""
    number = value / _unit_factor(assumption)
    shown = 0 if abs(number) >= MIN_WHOLE_NUMBER else decimals
    return range_text(t.number(number, shown) + unit, t)


def _day_text(ordinal: float, t: Translator) -> str:
    return date_text(date.fromordinal(int(ordinal)), t)


def _unit_factor(assumption: Assumption) -> float:
    """Return the size of the unit in which the planner wrote an assumption."""
    if assumption.dimension == "percent":
        return 0.01
    return (
        _DAYS_PER_UNIT.get(assumption.unit, 1.0) if assumption.dimension == "days" else _money_factor(assumption.unit)
    )


def _common_decimals(ends: tuple[float, float]) -> int:
    """Return the decimals that both ends need, at most one; else those that suit the larger end."""
    for decimals in range(2):
        if all(abs(round(end, decimals) - end) < 1e-6 * max(1.0, abs(end)) for end in ends):
            return decimals
    size = max(map(abs, ends))
    return 0 if size >= 10 else 1 if size >= 1 else 2


_DAYS_PER_UNIT = {
    "weeks": 7.0,
    "week": 7.0,
    "tuần": 7.0,
    **dict.fromkeys(("months", "month", "tháng"), 365 / 12),
    **dict.fromkeys(("year", "years", "năm"), 365.0),
}


def _money_factor(unit: str) -> float:
    first = unit.partition("/")[0].split(" ")[0]
    return SCALES.get(first, 1.0)


def location_text(location: Location, view: RunView) -> str:
    """Return file and line from the project's folder, `scenarios/covid.yaml:9`: no page names the machine."""
    return f"{path_in_project(location.file, view.scenario)}:{location.cell or location.line}"


def count_grades(view: RunView) -> Counter[str]:
    """Count the assumptions of each grade: those that are drawn."""
    return Counter(assumption.grade for assumption in view.drawn_assumptions())


def judgement_notes(view: RunView, t: Translator) -> list[str]:
    """Return the sentences on how much rests on judgement; none where the plan has no unsure number."""
    counts = count_grades(view)
    if not counts:
        return []
    notes = []
    if view.decisions.sources is not None:
        notes.append(sources_sentence(view.decisions.sources, t))
    notes.append(t("judgement_counts", all=counts.total(), a=counts["A"], b=counts["B"], c=counts["C"]))
    return notes


def data_notes(view: RunView, t: Translator) -> list[str]:
    """Return the sentences on reconstructed months and on hindsight."""
    status: Mapping[str, int] = view.summary.get("data_status", {})
    total = sum(status.values())
    notes = [
        t(f"data_{kind}", count=status[kind], all=total)
        for kind in ("reconstructed", "estimate", "example")
        if status.get(kind)
    ]
    if not total:
        notes.append(t("data_none"))
    elif not notes:
        notes.append(t("data_actual", count=total))
    hindsight_count, day = len(view.hindsight_assumptions()), date_text(view.as_of, t)
    notes.append(
        t("hindsight_some", count=hindsight_count, date=day) if hindsight_count else t("hindsight_none", date=day)
    )
    return notes


def reader_notes(view: RunView, t: Translator) -> list[str]:
    """Return the sentences on how to read the report."""
    paths = t.number(int(view.summary.get("paths", 0)))
    return [
        t("how_paths", paths=paths),
        *(t(f"how_{key}") for key in ("chance", "range", "grades", "marks", "not")),
    ]


def baseline_notes(view: RunView, t: Translator) -> list[str]:
    """Return the notes of the history and of the baseline, how its years are correlated, and notes on the pages."""
    stored = ((note["key"], tuple(note["params"].items())) for note in view.summary["history_notes"])
    notes = [_note_text(note, view, t) for note in stored]
    if view.scenario.has_correlated_years:
        correlation = view.scenario.correlation_of_years
        decimals = 1 if round(correlation.value, 1) == correlation.value else 2
        notes.append(t("years_correlated", value=t.number(correlation.value, decimals), grade=correlation.grade))
    for service in view.baseline.services.values():
        notes += [_note_text(note, view, t) for note in service.notes if t.has(note[0])]
    return [*dict.fromkeys(notes), *view.notes(t)]


def _note_text(note: Note, view: RunView, t: Translator) -> str:
    key, params = note
    return t(key, **{name: _param_text(name, value, view, t) for name, value in params})


def _param_text(name: str, value: str, view: RunView, t: Translator) -> str:
    """Return a parameter of a note as text; a service by its label."""
    service = view.scenario.services.get(value) if name == "service" else None
    return service.label.in_language(t.language) if service and service.label else localize_dates(value, t)


def run_provenance(view: RunView, t: Translator) -> list[tuple[str, str]]:
    """Return name and value of seed, paths, run, hashes, versions and diagnostics, enough to reproduce the page."""
    summary = view.summary
    entries = [
        (t("provenance_file"), path_in_project(view.scenario.file, view.scenario)),
        (t("provenance_paths"), t.number(int(summary.get("paths", 0)))),
        (t("provenance_seed"), str(summary.get("seed", ""))),
        (t("provenance_run"), str(summary.get("run_id", ""))),
        (t("provenance_history"), view.baseline.digest),
    ]
    entries.append((t("provenance_lock"), str(view.manifest.get("lock", ""))))
    inputs = {**view.manifest, **summary}
    entries.append((t("provenance_content"), str(inputs.get("scenario_hash", ""))))
    entries.append((t("provenance_code"), str(inputs.get("code", ""))))
    entries += version_entries(inputs.get("versions"), t)
    entries += [(t("provenance_data", name=entry["name"]), str(entry["sha256"])) for entry in inputs.get("data", ())]
    entries += [_correlation_entry(entry, t) for entry in inputs.get("correlations", ())]
    entries += [
        (t("provenance_diagnostic", name=name), _value_text(value, t))
        for name, value in _items(inputs.get("diagnostics"))
    ]
    return [(key, value) for key, value in entries if value]


def version_entries(versions: Any, t: Translator) -> list[tuple[str, str]]:
    """Return name and version of Python, this program and each library, and the kind of machine."""
    return [
        (t("provenance_machine") if name == "machine" else t("provenance_version", name=name), str(version))
        for name, version in _items(versions)
    ]


def _items(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        yield from content.items()


def _correlation_entry(entry: Mapping[str, Any], t: Translator) -> tuple[str, str]:
    requested, achieved = (t.number(float(entry.get(key) or 0.0), 2) for key in ("asked", "achieved"))
    name = " ~ ".join(map(str, entry.get("between", ()))) or entry.get("name", "")
    return t("provenance_correlation", name=name), t("provenance_requested", asked=requested, achieved=achieved)


def _value_text(value: Any, t: Translator) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return t.number(value, 0 if float(value).is_integer() else 4)
