"""Records of the analyses, frozen, which charts draw and pages print.

Amounts are plain floats in the plan's currency (not in tỷ), chances and shares are 0 to 1, periods are as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from forecast.analysis.year_findings import YearFindings
from forecast.periods import format_month, parse_month
from forecast.plan.bilingual import Label
from forecast.stats.intervals import Estimate

if TYPE_CHECKING:
    from forecast.analysis.failure_modes import FailureModes
    from forecast.analysis.seek import SeekTable
    from forecast.analysis.total_effects import TotalEffect
    from forecast.analysis.triggers import EarlyWarning
    from forecast.analysis.uncertainty_sources import UncertaintySources

__all__ = [
    "Bridge",
    "BridgeStep",
    "CaseRow",
    "CauseEffect",
    "DecisionFindings",
    "Difference",
    "DistrictRow",
    "Exceedance",
    "Findings",
    "MonthBar",
    "MonthDifference",
    "Months",
    "QuantileDots",
    "RareEvent",
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
    """The target of the year spread by the forecast's own monthly shares; None without such a target."""
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
    """Month, value and status of up to five years of months before the horizon."""
    bars: tuple[MonthBar, ...]
    last_closed: str = ""
    """The last closed month, after which charts draw a line; empty where none is closed."""

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
    """Steps to the mean of the forecast, by cause or by line of the accounts: start + steps = end."""

    measure: str
    period: str
    start: BridgeStep
    """Last year; `from_nothing` with an amount of 0 where the steps are lines of the accounts."""
    steps: tuple[BridgeStep, ...]
    """Without those of zero."""
    end: BridgeStep
    """The mean of the forecast."""
    plan: float
    """Threshold of the target."""


@dataclass(frozen=True)
class CauseEffect:
    """Change of the revenue of the year by one shock, or by all initiatives together."""

    name: str
    """`shocks.floods`, or `initiatives`."""
    mean: float
    p10: float
    p90: float
    worst: float
    """P5: one outcome in twenty is as low or lower."""


@dataclass(frozen=True)
class QuantileDots:
    """Equally likely outcomes of a figure, each for the same share of the paths."""

    measure: str
    period: str
    amounts: tuple[float, ...]
    """Ascending: the quantiles at the middles of equal shares, 1%, 3%, … 99% of fifty."""
    target: float | None
    chance: Estimate | None
    """Chance of the target; None without one, as `target`."""
    higher_is_better: bool
    reached: int
    """Outcomes that reach the target, the best ones: the nearest whole number on the chance's side of the required."""


@dataclass(frozen=True)
class MonthDifference:
    """Difference of one month between two runs with common random numbers, path by path."""

    month: str
    """As written: `2021-01`."""
    mean: float
    """Mean of the second run less that of the first, over all paths."""
    low: float
    """Lower end of the 95% simulation interval of `mean`."""
    high: float
    p10: float
    """10% quantile of the difference, over the paths that were kept."""
    p90: float


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
    share: Estimate
    """Share of the variance that it explains alone (first order), and what is shared with its partners."""
    chance_low: Estimate
    """Chance of the target when the assumption lies in its lowest fifth."""
    chance_high: Estimate
    """The same for its highest fifth."""
    shared_with: tuple[str, ...] = ()
    """Streams that the plan correlates with it: its change is its own part, its share and its chances are shared."""
    members: tuple[str, ...] = ()
    """Names of the assumptions of a group; empty for a single one."""


@dataclass(frozen=True)
class RareEvent:
    """An event that is rarer than a fifth of the paths, or that fails to come in so few."""

    name: str
    label: Label
    happens: bool
    """True where the rare thing is that it happens; False where it is that it does not."""
    chance: Estimate
    """Chance of the rare outcome, 0 to 1."""
    change: Estimate
    """Mean of the measure where it comes less the mean where it does not."""
    target_chance: Estimate
    """Chance of the target where it comes."""
    share: Estimate
    """Share of the variance that it explains alone."""
    shared_with: tuple[str, ...] = ()
    """Names that are correlated with it: its figures are theirs, too."""


@dataclass(frozen=True)
class Sensitivity:
    """Inputs that matter for a target, the widest first."""

    target: str
    measure: str
    period: str
    bars: tuple[SensitivityBar, ...]
    groups: tuple[SensitivityBar, ...] = ()
    """Correlated assumptions, each group as one."""
    rare: tuple[RareEvent, ...] = ()


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
    year: YearFindings | None = None
    """The year to date; None where no month is closed."""
    dots: QuantileDots | None = None
    """Outcomes of the main target's figure, or of the revenue where there is no target."""
    effects: Mapping[str, CauseEffect] = field(default_factory=dict)
    """By name, over the period of the bridge."""


@dataclass(frozen=True)
class DecisionFindings:
    """Findings of the section on decisions, of the main target."""

    sources: UncertaintySources | None = None
    """None where nothing is uncertain."""
    warning: EarlyWarning | None = None
    """None where no month of the target's measure is open or recorded."""
    failures: FailureModes | None = None
    """Ways in which the target is missed; None where its measure cannot be split by cause."""
    seek: SeekTable | None = None
    """Everything that one could do; None where it was not asked for, for it is simulated again."""
    heads: tuple[TotalEffect, ...] = ()
    """Total effects; empty where they were not asked for."""


@dataclass(frozen=True)
class Difference:
    """One scenario less another, path by path, with common random numbers."""

    measure: str
    period: str
    mean: Estimate
    """Mean of the second less mean of the first."""
    chances: Mapping[str, Estimate]
    """Target -> difference in chance, second less first."""
    months: tuple[MonthDifference, ...] = ()
    """Differences by month of the measure that the plans chart; empty where no month was kept."""
