"""Range of the next change from year to year."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from forecast.stats.annual_change import PRIOR_MEAN_YEARS, PRIOR_SD_YEARS, predict_annual_change


def test_without_a_change_the_prior_alone_speaks() -> None:
    low, high = predict_annual_change([], 0.05)
    scale = 0.05 * math.sqrt(1 + 1 / PRIOR_MEAN_YEARS)
    assert math.log1p(high) == pytest.approx(stats.t.ppf(0.9, PRIOR_SD_YEARS) * scale)
    assert math.log1p(low) == pytest.approx(-math.log1p(high))


def test_the_range_is_that_of_the_posterior_by_simulation() -> None:
    changes = [0.08, 0.02, 0.05]
    logs = np.log1p(changes)
    grid_mean, grid_log_sd = np.meshgrid(
        np.linspace(-0.5, 0.6, 1_101), np.linspace(math.log(0.004), math.log(0.6), 500)
    )
    sd = np.exp(grid_log_sd)
    prior = stats.chi2.logpdf(PRIOR_SD_YEARS * 0.05**2 / sd**2, PRIOR_SD_YEARS) - 2 * np.log(sd)
    prior += stats.norm.logpdf(grid_mean, 0, sd / math.sqrt(PRIOR_MEAN_YEARS)) + grid_log_sd  # the grid is of log sd
    density = prior + sum(stats.norm.logpdf(log, grid_mean, sd) for log in logs) - np.log(sd)
    weight = np.exp(density - density.max())
    predicted = lambda x: float((weight * stats.norm.cdf(math.log1p(x), grid_mean, sd)).sum() / weight.sum())  # noqa: E731
    low, high = predict_annual_change(changes, 0.05)
    assert predicted(low) == pytest.approx(0.1, abs=0.002)
    assert predicted(high) == pytest.approx(0.9, abs=0.002)


def test_more_years_narrow_the_range_and_move_it_to_their_mean() -> None:
    widths, centres = [], []
    for count in (0, 1, 2, 4, 8):
        low, high = predict_annual_change([0.06] * count, 0.05)
        widths.append(high - low)
        centres.append((low + high) / 2)
    assert widths == sorted(widths, reverse=True)
    assert centres == sorted(centres)
    assert centres[-1] == pytest.approx(0.06, abs=0.008)
