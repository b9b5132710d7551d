"""Shocks: an event ends after it starts and stands where its day belongs; classes may happen; repair has places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np

from forecast.errors import Problem
from forecast.periods import first_day
from forecast.plan.assumption import Assumption
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.per_event import is_drawn_per_event
from forecast.plan.shocks import Event, Weather


def check_shocks(context: CheckContext) -> Iterator[Problem]:
    """Everything about the shocks of the plan and of its history."""
    past_shocks = context.scenario.history.shocks if context.scenario.history else {}
    shocks = {f"shocks.{name}": shock for name, shock in context.scenario.shocks.items()}
    for path, shock in {**shocks, **{f"history.shocks.{name}": event for name, event in past_shocks.items()}}.items():
        if isinstance(shock, Event) and _may_end_before_start(shock):
            yield context.problem(f"{path}.until", "ends_before_start", text=shock.until.text, start=shock.from_.text)
        if isinstance(shock, Weather):
            yield from _check_weather(context, path, shock)
    yield from _check_days(context, past_shocks)
    for assumption in context.assumptions.values():
        if assumption.same_as:
            names = (assumption.name, assumption.same_as)
            if len({is_drawn_per_event(name, context.scenario) for name in names}) > 1:
                yield context.problem(assumption.name, "same_as_per_event", name=assumption.same_as)


def _check_days(context: CheckContext, past_shocks: Mapping[str, Event]) -> Iterator[Problem]:
    """Events of uncertain chance or day that have begun by the day of the plan, and past shocks that have not."""
    scenario = context.scenario
    as_of = scenario.as_of.toordinal() if scenario.as_of else -math.inf
    for name, shock in scenario.shocks.items():
        if isinstance(shock, Event) and _is_uncertain(shock) and _day(shock.from_, 0.9) < as_of + 1:
            params = {"text": shock.from_.text, "as_of": str(scenario.as_of)}
            yield context.problem(f"shocks.{name}.from", "event_already_known", **params)
    if "horizon" in context.unread:
        return
    last_past_day = max(as_of, first_day(scenario.horizon.from_) - 1)
    for name, event in past_shocks.items():
        if _day(event.from_, 0.1) >= last_past_day + 1:
            day = date.fromordinal(int(last_past_day)).isoformat()
            yield context.problem(f"history.shocks.{name}.from", "past_shock_to_come", text=event.from_.text, day=day)


def _is_uncertain(event: Event) -> bool:
    """True when an event may happen or not, or on several days."""
    may_fail = event.chance is not None and not (event.chance.is_constant and event.chance.value in (0, 1))
    return may_fail or not event.from_.is_constant


def _day(assumption: Assumption, p: float) -> float:
    """The day before which a date lies with a chance of `p`."""
    return float(assumption.distribution.ppf(np.array([p]))[0])


def _may_end_before_start(event: Event) -> bool:
    """True when the last day as written lies before the first; only the tails of both may reach further."""
    return _day(event.until, 0.1) < _day(event.from_, 0.9)


def _check_weather(context: CheckContext, path: str, shock: Weather) -> Iterator[Problem]:
    if not shock.classes:
        yield context.problem(f"{path}.classes", "no_classes")
    elif all(each.weight.is_constant and each.weight.value == 0 for each in shock.classes.values()):
        yield context.problem(f"{path}.classes", "classes_without_weight")
    places = context.scenario.places
    if (places is None or (places.count is None and places.file is None)) and "places" not in context.unread:
        for name, weather_class in shock.classes.items():
            if weather_class.repair_per_place is not None:
                yield context.problem(f"{path}.classes.{name}.repair_per_place", "repair_needs_places")
