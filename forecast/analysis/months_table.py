"""The monthly table that every office knows: plan, actual, year to date, outlook and chance of each measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forecast.analysis.earlier_forecasts import MediansByMeasure, YearReferences
from forecast.analysis.last_year import LastYear
from forecast.analysis.year_findings import MonthsTable, MonthsTableRow, PlanFigure
from forecast.periods import MONTHS_PER_QUARTER, SEASON_MONTHS, format_month, parse_month, parse_period
from forecast.simulation.closed_year import ClosedYear
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Estimate
from forecast.stats.tally import Tally

__all__ = ["PlanFigures", "tabulate_months"]

ROW_KINDS = ("revenue", "cost", "profit", "headcount", "productivity")
"""Measures of the table in its order; those with parts are followed by them."""


@dataclass(frozen=True)
class PlanFigures:
    """Figures of the plan by measure and period: assigned by a document, else of its lock, else simulated."""

    references: YearReferences
    plan: Simulation
    """The plan without its books."""
    year: ClosedYear

    def month(self, measure: str, month: str) -> PlanFigure | None:
        """Return the plan of a month.

        Parameters
        ----------
        measure : str
            Such as `revenue` or `cost.wages`.
        month : str
            As written.

        Returns
        -------
        PlanFigure, optional
            None where no source has it.
        """
        if (assigned := self._assigned(measure, month)) is not None:
            return PlanFigure(assigned, "assigned")
        return self._month_of_quarter(measure, month) or self._median(measure, month)

    def _month_of_quarter(self, measure: str, month: str) -> PlanFigure | None:
        """A month's share of its assigned quarter, by the medians of the plan; None where a month of it is assigned."""
        first = parse_month(month) // MONTHS_PER_QUARTER * MONTHS_PER_QUARTER
        text = f"{first // SEASON_MONTHS}-Q{first % SEASON_MONTHS // MONTHS_PER_QUARTER + 1}"
        names = [format_month(first + number) for number in range(MONTHS_PER_QUARTER)]
        quarter = self._assigned(measure, text)
        is_by_month = any(self._assigned(measure, name) is not None for name in names)
        if quarter is None or is_by_month or measure in ("headcount", "productivity"):
            return None
        medians = {name: figure.value for name in names if (figure := self._median(measure, name)) is not None}
        total = math.fsum(medians.values())
        if len(medians) < MONTHS_PER_QUARTER or total <= 0:
            return None
        return PlanFigure(quarter * medians[month] / total, "assigned_quarter")

    def whole_year(self, measure: str) -> PlanFigure | None:
        """Return the plan of the year: assigned, else a target of the plan, else of its lock, else simulated.

        Parameters
        ----------
        measure : str
            Such as `revenue` or `cost.wages`.

        Returns
        -------
        PlanFigure, optional
            None where no source has it.
        """
        if (assigned := self._with_parts(measure, self._assigned_year)) is not None:
            return PlanFigure(assigned, "assigned")
        if name := target_of(self.plan, measure, self.year.outlook):
            return PlanFigure(self.plan.scenario.targets[name].threshold.value, "target")
        return self._median(measure, self.year.outlook)

    def _assigned(self, measure: str, period: str) -> float | None:
        """The figure of a month or quarter as a document assigns it, to the measure or to all its parts."""
        return self._with_parts(measure, lambda name: _lookup(self.references.assigned, name, period))

    def _with_parts(self, measure: str, figure: Callable[[str], float | None]) -> float | None:
        """The figure of a measure, else the sum of its parts where all have one."""
        if (value := figure(measure)) is not None:
            return value
        if measure == "profit":
            revenue, cost = (self._with_parts(part, figure) for part in ("revenue", "cost"))
            return None if revenue is None or cost is None else revenue - cost
        scenario = self.plan.scenario
        entries = {"revenue": scenario.service_names, "cost": tuple(sorted(scenario.costs))}.get(measure, ())
        parts = [figure(f"{measure}.{name}") for name in entries]
        known = [part for part in parts if part is not None]
        return math.fsum(known) if known and len(known) == len(parts) else None

    def _assigned_year(self, measure: str) -> float | None:
        """The year as a document assigns it, or the sum of its months or quarters where all are assigned."""
        by_period = self.references.assigned.get(measure, {})
        if self.year.outlook in by_period or measure in ("headcount", "productivity"):
            return by_period.get(self.year.outlook)
        parts = {text: parse_period(text) for text in by_period}
        for count in (1, 3):
            inside = [
                text
                for text, calendar in parts.items()
                if calendar.count == count and {*calendar.months} <= {*self.year.calendar.months}
            ]
            if inside and sum(parts[text].count for text in inside) == self.year.calendar.count:
                return math.fsum(by_period[text] for text in sorted(inside))
        return None

    def _median(self, measure: str, period: str) -> PlanFigure | None:
        if (locked := _lookup(self.references.locked, measure, period)) is not None:
            return PlanFigure(locked, "locked")
        is_before = parse_period(period).last < self.plan.horizon.first
        tally = None if is_before else self.plan.tallies.get((measure, period))
        return None if tally is None else PlanFigure(tally.quantile(0.5).value, "simulated")


