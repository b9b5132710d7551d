"""What the closed months of a plan are compared with: its assigned figures, and the earlier plans of its year."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING

from forecast.periods import first_day
from forecast.plan.data_files import path_in_project
from forecast.runs.locks import LOCKED_LEVELS, Lock
from forecast.workflows.locked_plans import lock_fits, restored_plan
from forecast.workflows.request import RunRequest

if TYPE_CHECKING:
    from forecast.analysis.earlier_forecasts import EarlierForecast, YearReferences
    from forecast.plan.scenario import Scenario
    from forecast.timeseries.baseline import Baseline

__all__ = ["find_year_references"]

_MEDIAN = LOCKED_LEVELS.index(0.5)


def find_year_references(request: RunRequest, baseline: Baseline, restored: ExitStack | None = None) -> YearReferences:
    """Find what the closed months of a plan are compared with.

    Parameters
    ----------
    request : RunRequest
        The plan.
    baseline : Baseline
        Its fitted baseline with its books.
    restored : ExitStack, optional
        Keeps the plans of earlier locks; without it the month is compared with plans of today alone.

    Returns
    -------
    YearReferences
        Empty where no month is closed. The files of earlier locks are there until `restored` is closed.

    Raises
    ------
    InputError
        A file of assigned figures is wrong, or this version of the program cannot read the plan of a lock.
    """
    from forecast.analysis.earlier_forecasts import YearReferences
    from forecast.simulation.closed_year import find_closed_year

    if find_closed_year(request.scenario, baseline) is None:
        return YearReferences()
    assigned = _assigned_figures(request.scenario)
    if restored is None:
        return YearReferences(_earlier_forecasts(request, (), ExitStack()), assigned)
    locks = request.references
    return YearReferences(
        earlier=_earlier_forecasts(request, locks.earlier, restored),
        assigned=assigned,
        locked=_medians(locks.approved),
        revised=_medians(locks.revised),
    )


def _earlier_forecasts(
    request: RunRequest, locks: tuple[Lock, ...], restored: ExitStack
) -> tuple[EarlierForecast, ...]:
    """Earlier plans by day: as they were locked, else as their files are now with the fits that are stored."""
    from forecast.analysis.earlier_forecasts import EarlierForecast, PlanState
    from forecast.plan.loading.earlier_plans import read_earlier_plans
    from forecast.timeseries.baseline import fit_baseline

    locked_files = {lock.plan for lock in locks}
    forecasts = {
        plan.as_of: EarlierForecast(PlanState(plan, fit_baseline(plan, cache=request.cache)))
        for plan in read_earlier_plans(request.scenario)
        if path_in_project(plan.file, plan) not in locked_files
    }
    for lock in locks:
        forecast = _locked_forecast(lock, restored)
        forecasts[forecast.state.scenario.as_of] = forecast
    return tuple(forecasts[day] for day in sorted(day for day in forecasts if day is not None))


def _locked_forecast(lock: Lock, restored: ExitStack) -> EarlierForecast:
    """A plan with its text, books, fits and chances as they were locked."""
    from forecast.analysis.earlier_forecasts import EarlierForecast, PlanState
    from forecast.stats.intervals import Estimate
    from forecast.timeseries.baseline import fit_baseline

    scenario = restored.enter_context(restored_plan(lock)).scenario
    fits = lock_fits(lock)
    request = RunRequest.for_lock(lock, scenario)
    if fits is not None:
        request = request.with_pinned_fits(fits)
    baseline = fit_baseline(scenario, cache=request.cache, pinned_fits=request.pinned_fits)
    if scenario.as_of is None:
        day_before = date.fromordinal(first_day(scenario.horizon.calendar.first) - 1)
        scenario = scenario.model_copy(update={"as_of": day_before})
    chances = {name: Estimate(**chance.model_dump()) for name, chance in lock.chances.items()}
    return EarlierForecast(PlanState(scenario, baseline), chances, lock.name)


def _medians(lock: Lock | None) -> dict[str, dict[str, float]]:
    """Medians of a lock by measure and period."""
    if lock is None:
        return {}
    return {
        measure: {period: quantiles[_MEDIAN] for period, quantiles in by_period.items()}
        for measure, by_period in lock.quantiles.items()
    }


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
