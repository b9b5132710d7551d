"""References of a plan with closed months: its assigned figures, and the earlier plans of its year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.workflows.request import RunRequest

if TYPE_CHECKING:
    from forecast.analysis.earlier_forecasts import EarlierForecast, YearReferences
    from forecast.plan.scenario import Scenario
    from forecast.timeseries.baseline import Baseline

__all__ = ["find_year_references"]


def find_year_references(request: RunRequest, baseline: Baseline) -> YearReferences:
    """Find what the closed months of a plan are compared with.

    Parameters
    ----------
    request : RunRequest
        The plan.
    baseline : Baseline
        Its fitted baseline with its books.

    Returns
    -------
    YearReferences
        Empty where no month is closed.

    Raises
    ------
    InputError
        A file of assigned figures is wrong.
    """
    from forecast.analysis.earlier_forecasts import YearReferences
    from forecast.plan.loading.earlier_plans import read_earlier_plans
    from forecast.simulation.closed_year import find_closed_year

    scenario = request.scenario
    if find_closed_year(scenario, baseline) is None:
        return YearReferences()
    return YearReferences(
        earlier=tuple(_earlier_forecasts(request, read_earlier_plans(scenario))), assigned=_assigned_figures(scenario)
    )


def _earlier_forecasts(request: RunRequest, plans: tuple[Scenario, ...]) -> list[EarlierForecast]:
    """Earlier plans with their baselines, from the fits that are stored with the request."""
    from forecast.analysis.earlier_forecasts import EarlierForecast, PlanState
    from forecast.timeseries.baseline import fit_baseline

    return [EarlierForecast(PlanState(plan, fit_baseline(plan, cache=request.cache))) for plan in plans]


def _assigned_figures(scenario: Scenario) -> dict[str, dict[str, float]]:
    """By measure and period, what documents assign to years of the plan and to their months and quarters."""
    from forecast.plan.stated_periods import read_stated_periods

    assigned: dict[str, dict[str, float]] = {}
    for (measure, period), value in read_stated_periods(scenario).items():
        assigned.setdefault(measure, {})[period] = value
    for year, stated in scenario.stated.items():
        amounts = {f"revenue.{name}": amount for name, amount in stated.services.items() if name != "all"}
        if stated.total is not None:
            amounts["revenue"] = stated.total
        for measure, amount in amounts.items():
            assigned.setdefault(measure, {})[year] = amount.value
    return assigned
