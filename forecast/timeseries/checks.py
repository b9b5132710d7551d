"""Where a plan and its history do not meet: every complaint, with the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forecast.errors import Location, Problem
from forecast.history.ledger import History
from forecast.periods import SEASON_MONTHS, Calendar, first_day, format_month
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario
from forecast.timeseries.ensemble.ensemble import MIN_MONTHS_FOR_MODELS


def check_baselines(scenario: Scenario) -> list[Problem]:
    """Complaints that need no history: one is missing, or is of no use."""
    wrong = []
    for service in scenario.service_names:
        at = f"services.{service}"
        choice = scenario.baseline_for(service)
        if choice.method == "fit" and scenario.history is None:
            wrong.append(Problem.of(scenario.location_of(at), at, "baseline_no_history"))
        if choice.method == "given" and choice.annual is None:
            wrong.append(Problem.of(scenario.location_of(f"{at}.baseline"), f"{at}.baseline", "baseline_no_annual"))
    return wrong


def check_history(scenario: Scenario, history: History) -> list[Problem]:
    """Complaints about a history that the plan cannot stand on."""
    return [
        *_check_services(scenario, history),
        *_check_end(scenario, history),
        *_check_future_months(scenario, history),
        *_check_history_limits(scenario, history),
        *_check_unit_costs(scenario, history),
    ]


def _ledger_location(scenario: Scenario) -> Location:
    from forecast.files.paths import display_path

    return Location(display_path(Path(scenario.history.file)) if scenario.history else "")


def _row_location(scenario: Scenario, service: str, column: str, month: str = "") -> Location:
    """The row of a service in the ledger, of a month or the first of all; the file is read again for it."""
    from forecast.files.csv import read_csv

    rows = read_csv(scenario.history.file, []).rows if scenario.history else ()
    found = (
        row[column].location for row in rows if row["service"].text == service and month in ("", row["month"].text)
    )
    return next(found, _ledger_location(scenario))


def _fitted_services(scenario: Scenario, history: History) -> list[str]:
    """Services that are to be fitted and can be."""
    return [s for s in scenario.service_names if scenario.baseline_for(s).method == "fit" and s in history.services]


def _check_services(scenario: Scenario, history: History) -> list[Problem]:
    wrong = []
    file, known = _ledger_location(scenario).file, ", ".join(history.services)
    for service in scenario.service_names:
        if scenario.baseline_for(service).method == "fit" and service not in history.services:
            facts = {"service": service, "file": file, "known": known[:200]}
            at = f"services.{service}"
            wrong.append(Problem.of(scenario.location_of(at), at, "history_lacks_service", **facts))
    for service in history.services:
        if service not in scenario.services:
            facts = {"service": service[:80], "known": ", ".join(scenario.service_names)}
            place = _row_location(scenario, service, "service")
            wrong.append(Problem.of(place, "service", "plan_lacks_service", **facts))
    return wrong


def _check_end(scenario: Scenario, history: History) -> list[Problem]:
    """The history must end in the month before the horizon."""
    start, last = scenario.horizon.from_, history.calendar.last
    facts = {"last": format_month(last), "start": format_month(start), "instead": format_month(last + 1)}
    if last < start - 1:
        gap = [format_month(month) for month in range(last + 1, start)]
        facts["months"] = ", ".join(gap[:12]) + (f", … (+{len(gap) - 12})" if len(gap) > 12 else "")
        facts["file"] = _ledger_location(scenario).file
        return [Problem.of(scenario.location_of("horizon.from"), "horizon.from", "history_ends_before_plan", **facts)]
    if last >= start:
        return [Problem.of(scenario.location_of("horizon.from"), "horizon.from", "history_inside_horizon", **facts)]
    return []


def _check_future_months(scenario: Scenario, history: History) -> list[Problem]:
    """A month that was not over on the day of the plan cannot be actual."""
    if scenario.as_of is None:
        return []
    wrong = []
    for service in history.services:
        months = history.service_calendar(service).months
        pairs = zip(months, history.status[service], strict=True)
        early = [
            format_month(month)
            for month, status in pairs
            if status in ("actual", "example") and first_day(month + 1) > scenario.as_of.toordinal()
        ]
        if early:
            facts = {"service": service, "months": ", ".join(early[:12]), "as_of": scenario.as_of.isoformat()}
            place = _row_location(scenario, service, "status", early[0])
            wrong.append(Problem.of(place, "status", "history_of_the_future", **facts))
    return wrong


def _check_history_limits(scenario: Scenario, history: History) -> list[Problem]:
    """A history may set no more than it knows (model.md, section 3)."""
    wrong = []
    for service in _fitted_services(scenario, history):
        at, growth = f"services.{service}", scenario.services[service].growth
        count = history.service_calendar(service).count
        if growth is not None and not _has_whole_year(history, service):
            facts = {"service": service, "count": count}
            wrong.append(Problem.of(growth.location, f"{at}.growth", "growth_without_year", **facts))
        codes = _reconstructed_problems if "reconstructed" in history.status[service] else _short_history_problems
        found = codes(scenario, service, count)
        wrong += [
            Problem.of(scenario.location_of(f"{at}.{key}"), f"{at}.{key}", code, **facts) for key, code, facts in found
        ]
        wrong += [
            Problem.of(scenario.location_of(f"{at}.baseline.mask"), f"{at}.baseline.mask", code, **facts)
            for code, facts in _mask_problems(scenario, service, history.service_calendar(service))
        ]
    return wrong


def _history_level(scenario: Scenario, service: str) -> str:
    """`history` or `mixture(...)`, when the level of the year is asked of the history; else nothing."""
    level = scenario.baseline_for(service).level or "planner"
    return "" if level == "planner" else level


def _reconstructed_problems(
    scenario: Scenario, service: str, count: int
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Key, code and facts of what is wrong where months are reconstructed."""
    if scenario.baseline_for(service).noise is None:
        yield "baseline.noise", "reconstructed_without_noise", {}
    if level := _history_level(scenario, service):
        yield "baseline.level", "reconstructed_level", {"text": level}
    elif scenario.services[service].growth is None:
        yield "growth", "reconstructed_without_growth", {}


