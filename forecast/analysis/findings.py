"""What an analysis finds: frozen answers that figures draw and pages print.

Amounts are plain floats in the plan's currency (not in tỷ), chances and shares are 0 to 1, periods are as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from forecast.periods import month_of, month_text
from forecast.plan.record import Label
from forecast.stats.intervals import Estimate


@dataclass(frozen=True)
class MonthBar:
    """One month of the horizon."""

    month: str
    """As written: `2021-01`."""
    actual: float | None
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
    def last_year(self) -> tuple[str, ...]:
        """For each bar, what is known of the same month a year before: its status, or nothing."""
        said = {month: status for month, _, status in self.history}
        before = (month_text(month_of(bar.month) - 12) for bar in self.bars)
        return tuple(
            "" if bar.actual is None else said.get(month, "actual")
            for bar, month in zip(self.bars, before, strict=True)
        )


@dataclass(frozen=True)
class Step:
    """One step of a bridge."""

    name: str
    label: Label | None
    amount: float
    low: float
    """The lower end of the 95% interval of its simulation error."""
    high: float


@dataclass(frozen=True)
class Bridge:
    """Why the mean of the forecast differs from the plan: start + steps = end."""

    measure: str
    period: str
    start: Step
    """The plan: the target."""
    steps: tuple[Step, ...]
    end: Step
    """The mean of the forecast."""


@dataclass(frozen=True)
class Exceedance:
    """The chance that a measure reaches each of some amounts."""

    measure: str
    period: str
    at: tuple[float, ...]
    """Ascending."""
    chance: tuple[float, ...]
    """Of reaching at least each of `at`."""
    target: float | None
    target_chance: Estimate | None
    higher_is_better: bool


@dataclass(frozen=True)
class Lever:
    """What one assumption does to a measure."""

    name: str
    label: Label | None
    text: str
    """The range as written."""
    grade: str
    where: str
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
    levers: tuple[Lever, ...]
    judged: float
    """Share of the explained spread that rests on judgement (grade C)."""


@dataclass(frozen=True)
class ReadingRow:
    """One reading of the plan: the chance of each target under it."""

    name: str
    label: Label | None
    chances: Mapping[str, Estimate]
    """Target -> chance."""


@dataclass(frozen=True)
class TargetRow:
    """One target and its chance."""

    name: str
    label: Label | None
    measure: str
    period: str
    threshold: float
    direction: Literal["at_least", "at_most"]
    want: float | None
    chance: Estimate
    spread: tuple[float, float]
    """Lowest and highest chance over the readings and the plan itself, at least as wide as the simulation error."""
    expected_shortfall: float
    """The mean miss, given a miss."""
    other_basis: Estimate | None
    """The chance on the basis that the target does not use (stated or parts)."""
    restates: bool
    """Whether the headcount is implied by the plan, so that the target restates the revenue target."""
    place: str = ""
    """Code of the place or district that is measured; nothing for the whole."""
    place_name: str = ""

    @property
    def figure(self) -> str:
        """The measure as figures are named: `revenue@442`."""
        return f"{self.measure}@{self.place}" if self.place else self.measure


@dataclass(frozen=True)
class DistrictRow:
    """One district in the period of the main target."""

    code: str
    name: str
    places: int
    """How many it has."""
    weight: float
    """Its share of the revenue without shocks."""
    mean: Estimate
    p10: Estimate
    p50: Estimate
    p90: Estimate
    lost: Mapping[str, float]
    """By shock, the mean share of its revenue that the shock takes, before returns and whatever else takes."""

    @property
    def loss(self) -> float:
        """By all shocks, each counted by itself."""
        return sum(self.lost.values())


@dataclass(frozen=True)
class Districts:
    """The districts of the list, the worst hit first."""

    period: str
    rows: tuple[DistrictRow, ...]
    places: int
    weighed: bool
    """Whether places differ in weight."""
    ledger: str = ""
    """The weakest status of the ledger by place, where one gave the weights."""


@dataclass(frozen=True)
class Findings:
    """All that a report tells."""

    targets: tuple[TargetRow, ...]
    main: str
    """Name of the target whose story the page tells."""
    months: Months
    bridge: Bridge | None
    exceedance: Mapping[str, Exceedance]
    """By target."""
    sensitivity: Sensitivity | None
    readings: tuple[ReadingRow, ...]
    joint: Estimate | None
    """The chance of all targets together."""
    districts: Districts | None = None
    """Where the plan lists its places."""


@dataclass(frozen=True)
class Difference:
    """One scenario less another on the same luck, path by path."""

    measure: str
    period: str
    mean: Estimate
    """Of the second less the first."""
    chances: Mapping[str, Estimate]
    """Target -> difference in chance, second less first."""
