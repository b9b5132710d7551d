"""The grounds of a report: assumptions with their sources, the state of the data, and where the figures come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from forecast.errors import Location
from forecast.i18n import Translator
from forecast.plan.assumption import Assumption
from forecast.plan.data_files import project_folder
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text, name_text, range_text, sentence_case, tenths_text
from forecast.units import SCALES


@dataclass(frozen=True)
class AssumptionRow:
    """One assumption, as the report prints it."""

    name: str
    label: str
    text: str
    unit: str
    meaning: str
    source: str
    note: str
    grade: str
    location: str
    hindsight: str
    """When its source came out, where that is after the day of the plan; else empty."""


@dataclass(frozen=True)
class AssumptionGroup:
    """The assumptions about one thing."""

    label: str
    assumptions: tuple[AssumptionRow, ...]
    grades: str
    """`A 2 · B 3 · C 1`."""
    hindsight_count: int
    """How many of them are hindsight."""


def assumption_groups(view: RunView, words: Translator) -> list[AssumptionGroup]:
    """Every assumption, with what it is about: a service, a shock, an initiative, or a part of the plan."""
    late = view.hindsight_assumptions()
    found: dict[str, list[AssumptionRow]] = {}
    for assumption in view.assumptions():
        parts = assumption.name.split(".")
        own = parts[0] in ("services", "shocks", "initiatives", "costs") and len(parts) > 2
        group = ".".join(parts[: 2 if own else 1])
        found.setdefault(group, []).append(_assumption_row(assumption, view, words, assumption.name in late))
    return [_assumption_group(name, grounds, view, words) for name, grounds in found.items()]


def _assumption_group(name: str, grounds: list[AssumptionRow], view: RunView, words: Translator) -> AssumptionGroup:
    counts = Counter(ground.grade for ground in grounds)
    grades = " · ".join(f"{grade} {counts[grade]}" for grade in "ABC" if counts[grade])
    late = sum(bool(ground.hindsight) for ground in grounds)
    key = f"group_{name}"
    label = words(key) if words.has(key) else sentence_case(name_text(name, view.scenario, words))
    return AssumptionGroup(label, tuple(grounds), grades, late)


def _assumption_row(assumption: Assumption, view: RunView, words: Translator, late: bool) -> AssumptionRow:
    return AssumptionRow(
        name=assumption.name,
        label=name_text(assumption.name, view.scenario, words),
        text=assumption.text,
        unit=range_text(f" {assumption.unit}", words).strip(),
        meaning=describe_range(assumption, words),
        source=assumption.source or words("assumption_judged"),
        note=assumption.note,
        grade=assumption.grade,
        location=location_text(assumption.location, view),
        hindsight=words("hindsight_mark", known=assumption.known_since) if late else "",
    )


def describe_range(assumption: Assumption, words: Translator) -> str:
    """What a number may be, in one sentence: 8 times in 10 between P10 and P90."""
    if assumption.same_as:
        return words("assumption_same", name=assumption.same_as)
    if assumption.is_constant:
        return words("assumption_sure")
    low, high = (float(end) for end in assumption.distribution.ppf(np.array([0.1, 0.9])))
    if assumption.dimension == "day":
        return words("assumption_range", low=_day_text(low, words), high=_day_text(high, words))
    factor = _unit_factor(assumption)
    decimals = _common_decimals((low / factor, high / factor))
    unit = "%" if assumption.dimension == "percent" else f" {assumption.unit}" if assumption.unit else ""
    low_text, high_text = (range_text(words.number(end / factor, decimals) + unit, words) for end in (low, high))
    return words("assumption_range", low=low_text, high=high_text)


def _day_text(ordinal: float, words: Translator) -> str:
    return date_text(date.fromordinal(int(ordinal)), words)


def _unit_factor(assumption: Assumption) -> float:
    """Of the unit in which the planner wrote it."""
    if assumption.dimension == "percent":
        return 0.01
    return (
        _DAYS_PER_UNIT.get(assumption.unit, 1.0) if assumption.dimension == "days" else _money_factor(assumption.unit)
    )


def _common_decimals(ends: tuple[float, float]) -> int:
    """As many as both ends need, where two are enough; else as many as the larger end deserves."""
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


def location_text(where: Location, view: RunView) -> str:
    """`scenarios/covid.yaml:9`, from the project's folder: no page names a folder of the machine."""
    return f"{path_in_project(where.file, view)}:{where.cell or where.line}"


