"""Width of a year that the planner sets: its growth and the noise of its months share one range (docs/model.md, 2)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats
from forecast.i18n import Note, Phrase, Translator, flatten_phrases
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.plan.yearly_changes import change_in_year
from forecast.stats.annual_noise import MonthlyNoise, spread_left_to_growth
from forecast.stats.censored_normal import unit_censored_normal
from forecast.stats.distributions import Discrete, Distribution
from forecast.stats.transforms import Z90
from forecast.timeseries.models.base import MonthScale

__all__ = ["PlannedYear", "YearWidth", "width_notes"]

GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
"""Step of a sequence that spreads over 0 to 1 evenly."""
PATHS_OF_NOISE, QUANTILES_OF_YEAR = 257, 200
"""Values of noise, and quantiles of the year for each, behind the ends that a note names."""


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
            return self._lognormal_year[0]
        return self.noise.censored_year_variance(self.weights, *unit_censored_normal(self.noise.sd))

    @cached_property
    def _lognormal_year(self) -> tuple[Floats, Floats]:
        return self.noise.lognormal_year(self.weights)

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
        return self._spread_of_logs(1 + ends[0], 1 + ends[1])

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
        return None if ends is None else self._spread_of_logs(*ends)

    def _spread_of_logs(self, low: float, high: float) -> Floats:
        """(paths,) or (1,) factor for a range from P10 to P90; one that was asked for before is kept."""
        if (low, high) not in self._spreads:
            spread = spread_left_to_growth(self.variance_by_months, _variance_of_logs(low, high))
            self._spreads[low, high] = spread
        return self._spreads[low, high]

    @cached_property
    def _spreads(self) -> dict[tuple[float, float], Floats]:
        return {}

    def put_to_level(self, months: Floats, level: Floats, grown: Floats) -> None:
        """Put months to the level of the year, so that its median by the noise of the months is that level.

        Parameters
        ----------
        months : ndarray
            (months, paths) of the year, in which some may be missing: shape times the exponential of the noise; on
            `raw` shape plus noise, on `censored` shape times the censored noise. They are overwritten by amounts in
            the unit of the measure.
        level : ndarray
            (paths,) or (1,) of the year.
        grown : ndarray
            (paths,) or (1,) product of 1 + growth up to this year; it counts on `raw` only.
        """
        if self.scale == "raw":
            months -= self.shape.mean()
            months *= grown
            months += level / len(self.shape)
            return
        months *= level / self.shape.sum() * np.exp(self._median_shift())

    def log_of_level(self, level: Floats) -> Floats:
        """Compute what the logarithm of each relative month is raised by on `log`.

        Parameters
        ----------
        level : ndarray
            (paths,) or (1,) of the year.

        Returns
        -------
        ndarray
            (paths,) or (1,).
        """
        return np.asarray(np.log(level / self.shape.sum()) + self._median_shift())

    def _median_shift(self) -> Floats:
        """(paths,) or (1,) added to the logarithm of the level."""
        if self.scale == "log":
            variance, log_mean = self._lognormal_year
            return variance / 2 - log_mean
        walk = MonthlyNoise(np.zeros(1), self.noise.persistence, self.noise.level_sd).mean_variance(self.weights)
        return -walk / 2


@dataclass(frozen=True)
class PlannedYear:
    """The first year of a service that the planner sets, as its history leaves it.

    Parameters
    ----------
    year : int
        Calendar year.
    scale : {'log', 'raw', 'censored'}
        Of its months.
    shape : ndarray
        (12,) undisturbed months, as in `YearWidth`.
    month_size : float
        As in `YearWidth`.
    noise, persistence : float
        Of the months by the history; the plan's own come first.
    base_total : float
        The year before, in the unit of the measure; it counts on `raw` only.
    """

    year: int
    scale: MonthScale
    shape: Floats
    month_size: float
    noise: float
    persistence: float
    base_total: float


def width_notes(scenario: Scenario, service: str, planned: PlannedYear) -> list[Note]:
    """Note where the noise of its months makes a year wider than its growth, or than the amount that is given.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    service : str
        A service whose level is the planner's.
    planned : PlannedYear
        Its first year.

    Returns
    -------
    list of Note
        Each with P10 and P90 of a year and the noise that would keep its range.
    """
    choice = scenario.baseline_for(service)
    if choice.level == "history":
        return []
    noise = MonthlyNoise(
        _values(choice.noise, planned.noise, 0.0),
        _values(choice.persistence, planned.persistence, GOLDEN_RATIO),
        _values(choice.level_noise, 0.0, GOLDEN_RATIO**2),
    )
    by_months = YearWidth(planned.scale, planned.shape, planned.month_size, noise).variance_by_months
    if planned.scale == "raw":
        by_months = by_months / planned.base_total**2
    notes = []
    for kind, assumption, year in _ranges(scenario, service, planned.year):
        ends = _ends_by_months(assumption, kind == "growth", by_months, planned.scale)
        if ends is None:
            continue
        low, high, factor = ends
        params = {
            "service": service,
            "text": assumption.text,
            "year": year,
            "low": _percent(low),
            "high": _percent(high),
            "noise": _percent(factor * float(noise.sd.mean())),
            "level_noise": _percent(factor * float(noise.level_sd.mean())),
        }
        key = f"{kind}_narrower_than_months{'' if choice.level_noise is None else '_and_level'}"
        notes.append((key, tuple(sorted(flatten_phrases(params).items()))))
    return notes


def _ranges(scenario: Scenario, service: str, first: int) -> Iterator[tuple[str, Assumption, int]]:
    """Kind, assumption and calendar year of the first amount that is given and of the first growth."""
    choice, growth = scenario.baseline_for(service), scenario.services[service].growth
    if choice.method == "given" and choice.annual is not None:
        yield "annual", choice.annual, first
        first += 1
    if growth is not None and first <= scenario.horizon.calendar.years[-1]:
        yield "growth", change_in_year(growth, first), first


def _ends_by_months(
    assumption: Assumption, is_growth: bool, by_months: Floats, scale: MonthScale
) -> tuple[float, float, float] | None:
    """P10 and P90 of a year less 1 that its months make wider, and the factor of their noise that would not.

    Of a growth relative to the year before, of an amount to its middle. None where the range is wider, or a list.
    """
    if isinstance(assumption.distribution, Discrete):
        return None
    low, middle, high = assumption.distribution.ppf(np.array([0.1, 0.5, 0.9])) + is_growth
    by_range = ((high - low) / (2 * Z90)) ** 2 if scale == "raw" else float(_variance_of_logs(low, high)[0])
    if by_range >= by_months.mean():
        return None
    deviations = np.outer(np.sqrt(np.maximum(by_months, by_range)), ndtri(_midpoints(QUANTILES_OF_YEAR)))
    year = middle + deviations if scale == "raw" else middle * np.exp(deviations)
    year_low, year_high = np.quantile(year, (0.1, 0.9)) / (1.0 if is_growth else middle) - 1
    return float(year_low), float(year_high), math.sqrt(by_range / float(by_months.mean()))


def _midpoints(count: int) -> Floats:
    return (np.arange(count) + 0.5) / count


def _values(assumption: Assumption | None, fitted: float, step: float) -> Floats:
    """(1,) or (PATHS_OF_NOISE,) values of an assumption at probabilities spread evenly, in an order of its own."""
    if assumption is None or assumption.is_constant:
        return np.array([fitted if assumption is None else assumption.value])
    return assumption.distribution.ppf((_midpoints(PATHS_OF_NOISE) + step * np.arange(PATHS_OF_NOISE)) % 1.0)


def _percent(share: float) -> Phrase:
    decimals = 1 if share else 0
    return Phrase(Translator("en").percent(share, decimals), Translator("vi").percent(share, decimals))


def _ends(assumption: Assumption) -> tuple[float, float] | None:
    """P10 and P90; None where it is a constant or a list of values."""
    return None if assumption.is_constant else _ends_of(assumption.distribution)  # type: ignore[arg-type]  # all are frozen


@lru_cache(maxsize=512)
def _ends_of(distribution: Distribution) -> tuple[float, float] | None:
    if isinstance(distribution, Discrete):
        return None
    low, high = distribution.ppf(np.array([0.1, 0.9])).tolist()
    return low, high


def _variance_of_logs(low: float, high: float) -> Floats:
    """(1,) variance of a normal whose exponential has these P10 and P90; relative where one is below 0."""
    width = math.log(high / low) if low > 0 else 2 * (high - low) / max(abs(high + low), np.finfo(float).tiny)
    return np.array([(width / (2 * Z90)) ** 2])
