"""Problems of a plan with its history, each with the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forecast.errors import Location, Problem, closest_match
from forecast.history.ledger import History, LedgerPlaces
from forecast.i18n.listing import list_names
from forecast.periods import SEASON_MONTHS, Calendar, first_day, format_month
from forecast.plan.accounts import first_planned_month, ledger_accounts, simulated_months
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario
from forecast.timeseries.ensemble.ensemble import MIN_MONTHS_FOR_MODELS
from forecast.timeseries.estimate_errors import MIN_ESTIMATE_PAIRS, measures_without_error
from forecast.timeseries.interventions import build_intervention, modelled_drivers

__all__ = ["check_baselines", "check_history"]

MAX_HISTORY_MONTHS = 600
"""Months of one service, fifty years [C]: checks and the search for moved levels take time by the month."""
MAX_MONTHS_IN_MESSAGE = 12
"""Months that a message lists before it counts the others."""
MAX_LISTED_CHARACTERS, MAX_NAME_CHARACTERS = 200, 80
"""Length at which a message cuts a list of services, and the name of one."""


def check_baselines(scenario: Scenario) -> list[Problem]:
    """Find the problems of a plan that need no history: one is missing, or is of no use.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    list of Problem
        Empty where there is none.
    """
    problems = []
    for service in scenario.service_names:
        path = f"services.{service}"
        choice = scenario.baseline_for(service)
        if choice.method == "fit" and scenario.history is None:
            problems.append(Problem.of(scenario.location_of(path), path, "baseline_no_history"))
        if choice.method == "given" and choice.annual is None:
            path = f"{path}.baseline"
            problems.append(Problem.of(scenario.location_of(path), path, "baseline_no_annual"))
    return problems


def check_history(scenario: Scenario, history: History) -> list[Problem]:
    """Find the problems of a plan with the history that it is fitted to.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger.

    Returns
    -------
    list of Problem
        Empty where there is none.
    """
    return [
        *_check_services(scenario, history),
        *_check_length(scenario, history),
        *_check_end(scenario, history),
        *_check_future_months(scenario, history),
        *_check_estimates(scenario, history),
        *_check_history_limits(scenario, history),
        *_check_growth(scenario, history),
        *_check_unit_costs(scenario, history),
        *_check_volumes(scenario, history),
        *_check_ordinary(scenario, history),
    ]


def _ledger_location(scenario: Scenario) -> Location:
    """The ledger, without a row."""
    from forecast.files.paths import display_path

    return Location(display_path(Path(scenario.history.file)) if scenario.history else "")


def _ledger_places(scenario: Scenario) -> LedgerPlaces:
    """Places of the months of the ledger; it is read again for the first of them."""
    assert scenario.history is not None
    return LedgerPlaces(scenario.history.file, scenario.currency, ledger_accounts(scenario), scenario.as_of)


def _fitted_services(scenario: Scenario, history: History) -> list[str]:
    """Services that are to be fitted and are in the history."""
    return [s for s in scenario.service_names if scenario.baseline_for(s).method == "fit" and s in history.services]


def _check_services(scenario: Scenario, history: History) -> list[Problem]:
    """Services that only the plan or only the history has."""
    problems = []
    fitted = [name for name in scenario.service_names if scenario.baseline_for(name).method == "fit"]
    missing = [name for name in fitted if name not in history.services]
    unknown = [name for name in history.services if name not in scenario.services]
    places = _ledger_places(scenario)
    for name in unknown:
        params = {"service": name[:MAX_NAME_CHARACTERS], "known": ", ".join(scenario.service_names)}
        code = "plan_lacks_service"
        if missing:  # a service without rows, and rows without a service, are one mistake
            code, params["instead"] = "ledger_calls_service", closest_match(name, missing, 0.0) or missing[0]
        location = places.locate(name, places.name_column) or _ledger_location(scenario)
        problems.append(Problem.of(location, places.name_column, code, **params))
    file, known = _ledger_location(scenario).file, ", ".join(history.services)
    for name in missing if not unknown else ():
        path = f"services.{name}"
        params = {"service": name, "file": file, "known": known[:MAX_LISTED_CHARACTERS]}
        problems.append(Problem.of(scenario.location_of(path), path, "history_lacks_service", **params))
    return problems


def _check_length(scenario: Scenario, history: History) -> list[Problem]:
    """Services with more months than are read, at the first row of each."""
    problems = []
    places = _ledger_places(scenario)
    for service in _fitted_services(scenario, history):
        calendar = history.service_calendar(service)
        if calendar.count > MAX_HISTORY_MONTHS:
            params = {
                "service": service[:MAX_NAME_CHARACTERS],
                "count": calendar.count,
                "limit": MAX_HISTORY_MONTHS,
                "first": format_month(calendar.first),
                "last": format_month(calendar.last),
                "start": format_month(calendar.last + 1 - MAX_HISTORY_MONTHS),
            }
            location = places.locate(service, "month") or _ledger_location(scenario)
            problems.append(Problem.of(location, "month", "history_too_long", **params))
    return problems


def _check_end(scenario: Scenario, history: History) -> list[Problem]:
    """A history that ends before the month that precedes what the plan simulates."""
    start, last = first_planned_month(scenario), history.calendar.last
    location = scenario.location_of("horizon.from")
    params = {"last": format_month(last), "start": format_month(start), "instead": format_month(last + 1)}
    if last < start - 1:
        params["months"] = list_names(map(format_month, range(last + 1, start)), MAX_MONTHS_IN_MESSAGE)
        params["file"] = _ledger_location(scenario).file
        code = "history_ends_before_plan"
        if scenario.as_of is not None and not set(range(last + 1, start)).isdisjoint(history.months_known_later):
            code, params["as_of"] = "history_known_ends_before_plan", scenario.as_of.isoformat()
        return [Problem.of(location, "horizon.from", code, **params)]
    return []


def _check_future_months(scenario: Scenario, history: History) -> list[Problem]:
    """Months that were booked as actual before they were over, and were not over on the day of the plan either."""
    if scenario.as_of is None:
        return []
    problems = []
    places = _ledger_places(scenario)
    for name, statuses in _months_by_name(history).items():
        early = [
            month
            for month, status in statuses.items()
            if status in ("actual", "example") and first_day(month + 1) - 1 > scenario.as_of.toordinal()
        ]
        if early:
            listed = ", ".join(format_month(month) for month in early[:MAX_MONTHS_IN_MESSAGE])
            params = {"service": name, "months": listed, "as_of": scenario.as_of.isoformat()}
            location = places.locate(name, "status", early[0]) or _ledger_location(scenario)
            problems.append(Problem.of(location, "status", "history_of_the_future", **params))
    return problems


def _check_estimates(scenario: Scenario, history: History) -> list[Problem]:
    """Estimates among the simulated months whose error nobody knows, each at its row."""
    months = simulated_months(scenario)
    problems = []
    places = _ledger_places(scenario)
    for measure, month, pairs in measures_without_error(scenario, history, months):
        params = {"measure": measure, "month": format_month(month), "pairs": pairs, "needed": MIN_ESTIMATE_PAIRS}
        location = places.locate(measure, "status", month) or _ledger_location(scenario)
        problems.append(Problem.of(location, "status", "estimate_without_error", **params))
    return problems


def _months_by_name(history: History) -> dict[str, dict[int, str]]:
    """Service, cost or `headcount` -> month -> status, of the history and of the booked months of a plan."""
    names = {
        service: dict(zip(history.service_calendar(service).months, history.status[service], strict=True))
        for service in history.services
    }
    for measure, figures in history.booked.items():
        kind, _, name = measure.partition(".")
        key = measure if kind in ("cost", "headcount") else name
        names[key] = {**names.get(key, {}), **{month: figure.status for month, figure in figures.items()}}
    return names


def _check_history_limits(scenario: Scenario, history: History) -> list[Problem]:
    """Parts of a plan that ask more of a history than it knows (docs/model.md, section 3)."""
    problems = []
    for service in _fitted_services(scenario, history):
        path, growth = f"services.{service}", scenario.services[service].growth
        count = history.service_calendar(service).count
        if growth is not None and not _has_full_year(history, service):
            params = {"service": service, "count": count}
            location = scenario.location_of(f"{path}.growth")
            problems.append(Problem.of(location, f"{path}.growth", "growth_without_year", **params))
        is_reconstructed = "reconstructed" in history.status[service]
        key_problems = _reconstructed_problems if is_reconstructed else _short_history_problems
        problems += [
            Problem.of(scenario.location_of(f"{path}.{key}"), f"{path}.{key}", code, **params)
            for key, code, params in key_problems(scenario, service, count)
        ]
        problems += [
            Problem.of(scenario.location_of(f"{path}.baseline.mask"), f"{path}.baseline.mask", code, **params)
            for code, params in _mask_problems(scenario, service, history.service_calendar(service))
        ]
    return problems


def _check_growth(scenario: Scenario, history: History) -> list[Problem]:
    """Growth over a year that it cannot be a share of."""
    problems = []
    for service in _fitted_services(scenario, history):
        growth = scenario.services[service].growth
        if growth is None or _history_level(scenario, service) == "history" or not _has_full_year(history, service):
            continue
        path = f"services.{service}.growth"
        problems += [
            Problem.of(scenario.location_of(path), path, code, service=service, **params)
            for code, params in _base_year_problems(scenario, history, service)
        ]
    return problems


def _base_year_problems(scenario: Scenario, history: History, service: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Code and parameters of the problem of a base year that is not above zero: growth is a share of it."""
    assert scenario.history is not None
    months = history.service_calendar(service)
    year = _last_full_year(months)
    measured, rows = history.modelled_series(service), months.year_rows(year)
    is_reconstructed = "reconstructed" in history.status[service]
    stated = scenario.stated.get(str(year)) if is_reconstructed else None
    amount = for_service(stated.services, service) if stated else None
    totals = {"growth_over_nothing": float(measured[rows].sum())}
    if amount is not None:
        totals["growth_over_stated_nothing"] = amount.value
    if scenario.growth_over == "underlying" and scenario.history.shocks:
        shocks = build_intervention(scenario.history.shocks, service, months, modelled_drivers(history, service))
        totals["growth_over_underlying_nothing"] = float(shocks.remove_from(measured)[rows].sum())
    instead = "baseline: {method: given, annual: …}"
    if not is_reconstructed:
        instead = f"baseline: {{level: history}}' / '{instead}"
    code = next((code for code, total in totals.items() if total <= 0), None)
    if code is not None:
        yield code, {"total": f"{totals[code]:.6g}", "year": year, "instead": instead}


