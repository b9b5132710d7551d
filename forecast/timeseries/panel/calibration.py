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

PanelForecaster = Callable[[Panel, int], PanelForecast]

MAX_SIBLINGS = 800
"""Series that are asked, evenly spread over the panel."""
PRIOR_SIBLINGS = 20.0
"""How many siblings a factor of 1 is worth [C]."""
CALIBRATION_SHARES, MONTHLY_CALIBRATION_SHARES = (0.9, 1.0), (0.6, 0.6)
"""How far both factors go from 1 to what the siblings missed; less far where the season has `MONTHS` periods or more,
for there a horizon less of the past costs more than its share of the seasons [tuned on M1]."""
MONTHLY_SEASON_PERIODS = 12
NEIGHBOUR_HORIZON_SHARE = 1 / 2
"""Share of the horizon, on either side, that a period ahead is read together with [tuned on M1]."""
MIN_SEASONS = 2
"""Seasons that must stand before an origin, and at least `LEAST` periods."""
MIN_PERIODS = 8
MIN_FACTOR, MAX_FACTOR = 0.5, 3.0
"""Bounds of a factor."""
Z90, Z975 = 1.2815515655446004, 1.959963984540054
"""Half-widths of the central intervals of a standard normal."""


@dataclass(frozen=True)
class CalibratedForecast:
    """A forecast whose intervals are as wide as they had to be."""

    forecast: PanelForecast
    factors: IntervalFactors

    @property
    def mean(self) -> Floats:
        """(series, horizon), as it was said."""
        return self.forecast.mean

    def quantile(self, share: float) -> Floats:
        """(series, horizon): the value that is not exceeded with this chance; rises with the chance."""
        apart = (
            self.factors.scaled_normal_quantile(float(ndtri(share)))[: self.forecast.mean.shape[1]] * self.forecast.sd
        )
        log = self.forecast.is_log[:, None]
        return np.where(log, self.forecast.mean * np.exp(np.where(log, apart, 0.0)), self.forecast.mean + apart)


@dataclass(frozen=True)
class IntervalFactors:
    """How many times wider the 80% and the 95% interval must be, at each period ahead."""

    factor80: Floats
    """(horizon,)."""
    factor95: Floats
    """(horizon,), not so far below the first that the intervals would cross."""
    n_siblings: int
    """Series that said so; 0 leaves every factor at 1."""
    coverage80: float | None
    """Share of the periods inside the 80% interval, each half of the siblings widened by the other; None under two."""
    coverage95: float | None

    def scaled_normal_quantile(self, z: float) -> Floats:
        """(horizon,): where a standard normal's quantile `z` comes to lie: straight lines through 0 and both ends."""
        inner, outer = Z90 * self.factor80, Z975 * self.factor95
        beyond = inner + (abs(z) - Z90) / (Z975 - Z90) * (outer - inner)
        return np.asarray(np.sign(z) * np.where(abs(z) <= Z90, abs(z) * self.factor80, beyond))

    @property
    def sd_factor(self) -> Floats:
        """(horizon,): one factor for a normal, between both."""
        return np.asarray(np.sqrt(self.factor80 * self.factor95))

    def calibrate(self, said: PanelForecast) -> CalibratedForecast:
        """The forecast with its intervals widened."""
        return CalibratedForecast(said, self)


def calibrate_panel(panel: Panel, horizon: int, forecaster: PanelForecaster) -> IntervalFactors:
    """Factors of a panel, from what `forecaster` misses of some of its series from one horizon before their end.

    Series that would be left with fewer than two seasons, or eight periods, are not asked; where none is, no factor.
    """
    least = max(MIN_SEASONS * panel.season, MIN_PERIODS)
    long = np.flatnonzero(panel.lengths >= least + horizon)
    rows = long[np.arange(min(len(long), MAX_SIBLINGS)) * len(long) // max(min(len(long), MAX_SIBLINGS), 1)]
    if not len(rows):
        return interval_factors(np.empty((0, horizon)))
    trust = MONTHLY_CALIBRATION_SHARES if panel.season >= MONTHLY_SEASON_PERIODS else CALIBRATION_SHARES
    said = forecaster(panel.drop_last(horizon).take(rows), horizon)
    return interval_factors(
        standardised_panel_errors(said, panel.values[rows, panel.values.shape[1] - horizon :]), trust
    )


def standardised_panel_errors(said: PanelForecast, came: Floats) -> Floats:
    """(series, horizon): what came less what was said, in standard deviations; NaN where either says nothing."""
    log = said.is_log[:, None] & (came > 0)
    usable = (said.sd > 0) & (came > 0) | (said.sd > 0) & ~said.is_log[:, None]
    ratio = np.where(log, came, 1.0) / np.where(log, said.mean, 1.0)
    apart = np.where(log, np.log(ratio), came - said.mean)
    return np.where(usable, apart / np.where(said.sd > 0, said.sd, 1.0), np.nan)


def interval_factors(missed: Floats, trust: tuple[float, float] = MONTHLY_CALIBRATION_SHARES) -> IntervalFactors:
    """Factors of misses in standard deviations, (siblings, horizon), NaN where nothing came.

    `trust` is how far each goes from 1 to what was missed where there are many siblings.
    """
    at80, at95 = _quantile_factors(missed, trust)
    count = int(np.isfinite(missed).any(axis=1).sum())
    if count < 2:
        return IntervalFactors(at80, at95, count, None, None)
    inside = []
    for half in (0, 1):
        inner, outer = _quantile_factors(missed[half::2], trust)
        other = np.abs(missed[1 - half :: 2])
        known = np.isfinite(other)
        inside.append([(other <= width)[known] for width in (Z90 * inner, Z975 * outer)])
    achieved80, achieved95 = (float(np.concatenate(each).mean()) for each in zip(*inside, strict=True))
    return IntervalFactors(at80, at95, count, achieved80, achieved95)


def _quantile_factors(missed: Floats, trust: tuple[float, float]) -> tuple[Floats, Floats]:
    """Factor of each interval, each (horizon,)."""
    horizon = missed.shape[1]
    side = int(NEIGHBOUR_HORIZON_SHARE * horizon)
    found = np.ones((2, horizon))
    for step in range(horizon):
        near = missed[:, max(0, step - side) : step + side + 1]
        known = np.isfinite(near)
        count = known.any(axis=1).sum()
        if not count:
            continue
        quantiles = np.quantile(np.abs(near[known]), (0.8, 0.95)) / np.array([Z90, Z975])
        found[:, step] = 1 + np.array(trust) * count / (count + PRIOR_SIBLINGS) * (
            np.clip(quantiles, MIN_FACTOR, MAX_FACTOR) - 1
        )
    return found[0], np.maximum(found[1], found[0] * Z90 / Z975)
