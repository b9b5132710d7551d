"""Many series at once: what is known of them, and what may come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Bools, Floats, Ints

MAX_GROWTH_FACTOR = 20.0
"""Times the most that was seen, beyond which nothing on the log scale may go [C]."""
MIN_FORECAST_SHARE = 0.5
"""Share of the least value of a positive series under which nothing is forecast [C]."""


@dataclass(frozen=True)
class Panel:
    """Series of one season that end in the same period."""

    values: Floats
    """(series, periods), in the unit of each series, NaN before it begins."""
    season: int
    """Periods of a season; 1 where there is none."""

    @classmethod
    def from_series(cls, series: Sequence[Floats], season: int) -> Panel:
        """The series, each (its periods,), in their order."""
        periods = max((len(each) for each in series), default=0)
        values = np.full((len(series), periods), np.nan)
        for row, each in zip(values, series, strict=True):
            row[periods - len(each) :] = each
        return cls(values, season)

    @cached_property
    def lengths(self) -> Ints:
        """(series,): periods since the first that is known."""
        known = ~np.isnan(self.values)
        first = np.argmax(known, axis=1)
        return np.where(known.any(axis=1), self.values.shape[1] - first, 0).astype(np.int64)

    @cached_property
    def is_positive(self) -> Bools:
        """(series,): whether every known value is above zero, so that logs exist."""
        return np.asarray(np.all(np.isnan(self.values) | (self.values > 0), axis=1))

    @cached_property
    def max_log(self) -> Floats:
        """(series,): the log beyond which no forecast may go; 0 for a series without logs."""
        most = np.where(self.is_positive, MAX_GROWTH_FACTOR * np.nanmax(self.values, axis=1), 1.0)
        return np.asarray(np.log(most))

    def drop_last(self, back: int) -> Panel:
        """The panel as it stood `back` periods ago."""
        return replace(self, values=self.values[:, : self.values.shape[1] - back])

    def take(self, rows: Ints | Bools) -> Panel:
        """Some of the series, without the periods in which none of them had begun."""
        taken = Panel(self.values[rows], self.season)
        periods = int(taken.lengths.max(initial=0))
        return replace(taken, values=taken.values[:, taken.values.shape[1] - periods :])


@dataclass(frozen=True)
class PanelForecast:
    """What may come of each series: normal, or normal on the log scale, in each period ahead."""

    mean: Floats
    """(series, horizon), in the unit of the series; the median where the scale is the logs."""
    sd: Floats
    """(series, horizon), of the values, or of their logs where `log` says so."""
    is_log: Bools
    """(series,): whether the spread is that of the logs."""

    @classmethod
    def from_moments(cls, panel: Panel, mean: Floats, sd: Floats) -> PanelForecast:
        """Of means and standard deviations (series, horizon) in the unit of the series.

        A series that was always positive stays above a share of its least value, and its spread is that of the logs
        while it is less than the mean.
        """
        positive = panel.is_positive & (panel.lengths > 0)
        least = MIN_FORECAST_SHARE * np.min(
            np.where(np.isnan(panel.values), np.inf, panel.values), axis=1, keepdims=True
        )
        mean = np.where(positive[:, None], np.maximum(mean, least), mean)
        log = positive & np.all(sd < mean, axis=1)
        return cls(mean, np.where(log[:, None], sd / np.where(log[:, None], mean, 1.0), sd), log)

    @property
    def value_sd(self) -> Floats:
        """(series, horizon): the spread in the unit of the series, whatever the scale."""
        return np.where(self.is_log[:, None], self.sd * self.mean, self.sd)

    def quantile(self, share: float) -> Floats:
        """(series, horizon): the value that is not exceeded with this chance."""
        apart = float(ndtri(share)) * self.sd
        return np.where(
            self.is_log[:, None], self.mean * np.exp(np.where(self.is_log[:, None], apart, 0.0)), self.mean + apart
        )

    def with_scaled_sd(self, factors: Floats) -> PanelForecast:
        """Every standard deviation times its factor, (series, horizon) or (horizon,)."""
        return replace(self, sd=self.sd * factors)


def from_logs(mean: Floats, sd: Floats, log: Bools, most: Floats | float) -> tuple[Floats, Floats]:
    """Normals in the unit of the series: where `log`, the median exp(mean), the mean being `most` at the most, and the
    spread to the first order, sd exp(mean); else mean and sd as they are. All of one shape, or broadcast to it."""
    value = np.where(log, np.exp(np.where(log, np.minimum(mean, most), 0.0)), mean)
    return value, sd * np.where(log, value, 1.0)


def inner_products(one: Floats, other: Floats) -> Floats:
    """(series,): of each series with the other, both (series, periods)."""
    return np.asarray(np.einsum("sp,sp->s", one, other))
