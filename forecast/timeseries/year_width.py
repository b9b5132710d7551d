"""Width of a year that the planner sets: its growth and the noise of its months share one range (docs/model.md, 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.plan.assumption import Assumption
from forecast.stats.annual_noise import MonthlyNoise, spread_left_to_growth
from forecast.stats.censored_normal import unit_censored_normal
from forecast.stats.distributions import Discrete
from forecast.stats.transforms import Z90
from forecast.timeseries.models.base import MonthScale

__all__ = ["YearWidth"]


@dataclass(frozen=True)
class YearWidth:
    """One calendar year of a service at the planner's level.

    Parameters
    ----------
    scale : {'log', 'raw', 'censored'}
        Of the months.
    shape : ndarray
        (12,) undisturbed months, none a logarithm; only ratios count, but on `raw`.
    month_size : float
        Unit of the noise on `raw`, in the unit of the measure.
    noise : MonthlyNoise
        Of the months, by path.
    """

    scale: MonthScale
    shape: Floats
    month_size: float
    noise: MonthlyNoise

    @property
    def weights(self) -> Floats:
        """(12,) shares of the months in the year; not on `raw`."""
        return np.asarray(self.shape / self.shape.sum())

    @property
    def variance_by_months(self) -> Floats:
        """(paths,) or (1,) variance of the year's logarithm by its months alone; on `raw` of its amount."""
        if self.scale == "raw":
            return self.noise.year_variance(np.full(len(self.shape), self.month_size))
        if self.scale == "log":
            return self.noise.year_variance(self.weights)
        return self.noise.censored_year_variance(self.weights, *unit_censored_normal(self.noise.sd))

    def growth_spread(self, growth: Assumption, level: Floats, grown: Floats) -> Floats | None:
        """Compute the factor of a growth's normal score that leaves the year as wide as the growth's range.

        Parameters
        ----------
        growth : Assumption
            Of the year, as a share.
        level : ndarray
            (paths,) or (1,) of the year before, in the unit of the measure; it counts on `raw` only.
        grown : ndarray
            (paths,) or (1,) product of 1 + growth of the years before; it counts on `raw` only.

        Returns
        -------
        ndarray or None
            (paths,) or (1,) from 0 to 1, 0 where the months are wider than the range. None where the draw stays as it
            is: a constant has no width, and the values of a list are facts of a path.
        """
        if (ends := _ends(growth)) is None:
            return None
        if self.scale == "raw":
            sd = np.abs(level) * (ends[1] - ends[0]) / (2 * Z90)
            return spread_left_to_growth(self.variance_by_months * np.square(grown), np.square(sd))
        return spread_left_to_growth(self.variance_by_months, _variance_of_logs(*(1 + ends)))

    def annual_spread(self, annual: Assumption) -> Floats | None:
        """Compute the same factor for a year that the planner gives as an amount.

        Parameters
        ----------
        annual : Assumption
            The year, in the unit of the measure.

        Returns
        -------
        ndarray or None
            As `growth_spread`.
        """
        ends = _ends(annual)
        return None if ends is None else spread_left_to_growth(self.variance_by_months, _variance_of_logs(*ends))

    def put_to_level(self, months: Floats, level: Floats, grown: Floats) -> None:
        """Put months to the level of the year, so that its median by the noise of the months is that level.

        Parameters
        ----------
        months : ndarray
            (12, paths) shape times the exponential of the noise; on `raw` shape plus noise, on `censored` shape times
            the censored noise. They are overwritten by amounts in the unit of the measure.
        level : ndarray
            (paths,) or (1,) of the year.
        grown : ndarray
            (paths,) or (1,) product of 1 + growth up to this year; it counts on `raw` only.
        """
        if self.scale == "raw":
            months -= self.shape.mean()
            months *= grown
            months += level / len(months)
            return
        months *= level / self.shape.sum() * np.exp(self._median_shift())

    def _median_shift(self) -> Floats:
        """(paths,) or (1,) added to the logarithm of the level."""
        by_months = self.variance_by_months
        if self.scale == "log":
            return (by_months - self.noise.mean_variance(self.weights)) / 2
        walk = MonthlyNoise(np.zeros(1), self.noise.persistence, self.noise.level_sd).mean_variance(self.weights)
        return -walk / 2


def _ends(assumption: Assumption) -> Floats | None:
    """(2,) P10 and P90; None where it is a constant or a list of values."""
    if assumption.is_constant or isinstance(assumption.distribution, Discrete):
        return None
    return assumption.distribution.ppf(np.array([0.1, 0.9]))


def _variance_of_logs(low: float, high: float) -> Floats:
    """(1,) variance of a normal whose exponential has these P10 and P90; of their middle's share where one is below 0."""
    width = math.log(high / low) if low > 0 else 2 * (high - low) / max(abs(high + low), np.finfo(float).tiny)
    return np.array([(width / (2 * Z90)) ** 2])
