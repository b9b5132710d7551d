"""References of a plan with closed months: its assigned figures, the earlier plans of its year, and their locks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.errors import InputError, LockError
from forecast.files.fingerprint import json_digest, to_jsonable
from forecast.files.paths import plan_name
from forecast.periods import first_day, format_month
from forecast.plan.data_files import path_in_project, project_folder
from forecast.runs.month_locks import current_locks, lock_month

if TYPE_CHECKING:
    from pathlib import Path

    from forecast.analysis.earlier_forecasts import EarlierForecast, MediansByMeasure, YearReferences
    from forecast.plan.scenario import Scenario
    from forecast.runs.locks import Lock
    from forecast.timeseries.baseline import Baseline

__all__ = ["open_year_references", "reference_digests"]

MEDIAN_LEVEL = 0.5


@dataclass(frozen=True)
class _YearSources:
    """Earlier plans of a year, as files and as locks."""

    plans: tuple[Scenario, ...] = ()
    """By day."""
    locks: tuple[Lock, ...] = ()
    """By day, the latest version of each."""
    are_locks_broken: bool = False
    """True where the chain of locks is not whole, so that none is read."""


def reference_digests(scenario: Scenario, locks: Path | None = None) -> list[str]:
    """List the digests of what the closed months of a plan are compared with; they are inputs of its run.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    locks : Path, optional
        Folder of the locks; that of its project by default.

    Returns
    -------
    list of str
        Of earlier plans, then of locks; empty where the plan has none, or no month that may be closed.
    """
    sources = _find_sources(scenario, locks)
    return [json_digest(to_jsonable(plan)) for plan in sources.plans] + [lock.digest for lock in sources.locks]


@contextmanager
def open_year_references(
    scenario: Scenario, baseline: Baseline, cache: Path | None = None, locks: Path | None = None
) -> Iterator[YearReferences]:
    """Find what the closed months of a plan are compared with.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    baseline : Baseline
        Its fitted baseline with its books.
    cache : Path, optional
        Folder of stored fits.
    locks : Path, optional
        Folder of the locks; that of its project by default.

    Yields
    ------
    YearReferences
        Empty where no month is closed; files of locked plans are there until the block ends.

    Raises
    ------
    InputError
        A file of assigned figures is wrong.
    """
    from forecast.analysis.earlier_forecasts import YearReferences
    from forecast.simulation.closed_year import find_closed_year

    if find_closed_year(scenario, baseline) is None:
        yield YearReferences()
        return
    sources = _find_sources(scenario, locks)
    with ExitStack() as files:
        by_day = {forecast.day: forecast for forecast in _unlocked_forecasts(sources.plans, cache)}
        by_day |= {forecast.day: forecast for forecast in _locked_forecasts(sources.locks, files)}
        approved = _approved_lock(sources.locks)
        yield YearReferences(
            earlier=tuple(by_day[day] for day in sorted(by_day)),
            assigned=_assigned_figures(scenario),
            locked=_medians(approved),
            plan_lock="" if approved is None else f"{approved.name} ({approved.short_hash})",
            revised=_medians(next((lock for lock in reversed(sources.locks) if lock.revises), None)),
            are_locks_broken=sources.are_locks_broken,
        )


def _find_sources(scenario: Scenario, locks: Path | None) -> _YearSources:
    """Earlier plans of a plan with a ledger and a day on which a month of it may be closed."""
    if scenario.history is None or scenario.as_of is None:
        return _YearSources()
    if scenario.as_of.toordinal() < first_day(scenario.horizon.from_ + 1) - 1:
        return _YearSources()
    from forecast.plan.loading.earlier_plans import list_parent_files, read_earlier_plans
    from forecast.runs.lock_files import read_locks
    from forecast.runs.locks import locks_folder

    try:
        chain = read_locks(locks or locks_folder(project_folder(scenario.file)))
    except LockError:
        return _YearSources(read_earlier_plans(scenario), are_locks_broken=True)
    parents = list_parent_files(scenario) if chain else ()
    files = {path_in_project(file, scenario) for file in (*map(str, parents), scenario.file)}
    of_year = [
        lock
        for lock in current_locks(chain)
        if lock.plan in files
        and not _is_earlier_version(lock, scenario)
        and lock.as_of is not None
        and lock.as_of < scenario.as_of
        and lock.horizon.calendar == scenario.horizon.calendar
    ]
    plans = read_earlier_plans(scenario, {lock.plan for lock in of_year})
    return _YearSources(plans, tuple(sorted(of_year, key=lambda lock: (lock.as_of, lock.locked_at))))


def _is_earlier_version(lock: Lock, scenario: Scenario) -> bool:
    """True for a lock of the month whose overlay a plan is: what is locked now supersedes it."""
    month = lock_month(lock)
    return month is not None and format_month(month) == plan_name(scenario.file)


def _unlocked_forecasts(plans: Sequence[Scenario], cache: Path | None) -> Iterator[EarlierForecast]:
    """Earlier plans with their baselines, from fits that are stored."""
    from forecast.analysis.earlier_forecasts import EarlierForecast, PlanState
    from forecast.timeseries.baseline import fit_baseline

    for plan in plans:
        yield EarlierForecast(PlanState(plan, fit_baseline(plan, cache=cache)))


def _locked_forecasts(locks: Sequence[Lock], files: ExitStack) -> Iterator[EarlierForecast]:
    """Locked plans as they were, with their chances; a plan that this version cannot read is left out."""
    from forecast.analysis.earlier_forecasts import EarlierForecast, PlanState
    from forecast.stats.intervals import Estimate
    from forecast.timeseries.baseline import fit_baseline
    from forecast.workflows.locked_plans import lock_fits, restored_plan

    for lock in locks:
        try:
            plan = files.enter_context(restored_plan(lock)).scenario
            state = PlanState(plan, fit_baseline(plan, pinned_fits=lock_fits(lock)))
        except InputError:
            continue
        chances = {name: Estimate(chance.value, chance.low, chance.high) for name, chance in lock.chances.items()}
        yield EarlierForecast(state, chances, lock.name)


def _approved_lock(locks: Sequence[Lock]) -> Lock | None:
    """The last lock of the plan itself that somebody approved, else the last of it; None without one."""
    of_plan = [lock for lock in locks if lock_month(lock) is None and not lock.revises]
    of_plan = [lock for lock in of_plan if not lock.closed_months] or of_plan
    approved = [lock for lock in of_plan if lock.approved_by]
    return next(reversed(approved or of_plan), None)


def _medians(lock: Lock | None) -> MediansByMeasure:
    """By measure and period, the medians of a lock."""
    if lock is None:
        return {}
    level = lock.quantile_levels.index(MEDIAN_LEVEL)
    return {
        measure: {period: quantiles[level] for period, quantiles in by_period.items()}
        for measure, by_period in lock.quantiles.items()
    }


def _assigned_figures(scenario: Scenario) -> Mapping[str, Mapping[str, float]]:
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
