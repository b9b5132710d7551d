"""Services: every table by service names services, and each has a year to stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forecast.errors import InputError, Problem
from forecast.plan.accounts import shared_accounts
from forecast.plan.checks.context import CheckContext
from forecast.plan.scenario import Scenario
from forecast.plan.stated_periods import read_stated_year
from forecast.plan.yearly_changes import missing_years

DEFAULT_MAX_GAP_SHARE = 0.01
"""Share of the stated total that the gap may be, where nothing is said."""


def check_services(context: CheckContext) -> Iterator[Problem]:
    """Everything about services and what is stated of them."""
    yield from _check_service_names(context)
    for path, text, first in shared_accounts(context.scenario):
        yield context.problem(f"{path}.account", "account_twice", text=text[:80], first=first)
    for service in context.scenario.service_names:
        yield from _check_baseline(context, service)
    yield from _check_years(context)
    for year in context.scenario.stated:
        yield from _check_gap(context, year)
        yield from _check_periods(context, year)


def _check_service_names(context: CheckContext) -> Iterator[Problem]:
    """Every table by service names services, or `all`."""
    services = context.names("services")
    for table, node in context.document.tables_by_service.items():
        for key in node:
            if key != "all" and key not in services:
                yield context.missing_name_problem(
                    f"{table}.{key}", key, [*services, "all"], "unknown_service", "services"
                )


def _check_baseline(context: CheckContext, service: str) -> Iterator[Problem]:
    scenario, choice = context.scenario, context.scenario.baseline_for(service)
    path, growth = f"services.{service}", scenario.services[service].growth
    if {f"{path}.baseline", f"{path}.growth", "baseline", "history"} & context.unread:
        return
    if choice.method == "given" and choice.annual is None:
        yield context.problem(f"{path}.baseline", "given_needs_annual")
    if choice.method == "fit":
        if scenario.history is None:
            yield context.problem(path, "fit_needs_history", service=service)
        for key in ("annual", "shape"):
            if getattr(choice, key) is not None:
                yield context.problem(_baseline_key_path(context, service, key), "needs_given", key=key)
        if growth is None and choice.level not in (None, "history"):
            yield context.problem(
                _baseline_key_path(context, service, "level"), "level_needs_growth", text=choice.level, service=service
            )


def _check_years(context: CheckContext) -> Iterator[Problem]:
    """A change by year names every year of the horizon in which it counts."""
    changes = context.scenario.yearly_changes
    if "horizon" in context.unread:
        return
    for name, years in context.scenario.changing_years.items():
        if missing := missing_years(changes[name], years):
            yield context.problem(name, "years_missing", years=", ".join(map(str, missing)))


def _baseline_key_path(context: CheckContext, service: str, key: str) -> str:
    service_path = f"services.{service}.baseline.{key}"
    return service_path if context.node(service_path) is not None else f"baseline.{key}"


def _check_gap(context: CheckContext, year: str) -> Iterator[Problem]:
    stated, path = context.scenario.stated[year], f"stated.{year}"
    limit = stated.gap.at_most
    if limit is not None and not limit.is_constant:
        yield context.problem(f"{path}.gap.at_most", "one_quantity", text=limit.text)
        return
    complete = set(stated.services) >= set(context.scenario.services) and stated.services
    if stated.total is None or not complete or stated.total.value <= 0 or path in context.unread:
        return
    total = stated.total.value
    gap = total - sum(stated.services[name].value for name in sorted(stated.services))
    max_share = DEFAULT_MAX_GAP_SHARE if limit is None else limit.value
    if abs(gap) > max_share * total:
        limit_path = f"{path}.gap.at_most" if limit is not None else f"{path}.total"
        yield context.problem(
            limit_path, "total_above_services" if gap > 0 else "total_below_services", year=year,
            gap=format_plan_amount(abs(gap), context.scenario),
            share=f"{100 * abs(gap) / total:.1f}%", most=f"{100 * max_share:g}%",
        )  # fmt: skip


def _check_periods(context: CheckContext, year: str) -> Iterator[Problem]:
    """The periods of a stated year are read here, so that their problems stand beside those of the plan."""
    file = context.scenario.stated[year].periods
    if file is None or not Path(file).is_file() or {f"stated.{year}", "services", "costs"} & context.unread:
        return  # a file that cannot be opened is a problem already
    try:
        read_stated_year(context.scenario, year)
    except InputError as error:
        yield from error.problems


def format_plan_amount(amount: float, scenario: Scenario) -> str:
    """An amount as a planner would write it: `-1 tỷ`, `2650 EUR`."""
    if scenario.currency == "VND":
        return f"{amount / 1e9:g} tỷ"
    return f"{amount:.12g} {scenario.currency}"
