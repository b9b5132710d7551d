"""Shocks: an event ends after it starts, a storm or flood has a class that may happen, repair has places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.errors import Problem
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.per_event import is_drawn_per_event
from forecast.plan.shocks import Event, Weather


def check_shocks(ground: CheckContext) -> Iterator[Problem]:
    """Everything about the shocks of the plan and of its history."""
    past = ground.scenario.history.shocks if ground.scenario.history else {}
    named = {f"shocks.{name}": one for name, one in ground.scenario.shocks.items()}
    for at, shock in {**named, **{f"history.shocks.{name}": one for name, one in past.items()}}.items():
        if isinstance(shock, Event) and _may_end_before_start(shock):
            yield ground.problem(f"{at}.until", "ends_before_start", text=shock.until.text, start=shock.from_.text)
        if isinstance(shock, Weather):
            yield from _check_weather(ground, at, shock)
    for one in ground.assumptions.values():
        if one.same_as:
            here, there = (is_drawn_per_event(name, ground.scenario) for name in (one.name, one.same_as))
            if here != there:
                yield ground.problem(one.name, "same_as_per_event", name=one.same_as)


def _may_end_before_start(event: Event) -> bool:
    """Whether the days that are written overlap, though a tail of either may reach beyond."""
    until, start = event.until.distribution.ppf(np.array([0.1])), event.from_.distribution.ppf(np.array([0.9]))
    return bool(until[0] < start[0])


def _check_weather(ground: CheckContext, at: str, shock: Weather) -> Iterator[Problem]:
    if not shock.classes:
        yield ground.problem(f"{at}.classes", "no_classes")
    elif all(one.weight.is_constant and one.weight.value == 0 for one in shock.classes.values()):
        yield ground.problem(f"{at}.classes", "classes_without_weight")
    places = ground.scenario.places
    if (places is None or (places.count is None and places.file is None)) and "places" not in ground.unread:
        for name, one in shock.classes.items():
            if one.repair_per_place is not None:
                yield ground.problem(f"{at}.classes.{name}.repair_per_place", "repair_needs_places")
