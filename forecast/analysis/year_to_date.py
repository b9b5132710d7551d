"""The year to date: the monthly table, the variances, and how the chances moved from month to month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from forecast.analysis.earlier_forecasts import (
    EarlierDay,
    PairedSimulations,
    PlanState,
    YearReferences,
    earlier_days,
)
from forecast.analysis.findings import Months
from forecast.analysis.last_year import LastYear
from forecast.analysis.months_table import PlanFigures, month_plans, tabulate_months
from forecast.analysis.variance import (
    VARIANCE_MEASURES,
    add_notes,
    compare_with_last_year,
    explain_variance,
    notes_on_closed_months,
)
from forecast.analysis.year_findings import ChancePoint, Variance, YearFindings
from forecast.history.ledger import History
from forecast.periods import format_month
from forecast.plan.accounts import read_books_by_day
from forecast.plan.scenario import Scenario
from forecast.simulation.closed_year import ClosedYear, find_closed_year
from forecast.simulation.results import Simulation
from forecast.stats.bins import meets
from forecast.stats.intervals import Estimate, PairedHits, shifted_chance

__all__ = ["analyse_year"]


def analyse_year(
    run: Simulation, history: History | None, months: Months, references: YearReferences
) -> tuple[YearFindings | None, Months]:
    """Analyse the year to date of a run.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    history : History, optional
        Its ledger before the months that it simulates.
    months : Months
        Its months, without the plan of the year.
    references : YearReferences
        What it is compared with.

    Returns
    -------
    year : YearFindings, optional
        None where no month is closed.
    months : Months
        With the plan of each month and the last closed one; the same where no month is closed.

    Raises
    ------
    InputError
        The ledger can no longer be read.
    """
    year = find_closed_year(run.scenario, run.baseline)
    if year is None:
        return None, months
    paired = PairedSimulations(run, year)
    current = PlanState(run.scenario, run.baseline)
    books = read_books_by_day(run.scenario)
    days = earlier_days(run, year, books, references.earlier)
    earlier = [paired.simulate(day.forecast.state) for day in days]
    now = paired.simulate(current)
    changes = [explain_variance(*pair, paired, "last_forecast") for pair in pairwise((*earlier, now))]
    against_plan = explain_variance(earlier[0], now, paired, "plan", run)
    against_forecast = explain_variance(earlier[-1], now, paired, "last_forecast", run) if len(earlier) > 1 else ()
    last_year = LastYear(run.scenario, history, run.baseline.booked)
    against_last_year = compare_with_last_year(paired, now, last_year)
    plan = PlanFigures(references, earlier[0], year)
    findings = YearFindings(
        closed_months=tuple(format_month(month) for month in year.closed_months),
        open_count=year.open_count,
        table=tabulate_months(run, year, plan, last_year),
        variances=tuple(
            add_notes(variance, run.scenario.notes, year)
            for variance in (*against_plan, *against_forecast, *against_last_year)
        ),
        chances=_chance_points(run, days, earlier, now, changes) if run.scenario.targets else (),
        notes=notes_on_closed_months(run.scenario.notes, year),
        plan_lock=references.plan_lock,
        are_locks_broken=references.are_locks_broken,
    )
    return findings, _with_plan(months, plan, year)


def _with_plan(months: Months, plan: PlanFigures, year: ClosedYear) -> Months:
    """Months with the plan of each month of the year, and the last closed one."""
    plans = month_plans(plan, months.measure)
    bars = tuple(replace(bar, plan=plans.get(bar.month, bar.plan)) for bar in months.bars)
    is_shown = any(bar.month == year.month for bar in bars)
    return replace(months, bars=bars, last_closed=year.month if is_shown else "")


def _chance_points(
    run: Simulation,
    days: Sequence[EarlierDay],
    earlier: Sequence[Simulation],
    now: Simulation,
    changes: Sequence[tuple[Variance, ...]],
) -> tuple[ChancePoint, ...]:
    """The chances on each earlier day, and now."""
    measure = run.scenario.targets[run.scenario.main_target].measure
    cause = measure if measure in VARIANCE_MEASURES else "revenue"
    points = [
        ChancePoint(
            as_of=day.as_of.isoformat(),
            closed_months=tuple(format_month(month) for month in day.closed_months),
            chances=day.forecast.chances or _earlier_chances(run, simulation, now),
            lock=day.forecast.lock,
            change=None,
            other_goals=_other_goals(day.forecast.state.scenario, run.scenario),
        )
        for day, simulation in zip(days, earlier, strict=True)
    ]
    year = find_closed_year(run.scenario, run.baseline)
    assert year is not None  # so is every caller's
    as_of = run.scenario.as_of
    closed = tuple(format_month(month) for month in year.closed_months)
    points.append(
        ChancePoint(
            as_of="" if as_of is None else as_of.isoformat(),
            closed_months=closed,
            chances={name: run.chance(name) for name in sorted(run.scenario.targets)},
            lock="",
            change=None,
        )
    )
    causes = [None, *(_of_measure(variances, cause) for variances in changes)]
    return tuple(replace(point, change=change) for point, change in zip(points, causes, strict=True))


def _other_goals(earlier: Scenario, now: Scenario) -> dict[str, float]:
    """Target -> its threshold in an earlier plan, of those that have another one now."""
    return {
        name: earlier.targets[name].threshold.value
        for name in sorted(earlier.targets.keys() & now.targets.keys())
        if earlier.targets[name].threshold.value != now.targets[name].threshold.value
    }


def _of_measure(variances: tuple[Variance, ...], measure: str) -> Variance | None:
    return next((variance for variance in variances if variance.measure == measure), None)


def _earlier_chances(run: Simulation, earlier: Simulation, now: Simulation) -> Mapping[str, Estimate]:
    """Chances of an earlier state: those of the run, moved by the difference over the first paths."""
    chances = {}
    for name in sorted(earlier.scenario.targets.keys() & now.scenario.targets.keys()):
        hits = [
            meets(
                simulation.tallies[simulation.target_figure(target)].values,
                target.threshold.value,
                target.at_least is not None,
            )
            for simulation in (earlier, now)
            for target in (simulation.scenario.targets[name],)
        ]
        both = int((hits[0] & hits[1]).sum())
        paired = PairedHits(len(hits[0]), int(hits[0].sum()), int(hits[1].sum()), both)
        chances[name] = shifted_chance(run.chance(name), run.paths, paired)
    return chances
