"""Where a plan and its history do not meet: every complaint, with the way out."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Complaint, Where
from forecast.history.ledger import History
from forecast.periods import SEASON, Calendar, first_day, month_text
from forecast.plan.record import of_service
from forecast.plan.scenario import Scenario
from forecast.timeseries.ensemble.ensemble import ENOUGH


def check_plan(scenario: Scenario) -> list[Complaint]:
    """Complaints that need no history: one is missing, or is of no use."""
    wrong = []
    for service in scenario.service_names:
        at = f"services.{service}"
        choice = scenario.choice(service)
        if choice.method == "fit" and scenario.history is None:
            wrong.append(Complaint.of(scenario.place(at), at, "baseline_no_history"))
        if choice.method == "given" and choice.annual is None:
            wrong.append(Complaint.of(scenario.place(f"{at}.baseline"), f"{at}.baseline", "baseline_no_annual"))
    return wrong


def check_history(scenario: Scenario, history: History) -> list[Complaint]:
    """Complaints about a history that the plan cannot stand on."""
    return [
        *_services(scenario, history),
        *_end(scenario, history),
        *_future(scenario, history),
        *_teaching(scenario, history),
        *_pieces(scenario, history),
    ]


def _ledger(scenario: Scenario) -> Where:
    from forecast.files.csv import shown

    return Where(shown(scenario.history.file) if scenario.history else "")


def _row_of(scenario: Scenario, service: str, column: str, month: str = "") -> Where:
    """The row of a service in the ledger, of a month or the first of all; the file is read again for it."""
    from forecast.files.csv import read_csv

    rows = read_csv(scenario.history.file, []).rows if scenario.history else ()
    found = (row[column].where for row in rows if row["service"].text == service and month in ("", row["month"].text))
    return next(found, _ledger(scenario))


def _fitted(scenario: Scenario, history: History) -> list[str]:
    """Services that are to be fitted and can be."""
    return [s for s in scenario.service_names if scenario.choice(s).method == "fit" and s in history.services]


def _services(scenario: Scenario, history: History) -> list[Complaint]:
    wrong = []
    file, known = _ledger(scenario).file, ", ".join(history.services)
    for service in scenario.service_names:
        if scenario.choice(service).method == "fit" and service not in history.services:
            facts = {"service": service, "file": file, "known": known[:200]}
            at = f"services.{service}"
            wrong.append(Complaint.of(scenario.place(at), at, "history_lacks_service", **facts))
    for service in history.services:
        if service not in scenario.services:
            facts = {"service": service[:80], "known": ", ".join(scenario.service_names)}
            place = _row_of(scenario, service, "service")
            wrong.append(Complaint.of(place, "service", "plan_lacks_service", **facts))
    return wrong


def _end(scenario: Scenario, history: History) -> list[Complaint]:
    """The history must end in the month before the horizon."""
    start, last = scenario.horizon.from_, history.calendar.last
    facts = {"last": month_text(last), "start": month_text(start), "instead": month_text(last + 1)}
    if last < start - 1:
        gap = [month_text(month) for month in range(last + 1, start)]
        facts["months"] = ", ".join(gap[:12]) + (f", … (+{len(gap) - 12})" if len(gap) > 12 else "")
        facts["file"] = _ledger(scenario).file
        return [Complaint.of(scenario.place("horizon.from"), "horizon.from", "history_ends_before_plan", **facts)]
    if last >= start:
        return [Complaint.of(scenario.place("horizon.from"), "horizon.from", "history_inside_horizon", **facts)]
    return []


def _future(scenario: Scenario, history: History) -> list[Complaint]:
    """A month that was not over on the day of the plan cannot be actual."""
    if scenario.as_of is None:
        return []
    wrong = []
    for service in history.services:
        months = history.calendar_of(service).months
        pairs = zip(months, history.status[service], strict=True)
        early = [
            month_text(month)
            for month, status in pairs
            if status in ("actual", "example") and first_day(month + 1) > scenario.as_of.toordinal()
        ]
        if early:
            facts = {"service": service, "months": ", ".join(early[:12]), "as_of": scenario.as_of.isoformat()}
            place = _row_of(scenario, service, "status", early[0])
            wrong.append(Complaint.of(place, "status", "history_of_the_future", **facts))
    return wrong


def _teaching(scenario: Scenario, history: History) -> list[Complaint]:
    """A history may set no more than it knows (model.md, section 3)."""
    wrong = []
    for service in _fitted(scenario, history):
        at, growth = f"services.{service}", scenario.services[service].growth
        count = history.calendar_of(service).count
        if growth is not None and not _has_whole_year(history, service):
            facts = {"service": service, "count": count}
            wrong.append(Complaint.of(growth.where, f"{at}.growth", "growth_without_year", **facts))
        codes = _reconstructed if "reconstructed" in history.status[service] else _level_of_short
        found = codes(scenario, service, count)
        wrong += [
            Complaint.of(scenario.place(f"{at}.{key}"), f"{at}.{key}", code, **facts) for key, code, facts in found
        ]
        wrong += [
            Complaint.of(scenario.place(f"{at}.baseline.mask"), f"{at}.baseline.mask", code, **facts)
            for code, facts in _mask(scenario, service, history.calendar_of(service))
        ]
    return wrong


def _own_level(scenario: Scenario, service: str) -> str:
    """`history` or `mixture(...)`, when the level of the year is asked of the history; else nothing."""
    level = scenario.choice(service).level or "planner"
    return "" if level == "planner" else level


def _reconstructed(scenario: Scenario, service: str, count: int) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Key, code and facts of what is wrong where months are reconstructed."""
    if scenario.choice(service).noise is None:
        yield "baseline.noise", "reconstructed_without_noise", {}
    if level := _own_level(scenario, service):
        yield "baseline.level", "reconstructed_level", {"text": level}
    elif scenario.services[service].growth is None:
        yield "growth", "reconstructed_without_growth", {}


def _level_of_short(scenario: Scenario, service: str, count: int) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Key, code and facts of what is wrong where actual months are few."""
    level = _own_level(scenario, service)
    if level and count < ENOUGH:
        yield "baseline.level", "short_level", {"count": count, "needed": ENOUGH, "text": level}


def _mask(scenario: Scenario, service: str, months: Calendar) -> Iterator[tuple[str, dict[str, object]]]:
    """Code and facts of what is wrong with the months that the planner masks."""
    masked = set(scenario.choice(service).mask)
    outside = sorted(month for month in masked if not months.first <= month <= months.last)
    if outside:
        yield "mask_outside", {"months": ", ".join(month_text(month) for month in outside)}
    if len(masked) - len(outside) > months.count - min(SEASON, months.count) // 2:
        yield "mask_too_long", {}


def _has_whole_year(history: History, service: str) -> bool:
    months = history.calendar_of(service)
    return SEASON * ((months.last + 1) // SEASON - 1) >= months.first


def _pieces(scenario: Scenario, history: History) -> list[Complaint]:
    """A cost of each piece needs pieces."""
    wrong = []
    for name, cost in scenario.costs.items():
        for service in scenario.service_names:
            each = of_service(cost.per_unit, service)
            if each is None or scenario.choice(service).method == "given" or service in history.volume:
                continue
            at = f"costs.{name}.per_unit.{service}"
            wrong.append(Complaint.of(each.where, at, "per_unit_without_volume", service=service))
    return wrong
