"""Where a plan and its history do not meet: every complaint, with the way out."""

from __future__ import annotations

from forecast.errors import Complaint, Where
from forecast.fits import ENOUGH
from forecast.history import History
from forecast.models.model import SEASON
from forecast.months import first_day, month_text
from forecast.noun import of_service
from forecast.plan import Scenario


def check_plan(scenario: Scenario) -> list[Complaint]:
    """Complaints that need no history: one is missing, or is of no use."""
    wrong = []
    for service in scenario.service_names:
        at = f"services.{service}"
        choice = scenario.choice(service)
        if choice.method == "fit" and scenario.history is None:
            wrong.append(Complaint.of(_plan(scenario), at, "baseline_no_history"))
        if choice.method == "given" and choice.annual is None:
            wrong.append(Complaint.of(_plan(scenario), f"{at}.baseline", "baseline_no_annual"))
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


def _plan(scenario: Scenario) -> Where:
    return Where(scenario.file or "<plan>")


def _ledger(scenario: Scenario) -> Where:
    from forecast.csv_file import shown

    return Where(shown(scenario.history.file) if scenario.history else "")


def _fitted(scenario: Scenario, history: History) -> list[str]:
    """Services that are to be fitted and can be."""
    return [s for s in scenario.service_names if scenario.choice(s).method == "fit" and s in history.services]


def _services(scenario: Scenario, history: History) -> list[Complaint]:
    wrong = []
    file, known = _ledger(scenario).file, ", ".join(history.services)
    for service in scenario.service_names:
        if scenario.choice(service).method == "fit" and service not in history.services:
            facts = {"service": service, "file": file, "known": known[:200]}
            wrong.append(Complaint.of(_plan(scenario), f"services.{service}", "history_lacks_service", **facts))
    for service in history.services:
        if service not in scenario.services:
            facts = {"service": service[:80], "known": ", ".join(scenario.service_names)}
            wrong.append(Complaint.of(_ledger(scenario), "service", "plan_lacks_service", **facts))
    return wrong


def _end(scenario: Scenario, history: History) -> list[Complaint]:
    """The history must end in the month before the horizon."""
    start, last = scenario.horizon.from_, history.calendar.last
    facts = {"last": month_text(last), "start": month_text(start), "instead": month_text(last + 1)}
    if last < start - 1:
        gap = [month_text(month) for month in range(last + 1, start)]
        facts["months"] = ", ".join(gap[:12]) + (f", … (+{len(gap) - 12})" if len(gap) > 12 else "")
        facts["file"] = _ledger(scenario).file
        return [Complaint.of(_plan(scenario), "horizon.from", "history_ends_before_plan", **facts)]
    if last >= start:
        return [Complaint.of(_plan(scenario), "horizon.from", "history_inside_horizon", **facts)]
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
            wrong.append(Complaint.of(_ledger(scenario), "status", "history_of_the_future", **facts))
    return wrong


def _teaching(scenario: Scenario, history: History) -> list[Complaint]:
    """A history may set no more than it knows (model.md, section 3)."""
    wrong = []
    for service in _fitted(scenario, history):
        at, plan = f"services.{service}", scenario.services[service]
        choice, count = scenario.choice(service), history.calendar_of(service).count
        reconstructed = "reconstructed" in history.status[service]
        own_level = choice.level is not None and choice.level != "planner"
        if plan.growth is not None and not _has_whole_year(history, service):
            facts = {"service": service, "count": count}
            wrong.append(Complaint.of(plan.growth.where, f"{at}.growth", "growth_without_year", **facts))
        if reconstructed and choice.noise is None:
            wrong.append(Complaint.of(_plan(scenario), f"{at}.baseline.noise", "reconstructed_without_noise"))
        if reconstructed and plan.growth is None and not own_level:
            wrong.append(Complaint.of(_plan(scenario), f"{at}.growth", "reconstructed_without_growth"))
        if own_level and reconstructed:
            wrong.append(Complaint.of(_plan(scenario), f"{at}.baseline.level", "reconstructed_level", text=choice.level))
        elif own_level and count < ENOUGH:
            facts = {"count": count, "needed": ENOUGH, "text": choice.level}
            wrong.append(Complaint.of(_plan(scenario), f"{at}.baseline.level", "short_level", **facts))
        seen = history.calendar_of(service)
        outside = [month for month in choice.mask if not seen.first <= month <= seen.last]
        if outside:
            facts = {"months": ", ".join(month_text(month) for month in outside)}
            wrong.append(Complaint.of(_plan(scenario), f"{at}.baseline.mask", "mask_outside", **facts))
        if len(set(choice.mask)) > count - len(outside) - min(SEASON, count) // 2:
            wrong.append(Complaint.of(_plan(scenario), f"{at}.baseline.mask", "mask_too_long"))
    return wrong


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
