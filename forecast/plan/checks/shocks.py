"""Shocks: an event ends after it starts, a storm or flood has a class that may happen, repair has places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.errors import Complaint
from forecast.plan.checks.context import Ground
from forecast.plan.checks.per_event import drawn_per_event
from forecast.plan.shocks import Event, Weather


def check(ground: Ground) -> Iterator[Complaint]:
    """Everything about the shocks of the plan and of its history."""
    past = ground.scenario.history.shocks if ground.scenario.history else {}
    named = {f"shocks.{name}": one for name, one in ground.scenario.shocks.items()}
    for at, shock in {**named, **{f"history.shocks.{name}": one for name, one in past.items()}}.items():
        if isinstance(shock, Event) and _may_end_first(shock):
            yield ground.complain(f"{at}.until", "ends_before_start", text=shock.until.text, start=shock.from_.text)
        if isinstance(shock, Weather):
            yield from _weather(ground, at, shock)
    for one in ground.assumptions.values():
        if one.same_as:
            here, there = (drawn_per_event(name, ground.scenario) for name in (one.name, one.same_as))
            if here != there:
                yield ground.complain(one.name, "same_as_per_event", name=one.same_as)


def _may_end_first(event: Event) -> bool:
    """Whether the days that are written overlap, though a tail of either may reach beyond."""
    until, start = event.until.chance.quantile(np.array([0.1])), event.from_.chance.quantile(np.array([0.9]))
    return bool(until[0] < start[0])


def _weather(ground: Ground, at: str, shock: Weather) -> Iterator[Complaint]:
    if not shock.classes:
        yield ground.complain(f"{at}.classes", "no_classes")
    elif all(one.weight.sure and one.weight.value == 0 for one in shock.classes.values()):
        yield ground.complain(f"{at}.classes", "classes_without_weight")
    places = ground.scenario.places
    if (places is None or (places.count is None and places.file is None)) and "places" not in ground.unread:
        for name, one in shock.classes.items():
            if one.repair_per_place is not None:
                yield ground.complain(f"{at}.classes.{name}.repair_per_place", "repair_needs_places")
