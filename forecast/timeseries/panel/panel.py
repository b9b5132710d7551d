"""Many series side by side, and the forecast of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Bools, Floats, Ints

__all__ = ["Panel"]

MAX_GROWTH_FACTOR = 20.0
"""Multiple of the largest value of a series that no forecast on the log scale exceeds [C]."""
MIN_FORECAST_SHARE = 0.5
"""Share of the least value of a positive series that bounds its forecasts from below [C]."""


@dataclass(frozen=True)
class Panel:
    """Series of one season that end in the same period."""

    values: Floats
    """(series, periods), in the unit of each series, NaN before it begins."""
    season: int
    """Periods of a season; 1 where there is none."""

    @classmethod
    def from_series(cls, series: Sequence[Floats], season: int) -> Panel:
        """Align series of different lengths at their end.

        Parameters
        ----------
        series : sequence of (periods,)
            Each with its own number of periods, in its unit.
        season : int
            Periods of a season; 1 where there is none.

        Returns
        -------
        Panel
            The series in their order, NaN before each begins.
        """
        periods = max((len(each) for each in series), default=0)
        values = np.full((len(series), periods), np.nan)
        for row, each in zip(values, series, strict=True):
            row[periods - len(each) :] = each
        return cls(values, season)

    @cached_property
    def lengths(self) -> Ints:
        """(series,): periods since the first known value."""
        known = ~np.isnan(self.values)
        first = np.argmax(known, axis=1)
        return np.where(known.any(axis=1), self.values.shape[1] - first, 0).astype(np.int64)

    @cached_property
    def is_positive(self) -> Bools:
        """(series,): True where every known value is above zero, so that logs exist."""
        return np.asarray(np.all(np.isnan(self.values) | (self.values > 0), axis=1))

    @cached_property
    def max_log(self) -> Floats:
        """(series,): the log that no forecast exceeds; 0 for a series without logs."""
        largest = np.where(self.is_positive, MAX_GROWTH_FACTOR * np.nanmax(self.values, axis=1), 1.0)
        return np.asarray(np.log(largest))

    def drop_last(self, periods: int) -> Panel:
        """Cut the last periods off.

        Parameters
        ----------
        periods : int
            Number of periods to drop.

        Returns
        -------
        Panel
            The panel as it stood so many periods ago.
        """
        return replace(self, values=self.values[:, : self.values.shape[1] - periods])

    def take(self, rows: Ints | Bools) -> Panel:
        """Select some of the series.

        Parameters
        ----------
        rows : (rows,) or (series,)
            Row numbers, or a mask of the series.

        Returns
        -------
        Panel
            Those series, without the periods in which none of them had begun.
        """
        selected = Panel(self.values[rows], self.season)
        periods = int(selected.lengths.max(initial=0))
        return replace(selected, values=selected.values[:, selected.values.shape[1] - periods :])


@dataclass(frozen=True)
class PanelForecast:
    """Predictive distribution of each series: normal, or normal on the log scale, in each period ahead."""

    mean: Floats
    """(series, horizon), in the unit of the series; the median where the scale is the logs."""
    sd: Floats
    """(series, horizon), of the values, or of their logs where `is_log`."""
    is_log: Bools
    """(series,): True where `sd` is that of the logs."""

    @classmethod
    def from_moments(cls, panel: Panel, mean: Floats, sd: Floats) -> PanelForecast:
        """The forecast with means and standard deviations (series, horizon) given in the unit of the series."""
        # a positive series stays above a share of its least value; its spread is that of the logs while below the mean
        positive = panel.is_positive & (panel.lengths > 0)
        floor = MIN_FORECAST_SHARE * np.min(
            np.where(np.isnan(panel.values), np.inf, panel.values), axis=1, keepdims=True
        )
        mean = np.where(positive[:, None], np.maximum(mean, floor), mean)
        is_log = positive & np.all(sd < mean, axis=1)
        return cls(mean, np.where(is_log[:, None], sd / np.where(is_log[:, None], mean, 1.0), sd), is_log)

    @property
    def value_sd(self) -> Floats:
        """(series, horizon): standard deviation in the unit of the series, to the first order where `is_log`."""
        return np.where(self.is_log[:, None], self.sd * self.mean, self.sd)

    def quantile(self, share: float) -> Floats:
        """(series, horizon): the quantile at `share`, in the unit of the series."""
        return self.at_deviation(float(ndtri(share)) * self.sd)

    def at_deviation(self, deviation: Floats) -> Floats:
        """(series, horizon): the values that lie `deviation` from the mean, added, or multiplied in where `is_log`."""
        is_log = self.is_log[:, None]
        return np.where(is_log, self.mean * np.exp(np.where(is_log, deviation, 0.0)), self.mean + deviation)

    def with_scaled_sd(self, factors: Floats) -> PanelForecast:
        """The forecast with every standard deviation times its factor, (series, horizon) or (horizon,)."""
        return replace(self, sd=self.sd * factors)


def from_logs(mean: Floats, sd: Floats, is_log: Bools, max_log: Floats | float) -> tuple[Floats, Floats]:
    """Mean and sd in the unit of the series: exp(mean), at most exp(`max_log`), and sd exp(mean) where `is_log`."""
    value = np.where(is_log, np.exp(np.where(is_log, np.minimum(mean, max_log), 0.0)), mean)
    return value, sd * np.where(is_log, value, 1.0)


def inner_products(x: Floats, y: Floats) -> Floats:
    """(series,): inner product of each row, both (series, periods)."""
    return np.asarray(np.einsum("sp,sp->s", x, y))
