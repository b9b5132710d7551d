"""Shocks: an event ends after it starts, a storm or flood has a class that may happen, repair has places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.errors import Problem
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
    for assumption in context.assumptions.values():
        if assumption.same_as:
            names = (assumption.name, assumption.same_as)
            if len({is_drawn_per_event(name, context.scenario) for name in names}) > 1:
                yield context.problem(assumption.name, "same_as_per_event", name=assumption.same_as)


def _may_end_before_start(event: Event) -> bool:
    """True when the last day as written lies before the first; only the tails of both may reach further."""
    until, start = event.until.distribution.ppf(np.array([0.1])), event.from_.distribution.ppf(np.array([0.9]))
    return bool(until[0] < start[0])


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
