"""Records of the year to date: the monthly table, variances by cause, and how the chances moved.

Amounts are plain floats in the plan's currency, chances and shares are 0 to 1, periods are as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from forecast.plan.bilingual import Label
from forecast.stats.intervals import Estimate

__all__ = [
    "ChancePoint",
    "MonthsTable",
    "MonthsTableRow",
    "PlanFigure",
    "PlanSource",
    "Variance",
    "VarianceKind",
    "VarianceReference",
    "VarianceStep",
    "VarianceTotals",
    "YearFindings",
]

PlanSource = Literal["assigned", "assigned_quarter", "target", "locked", "simulated"]
"""Where a figure of the plan comes from: a document's periods, its quarter spread over the months as the plan forecasts
them, a target, its lock, or the plan without its books."""
VarianceKind = Literal["event", "volume", "price", "actual", "learned", "initiative", "assumption", "audit", "rest"]
"""Cause of a step: a named event or a risk that is over, an initiative, a changed assumption, closed months (by volume
and price where both are booked), what they taught the open months, what was restated of last year since the plan was
made, or open months against those of last year."""
VarianceReference = Literal["plan", "last_forecast", "last_year"]


@dataclass(frozen=True)
class PlanFigure:
    """A figure of the plan, and where it comes from."""

    value: float
    source: PlanSource


@dataclass(frozen=True)
class MonthsTableRow:
    """One measure in the monthly table; ratios are 1 where both are equal."""

    measure: str
    position: str
    """`2`, or `2.1` for a part of it."""
    plan_year: PlanFigure | None
    """The plan of the year as it was assigned, or approved first."""
    revised_year: float | None
    """The plan of the year as it was revised; None where it was not."""
    plan_month: PlanFigure | None
    actual_month: float
    """The last closed month: as booked, else the median."""
    is_month_booked: bool
    """True where the month is the same in every path."""
    month_ratio: float | None
    """Last closed month over the plan of the month; None without one that is above zero; so are the other ratios."""
    to_date: float
    is_to_date_booked: bool
    year_ratio: float | None
    """Year to date over the plan of the year, revised where it was."""
    previous_year_ratio: float | None
    """Year to date over the same months of the year before."""
    p10: float
    """Quantile of the year: closed months as booked, and the forecast of the others."""
    p50: float
    p90: float
    target: str
    """Name of the target of this measure and year; empty without one."""
    chance: Estimate | None
    """Chance that the target is met, or the assigned plan of the year."""


@dataclass(frozen=True)
class MonthsTable:
    """The monthly table that every office knows: plan, actual, year to date and outlook of each measure."""

    month: str
    """The last closed month."""
    to_date: str
    """Period from the first month of the year to it."""
    outlook: str
    """Period of the year."""
    rows: tuple[MonthsTableRow, ...]

    @property
    def plan_sources(self) -> tuple[PlanSource, ...]:
        """Where the plan's figures come from, each source once, in the order of the rows."""
        cells = [cell for row in self.rows for cell in (row.plan_year, row.plan_month) if cell is not None]
        return tuple(dict.fromkeys(cell.source for cell in cells))


@dataclass(frozen=True)
class VarianceTotals:
    """A measure at one end of a variance."""

    to_date: float
    """Mean of the year to date; exact where it is booked."""
    outlook: float
    """Mean of the year."""
    outlook_p50: float
    """Median of the year; means add up, medians do not."""


@dataclass(frozen=True)
class VarianceStep:
    """One step of a variance."""

    kind: VarianceKind
    name: str
    """Dotted name of its cause: `revenue.postal`, `history.shocks.leak`, `initiatives.shop`; `rest` for all others."""
    to_date: float
    """Change of the year to date, in the plan's currency."""
    outlook: float
    """Change of the mean of the year."""
    error: float
    """Half the width of the 95% simulation interval of `outlook`."""
    label: Label | None = None
    """Name for people of an event, an initiative or an assumption, which the plan may have no longer."""
    notes: tuple[tuple[str, str], ...] = ()
    """Month and text of the planner's notes on it."""


@dataclass(frozen=True)
class Variance:
    """Why a measure differs from a reference: start + steps = end, in the year to date and in the year."""

    measure: str
    reference: VarianceReference
    as_of: str
    """Day of the reference as ISO 8601; empty for last year."""
    start: VarianceTotals
    steps: tuple[VarianceStep, ...]
    """In the order in which they were taken."""
    end: VarianceTotals

    def is_favourable(self, amount: float) -> bool:
        """Return whether a change of the measure is favourable: more revenue or profit, less cost."""
        return amount < 0 if self.measure == "cost" else amount > 0

    def effect(self, step: VarianceStep, amount: float) -> Literal["favourable", "adverse", ""]:
        """Return whether the amount of a step is favourable or adverse.

        Empty where it is 0, and of an audit, which moves the reference and not the year.
        """
        if not amount or step.kind == "audit":
            return ""
        return "favourable" if self.is_favourable(amount) else "adverse"


@dataclass(frozen=True)
class ChancePoint:
    """Chance of each target as it was on one day of the year."""

    as_of: str
    """ISO 8601."""
    closed_months: tuple[str, ...]
    """Months that were closed on that day."""
    chances: Mapping[str, Estimate]
    """Target -> chance."""
    lock: str
    """Name of the lock that holds them; empty where the plan was simulated with the books of that day."""
    change: Variance | None
    """Why the measure of the main target changed since the point before; None for the first."""
    other_goals: Mapping[str, float] = field(default_factory=dict)
    """Target -> its threshold on that day, where that was another one than now."""


@dataclass(frozen=True)
class YearFindings:
    """The year to date: what is closed, why it differs, and how the chances moved."""

    closed_months: tuple[str, ...]
    """Months of the year whose books are closed."""
    open_count: int
    """Months of the year that are forecast."""
    table: MonthsTable
    variances: tuple[Variance, ...]
    """By measure and reference."""
    chances: tuple[ChancePoint, ...]
    """From the plan to now; empty without targets."""
    notes: Mapping[str, tuple[tuple[str, str], ...]]
    """Measure -> month and text of the planner's notes on the year to date."""
    plan_lock: str = ""
    """Name and short hash of the lock of the approved plan; empty without one."""
    are_locks_broken: bool = False
    """True where the chain of locks is not whole, so that no lock was read."""
