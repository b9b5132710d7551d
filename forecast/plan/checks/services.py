"""Services: every table by service names services, and each has a year to stand on."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Complaint
from forecast.files.yaml import Map
from forecast.plan.checks.context import Ground
from forecast.plan.keys import ROOT, Slot
from forecast.plan.scenario import Scenario

AT_MOST = 0.01
"""Share of the stated total that the gap may be, where nothing is said."""


def check(ground: Ground) -> Iterator[Complaint]:
    """Everything about services and what is stated of them."""
    yield from _by_service(ground, ground.tree, ROOT)
    for service in ground.scenario.service_names:
        yield from _baseline(ground, service)
    for year in ground.scenario.stated:
        yield from _gap(ground, year)


def _by_service(ground: Ground, node: Map, slot: Slot) -> Iterator[Complaint]:
    services = ground.names("services")
    for key, child in node.items():
        if slot.by_service and key != "all" and key not in services:
            at = f"{node.at}.{key}"
            yield ground.missing(at, key, [*services, "all"], "unknown_service", "services")
        elif isinstance(child, Map):
            yield from _by_service(ground, child, slot.under(key))


def _baseline(ground: Ground, service: str) -> Iterator[Complaint]:
    scenario, choice = ground.scenario, ground.scenario.choice(service)
    at, growth = f"services.{service}", scenario.services[service].growth
    if {f"{at}.baseline", f"{at}.growth", "baseline", "history"} & ground.unread:
        return
    if choice.method == "given" and choice.annual is None:
        yield ground.complain(f"{at}.baseline", "given_needs_annual")
    if choice.method == "fit":
        if scenario.history is None:
            yield ground.complain(at, "fit_needs_history", service=service)
        for key in ("annual", "shape"):
            if getattr(choice, key) is not None:
                yield ground.complain(_written(ground, service, key), "needs_given", key=key)
        if growth is None and choice.level not in (None, "history"):
            yield ground.complain(
                _written(ground, service, "level"), "level_needs_growth", text=choice.level, service=service
            )


def _written(ground: Ground, service: str, key: str) -> str:
    own = f"services.{service}.baseline.{key}"
    return own if ground.node(own) is not None else f"baseline.{key}"


def _gap(ground: Ground, year: str) -> Iterator[Complaint]:
    stated, at = ground.scenario.stated[year], f"stated.{year}"
    limit = stated.gap.at_most
    if limit is not None and not limit.sure:
        yield ground.complain(f"{at}.gap.at_most", "one_quantity", text=limit.text)
        return
    complete = set(stated.services) >= set(ground.scenario.services) and stated.services
    if stated.total is None or not complete or stated.total.value <= 0 or at in ground.unread:
        return
    total = stated.total.value
    gap = total - sum(stated.services[name].value for name in sorted(stated.services))
    most = AT_MOST if limit is None else limit.value
    if abs(gap) > most * total:
        place = f"{at}.gap.at_most" if limit is not None else f"{at}.total"
        yield ground.complain(
            place, "gap_too_wide", year=year,
            gap=money(gap, ground.scenario), share=f"{100 * gap / total:.1f}%", most=f"{100 * most:g}%",
        )  # fmt: skip


def money(amount: float, scenario: Scenario) -> str:
    """An amount as a planner would write it: `-1 tỷ`, `2650 EUR`."""
    if scenario.currency == "VND":
        return f"{amount / 1e9:g} tỷ"
    return f"{amount:.12g} {scenario.currency}"
