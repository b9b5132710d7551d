"""Variance of the year to date and of the year against the plan, the last forecast and last year, cause by cause.

Means are compared, for means add up. From an earlier state of the plan to now the causes are taken in this order:
events that were named since, initiatives, changed assumptions, closed months as booked (by volume and price where both
are booked), and what these taught the open months. Each cause is simulated with those before it over the same random
numbers, so that the steps sum exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from forecast.analysis.earlier_forecasts import PairedSimulations, PlanState
from forecast.analysis.last_year import LastYear
from forecast.analysis.variance_causes import variance_causes
from forecast.analysis.variance_steps import (
    MonthPair,
    VarianceSpan,
    VarianceStage,
    exact_mean,
    mean_of,
    measure_lines,
    split_by_volume_and_price,
    variance_span,
    variance_steps,
)
from forecast.analysis.year_findings import Variance, VarianceReference, VarianceStep, VarianceTotals
from forecast.periods import Calendar, format_month
from forecast.simulation.closed_year import ClosedYear
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Z975

__all__ = ["VARIANCE_MEASURES", "add_notes", "compare_with_last_year", "explain_variance", "notes_on_closed_months"]

Notes = Mapping[str, Mapping[str, str]]
"""Measure -> month as written -> text."""
VARIANCE_MEASURES = ("revenue", "cost", "profit")


def explain_variance(
    before: Simulation,
    now: Simulation,
    paired: PairedSimulations,
    reference: VarianceReference,
    level: Simulation | None = None,
) -> tuple[Variance, ...]:
    """Explain how the measures of a plan changed from an earlier state to now.

    Parameters
    ----------
    before, now : Simulation
        Both by `paired`.
    paired : PairedSimulations
        Simulates the states between them.
    reference : {"plan", "last_forecast"}
        Name of the earlier state.
    level : Simulation, optional
        Simulation of `now` over more paths, whose means are the end; `now` by default.

    Returns
    -------
    tuple of Variance
        Of revenue, and of cost and profit where the plan has costs; the steps of each sum exactly.
    """
    causes = variance_causes(PlanState(before.scenario, before.baseline), PlanState(now.scenario, now.baseline))
    stages = [VarianceStage(cause.kind, cause.name, paired.simulate(cause.state)) for cause in causes[:-1]]
    stages.append(VarianceStage(causes[-1].kind, causes[-1].name, now))
    as_of = before.scenario.as_of.isoformat() if before.scenario.as_of is not None else ""
    span = variance_span(now, paired.year)
    variances = []
    for measure in (name for name in VARIANCE_MEASURES if _has_measure(now, name, paired.year)):
        steps = variance_steps(measure, before, stages, span)
        median = before.tally(measure, span.outlook).quantile(0.5).value
        variances.append(_ending_at(_totals(level or now, measure, span), measure, reference, as_of, median, steps))
    return tuple(variances)


def compare_with_last_year(paired: PairedSimulations, now: Simulation, last_year: LastYear) -> tuple[Variance, ...]:
    """Compare the year to date and the year with the same months a year before, line by line.

    Parameters
    ----------
    paired : PairedSimulations
        The run, and its closed months.
    now : Simulation
        By `paired`.
    last_year : LastYear
        Books of the year before.

    Returns
    -------
    tuple of Variance
        Of each measure whose lines were booked in every month of the year before; from the books as the plan knew
        them, with what was restated since as steps of their own.
    """
    variances = []
    for measure in VARIANCE_MEASURES:
        year = paired.year
        past_year = last_year.total(measure, year.calendar)
        if past_year is None or not _has_measure(now, measure, year):
            continue
        lines = measure_lines(now, measure, year.outlook)
        amounts = [last_year.total(line, year.calendar) for line, _ in lines]
        if any(amount is None for amount in amounts):
            continue
        steps = [step for line, sign in lines for step in _last_year_steps(line, sign, paired, now, last_year)]
        audit = list(_audit_steps(lines, year, last_year))
        steps = [*audit, *sorted(steps, key=lambda step: step.kind == "rest")]
        end = _totals(paired.run, measure, variance_span(now, year))
        before_audit = past_year - math.fsum(step.outlook for step in audit)
        variances.append(_ending_at(end, measure, "last_year", "", before_audit, steps))
    return tuple(variances)


def add_notes(variance: Variance, notes: Notes, year: ClosedYear) -> Variance:
    """Put the planner's notes on closed months beside the first step of their measure.

    Parameters
    ----------
    variance : Variance
        Without notes.
    notes : mapping
        Measure -> month -> text.
    year : ClosedYear
        Notes on other months are left out.

    Returns
    -------
    Variance
        The same with notes.
    """
    remaining = dict(notes_on_closed_months(notes, year))
    booked = ("volume", "price", "actual")
    steps = (
        replace(step, notes=remaining.pop(step.name, ())) if step.kind in booked else step for step in variance.steps
    )
    return replace(variance, steps=tuple(steps))


def notes_on_closed_months(notes: Notes, year: ClosedYear) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the notes on closed months.

    Parameters
    ----------
    notes : mapping
        Measure -> month -> text.
    year : ClosedYear
        Notes on other months are left out.

    Returns
    -------
    dict of str to tuple of (str, str)
        By measure, the month and text of each note.
    """
    closed = {format_month(month) for month in year.closed_months}
    by_measure = {
        measure: tuple((month, text) for month, text in sorted(texts.items()) if month in closed)
        for measure, texts in sorted(notes.items())
    }
    return {measure: texts for measure, texts in by_measure.items() if texts}


