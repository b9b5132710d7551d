"""Chances of targets as they were at each lock, and whether the targets were met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forecast.analysis.place_actuals import PLACE_MARK
from forecast.analysis.scored_forecasts import Booking, ScoredLock
from forecast.periods import parse_period
from forecast.runs.locks import LockedTarget
from forecast.stats.chance_scores import (
    MIN_OUTCOMES_FOR_CHANCES,
    ReliabilityBin,
    brier_score,
    outcome_weights,
    reliability_bins,
)

__all__ = ["ChanceScores", "ScoredChance", "score_chances"]


@dataclass(frozen=True)
class ScoredChance:
    """The chance of a target at a lock, and the actual figure."""

    lock: str
    target: str
    measure: str
    period: str
    at_least: float | None
    at_most: float | None
    chance: float
    """At the lock, 0 to 1."""
    actual: float

    @property
    def is_met(self) -> bool:
        """True where the actual figure reaches the target as it was at the lock."""
        is_high_enough = self.at_least is None or self.actual >= self.at_least
        return is_high_enough and (self.at_most is None or self.actual <= self.at_most)

    @property
    def outcome(self) -> tuple[str, str]:
        """The figure that it speaks of: chances of one figure come true or not together."""
        return self.measure, self.period


@dataclass(frozen=True)
class ChanceScores:
    """Scores of the chances of all targets whose figure is known."""

    chances: tuple[ScoredChance, ...]
    """By lock, then by target."""
    outcomes: int
    """Measures and periods; twelve locks of one year speak of one."""
    brier: float | None
    """Brier score, each outcome once; None without a chance."""
    reliability: tuple[ReliabilityBin, ...] | None
    """None where there are fewer outcomes than `MIN_OUTCOMES_FOR_CHANCES`."""


def score_chances(scored: Sequence[ScoredLock], booking: Booking) -> ChanceScores:
    """Score the chances of the targets of some locks.

    Parameters
    ----------
    scored : sequence of ScoredLock
        The locks in the order of their chain, and the actual figures.
    booking : {"first", "final"}
        Which booking counts, see `pair_forecasts`.

    Returns
    -------
    ChanceScores
        Of targets whose period was open at the lock and is booked now; those of places by the ledger of places.
    """
    chances = tuple(
        chance
        for entry in scored
        for name, target in sorted(entry.lock.targets.items())
        if (chance := _score_target(entry, name, target, booking)) is not None
    )
    outcomes = [chance.outcome for chance in chances]
    weights = outcome_weights(outcomes)
    stated, met = [chance.chance for chance in chances], [chance.is_met for chance in chances]
    count = len(set(outcomes))
    return ChanceScores(
        chances,
        count,
        brier_score(stated, met, weights) if chances else None,
        reliability_bins(stated, met, weights) if count >= MIN_OUTCOMES_FOR_CHANCES else None,
    )


def _score_target(entry: ScoredLock, name: str, target: LockedTarget, booking: Booking) -> ScoredChance | None:
    """The chance of a target; None where its figure is not booked, or was no forecast."""
    measure, period = target_measure(entry, target), parse_period(target.period)
    if entry.actual.inputs_without_books(measure) or not entry.is_forecast(measure, period):
        return None
    actual = entry.actual_value(measure, period, booking)
    if actual is None:
        return None
    chance = entry.lock.chances[name].value
    return ScoredChance(entry.lock.name, name, measure, target.period, target.at_least, target.at_most, chance, actual)


def target_measure(entry: ScoredLock, target: LockedTarget) -> str:
    """The measure that a target counts, with its place, on its basis: that of the parts leaves the gap out."""
    if target.place:
        return f"{target.measure}{PLACE_MARK}{target.place}"
    parts = f"{target.measure}:parts"
    return parts if target.basis == "parts" and parts in entry.actual.parts.inputs_by_measure else target.measure