def _short_history_problems(
    scenario: Scenario, service: str, count: int
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Key, code and facts of what is wrong where actual months are few."""
    level = _history_level(scenario, service)
    if level and count < MIN_MONTHS_FOR_MODELS:
        yield "baseline.level", "short_level", {"count": count, "needed": MIN_MONTHS_FOR_MODELS, "text": level}


def _mask_problems(scenario: Scenario, service: str, months: Calendar) -> Iterator[tuple[str, dict[str, object]]]:
    """Code and facts of what is wrong with the months that the planner masks."""
    masked = set(scenario.baseline_for(service).mask)
    outside = sorted(month for month in masked if not months.first <= month <= months.last)
    if outside:
        yield "mask_outside", {"months": ", ".join(format_month(month) for month in outside)}
    if len(masked) - len(outside) > months.count - min(SEASON_MONTHS, months.count) // 2:
        yield "mask_too_long", {}


def _has_whole_year(history: History, service: str) -> bool:
    months = history.service_calendar(service)
    return SEASON_MONTHS * ((months.last + 1) // SEASON_MONTHS - 1) >= months.first


def _check_unit_costs(scenario: Scenario, history: History) -> list[Problem]:
    """A cost of each piece needs pieces."""
    wrong = []
    for name, cost in scenario.costs.items():
        for service in scenario.service_names:
            each = for_service(cost.per_unit, service)
            if each is None or scenario.baseline_for(service).method == "given" or service in history.volume:
                continue
            at = f"costs.{name}.per_unit.{service}"
            wrong.append(Problem.of(each.location, at, "per_unit_without_volume", service=service))
    return wrong
