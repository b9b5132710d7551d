"""Texts of how a plan fails: its ways, and one failing future told with its dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecast.i18n.amounts import AmountScale, choose_scale, interval_text, whole_percent, with_sign
from forecast.i18n.dates import MONTH_NAMES
from forecast.i18n.listing import list_names
from forecast.plan.labels import display_label
from forecast.reports.content.assumptions import quantity_text
from forecast.reports.content.text import date_text, measure_text, name_text, period_text, sentence_case

if TYPE_CHECKING:
    from forecast.analysis.failure_modes import DesignValue, FailureFuture, FailureModes, FailureWay
    from forecast.i18n import Translator
    from forecast.plan.scenario import Scenario
    from forecast.simulation.model.shocks.shock import PathEvent

__all__ = ["failure_answer", "failure_decimals", "failure_scale", "failure_story", "failure_subject"]

OWN_SUBJECTS = {
    "services": ("stress_growths", "stress_years", "stress_values"),
    "history": ("stress_growths", "stress_years"),
    "shocks": ("stress_events", "stress_values"),
    "initiatives": ("stress_failed", "stress_started", "stress_values"),
}
"""By kind of cause, what of a future belongs to it."""
MAX_OWN_VALUES = 3
"""Other numbers of the cause that are told."""
EARLY = np.array([0.1])
"""Chance that an initiative starts before its early day."""
MAX_DATED_EVENTS = 4
"""Events of one kind that are told with their days."""


def failure_scale(modes: FailureModes, scenario: Scenario, t: Translator) -> AmountScale:
    """Choose the scale of the amounts of ways to fail: that of the measure itself.

    Parameters
    ----------
    modes : FailureModes
        The ways.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Returns
    -------
    AmountScale
        Of the line and the mean.
    """
    return choose_scale(modes.line.measure, [modes.line.line, modes.mean], scenario.currency, t)


def failure_decimals(scale: AmountScale) -> int:
    """Choose the decimals of the amounts of ways to fail.

    Parameters
    ----------
    scale : AmountScale
        Scale of the measure.

    Returns
    -------
    int
        One where the unit is thousands or more, else those of the scale.
    """
    return max(1, scale.decimals) if scale.factor > 1 else scale.decimals


def failure_subject(modes: FailureModes, scenario: Scenario, t: Translator) -> str:
    """Name what fails: the target, or the measure and the line.

    Parameters
    ----------
    modes : FailureModes
        The ways.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Returns
    -------
    str
        Such as `Revenue 2021 below 240 billion VND`.
    """
    line = modes.line
    if line.is_target:
        return display_label(scenario, f"targets.{line.target}").in_language(t.language)
    scale = choose_scale(line.measure, [line.line], scenario.currency, t)
    key = "stress_below" if line.is_below else "stress_above"
    measure = sentence_case(measure_text(line.measure, scenario, t))
    return t(key, measure=measure, period=period_text(line.period, t), line=scale.exact_amount(line.line, 4))


def failure_answer(modes: FailureModes, scenario: Scenario, t: Translator) -> str:
    """Say how often a plan fails, and through what most often.

    Parameters
    ----------
    modes : FailureModes
        The ways.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Returns
    -------
    str
        One sentence.
    """
    chance = modes.chance
    params = {
        "name": failure_subject(modes, scenario, t),
        "chance": whole_percent(chance.value, t),
        "error": interval_text(chance.low, chance.high, t, chance.value),
    }
    key = "stress_missed" if modes.line.is_target else "stress_falls"
    if not modes.ways:
        return t(f"{key}_alone", **params)
    first = modes.ways[0]
    return t(key, **params, way=first.label.in_language(t.language), share=whole_percent(first.share.value, t))


def failure_story(way: FailureWay, modes: FailureModes, scenario: Scenario, t: Translator) -> Iterator[str]:
    """Tell the typical future of a way with its dates, what belongs to the cause of the way first.

    Parameters
    ----------
    way : FailureWay
        One with a future.
    modes : FailureModes
        The ways.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Yields
    ------
    str
        A line a subject: growths, given years, other numbers of the cause, events, initiatives.
    """
    future = way.future
    assert future is not None  # only rarer ways together have none
    failed, starts = _initiative_texts(future, scenario, t)
    subjects = {
        "stress_growths": _growth_texts(future, scenario, t),
        "stress_years": _year_texts(future, modes, scenario, t),
        "stress_values": [_value_text(value, scenario, t) for value in future.values[:MAX_OWN_VALUES]],
        "stress_events": list(_event_texts(future.events, scenario, t)),
        "stress_failed": failed,
        "stress_started": starts,
    }
    first = OWN_SUBJECTS.get(way.cause.partition(".")[0], ("stress_values",))
    in_order = [*first, *(key for key in subjects if key not in first)]
    params = {"year": future.months.years[0]}
    yield from (t(key, list="; ".join(subjects[key]), **params) for key in in_order if subjects[key])


def _growth_texts(future: FailureFuture, scenario: Scenario, t: Translator) -> list[str]:
    """Growth of each service; with the years where several are told."""
    is_one_year = len(future.months.years) == 1
    texts = []
    for service in future.details.services:
        by_year = future.growth(service)
        growths = {year: with_sign(t.percent(growth, 1)) for year, growth in by_year.items()}
        if growths:
            in_years = [growth if is_one_year else f"{growth} ({year})" for year, growth in growths.items()]
            texts.append(f"{name_text(f'services.{service}', scenario, t)} {', '.join(in_years)}")
    return texts


def _year_texts(future: FailureFuture, modes: FailureModes, scenario: Scenario, t: Translator) -> list[str]:
    scale = choose_scale("revenue", [*future.years.values()], scenario.currency, t)
    return [
        f"{name_text(f'services.{name}', scenario, t)} {scale.amount(amount, failure_decimals(scale))}"
        for name, amount in future.years.items()
    ]


def _value_text(value: DesignValue, scenario: Scenario, t: Translator) -> str:
    assert value.assumption is not None  # of what a future drew
    return f"{name_text(value.name, scenario, t)} {quantity_text(value.assumption, value.value, t)}"


def _initiative_texts(future: FailureFuture, scenario: Scenario, t: Translator) -> tuple[list[str], list[str]]:
    """Initiatives that do not happen though they might, and those that start on a day that was not sure.

    Those that hardly ever start before the end of the measure's period are left out.
    """
    failed, starts = [], []
    for name, outcome in future.details.initiatives.items():
        record, label = scenario.initiatives[name], name_text(f"initiatives.{name}", scenario, t)
        if record.start.distribution.ppf(EARLY)[0] >= future.end:
            continue
        if not outcome.happens:
            if record.chance is not None and not (record.chance.is_constant and record.chance.value == 0):
                failed.append(label)
        elif not record.start.is_constant:
            starts.append(
                t("stress_starts", name=label, day=_day_text(date.fromordinal(int(outcome.start)), scenario, t))
            )
    return failed, starts


def _event_texts(events: Iterable[PathEvent], scenario: Scenario, t: Translator) -> Iterator[str]:
    """Events of one shock and kind together, those that reach furthest with their days."""
    by_kind: dict[tuple[str, str], list[PathEvent]] = {}
    for event in events:
        by_kind.setdefault((event.shock, event.kind), []).append(event)
    for (shock, kind), of_kind in by_kind.items():
        name = _event_name(shock, kind, scenario, t)
        if kind == "wave":  # the lockdowns inside them have their days
            yield t("stress_waves", name=name, count=len(of_kind))
            continue
        largest = sorted(of_kind, key=lambda event: -event.reach * (event.end - event.start))[:MAX_DATED_EVENTS]
        days = [_span_text(event, scenario, t) for event in of_kind if event in largest]
        more = len(of_kind) - len(largest)
        yield t("stress_event", name=name, days=list_names([*days, *[""] * more], len(days)))


def _event_name(shock: str, kind: str, scenario: Scenario, t: Translator) -> str:
    name = name_text(shock, scenario, t)
    if kind in ("event", "wave"):
        return name
    if kind in ("hard", "upstream"):
        return t(f"key.{kind}")
    return name_text(f"{shock}.classes.{kind}", scenario, t).rpartition(": ")[2] or name


def _span_text(event: PathEvent, scenario: Scenario, t: Translator) -> str:
    """Days of an event: `3 to 21 March`, `30 March to 12 April`; the year where the plan has several."""
    first, last = event.first_day, event.last_day
    if first == last:
        return _day_text(first, scenario, t)
    low = _day_text(first, scenario, t)
    if (first.year, first.month) == (last.year, last.month):
        low = str(first.day)
    return t("span_from_to", low=low, high=_day_text(last, scenario, t))


def _day_text(day: date, scenario: Scenario, t: Translator) -> str:
    """A day, with its year where it is not the only one of the plan."""
    if list(scenario.horizon.calendar.years) != [day.year]:
        return date_text(day, t)
    return f"{day.day}/{day.month}" if t.language == "vi" else f"{day.day} {MONTH_NAMES[day.month - 1]}"
