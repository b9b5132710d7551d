"""Places: a number or a list of them, and targets that the list can tell."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import InputError, Problem
from forecast.history.place_ledger import read_place_ledger
from forecast.plan.accounts import ledger_accounts
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.size import MAX_PLACE_SERVICES
from forecast.plan.geography import Geography, read_places


def check_places(context: CheckContext) -> Iterator[Problem]:
    """The list is read here, so that its problems stand beside those of the plan."""
    places = context.scenario.places
    geography = None
    if places is not None and places.file is not None:
        if places.count is not None:
            yield context.problem("places.count", "places_count_and_file")
        are_equal = context.node("places.weights") is not None
        try:
            geography = read_places(places.file, context.scenario.service_names, are_equal)
        except InputError as error:
            yield from error.problems
    elif places is not None:
        for key in ("noise", "ledger"):
            if getattr(places, key) is not None:
                yield context.problem(f"places.{key}", "places_need_file")
    yield from _check_number_of_places(context, geography)
    if geography is not None and places is not None and places.ledger is not None:
        yield from _check_place_ledger(context, places.ledger, geography)
    are_listed = places is not None and places.file is not None
    for name, target in context.scenario.targets.items():
        if target.place is not None:
            yield from _check_target_place(context, f"targets.{name}", target.place, geography, are_listed)


def _check_number_of_places(context: CheckContext, geography: Geography | None) -> Iterator[Problem]:
    """Each pair of a place and a service is simulated by itself."""
    services = len(context.scenario.services)
    if geography is not None and geography.count * services > MAX_PLACE_SERVICES:
        params = {"places": geography.count, "services": services, "most": MAX_PLACE_SERVICES}
        yield context.problem("places.file", "too_many_place_services", **params)


def _check_place_ledger(context: CheckContext, file: str, geography: Geography) -> Iterator[Problem]:
    """The ledger by place weighs, so nothing else does."""
    if context.node("places.weights") is not None or geography.is_weighted:
        yield context.problem("places.ledger", "ledger_and_weights")
    try:
        accounts = ledger_accounts(context.scenario)
        read_place_ledger(file, context.scenario.service_names, geography.places, accounts)
    except InputError as error:
        yield from error.problems


def _check_target_place(
    context: CheckContext, path: str, place: str, geography: Geography | None, are_listed: bool
) -> Iterator[Problem]:
    """A target of one place: the list has it, and its revenue is what is measured."""
    measure = str(context.node(f"{path}.measure") or "revenue")
    if measure.partition(".")[0] != "revenue":
        yield context.problem(f"{path}.measure", "place_measure", measure=measure)
    if not are_listed and "places" not in context.unread:
        yield context.problem(f"{path}.place", "place_needs_file")
    if geography is None:
        return
    known = [district.code for district in geography.districts] + list(geography.places)
    if place not in known:
        yield context.missing_name_problem(f"{path}.place", place, known, "unknown_place")
