"""Range of the next change from year to year, by the changes of a few past years."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["predict_annual_change"]

PRIOR_MEAN, PRIOR_MEAN_YEARS = 0.0, 1.0
"""Mean of the logarithm of a year's change before any is known, and the years that this counts as."""
PRIOR_SD_YEARS = 2.0
"""Years that the prior standard deviation counts as. With one of 6%, the ranges by 1 to 4 changes hold 81% of the last
years of the monthly series of M1, M3 and Tourism (benchmarks/annual_change.py)."""


def predict_annual_change(changes: Sequence[float], prior_sd: float) -> tuple[float, float]:
    """Predict the change of the next year from those of the years before.

    The logarithms are taken as normal with unknown mean and variance under a weak conjugate prior, so that one year is
    no certainty and five years are more than a guess; the prediction is Student's t.

    Parameters
    ----------
    changes : sequence of float
        Change of each past year as a share of the year before, above -1; 0.05 is +5%. None at all is allowed.
    prior_sd : float
        Standard deviation of the logarithm of a year's change, as it is thought before any is known.

    Returns
    -------
    low, high : float
        P10 and P90 of the next change, as shares.

    References
    ----------
    Gelman et al. (2013), Bayesian Data Analysis, third edition, section 3.3.
    """
    from scipy import stats

    logs = [math.log1p(change) for change in changes]
    count = len(logs)
    mean = math.fsum(logs) / count if count else 0.0
    years = PRIOR_MEAN_YEARS + count
    centre = (PRIOR_MEAN_YEARS * PRIOR_MEAN + count * mean) / years
    freedom = PRIOR_SD_YEARS + count
    squares = math.fsum((log - mean) ** 2 for log in logs)
    shift = PRIOR_MEAN_YEARS * count / years * (mean - PRIOR_MEAN) ** 2
    variance = (PRIOR_SD_YEARS * prior_sd**2 + squares + shift) / freedom
    scale = math.sqrt(variance * (1 + 1 / years))
    half_width = scale * float(stats.t.ppf(0.9, freedom))
    return math.expm1(centre - half_width), math.expm1(centre + half_width)
