"""Records of the analyses, frozen, which charts draw and pages print.

Amounts are plain floats in the plan's currency (not in tỷ), chances and shares are 0 to 1, periods are as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from forecast.periods import format_month, parse_month
from forecast.plan.record import Label
from forecast.stats.intervals import Estimate

__all__ = [
    "Bridge",
    "BridgeStep",
    "CaseRow",
    "Difference",
    "DistrictRow",
    "Exceedance",
    "Findings",
    "MonthBar",
    "Months",
    "ReturnLevel",
    "Sensitivity",
    "SensitivityBar",
    "TailRisk",
    "TargetRow",
]


@dataclass(frozen=True)
class MonthBar:
    """One month of the horizon."""

    month: str
    """Month as written: `2021-01`."""
    previous_year: float | None
    """The same month a year before; None where the history does not reach."""
    plan: float | None
    """The revenue target of the year spread by the forecast's own monthly shares; None without such a target."""
    p5: float
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    p95: float
    mean: float


@dataclass(frozen=True)
class Months:
    """A measure month by month, and the months before it."""

    measure: str
    history: tuple[tuple[str, float, str], ...]
    """Month, value and status of up to twelve months before the horizon."""
    bars: tuple[MonthBar, ...]

    @property
    def previous_year_statuses(self) -> tuple[str, ...]:
        """Status of the same month a year before, for each bar; empty where there is none."""
        status_by_month = {month: status for month, _, status in self.history}
        previous_months = (format_month(parse_month(bar.month) - 12) for bar in self.bars)
        return tuple(
            "" if bar.previous_year is None else status_by_month.get(month, "actual")
            for bar, month in zip(self.bars, previous_months, strict=True)
        )


@dataclass(frozen=True)
class BridgeStep:
    """One step of a bridge."""

    name: str
    label: Label | None
    amount: float
    """Mean change, in the plan's currency."""
    low: float
    """Lower end of the 95% simulation interval of `amount`."""
    high: float


@dataclass(frozen=True)
class Bridge:
    """Why the mean of the forecast differs from the plan: start + steps = end."""

    measure: str
    period: str
    start: BridgeStep
    """The plan: the target."""
    steps: tuple[BridgeStep, ...]
    end: BridgeStep
    """The mean of the forecast."""


@dataclass(frozen=True)
class Exceedance:
    """The chance that a measure reaches each of some amounts."""

    measure: str
    period: str
    amounts: tuple[float, ...]
    """Ascending."""
    chances: tuple[float, ...]
    """Chance of at least each of `amounts`."""
    target: float | None
    target_chance: Estimate | None
    higher_is_better: bool


@dataclass(frozen=True)
class ReturnLevel:
    """An amount, and the chance of a worse one."""

    chance: float
    """Chance of less, or of more where less is better, 0 to 1."""
    amount: Estimate

    @property
    def return_period(self) -> float:
        """Reciprocal of the chance, in periods of the figure."""
        return 1 / self.chance


@dataclass(frozen=True)
class TailRisk:
    """The bad tail of a target's figure."""

    measure: str
    period: str
    higher_is_better: bool
    levels: tuple[ReturnLevel, ...]
    """By falling chance."""
    cvar: Estimate
    """Expected shortfall (CVaR): the mean of the worst 5% of the paths."""


@dataclass(frozen=True)
class SensitivityBar:
    """Change of a measure when one assumption lies low or high: a bar of the tornado."""

    name: str
    label: Label | None
    text: str
    """The range as written."""
    grade: str
    location: str
    """`scenarios/covid.yaml:9`."""
    low: float
    """Mean change of the measure when the assumption lies in its lowest fifth."""
    high: float
    """The same for its highest fifth."""
    error: float
    """Half the width of the 95% simulation interval of either."""


@dataclass(frozen=True)
class Sensitivity:
    """Which assumptions matter for a target, the widest first."""

    target: str
    measure: str
    period: str
    bars: tuple[SensitivityBar, ...]
    judgement_share: float
    """Share of the explained variance that rests on judgement (grade C), 0 to 1."""


@dataclass(frozen=True)
class CaseRow:
    """One other assumption case: the chance of each target under it."""

    name: str
    label: Label | None
    chances: Mapping[str, Estimate]
    """Target -> chance."""
    paths: int = 0
    """First paths of the run over which it is compared with the plan."""


@dataclass(frozen=True)
class TargetRow:
    """One target and its chance."""

    name: str
    label: Label | None
    measure: str
    period: str
    threshold: float
    direction: Literal["at_least", "at_most"]
    required_chance: float | None
    chance: Estimate
    spread: tuple[float, float]
    """Lowest and highest chance over the cases and the plan itself, at least as wide as the simulation error."""
    average_shortfall: float
    """Mean distance from the threshold over the paths that miss it, in the unit of the measure."""
    other_basis: Estimate | None
    """The chance on the basis that the target does not use (stated or parts)."""
    is_restatement: bool
    """True if the plan implies the headcount, so that the target restates the revenue target."""
    place: str = ""
    """Code of the place or district that is measured; empty for the whole plan."""
    place_name: str = ""

    @property
    def measure_key(self) -> str:
        """The measure as figures are named: `revenue@442`."""
        return f"{self.measure}@{self.place}" if self.place else self.measure


@dataclass(frozen=True)
class DistrictRow:
    """One district in the period of the main target."""

    code: str
    name: str
    place_count: int
    """Places in the district."""
    weight: float
    """Share of the revenue without shocks, 0 to 1."""
    mean: Estimate
    p10: Estimate
    p50: Estimate
    p90: Estimate
    loss_by_shock: Mapping[str, float]
    """By shock, its mean loss as a share of the district's revenue, before recovery and other shocks, 0 to 1."""

    @property
    def total_loss(self) -> float:
        """Sum of the losses by shock, each as if it came alone, 0 to 1."""
        return sum(self.loss_by_shock.values())


@dataclass(frozen=True)
class Districts:
    """The districts of the list, the largest loss first."""

    period: str
    rows: tuple[DistrictRow, ...]
    place_count: int
    has_weights: bool
    """True if places differ in weight."""
    ledger_status: str = ""
    """Weakest status of the ledger by place, where a ledger gives the weights."""


@dataclass(frozen=True)
class Findings:
    """All findings of a run."""

    targets: tuple[TargetRow, ...]
    main_target: str
    """Name of the target that the page is about; empty without targets."""
    months: Months
    bridge: Bridge | None
    exceedance: Mapping[str, Exceedance]
    """By target."""
    sensitivity: Sensitivity | None
    cases: tuple[CaseRow, ...]
    joint_chance: Estimate | None
    """The chance of all targets together."""
    districts: Districts | None = None
    """None where the plan lists no places."""
    tails: Mapping[str, TailRisk] = field(default_factory=dict)
    """By target."""


@dataclass(frozen=True)
class Difference:
    """One scenario less another, path by path, with common random numbers."""

    measure: str
    period: str
    mean: Estimate
    """Mean of the second less mean of the first."""
    chances: Mapping[str, Estimate]
    """Target -> difference in chance, second less first."""