def path_in_project(file: str, view: RunView) -> str:
    """A file as seen from the project's folder."""
    whole, folder = Path(file).absolute(), project_folder(view.scenario.file).absolute()
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else Path(file).name


def count_grades(view: RunView) -> Counter[str]:
    """How many assumptions have each grade."""
    return Counter(assumption.grade for assumption in view.assumptions())


def judgement_notes(view: RunView, words: Translator) -> list[str]:
    """How much rests on judgement."""
    counts = count_grades(view)
    found = []
    if view.findings.sensitivity is not None:
        share = view.findings.sensitivity.judgement_share
        found.append(words("judged_lead", tenths=tenths_text(share, words)))
    found.append(words("judged_counts", all=counts.total(), a=counts["A"], b=counts["B"], c=counts["C"]))
    return found


def data_notes(view: RunView, words: Translator) -> list[str]:
    """What is reconstructed, and what is hindsight."""
    status: Mapping[str, int] = view.summary.get("data_status", {})
    whole = sum(status.values())
    found = [
        words(f"data_{kind}", count=status[kind], all=whole)
        for kind in ("reconstructed", "estimate", "example")
        if status.get(kind)
    ]
    if not whole:
        found.append(words("data_none"))
    elif not found:
        found.append(words("data_actual", count=whole))
    late, day = len(view.hindsight_assumptions()), date_text(view.as_of, words)
    found.append(words("hindsight_some", count=late, date=day) if late else words("hindsight_none", date=day))
    return found


def reader_notes(view: RunView, words: Translator) -> list[str]:
    """What a reader must know."""
    paths = words.number(int(view.summary.get("paths", 0)))
    return [
        words("how_paths", paths=paths),
        *(words(f"how_{key}") for key in ("chance", "range", "grades", "marks", "not")),
    ]


def baseline_notes(view: RunView, words: Translator) -> list[str]:
    """What the baseline has to say of itself."""
    found = []
    for own in view.baseline.services.values():
        for key, facts in own.notes:
            if words.has(key):
                found.append(words(key, **{name: _param_text(name, fact, view, words) for name, fact in facts}))
    return list(dict.fromkeys(found))


def _param_text(name: str, fact: str, view: RunView, words: Translator) -> str:
    """A fact of a note; a service by its label."""
    service = view.scenario.services.get(fact) if name == "service" else None
    return service.label.in_language(words.language) if service and service.label else str(fact)


def run_provenance(view: RunView, words: Translator) -> list[tuple[str, str]]:
    """Seed, paths, run, hashes, versions and diagnostics: enough to make the same page again."""
    summary = view.summary
    found = [
        (words("provenance_file"), path_in_project(view.scenario.file, view)),
        (words("provenance_paths"), words.number(int(summary.get("paths", 0)))),
        (words("provenance_seed"), str(summary.get("seed", ""))),
        (words("provenance_run"), str(summary.get("run_id", ""))),
        (words("provenance_history"), view.baseline.digest),
    ]
    about = {**view.manifest, **summary}
    found.append((words("provenance_content"), str(about.get("scenario_hash", ""))))
    found.append((words("provenance_code"), str(about.get("code", ""))))
    found += [(words("provenance_version", name=name), str(version)) for name, version in _items(about.get("versions"))]
    found += [(words("provenance_data", name=entry["name"]), str(entry["sha256"])) for entry in about.get("data", ())]
    found += [_correlation_entry(entry, words) for entry in about.get("correlations", ())]
    found += [
        (words("provenance_diagnostic", name=name), _value_text(value, words))
        for name, value in _items(about.get("diagnostics"))
    ]
    return [(key, value) for key, value in found if value]


def _items(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        yield from content.items()


def _correlation_entry(entry: Mapping[str, Any], words: Translator) -> tuple[str, str]:
    asked, achieved = (words.number(float(entry.get(key) or 0.0), 2) for key in ("asked", "achieved"))
    name = " ~ ".join(map(str, entry.get("between", ()))) or entry.get("name", "")
    return words("provenance_correlation", name=name), words("provenance_asked", asked=asked, achieved=achieved)


def _value_text(value: Any, words: Translator) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return words.number(value, 0 if float(value).is_integer() else 4)
