"""Inputs of the model of one path, resolved from several keys of a plan and its history: baseline, costs, people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario, StatedYear
from forecast.plan.targets import Target
from forecast.plan.workforce import ImpliedHeadcount, Workforce
from forecast.plan.yearly_changes import change_in_year
from forecast.simulation.earlier import months_still_recovered
from forecast.simulation.model.inputs import (
    BaselineInputs,
    CostInputs,
    GapInputs,
    PlannedHeadcount,
    ServiceInputs,
    StatedAmount,
    WorkforceInputs,
)
from forecast.timeseries.baseline import Baseline, ServiceBaseline

__all__ = ["changes_by_year", "compile_baseline", "compile_costs", "compile_workforce"]


def compile_baseline(scenario: Scenario, baseline: Baseline, earlier_months: int) -> BaselineInputs:
    """Resolve the inputs of the baseline paths.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    baseline : Baseline
        Fits of its history.
    earlier_months : int
        Months before the horizon whose losses still come back.

    Returns
    -------
    BaselineInputs
        Of all services.
    """
    takes_shocks_out = scenario.growth_over == "underlying" and scenario.history is not None
    shocks = scenario.history.shocks if scenario.history and takes_shocks_out else {}
    base_years = {fitted.base_year for fitted in baseline.services.values() if fitted.base_year is not None}
    return BaselineInputs(
        calendar=baseline.calendar,
        horizon=scenario.horizon.calendar,
        services={
            name: _compile_service(scenario, baseline.services[name], baseline.calendar.years[0])
            for name in scenario.service_names
        },
        base_year_shocks=dict(sorted(shocks.items())),
        gap=_compile_gap(scenario, baseline),
        earlier_months=earlier_months,
        base_year_earlier_months=max(
            (months_still_recovered(shocks.values(), SEASON_MONTHS * year) for year in base_years), default=0
        ),
    )


def _compile_service(scenario: Scenario, fitted: ServiceBaseline, first_year: int) -> ServiceInputs:
    choice, service = scenario.baseline_for(fitted.service), scenario.services[fitted.service]
    written = choice.level or ("planner" if service.growth is not None or fitted.forecast is None else "history")
    mixture = written if written.startswith("mixture") else ""
    stated = scenario.stated.get(str(fitted.base_year)) if fitted.kind == "reconstructed" else None
    return ServiceInputs(
        fitted=fitted,
        level="mixture" if mixture else "planner" if written == "planner" else "history",
        planner_share=float(mixture.removeprefix("mixture(").removesuffix("%)")) / 100 if mixture else 0.0,
        growth=changes_by_year(scenario, f"services.{fitted.service}.growth"),
        price_change=None
        if service.price_change is None
        else changes_by_year(scenario, f"services.{fitted.service}.price_change"),
        annual=choice.annual,
        first_year=first_year,
        noise=choice.noise,
        persistence=choice.persistence,
        level_noise=choice.level_noise,
        last_year=_stated_amount(stated, fitted.service) if stated else None,
    )


def compile_costs(scenario: Scenario) -> CostInputs:
    """Resolve the inputs of the costs.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    CostInputs
        By name, with the yearly changes of each.
    """
    by_name = dict(sorted(scenario.costs.items()))
    changes = {
        name: changes_by_year(scenario, f"costs.{name}.change_per_year")
        for name, cost in by_name.items()
        if cost.change_per_year is not None
    }
    return CostInputs(by_name, scenario.service_names, scenario.horizon.calendar, changes)


def changes_by_year(scenario: Scenario, name: str) -> dict[int, Assumption]:
    """Resolve a yearly change.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    name : str
        Dotted name of the change.

    Returns
    -------
    dict
        The assumption of each calendar year in which it counts; empty where the plan has no such change.
    """
    change = scenario.yearly_changes.get(name)
    return {} if change is None else {year: change_in_year(change, year) for year in scenario.years_of_change(name)}


def _stated_amount(year: StatedYear, service: str) -> StatedAmount | None:
    amount = for_service(year.services, service)
    return None if amount is None else StatedAmount(amount, for_service(year.understated_by, service))


def _compile_gap(scenario: Scenario, baseline: Baseline) -> GapInputs | None:
    """The gap of the last year that is stated before the horizon; None where no total is stated."""
    stated = scenario.stated_total_before(baseline.calendar.years[0])
    if stated is None or stated.total is None:
        return None
    unknown = (name for name in scenario.service_names if baseline.services[name].base_year is None)
    without_history = {name: _stated_amount(stated, name) for name in unknown}
    return GapInputs(stated.total, without_history, _gap_month_shares(scenario, baseline))


def _gap_month_shares(scenario: Scenario, baseline: Baseline) -> Floats:
    """(months of whole years,) the undisturbed months of all services as shares of each year."""
    calendar = baseline.calendar
    shares = np.zeros(calendar.count)
    for service in scenario.service_names:
        size = abs(_annual_revenue(scenario, baseline, service))
        season = baseline.services[service].month_sizes
        for year in calendar.years:
            rows = calendar.year_rows(year)
            shares[rows] += size * season[rows] / season[rows].sum()
    for year in calendar.years:
        rows = calendar.year_rows(year)
        shares[rows] /= shares[rows].sum()
    return shares


def _annual_revenue(scenario: Scenario, baseline: Baseline, service: str) -> float:
    """Revenue of a service in the base year, or in the year that the planner gives."""
    fitted = baseline.services[service]
    annual = scenario.baseline_for(service).annual
    return fitted.base_total * (fitted.base_price or 1.0) or (annual.value if annual else 0.0)


def compile_workforce(scenario: Scenario, workforce: Workforce, baseline: Baseline) -> WorkforceInputs:
    """Resolve the inputs of the people.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    workforce : Workforce
        That of the plan.
    baseline : Baseline
        Fits of its history.

    Returns
    -------
    WorkforceInputs
        The headcount, counted or implied by the targets, and the shares of revenue that count for wages.
    """
    by_service = {name: for_service(workforce.productivity.wage_share, name) for name in scenario.service_names}
    shares = {name: share for name, share in by_service.items() if share is not None}
    headcount = workforce.headcount
    return WorkforceInputs(
        headcount=_planned_headcount(scenario, headcount, shares, baseline)
        if isinstance(headcount, ImpliedHeadcount)
        else headcount,
        basis=workforce.productivity.basis,
        wage_shares=shares,
    )


def _planned_headcount(
    scenario: Scenario, headcount: ImpliedHeadcount, wage_shares: Mapping[str, Assumption], baseline: Baseline
) -> PlannedHeadcount:
    """The targets that imply the headcount, with the services at their stated parts of the last year."""
    productivity = scenario.targets[headcount.implied_by.removeprefix("targets.")]
    assert scenario.workforce is not None
    parts = None
    if scenario.workforce.productivity.basis == "wage_revenue":
        sizes = {name: _stated_revenue(scenario, baseline, name) for name in scenario.service_names}
        total = sum(sizes.values())
        parts = tuple((share, sizes[name] / total) for name, share in wage_shares.items())
    return PlannedHeadcount(
        revenue=_revenue_target(scenario, productivity).threshold,
        productivity=productivity.threshold,
        months=productivity.period.calendar.count,
        wage_shares=parts,
        spread=headcount.spread,
    )


def _revenue_target(scenario: Scenario, productivity: Target) -> Target:
    """The revenue target of the same period, by the order of names."""
    targets = (target for _, target in sorted(scenario.targets.items()))
    return next(
        target
        for target in targets
        if target.measure == "revenue"
        and target.place is None
        and target.period.calendar == productivity.period.calendar
    )


def _stated_revenue(scenario: Scenario, baseline: Baseline, service: str) -> float:
    """Revenue of a service in the base year as a document states it, else as it is known."""
    year = scenario.stated.get(str(baseline.services[service].base_year))
    stated = for_service(year.services, service) if year else None
    return _annual_revenue(scenario, baseline, service) if stated is None else stated.value
