"""How wide intervals must be, learned from what a forecaster missed where the answer is known, pooled over siblings.

Siblings are forecast anew, parameters and all, from one horizon before their end: parameters that were held from the
whole past would have seen what they are asked for. What came is measured in standard deviations of what was said, and
the 80% and the 95% quantile of its size, at each period ahead with its neighbours, say how many times wider the two
intervals must be; tails that are heavier than the normal's show as a second factor above the first. Factors are drawn
towards 1, because siblings that are shorter by a horizon miss by more, and by as much as there are few of them. One
series alone says too little about its own tails.

How far they are drawn, how many neighbours and how many siblings was tuned on the series of M1 alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats
from forecast.timeseries.panel.panel import Panel, PanelForecast

Forecaster = Callable[[Panel, int], PanelForecast]

SIBLINGS = 800
"""Series that are asked, evenly spread over the panel."""
FEW = 20.0
"""How many siblings a factor of 1 is worth [C]."""
TRUST, TRUST_OF_MONTHS = (0.9, 1.0), (0.6, 0.6)
"""How far both factors go from 1 to what the siblings missed; less far where the season has `MONTHS` periods or more,
for there a horizon less of the past costs more than its share of the seasons [tuned on M1]."""
MONTHS = 12
NEAR = 1 / 2
"""Share of the horizon, on either side, that a period ahead is read together with [tuned on M1]."""
YEARS = 2
"""Seasons that must stand before an origin, and at least `LEAST` periods."""
LEAST = 8
LOW, HIGH = 0.5, 3.0
"""Bounds of a factor."""
Z80, Z95 = 1.2815515655446004, 1.959963984540054
"""Half-widths of the central intervals of a standard normal."""


@dataclass(frozen=True)
class Calibrated:
    """A forecast whose intervals are as wide as they had to be."""

    said: PanelForecast
    factors: Factors

    @property
    def mean(self) -> Floats:
        """(series, horizon), as it was said."""
        return self.said.mean

    def quantile(self, share: float) -> Floats:
        """(series, horizon): the value that is not exceeded with this chance; rises with the chance."""
        apart = self.factors.stretched(float(ndtri(share)))[: self.said.mean.shape[1]] * self.said.sd
        log = self.said.log[:, None]
        return np.where(log, self.said.mean * np.exp(np.where(log, apart, 0.0)), self.said.mean + apart)


@dataclass(frozen=True)
class Factors:
    """How many times wider the 80% and the 95% interval must be, at each period ahead."""

    at80: Floats
    """(horizon,)."""
    at95: Floats
    """(horizon,), not so far below the first that the intervals would cross."""
    siblings: int
    """Series that said so; 0 leaves every factor at 1."""
    achieved80: float | None
    """Share of the periods inside the 80% interval, each half of the siblings widened by the other; None under two."""
    achieved95: float | None

    def stretched(self, z: float) -> Floats:
        """(horizon,): where a standard normal's quantile `z` comes to lie: straight lines through 0 and both ends."""
        inner, outer = Z80 * self.at80, Z95 * self.at95
        beyond = inner + (abs(z) - Z80) / (Z95 - Z80) * (outer - inner)
        return np.asarray(np.sign(z) * np.where(abs(z) <= Z80, abs(z) * self.at80, beyond))

    @property
    def sd(self) -> Floats:
        """(horizon,): one factor for a normal, between both."""
        return np.asarray(np.sqrt(self.at80 * self.at95))

    def widen(self, said: PanelForecast) -> Calibrated:
        """The forecast with its intervals widened."""
        return Calibrated(said, self)


def factors(panel: Panel, horizon: int, forecaster: Forecaster) -> Factors:
    """Factors of a panel, from what `forecaster` misses of some of its series from one horizon before their end.

    Series that would be left with fewer than two seasons, or eight periods, are not asked; where none is, no factor.
    """
    least = max(YEARS * panel.season, LEAST)
    long = np.flatnonzero(panel.lengths >= least + horizon)
    rows = long[np.arange(min(len(long), SIBLINGS)) * len(long) // max(min(len(long), SIBLINGS), 1)]
    if not len(rows):
        return factors_of(np.empty((0, horizon)))
    trust = TRUST_OF_MONTHS if panel.season >= MONTHS else TRUST
    said = forecaster(panel.until(horizon).take(rows), horizon)
    return factors_of(misses(said, panel.values[rows, panel.values.shape[1] - horizon :]), trust)


def misses(said: PanelForecast, came: Floats) -> Floats:
    """(series, horizon): what came less what was said, in standard deviations; NaN where either says nothing."""
    log = said.log[:, None] & (came > 0)
    usable = (said.sd > 0) & (came > 0) | (said.sd > 0) & ~said.log[:, None]
    ratio = np.where(log, came, 1.0) / np.where(log, said.mean, 1.0)
    apart = np.where(log, np.log(ratio), came - said.mean)
    return np.where(usable, apart / np.where(said.sd > 0, said.sd, 1.0), np.nan)


def factors_of(missed: Floats, trust: tuple[float, float] = TRUST_OF_MONTHS) -> Factors:
    """Factors of misses in standard deviations, (siblings, horizon), NaN where nothing came.

    `trust` is how far each goes from 1 to what was missed where there are many siblings.
    """
    at80, at95 = _widths(missed, trust)
    count = int(np.isfinite(missed).any(axis=1).sum())
    if count < 2:
        return Factors(at80, at95, count, None, None)
    inside = []
    for half in (0, 1):
        inner, outer = _widths(missed[half::2], trust)
        other = np.abs(missed[1 - half :: 2])
        known = np.isfinite(other)
        inside.append([(other <= width)[known] for width in (Z80 * inner, Z95 * outer)])
    achieved80, achieved95 = (float(np.concatenate(each).mean()) for each in zip(*inside, strict=True))
    return Factors(at80, at95, count, achieved80, achieved95)


def _widths(missed: Floats, trust: tuple[float, float]) -> tuple[Floats, Floats]:
    """Factor of each interval, each (horizon,)."""
    horizon = missed.shape[1]
    side = int(NEAR * horizon)
    found = np.ones((2, horizon))
    for step in range(horizon):
        near = missed[:, max(0, step - side) : step + side + 1]
        known = np.isfinite(near)
        count = known.any(axis=1).sum()
        if not count:
            continue
        quantiles = np.quantile(np.abs(near[known]), (0.8, 0.95)) / np.array([Z80, Z95])
        found[:, step] = 1 + np.array(trust) * count / (count + FEW) * (np.clip(quantiles, LOW, HIGH) - 1)
    return found[0], np.maximum(found[1], found[0] * Z80 / Z95)
