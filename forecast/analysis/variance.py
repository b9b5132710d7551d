"""Variance of the year to date and of the year against the plan, the last forecast and last year, cause by cause.

Means are compared, for means add up. From an earlier state of the plan to now the causes are taken in this order:
events that were named since, initiatives, changed assumptions, closed months as booked (by volume and price where both
are booked), and what these taught the open months. Each cause is simulated with those before it over the same random
numbers, so that the steps sum exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from forecast.analysis.earlier_forecasts import PairedSimulations, PlanState, named_events, with_events
from forecast.analysis.findings import Variance, VarianceKind, VarianceReference, VarianceStep, VarianceTotals
from forecast.analysis.last_year import LastYear
from forecast.arrays import Floats
from forecast.files.fingerprint import to_jsonable
from forecast.periods import Calendar, format_month
from forecast.plan.initiatives import Initiative
from forecast.plan.labels import display_label
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Scenario
from forecast.simulation.closed_year import ClosedYear, find_closed_year
from forecast.simulation.simulate import Simulation
from forecast.stats.intervals import Z975
from forecast.stats.tally import Tally
from forecast.timeseries.baseline import Baseline, ServiceBaseline

__all__ = ["VARIANCE_MEASURES", "add_notes", "compare_with_last_year", "explain_variance"]

Notes = Mapping[str, Mapping[str, str]]
"""Measure -> month as written -> text."""
VARIANCE_MEASURES = ("revenue", "cost", "profit")
MAX_CHANGED_ENTRIES = 8
"""Changed services, costs and shocks that have a step each; more of them are one step together."""
RELATIVE_ROUNDING = 1e-12
"""Change, as a share of the measure, below which it is the rounding of sums."""
GROUPED_NAMES = ("rest", "initiatives")
"""Names of steps of several causes together."""
ENTRY_TABLES = ("services", "costs", "shocks")
"""Tables of a plan whose changed entries have a step each."""
WITHOUT_FIGURES = frozenset(
    ("name", "language", "paths", "seed", "cases", "decisions", "notes", "as_of", "file", "history", "initiatives")
)
"""Fields of a plan that move no figure, or that have steps of their own."""


class _Cause(NamedTuple):
    """A cause, and the plan with it and with all causes before it."""

    kind: VarianceKind
    name: str
    state: PlanState


@dataclass(frozen=True)
class _Stage:
    """A cause, simulated."""

    kind: VarianceKind
    name: str
    run: Simulation


class _Span(NamedTuple):
    """Months that a variance is told of."""

    months: tuple[str, ...]
    """From the first month of the year to the last that is closed, as written; empty where none is."""
    to_date: str
    """The same as one period."""
    outlook: str
    """The year."""
    has_open: bool
    """True where a month of the year is open."""


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
    causes = _causes(PlanState(before.scenario, before.baseline), PlanState(now.scenario, now.baseline))
    stages = [_Stage(cause.kind, cause.name, paired.simulate(cause.state)) for cause in causes[:-1]]
    stages.append(_Stage(causes[-1].kind, causes[-1].name, now))
    as_of = before.scenario.as_of.isoformat() if before.scenario.as_of is not None else ""
    span = _span_of(now, paired.year)
    variances = []
    for measure in (name for name in VARIANCE_MEASURES if _has_measure(now, name, paired.year)):
        steps = _steps(measure, before, stages, span)
        median = before.tally(measure, span.outlook).quantile(0.5).value
        variances.append(_ending_at(_totals(level or now, measure, span), measure, reference, as_of, median, steps))
    return tuple(variances)


def _span_of(run: Simulation, year: ClosedYear) -> _Span:
    """The months of a year up to the last that is closed in a simulation."""
    state = find_closed_year(run.scenario, run.baseline)
    closed = [month for month in year.closed_months if state is not None and month in state.closed_months]
    if not closed:
        return _Span((), "", year.outlook, True)
    known = ClosedYear(year.calendar, tuple(closed))
    months = tuple(map(format_month, known.to_date_calendar.months))
    return _Span(months, known.to_date, year.outlook, known.open_count > 0)


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
        Of each measure whose lines were booked in every month of the year before.
    """
    variances = []
    for measure in VARIANCE_MEASURES:
        year = paired.year
        past_year = last_year.total(measure, year.calendar)
        if past_year is None or not _has_measure(now, measure, year):
            continue
        lines = _lines(now, measure, year.outlook)
        amounts = [last_year.total(line, year.calendar) for line, _ in lines]
        if any(amount is None for amount in amounts):
            continue
        steps = [step for line, sign in lines for step in _last_year_steps(line, sign, paired, now, last_year)]
        steps.sort(key=lambda step: step.kind == "rest")
        end = _totals(paired.run, measure, _span_of(now, year))
        variances.append(_ending_at(end, measure, "last_year", "", past_year, steps))
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
    remaining = dict(closed_notes(notes, year))
    booked = ("volume", "price", "actual")
    steps = (
        replace(step, notes=remaining.pop(step.name, ())) if step.kind in booked else step for step in variance.steps
    )
    return replace(variance, steps=tuple(steps))