def _history_level(scenario: Scenario, service: str) -> str:
    """`history` or `mixture(...)` where the history sets the level of the year; else empty."""
    level = scenario.baseline_for(service).level or "planner"
    return "" if level == "planner" else level


def _reconstructed_problems(
    scenario: Scenario, service: str, count: int
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Key, code and parameters of each problem with a reconstructed history."""
    if scenario.baseline_for(service).noise is None:
        yield "baseline.noise", "reconstructed_without_noise", {}
    if level := _history_level(scenario, service):
        yield "baseline.level", "reconstructed_level", {"text": level}
    elif scenario.services[service].growth is None:
        yield "growth", "reconstructed_without_growth", {}


def _short_history_problems(
    scenario: Scenario, service: str, count: int
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Key, code and parameters of each problem with an actual history of `count` months."""
    level = _history_level(scenario, service)
    if level and count < MIN_MONTHS_FOR_MODELS:
        yield "baseline.level", "short_level", {"count": count, "needed": MIN_MONTHS_FOR_MODELS, "text": level}


def _mask_problems(scenario: Scenario, service: str, months: Calendar) -> Iterator[tuple[str, dict[str, object]]]:
    """Code and parameters of each problem with the months that the planner masks."""
    masked = set(scenario.baseline_for(service).mask)
    outside = sorted(month for month in masked if not months.first <= month <= months.last)
    if outside:
        yield "mask_outside", {"months": ", ".join(format_month(month) for month in outside)}
    if len(masked) - len(outside) > months.count - min(SEASON_MONTHS, months.count) // 2:
        yield "mask_too_long", {}


def _has_full_year(history: History, service: str) -> bool:
    """True where the history of a service holds a full calendar year."""
    months = history.service_calendar(service)
    return SEASON_MONTHS * _last_full_year(months) >= months.first


def _last_full_year(months: Calendar) -> int:
    """The last calendar year that ends within some months."""
    return (months.last + 1) // SEASON_MONTHS - 1


def _check_unit_costs(scenario: Scenario, history: History) -> list[Problem]:
    """Unit costs of services without a volume."""
    problems = []
    for name, cost in scenario.costs.items():
        for service in scenario.service_names:
            per_unit = for_service(cost.per_unit, service)
            has_volume = scenario.baseline_for(service).method == "given" or service in history.volume
            if per_unit is not None and not has_volume:
                path = f"costs.{name}.per_unit.{service}"
                problems.append(Problem.of(per_unit.location, path, "per_unit_without_volume", service=service))
    return problems


def _check_volumes(scenario: Scenario, history: History) -> list[Problem]:
    """Targets and triggers in pieces, of services whose history has none."""
    asked = {f"targets.{name}": target.measure for name, target in scenario.targets.items()}
    asked |= {f"decisions.{name}.trigger": d.trigger.measure for name, d in scenario.decisions.items() if d.trigger}
    counted = {
        name
        for name in scenario.service_names
        if (
            (choice := scenario.baseline_for(name)).method == "given"
            and choice.annual is not None
            and choice.annual.dimension != "money"
        )
        or name in history.volume
    }
    return [
        Problem.of(scenario.location_of(f"{path}.measure"), f"{path}.measure", "volume_not_counted", measure=measure)
        for path, measure in sorted(asked.items())
        for kind, _, service in (measure.partition("."),)
        if kind == "volume" and not ({service} & counted if service else counted)
    ]


def _check_ordinary(scenario: Scenario, history: History) -> list[Problem]:
    """Months that are called ordinary of measures that the ledger does not have, or outside the plan."""
    assert scenario.history is not None
    simulated = simulated_months(scenario)
    known = [
        f"{kind}.{name}"
        for name in scenario.service_names
        for kind in (("revenue", "volume", "price") if name in history.volume else ("revenue",))
    ]
    problems = []
    for measure, months in scenario.history.ordinary.items():
        path = f"history.ordinary.{measure}"
        location = scenario.location_of("history.ordinary")
        if measure not in known:
            instead = closest_match(measure, known, 0.0) or known[0]
            problems.append(Problem.of(location, path, "ordinary_unknown", measure=measure, instead=instead))
            continue
        outside = [format_month(month) for month in months if month not in simulated]
        if outside:
            params = {"months": list_names(outside, MAX_MONTHS_IN_MESSAGE), "first": format_month(simulated[0])}
            params["last"] = format_month(simulated[-1])
            problems.append(Problem.of(location, path, "ordinary_outside", **params))
    return problems