def tabulate_months(run: Simulation, year: ClosedYear, plan: PlanFigures, last_year: LastYear) -> MonthsTable:
    """Tabulate the last closed month and the year to date.

    Parameters
    ----------
    run : Simulation
        The run, with closed months.
    year : ClosedYear
        Its closed months.
    plan : PlanFigures
        What they are compared with.
    last_year : LastYear
        Books of the year before.

    Returns
    -------
    MonthsTable
        Revenue, each service, costs, profit, people and productivity, as far as the plan has them.
    """
    rows = [_row(measure, position, run, year, plan, last_year) for measure, position in _measures(run, year)]
    return MonthsTable(year.month, year.to_date, year.outlook, tuple(rows))


def _measures(run: Simulation, year: ClosedYear) -> Iterator[tuple[str, str]]:
    """Each measure of the table and its position."""
    names = [name for name, period in run.tallies if period == year.outlook]
    number = 0
    for kind in ROW_KINDS:
        if kind not in names:
            continue
        number += 1
        yield kind, str(number)
        parts = sorted(name for name in names if name.startswith(f"{kind}."))
        if kind == "revenue" and "gap" in names:
            parts.append("gap")
        for part, name in enumerate(parts, 1):
            yield name, f"{number}.{part}"


def _row(
    measure: str, position: str, run: Simulation, year: ClosedYear, plan: PlanFigures, last_year: LastYear
) -> MonthsTableRow:
    month, to_date, outlook = (run.tally(measure, period) for period in (year.month, year.to_date, year.outlook))
    plan_year, plan_month = plan.whole_year(measure), plan.month(measure, year.month)
    revised = _lookup(plan.references.revised, measure, year.outlook)
    actual, so_far = _middle(month), _middle(to_date)
    of_year = revised if revised is not None else None if plan_year is None else plan_year.value
    target = target_of(run, measure, year.outlook)
    p10, p50, p90 = (outlook.quantile(p).value for p in (0.1, 0.5, 0.9))
    return MonthsTableRow(
        measure=measure,
        position=position,
        plan_year=plan_year,
        revised_year=revised,
        plan_month=plan_month,
        actual_month=actual,
        is_month_booked=_is_exact(month),
        month_ratio=_ratio(actual, None if plan_month is None else plan_month.value),
        to_date=so_far,
        is_to_date_booked=_is_exact(to_date),
        year_ratio=_ratio(so_far, of_year),
        previous_year_ratio=_ratio(so_far, last_year.total(measure, year.to_date_calendar)),
        p10=p10,
        p50=p50,
        p90=p90,
        target=target,
        chance=_chance(run, measure, target, plan_year, outlook),
    )


def _chance(
    run: Simulation, measure: str, target: str, plan_year: PlanFigure | None, outlook: Tally
) -> Estimate | None:
    """Chance of the target, else of the assigned plan of the year; costs and people are not to exceed it."""
    if target:
        return run.chance(target)
    if plan_year is None or plan_year.source != "assigned":
        return None
    if measure.partition(".")[0] in ("cost", "headcount"):
        return outlook.chance_at_most(plan_year.value)
    return outlook.chance_at_least(plan_year.value)


def target_of(run: Simulation, measure: str, period: str) -> str:
    """Return the first target of a measure in a period, of the whole plan; empty without one."""
    calendar = parse_period(period)
    targets = run.scenario.targets
    return next(
        (
            name
            for name in run.scenario.targets_by_priority
            if targets[name].measure == measure
            and targets[name].place is None
            and targets[name].period.calendar == calendar
        ),
        "",
    )


def month_plans(plan: PlanFigures, measure: str) -> dict[str, float]:
    """Return the plan of each month of the year by month as written; months without one are left out."""
    figures = {format_month(month): plan.month(measure, format_month(month)) for month in plan.year.calendar.months}
    return {month: figure.value for month, figure in figures.items() if figure is not None}


def _lookup(figures: MediansByMeasure, measure: str, period: str) -> float | None:
    return figures.get(measure, {}).get(period)


def _is_exact(tally: Tally) -> bool:
    """True where every path has the same value."""
    return tally.minimum == tally.maximum


def _middle(tally: Tally) -> float:
    """The value of every path, else the median."""
    return tally.minimum if _is_exact(tally) else tally.quantile(0.5).value


def _ratio(value: float, base: float | None) -> float | None:
    """Value over a base above zero; None without one."""
    return None if base is None or base <= 0 else value / base