def closed_notes(notes: Notes, year: ClosedYear) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return by measure the month and text of each note on a closed month."""
    closed = {format_month(month) for month in year.closed_months}
    by_measure = {
        measure: tuple((month, text) for month, text in sorted(texts.items()) if month in closed)
        for measure, texts in sorted(notes.items())
    }
    return {measure: texts for measure, texts in by_measure.items() if texts}


def _has_measure(run: Simulation, measure: str, year: ClosedYear) -> bool:
    return (measure, year.to_date) in run.tallies


def _lines(run: Simulation, measure: str, period: str) -> list[tuple[str, float]]:
    """Lines that a measure is made of, each with its sign."""
    names = sorted(name for name, of_period in run.tallies if of_period == period)
    revenues = [(name, 1.0) for name in names if name.startswith("revenue.") or name == "gap"]
    costs = [name for name in names if name.startswith("cost.")]
    if measure == "revenue":
        return revenues
    if measure == "cost":
        return [(name, 1.0) for name in costs]
    return [*revenues, *((name, -1.0) for name in costs)]


def _causes(before: PlanState, now: PlanState) -> list[_Cause]:
    """The causes from one state to another, in order; the last, what was booked, has the figures of `now`."""
    causes = list(_event_causes(before, now))
    causes += _initiative_causes(causes[-1].state if causes else before, now)
    causes += _entry_causes(causes[-1].state if causes else before, now)
    state = causes[-1].state if causes else before
    if not _has_same_figures(state, now):
        baseline = replace(now.baseline, booked=state.baseline.booked, last_known_month=state.baseline.last_known_month)
        scenario = now.scenario.model_copy(update={"as_of": state.scenario.as_of})
        causes.append(_Cause("assumption", "rest", PlanState(scenario, baseline)))
    return [*causes, _Cause("actual", "", now)]


def _event_causes(before: PlanState, now: PlanState) -> Iterator[_Cause]:
    """Each event that was named, changed or withdrawn since, and each shock of the plan that is no longer possible."""
    state = before
    events = named_events(before.scenario)
    known_now = named_events(now.scenario)
    for name in sorted(events.keys() | known_now.keys()):
        if to_jsonable(events.get(name)) == to_jsonable(known_now.get(name)):
            continue
        events = {key: event for key, event in events.items() if key != name}
        if name in known_now:
            events[name] = known_now[name]
        state = PlanState(with_events(state.scenario, events), state.baseline)
        yield _Cause("event", f"history.shocks.{name}", state)
    for name in sorted(before.scenario.shocks.keys() - now.scenario.shocks.keys()):
        shocks = {key: shock for key, shock in state.scenario.shocks.items() if key != name}
        state = _with_table(state, "shocks", shocks)
        yield _Cause("event", f"shocks.{name}", state)


def _initiative_causes(state: PlanState, now: PlanState) -> Iterator[_Cause]:
    """Each changed initiative, in an order in which all that one needs is there; else they are one cause together."""
    current, target = dict(state.scenario.initiatives), now.scenario.initiatives
    changed = [
        name
        for name in sorted(current.keys() | target.keys())
        if to_jsonable(current.get(name)) != to_jsonable(target.get(name))
    ]
    while changed:
        step = next((name for name in changed if _is_complete(_with_entry(current, target, name))), None)
        names = changed if step is None else [step]
        for name in names:
            current = _with_entry(current, target, name)
        changed = [name for name in changed if name not in names]
        state = _with_table(state, "initiatives", current)
        yield _Cause("initiative", f"initiatives.{names[0]}" if len(names) == 1 else "initiatives", state)


def _with_entry(
    current: Mapping[str, Initiative], target: Mapping[str, Initiative], name: str
) -> dict[str, Initiative]:
    """A table with one entry as another has it."""
    entries = {key: entry for key, entry in current.items() if key != name}
    return {**entries, name: target[name]} if name in target else entries


def _is_complete(initiatives: Mapping[str, Initiative]) -> bool:
    return all({*entry.needs, *entry.excludes} <= initiatives.keys() for entry in initiatives.values())


def _entry_causes(state: PlanState, now: PlanState) -> Iterator[_Cause]:
    """Each changed service with its history, cost and shock; none where they are many or the names are others."""
    changed = [
        (table, name)
        for table in ENTRY_TABLES
        for name in sorted(getattr(now.scenario, table))
        if _is_changed(state, now, table, name)
    ]
    has_same_names = all(
        getattr(state.scenario, table).keys() == getattr(now.scenario, table).keys() for table in ("services", "costs")
    )
    if len(changed) > MAX_CHANGED_ENTRIES or not has_same_names:
        return
    for table, name in changed:
        entries = {**getattr(state.scenario, table), name: getattr(now.scenario, table)[name]}
        state = _with_table(state, table, entries)
        if table == "services":
            services = {**state.baseline.services, name: now.baseline.services[name]}
            state = PlanState(state.scenario, replace(state.baseline, services=services))
        yield _Cause("assumption", f"{table}.{name}", state)


def _is_changed(state: PlanState, now: PlanState, table: str, name: str) -> bool:
    before, after = getattr(state.scenario, table).get(name), getattr(now.scenario, table)[name]
    if table == "services" and name in state.baseline.services:
        histories = (state.baseline.services[name], now.baseline.services[name])
        if not _is_same_service(*histories):
            return True
    return bool(to_jsonable(before) != to_jsonable(after))


def _with_table(state: PlanState, table: str, entries: Mapping[str, object]) -> PlanState:
    """A state with other entries of one table of its plan, in the order of their names."""
    ordered = FrozenDict(dict(sorted(entries.items())))
    return PlanState(state.scenario.model_copy(update={table: ordered}), state.baseline)


def _has_same_figures(state: PlanState, now: PlanState) -> bool:
    """True where two states differ in nothing that a figure is made of."""
    return _meaning(state.scenario) == _meaning(now.scenario) and _is_same_baseline(state.baseline, now.baseline)


def _meaning(scenario: Scenario) -> object:
    fields = [field for field in type(scenario).model_fields if field not in WITHOUT_FIGURES]
    return to_jsonable({field: getattr(scenario, field) for field in fields})


def _is_same_baseline(first: Baseline, second: Baseline) -> bool:
    correlations = [to_jsonable(baseline.correlation) for baseline in (first, second)]
    if first.services.keys() != second.services.keys() or correlations[0] != correlations[1]:
        return False
    return all(_is_same_service(service, second.services[name]) for name, service in first.services.items())


def _is_same_service(first: ServiceBaseline, second: ServiceBaseline) -> bool:
    """True where two baselines simulate the same months; their past scores do not count."""
    if first is second:
        return True
    bare = [replace(service, checks=(), notes=(), annual_quantiles={}, weights={}) for service in (first, second)]
    return bool(to_jsonable(bare[0]) == to_jsonable(bare[1]))


def _steps(measure: str, before: Simulation, stages: list[_Stage], span: _Span) -> list[VarianceStep]:
    """The steps of one measure through the stages."""
    steps: list[VarianceStep] = []
    previous = before
    for stage in stages:
        lines = _lines(stage.run, measure, span.outlook)
        if stage.kind == "actual":
            for line, sign in lines:
                steps += _booked_steps(line, sign, previous, stage.run, span)
            for line, sign in lines:
                steps += _learned_steps(line, sign, previous, stage.run, span)
        else:
            steps.append(_measure_step(stage, measure, previous, span))
        previous = stage.run
    rounding = RELATIVE_ROUNDING * abs(exact_mean(before.tally(measure, span.outlook)))
    return [step for step in steps if max(abs(step.to_date), abs(step.outlook)) > rounding]


def _totals(run: Simulation, measure: str, span: _Span) -> VarianceTotals:
    """Means and median of a measure, exact where every path has the same value."""
    outlook = run.tally(measure, span.outlook)
    return VarianceTotals(_mean_to_date(run, measure, span), exact_mean(outlook), outlook.quantile(0.5).value)


def _mean_to_date(run: Simulation, measure: str, span: _Span) -> float:
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


def exact_mean(tally: Tally) -> float:
    """Return the mean of a tally, without rounding where every path has the same value."""
    return tally.minimum if tally.minimum == tally.maximum else tally.mean


def _values(run: Simulation, measure: str, period: str) -> Floats:
    """(paths,) values of a figure; zeros where the plan has no such line."""
    tally = run.tallies.get((measure, period))
    return np.zeros(run.paths) if tally is None else tally.values


def _changes(line: str, before: Simulation, after: Simulation, span: _Span) -> tuple[Floats, Floats]:
    """(paths,) changes of a line in the year to date and in the year."""
    to_date = np.zeros(after.paths)
    for month in span.months:
        to_date = to_date + (_values(after, line, month) - _values(before, line, month))
    return to_date, _values(after, line, span.outlook) - _values(before, line, span.outlook)


def _step(kind: VarianceKind, name: str, to_date: float, changes: Floats) -> VarianceStep:
    """A step with the mean of the changes of the year, (paths,), and its error."""
    error = Z975 * float(changes.std(ddof=1)) / math.sqrt(len(changes)) if len(changes) > 1 else 0.0
    return VarianceStep(kind, name, to_date, float(changes.mean()), error)


def _measure_step(stage: _Stage, measure: str, before: Simulation, span: _Span) -> VarianceStep:
    """The step of a cause that acts on all lines."""
    to_date, outlook = _changes(measure, before, stage.run, span)
    step = _step(stage.kind, stage.name, float(to_date.mean()), outlook)
    if stage.name in GROUPED_NAMES:
        return step
    labels = [display_label(run.scenario, stage.name) for run in (stage.run, before) if _has_name(run, stage.name)]
    return replace(step, label=labels[0] if labels else None)


def _has_name(run: Simulation, name: str) -> bool:
    """True where a plan has the entry of a dotted name."""
    table, _, entry = name.rpartition(".")
    if table == "history.shocks":
        return entry in named_events(run.scenario)
    return entry in getattr(run.scenario, table)


def _booked_steps(line: str, sign: float, before: Simulation, after: Simulation, span: _Span) -> list[VarianceStep]:
    """Closed months of one line as booked, by volume and price where it has both."""
    to_date, _ = _changes(line, before, after, span)
    by_cause = _volume_and_price(line, before, after, span)
    if by_cause is None:
        return [_step("actual", line, sign * float(to_date.mean()), sign * to_date)]
    volume, _ = by_cause
    total = _step("actual", line, sign * float(to_date.mean()), sign * to_date)
    return [
        VarianceStep("volume", line, sign * volume, sign * volume, total.error),
        VarianceStep("price", line, total.to_date - sign * volume, total.outlook - sign * volume, total.error),
    ]


def _volume_and_price(line: str, before: Simulation, after: Simulation, span: _Span) -> tuple[float, float] | None:
    """Change of closed months by volume at the price of before, and by price at the volume of after; None uncounted."""
    kind, _, service = line.partition(".")
    months = span.months
    figures = [(f"{name}.{service}", month) for name in ("volume", "revenue") for month in months]
    if kind != "revenue" or any(figure not in run.tallies for figure in figures for run in (before, after)):
        return None

    def volume_and_revenue(run: Simulation, month: str) -> tuple[float, float]:
        return mean_of(run, f"volume.{service}", month), mean_of(run, line, month)

    return split_by_volume_and_price(
        [(volume_and_revenue(before, month), volume_and_revenue(after, month)) for month in months]
    )


def mean_of(run: Simulation, measure: str, period: str) -> float:
    """Return the mean of a figure, exact where it is booked."""
    return exact_mean(run.tally(measure, period))


MonthPair = tuple[tuple[float, float], tuple[float, float]]
"""Volume and revenue of a month, before and after."""


def split_by_volume_and_price(months: Sequence[MonthPair]) -> tuple[float, float]:
    """Split the change of revenue by volume, at the price of before, and by price, at the volume of after.

    Parameters
    ----------
    months : sequence of MonthPair
        Volume and revenue of each month, before and after.

    Returns
    -------
    tuple of float
        By volume and by price; together the change of revenue. A month without volume before has no price of its own:
        all of its change is by volume.
    """
    by_volume = by_price = 0.0
    for (volume_before, revenue_before), (volume_after, revenue_after) in months:
        if volume_before:
            volume_part = (volume_after - volume_before) * revenue_before / volume_before
        else:
            volume_part = revenue_after - revenue_before
        by_volume += volume_part
        by_price += revenue_after - revenue_before - volume_part
    return by_volume, by_price


def _learned_steps(line: str, sign: float, before: Simulation, after: Simulation, span: _Span) -> list[VarianceStep]:
    """The change of the open months of a line by what the closed ones taught, and as no unnamed event has come."""
    to_date, outlook = _changes(line, before, after, span)
    return [_step("learned", line, 0.0, sign * (outlook - to_date))] if span.has_open else []


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
