"""Places: a number or a list of them, and targets that the list can tell."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import InputError, Problem
from forecast.history.place_ledger import read_place_ledger
from forecast.plan.checks.context import CheckContext
from forecast.plan.geography import Geography, read_places


def check_places(ground: CheckContext) -> Iterator[Problem]:
    """The list is read here, so that its complaints stand beside those of the plan."""
    places = ground.scenario.places
    terrain = None
    if places is not None and places.file is not None:
        if places.count is not None:
            yield ground.problem("places.count", "places_count_and_file")
        equal = ground.node("places.weights") is not None
        try:
            terrain = read_places(places.file, ground.scenario.service_names, equal)
        except InputError as wrong:
            yield from wrong.problems
    elif places is not None:
        for key in ("noise", "ledger"):
            if getattr(places, key) is not None:
                yield ground.problem(f"places.{key}", "places_need_file")
    if terrain is not None and places is not None and places.ledger is not None:
        yield from _check_place_ledger(ground, places.ledger, terrain)
    listed = places is not None and places.file is not None
    for name, target in ground.scenario.targets.items():
        if target.place is not None:
            yield from _check_target_place(ground, f"targets.{name}", target.place, terrain, listed)


def _check_place_ledger(ground: CheckContext, file: str, terrain: Geography) -> Iterator[Problem]:
    """The ledger by place weighs, so nothing else does."""
    if ground.node("places.weights") is not None or terrain.is_weighted:
        yield ground.problem("places.ledger", "ledger_and_weights")
    try:
        read_place_ledger(file, ground.scenario.service_names, terrain.places)
    except InputError as wrong:
        yield from wrong.problems


def _check_target_place(
    ground: CheckContext, at: str, place: str, terrain: Geography | None, listed: bool
) -> Iterator[Problem]:
    """A target of one place: the list has it, and its revenue is what is measured."""
    measure = str(ground.node(f"{at}.measure") or "revenue")
    if measure.partition(".")[0] != "revenue":
        yield ground.problem(f"{at}.measure", "place_measure", measure=measure)
    if not listed and "places" not in ground.unread:
        yield ground.problem(f"{at}.place", "place_needs_file")
    if terrain is None:
        return
    known = [district.code for district in terrain.districts] + list(terrain.places)
    if place not in known:
        yield ground.missing_name_problem(f"{at}.place", place, known, "unknown_place")
