"""Services: every table by service names services, and each has a year to stand on."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Problem
from forecast.plan.checks.context import CheckContext
from forecast.plan.scenario import Scenario

DEFAULT_MAX_GAP_SHARE = 0.01
"""Share of the stated total that the gap may be, where nothing is said."""


def check_services(ground: CheckContext) -> Iterator[Problem]:
    """Everything about services and what is stated of them."""
    yield from _check_service_names(ground)
    for service in ground.scenario.service_names:
        yield from _check_baseline(ground, service)
    for year in ground.scenario.stated:
        yield from _check_gap(ground, year)


def _check_service_names(ground: CheckContext) -> Iterator[Problem]:
    """Every table by service names services, or `all`."""
    services = ground.names("services")
    for table, node in ground.document.tables_by_service.items():
        for key in node:
            if key != "all" and key not in services:
                yield ground.missing_name_problem(
                    f"{table}.{key}", key, [*services, "all"], "unknown_service", "services"
                )


def _check_baseline(ground: CheckContext, service: str) -> Iterator[Problem]:
    scenario, choice = ground.scenario, ground.scenario.baseline_for(service)
    at, growth = f"services.{service}", scenario.services[service].growth
    if {f"{at}.baseline", f"{at}.growth", "baseline", "history"} & ground.unread:
        return
    if choice.method == "given" and choice.annual is None:
        yield ground.problem(f"{at}.baseline", "given_needs_annual")
    if choice.method == "fit":
        if scenario.history is None:
            yield ground.problem(at, "fit_needs_history", service=service)
        for key in ("annual", "shape"):
            if getattr(choice, key) is not None:
                yield ground.problem(_baseline_key_path(ground, service, key), "needs_given", key=key)
        if growth is None and choice.level not in (None, "history"):
            yield ground.problem(
                _baseline_key_path(ground, service, "level"), "level_needs_growth", text=choice.level, service=service
            )


def _baseline_key_path(ground: CheckContext, service: str, key: str) -> str:
    own = f"services.{service}.baseline.{key}"
    return own if ground.node(own) is not None else f"baseline.{key}"


def _check_gap(ground: CheckContext, year: str) -> Iterator[Problem]:
    stated, at = ground.scenario.stated[year], f"stated.{year}"
    limit = stated.gap.at_most
    if limit is not None and not limit.is_constant:
        yield ground.problem(f"{at}.gap.at_most", "one_quantity", text=limit.text)
        return
    complete = set(stated.services) >= set(ground.scenario.services) and stated.services
    if stated.total is None or not complete or stated.total.value <= 0 or at in ground.unread:
        return
    total = stated.total.value
    gap = total - sum(stated.services[name].value for name in sorted(stated.services))
    most = DEFAULT_MAX_GAP_SHARE if limit is None else limit.value
    if abs(gap) > most * total:
        place = f"{at}.gap.at_most" if limit is not None else f"{at}.total"
        yield ground.problem(
            place, "gap_too_wide", year=year,
            gap=format_plan_amount(gap, ground.scenario), share=f"{100 * gap / total:.1f}%", most=f"{100 * most:g}%",
        )  # fmt: skip


def format_plan_amount(amount: float, scenario: Scenario) -> str:
    """An amount as a planner would write it: `-1 tỷ`, `2650 EUR`."""
    if scenario.currency == "VND":
        return f"{amount / 1e9:g} tỷ"
    return f"{amount:.12g} {scenario.currency}"
