"""Figures and assumptions of a plan that the model of one path takes: small frozen records, made by `compiled`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Cost
from forecast.plan.shocks import Event
from forecast.timeseries.baseline import ServiceBaseline

__all__ = ["PlannedHeadcount", "ServiceInputs"]


@dataclass(frozen=True)
class StatedAmount:
    """Revenue of one service in one year, as a document states it."""

    amount: Assumption
    understated_by: Assumption | None
    """Amount by which `more than` may hide more."""


@dataclass(frozen=True)
class ServiceInputs:
    """Inputs of the baseline paths of one service."""

    fitted: ServiceBaseline
    """Baseline of the service by its history, or by the planner."""
    level: Literal["planner", "history", "mixture"]
    """Whose level of the year."""
    planner_share: float
    """Under `mixture`, the chance that a path takes the planner's level."""
    growth: Mapping[int, Assumption]
    """By calendar year in which it counts, ascending; empty where the planner gives none."""
    price_change: Mapping[int, Assumption] | None
    """The same of the price; None where it stays."""
    annual: Assumption | None
    """The year that the planner gives."""
    first_year: int
    """The first calendar year that is simulated."""
    noise: Assumption | None
    """Standard deviation of a month's log residual; that of the history where the plan has none."""
    persistence: Assumption | None
    level_noise: Assumption | None
    last_year: StatedAmount | None
    """The base year as a document states it, where its months are reconstructed; else the ledger's total counts."""

    def annual_in(self, year: int) -> Assumption | None:
        """The amount that the planner gives for a calendar year: of the first year, where nothing is fitted."""
        is_given = self.fitted.kind == "given" and year == self.first_year
        return self.annual if is_given else None

    @property
    def unit_price(self) -> float:
        """Mean price of the base year; 1 where only revenue is counted."""
        return self.fitted.base_price or 1.0


@dataclass(frozen=True)
class GapInputs:
    """The stated total less the services, in the last year that is stated before the horizon."""

    total: Assumption
    without_history: Mapping[str, StatedAmount | None]
    """Services without a base year: what a document states of them, if anything."""
    month_shares: Floats
    """(months of whole years,) shares of each year's gap; a year sums to 1."""


@dataclass(frozen=True)
class BaselineInputs:
    """Inputs of the baseline paths of all services."""

    calendar: Calendar
    """The whole years that touch the horizon."""
    horizon: Calendar
    services: Mapping[str, ServiceInputs]
    """By name, in the order in which they are summed."""
    base_year_shocks: Mapping[str, Event]
    """Dated shocks of the history that are taken out of the base year; empty where growth is over it as stated."""
    gap: GapInputs | None
    earlier_months: int
    """Months before the horizon whose losses still come back."""
    base_year_earlier_months: int
    """Months before the base year whose losses came back in it."""


@dataclass(frozen=True)
class PlannedHeadcount:
    """The headcount that the plan implies: planned revenue of a worker's year / planned productivity."""

    revenue: Assumption
    """Threshold of the revenue target of the same period."""
    productivity: Assumption
    """Threshold of the productivity target."""
    months: int
    """Months of that period."""
    wage_shares: tuple[tuple[Assumption, float], ...] | None
    """Share of a service's revenue that counts, and the service's part of the total; None where all revenue counts."""
    spread: Assumption | None
    """Half the width of P10 to P90 around the headcount, as a share of it."""


@dataclass(frozen=True)
class WorkforceInputs:
    """The people of the plan."""

    headcount: Assumption | PlannedHeadcount
    basis: Literal["total_revenue", "wage_revenue"]
    """Revenue that a worker's year is counted on."""
    wage_shares: Mapping[str, Assumption]
    """By service, the share of its revenue that counts as wage revenue."""


@dataclass(frozen=True)
class CostInputs:
    """The costs of the plan."""

    by_name: Mapping[str, Cost]
    services: tuple[str, ...]
    """In the order in which they are summed."""
    horizon: Calendar
    """The months that are simulated."""
    changes: Mapping[str, Mapping[int, Assumption]]
    """By name of a cost that changes, its change of each calendar year."""
