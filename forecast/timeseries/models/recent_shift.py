"""The doubt about a level shift that is recent: it may stay, or be a temporary change that is still under way.

The law, with k the months that the new level has lasted so far (at least one):

- It comes back at all with probability `1 - k / 18`, so that eighteen months confirm it.
- If it comes back, it has done so within h more months with probability `h / (k + h)`: the longer a change has lasted,
  the longer it lasts still.
- It comes back to between .35 and 1.35 of the way, in amounts, evenly; beyond 1 it overshoots by that share of the way
  or of the old level, whichever is smaller. It stays there.
- The new level is the mean of k months, and as uncertain.

Where the numbers come from, and how well they fit M1's monthly series: docs/model.md, section 3, and
`python -m tests.validation.recent_shifts`. Few changes there were older than nine months: the 18 months are [C].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.change_sizes import knows_season
from forecast.timeseries.models.moving_medians import moving_median, robust_sd, seasonal_medians

__all__ = ["RecentShift", "recent_shift"]

CONFIRMING_MONTHS = 18
"""Months at a new level that confirm it [C]."""
MIN_RETURN, MAX_RETURN = 0.35, 1.35
"""Ends of the share of the way that a level comes back, where it does."""
SHARE_STEPS = 64
"""Steps of that share by which moments are summed."""
NOISE_SIDE_MONTHS = 3
"""Months on each side whose median a month is compared with, for the noise of a month."""


@dataclass(frozen=True)
class RecentShift:
    """A level shift that too few months confirm."""

    row: int
    """Row of the first month at the new level."""
    age: int
    """Known months at the new level, 1 to 17."""
    step: float
    """New level less the old one, on the scale of the series."""
    level_sd: float
    """Standard deviation of the error of the new level, on the scale of the series."""
    is_log: bool
    """True where that scale is the logarithm."""

    @property
    def return_chance(self) -> float:
        """Probability that the level comes back at all."""
        return 1 - self.age / CONFIRMING_MONTHS

    def returned_within(self, months: int) -> Floats:
        """Compute the probability that the level has come back by each month ahead.

        Parameters
        ----------
        months : int
            Months ahead.

        Returns
        -------
        Floats
            (months,).
        """
        ahead = np.arange(1, months + 1)
        return np.asarray(self.return_chance * ahead / (self.age + ahead), float)

    def deviations(self, uniforms: Floats, months: int) -> Floats:
        """Sample what the months ahead differ by from a forecast in which the new level stays.

        Parameters
        ----------
        uniforms : (3, paths)
            Uniform numbers: when the level comes back, how far, and the error of the new level.
        months : int
            Months ahead; more of them keep the first ones.

        Returns
        -------
        Floats
            (months, paths), on the scale of the series.
        """
        end, share, level = uniforms
        comes_back = end < self.return_chance
        ordered = np.where(comes_back, end / self.return_chance, 0.0)
        n_off = np.where(comes_back, np.floor(self.age * ordered / (1 - ordered)), np.inf)
        is_back = np.arange(months)[:, None] >= n_off
        moved = self._return_move(MIN_RETURN + (MAX_RETURN - MIN_RETURN) * share)
        return np.asarray(np.where(is_back, moved, 0.0) + self.level_sd * ndtri(level), float)

    def moments(self, months: int) -> tuple[Floats, Floats]:
        """Compute the mean and the covariance of the deviations of the months ahead.

        Parameters
        ----------
        months : int
            Months ahead.

        Returns
        -------
        tuple of Floats
            (months,) and (months, months), on the scale of the series.
        """
        middles = (np.arange(SHARE_STEPS) + 0.5) / SHARE_STEPS
        moved = self._return_move(MIN_RETURN + (MAX_RETURN - MIN_RETURN) * middles)
        returned = self.returned_within(months)
        mean = returned * moved.mean()
        both = np.minimum.outer(returned, returned)  # a level that is back stays back
        return mean, both * np.mean(moved**2) - np.outer(mean, mean) + self.level_sd**2

    def _return_move(self, shares: Floats) -> Floats:
        """Move from the new level that comes back by these shares of the way, on the scale of the series."""
        if not self.is_log:
            return -self.step * shares
        old = math.exp(-self.step)  # in terms of the new level
        way = old - 1
        overshoot = np.maximum(shares - 1, 0.0) * math.copysign(min(old, abs(way)), way)
        return np.asarray(np.log1p(np.minimum(shares, 1.0) * way + overshoot), float)


def recent_shift(series: TimeSeries) -> RecentShift | None:
    """Find the last level shift of a series if too few months confirm it.

    Parameters
    ----------
    series : TimeSeries
        A cleaned series.

    Returns
    -------
    RecentShift or None
        None without a level shift, or where it is confirmed.
    """
    if not series.level_shifts:
        return None
    row, step = series.level_shifts[-1]
    age = int(np.count_nonzero(~np.isnan((series.source or series).observed[row:])))
    if not 0 < age < CONFIRMING_MONTHS:
        return None
    observed = series.observed
    adjusted = observed - seasonal_medians(observed) if knows_season(series) else observed
    noise = robust_sd(adjusted - moving_median(adjusted, NOISE_SIDE_MONTHS))
    return RecentShift(row, age, step, noise / math.sqrt(age), series.is_log)
