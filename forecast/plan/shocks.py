"""Shocks that a plan may name: the reference page of their records.

A kind of shock is a record here, its name in `AnyShock`, and its impact in `forecast.simulation.model.shocks`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecast.periods import DAYS_PER_MONTH
from forecast.plan.assumption import Assumption, Day, Days, Duration, Effect, LastDay, Money, Rate, Share, Weight
from forecast.plan.bilingual import Label
from forecast.plan.record import ByName, ByService, FrozenDict, Record
from forecast.plan.weights import MonthWeights

__all__ = [
    "DEFAULT_RECOVERY_DAYS",
    "AnyShock",
    "Drift",
    "Effects",
    "Epidemic",
    "Event",
    "Flood",
    "HardRegime",
    "MildRegime",
    "Shock",
    "Storm",
    "UpstreamRegime",
    "Weather",
    "WeatherClass",
    "dotted_shock",
]

DEFAULT_RECOVERY_DAYS = 2 * DAYS_PER_MONTH
"""Days over which losses are recovered, where a shock has no `within`."""


class Effects(Record):
    """Changes of the drivers of the services; all changes multiply."""

    volume: ByService[Effect] = FrozenDict()
    """Pieces sold, or revenue at unchanged prices."""
    price: ByService[Effect] = FrozenDict()
    revenue: ByService[Effect] = FrozenDict()
    """A shock that takes revenue takes the pieces with it; write price where only the price falls."""
    unit_cost: ByService[Effect] = FrozenDict()
    """Cost of a piece."""
    headcount: Effect | None = None


class Shock(Record):
    """A risk event: it happens to us, we do not decide it."""

    label: Label | None = None
    recovered: ByService[Share] = FrozenDict()
    """Share of the lost volume and revenue that comes back; none where nothing is said."""
    within: Duration | None = None
    """Time after the end of an event over which what is recovered comes back; 2 months where nothing is said."""
    reach: Share | None = None
    """Share of the places that it reaches; all where nothing is said."""

    @property
    def events_per_year(self) -> float:
        """Expected number of random events a year; 0 for a shock with dates."""
        return 0.0

    @property
    def event_lengths(self) -> tuple[Assumption, ...]:
        """Lengths that its random events may have, in days; none for a shock with dates."""
        return ()


class Drift(Shock):
    """A slow change: competition, a new habit. Nothing of it comes back."""

    kind: Literal["drift"]
    over: Duration
    """Time from the first day of the horizon until the change is whole."""
    effect: Effects
    """When it is whole."""


class Event(Shock):
    """Something with a date: street works, a lockdown on record."""

    kind: Literal["event"]
    chance: Share | None = None
    """Chance that it happens; certain where nothing is said."""
    from_: Day = Field(alias="from")
    """Its first day, counted."""
    until: LastDay
    """Its last day, counted."""
    effect: Effects
    """Effect on a day, in the places that it reaches."""


class WeatherClass(Record):
    """A class of events by their size."""

    label: Label | None = None
    """Name for people."""
    weight: Weight
    """Weight of this class among its neighbours."""
    reach: Share
    """Share of the places that it hits."""
    days: Days
    """Days for which a hit place is shut."""
    loss_share: ByService[Share]
    """Share of a shut place's revenue that is lost."""
    repair_per_place: Money | None = None
    """Cost of repair in each place that is hit."""


class Weather(Shock):
    """Events that shut some places for some days."""

    per_year: Rate
    """Events a year, before the months are weighed."""
    season: MonthWeights
    """Weights of the months in which events fall."""
    classes: ByName[WeatherClass]

    @property
    def events_per_year(self) -> float:
        """Expected number of events a year, at the middle of its range."""
        return self.per_year.value

    @property
    def event_lengths(self) -> tuple[Assumption, ...]:
        """Days for which a place is shut, class by class."""
        return tuple(self.classes[name].days for name in sorted(self.classes))


class Storm(Weather):
    """Wind: some places shut for some days, part of the loss returns."""

    kind: Literal["storm"]


class Flood(Weather):
    """Water: some places shut for some days, part of the loss returns."""

    kind: Literal["flood"]


class MildRegime(Record):
    """The wave is in the country: people stay at home, shops are open."""

    effect: Effects


class UpstreamRegime(Record):
    """Hard elsewhere, open here: lorries and hubs stop."""

    chance: Share
    """Chance that a wave has such a spell."""
    length: Duration
    effect: Effects


class HardRegime(Record):
    """A lockdown here, or in part of the places."""

    chance: Share
    """Chance that a wave has such a spell."""
    length: Duration
    reach: Share | None = None
    """Share of the places where life stops; all where nothing is said."""
    effect: Effects
    """Effect on a hard day, in the places that it reaches, in place of the effects of the other regimes."""


class Epidemic(Shock):
    """Waves of a disease: hard replaces upstream, upstream replaces mild."""

    kind: Literal["epidemic"]
    waves_per_year: Rate
    length: Duration
    """Length of one wave."""
    mild: MildRegime
    upstream: UpstreamRegime | None = None
    hard: HardRegime | None = None

    @property
    def events_per_year(self) -> float:
        """Expected number of waves a year, at the middle of its range."""
        return self.waves_per_year.value

    @property
    def event_lengths(self) -> tuple[Assumption, ...]:
        """The length of a wave."""
        return (self.length,)


def dotted_shock(name: str) -> str:
    """Return the dotted name of a shock that acts in the horizon.

    Parameters
    ----------
    name : str
        Name of a shock of the plan, or the dotted name of one of its history.

    Returns
    -------
    str
        Such as `shocks.floods` or `history.shocks.lockdown`.
    """
    return name if name.startswith("history.") else f"shocks.{name}"


AnyShock = Annotated[Epidemic | Storm | Flood | Event | Drift, Field(discriminator="kind")]
"""Every kind of shock, by its key `kind`."""