def _has_measure(run: Simulation, measure: str, year: ClosedYear) -> bool:
    return (measure, year.to_date) in run.tallies


def _totals(run: Simulation, measure: str, span: VarianceSpan) -> VarianceTotals:
    """Means and median of a measure, exact where every path has the same value."""
    outlook = run.tally(measure, span.outlook)
    return VarianceTotals(_mean_to_date(run, measure, span), exact_mean(outlook), outlook.quantile(0.5).value)


def _mean_to_date(run: Simulation, measure: str, span: VarianceSpan) -> float:
    return exact_mean(run.tally(measure, span.to_date)) if span.months else 0.0


def _ending_at(
    end: VarianceTotals,
    measure: str,
    reference: VarianceReference,
    as_of: str,
    median: float,
    steps: list[VarianceStep],
) -> Variance:
    """A variance that ends at given means, and begins where the steps lead back to."""
    start = VarianceTotals(
        math.fsum((end.to_date, *(-step.to_date for step in steps))),
        math.fsum((end.outlook, *(-step.outlook for step in steps))),
        median,
    )
    return Variance(measure, reference, as_of, start, tuple(steps), end)


def _audit_steps(lines: Sequence[tuple[str, float]], year: ClosedYear, last_year: LastYear) -> Iterator[VarianceStep]:
    """Change of each line of last year by what was restated since the plan was made."""
    for line, sign in lines:
        to_date, outlook = (last_year.audit_change(line, part) for part in (year.to_date_calendar, year.calendar))
        if to_date or outlook:
            yield VarianceStep("audit", line, sign * to_date, sign * outlook, 0.0)


def _last_year_steps(
    line: str, sign: float, paired: PairedSimulations, now: Simulation, last_year: LastYear
) -> Iterator[VarianceStep]:
    """Closed months of a line against those of last year, and its open months against the others of last year."""
    run, year = paired.run, paired.year
    past_to_date, past_outlook = (last_year.total(line, part) for part in (year.to_date_calendar, year.calendar))
    assert past_to_date is not None  # so asked by the caller
    assert past_outlook is not None
    to_date, outlook = (run.tally(line, period) for period in (year.to_date, year.outlook))
    change = sign * (exact_mean(to_date) - past_to_date)
    volume = _volume_since_last_year(line, now, last_year, year)
    if volume is None:
        yield VarianceStep("actual", line, change, change, 0.0)
    else:
        yield VarianceStep("volume", line, sign * volume, sign * volume, 0.0)
        yield VarianceStep("price", line, change - sign * volume, change - sign * volume, 0.0)
    if year.open_count:
        open_change = sign * (exact_mean(outlook) - past_outlook) - change
        yield VarianceStep("rest", line, 0.0, open_change, Z975 * outlook.sd / math.sqrt(outlook.n))


def _volume_since_last_year(line: str, now: Simulation, last_year: LastYear, year: ClosedYear) -> float | None:
    """Change of the closed months of a line by volume; None where it is not counted in both years."""
    kind, _, service = line.partition(".")
    pairs: list[MonthPair] = []
    for month in year.to_date_calendar.months if kind == "revenue" else ():
        calendar, text = Calendar(month, 1), format_month(month)
        past = [last_year.total(f"{name}.{service}", calendar) for name in ("volume", "revenue")]
        if past[0] is None or past[1] is None or (f"volume.{service}", text) not in now.tallies:
            return None
        pairs.append(((past[0], past[1]), (mean_of(now, f"volume.{service}", text), mean_of(now, line, text))))
    return split_by_volume_and_price(pairs)[0] if pairs else None
