"""The closed form of a year's variance agrees with simulated months."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.annual_noise import MonthlyNoise, spread_left_to_growth
from forecast.stats.censored_normal import unit_censored_normal

PATHS = 40_000
SEASON = 1 + 0.4 * np.sin(2 * np.pi * np.arange(12) / 12)
PEAK = np.array([1.0] * 11 + [2.5])
NOTHING = np.zeros(1)


def persistent_normals(persistence: float) -> np.ndarray:
    """(12, PATHS) standard normals, neighbours with this correlation."""
    z = np.random.default_rng(1).normal(size=(12, PATHS))
    for month in range(1, 12):
        z[month] = persistence * z[month - 1] + np.sqrt(1 - persistence**2) * z[month]
    return z


@pytest.mark.parametrize("shape", [np.ones(12), SEASON, PEAK], ids=["flat", "season", "peak"])
@pytest.mark.parametrize(
    ("sd", "persistence", "level_sd"),
    [(0.1, 0.0, 0.0), (0.1, 0.6, 0.0), (0.0, 0.0, 0.06), (0.08, 0.9, 0.05)],
)
def test_variance_of_a_year_and_of_its_months(
    shape: np.ndarray, sd: float, persistence: float, level_sd: float
) -> None:
    weights = shape / shape.sum()
    walk = np.cumsum(np.random.default_rng(2).normal(0, level_sd / np.sqrt(12), (12, PATHS)), axis=0)
    months = sd * persistent_normals(persistence) + walk
    noise = MonthlyNoise(*(np.array([value]) for value in (sd, persistence, level_sd)))
    error = 4 * np.sqrt(2 / PATHS)  # of a variance, at four standard errors
    assert noise.year_variance(weights) == pytest.approx((weights @ months).var(), rel=error)
    assert noise.mean_variance(weights) == pytest.approx(weights @ months.var(axis=1), rel=error)


@pytest.mark.parametrize("cv", [0.1, 0.5, 1.2, 3.0])
@pytest.mark.parametrize("persistence", [0.0, 0.4, 0.8])
def test_variance_of_a_year_of_months_from_zero_up(cv: float, persistence: float) -> None:
    location, scale = unit_censored_normal(np.array([cv]))
    year = np.maximum(location + scale * persistent_normals(persistence), 0.0).mean(axis=0)
    noise = MonthlyNoise(np.array([cv]), np.array([persistence]), NOTHING)
    variance = noise.censored_year_variance(np.full(12, 1 / 12), location, scale)
    assert variance == pytest.approx(np.log1p(year.var() / year.mean() ** 2), rel=0.05)


@pytest.mark.parametrize(("sd", "persistence", "level_sd"), [(0.15, 0.6, 0.0), (0.3, 0.0, 0.2), (0.5, 0.5, 0.0)])
def test_moments_of_a_year_of_noisy_months(sd: float, persistence: float, level_sd: float) -> None:
    weights = SEASON / SEASON.sum()
    walk = np.cumsum(np.random.default_rng(2).normal(0, level_sd / np.sqrt(12), (12, PATHS)), axis=0)
    year = weights @ np.exp(sd * persistent_normals(persistence) + walk)
    noise = MonthlyNoise(*(np.array([value]) for value in (sd, persistence, level_sd)))
    variance, log_mean = noise.lognormal_year(weights)
    assert log_mean == pytest.approx(np.log(year.mean()), abs=0.01)
    assert variance == pytest.approx(np.log1p(year.var() / year.mean() ** 2), rel=0.06)
    assert variance / 2 - log_mean == pytest.approx(-np.log(np.median(year)), abs=0.01)


def test_growth_and_months_share_the_variance_of_a_year() -> None:
    factor = spread_left_to_growth(np.array([0.0, 1.0, 3.0, 4.0, 9.0]), np.array([4.0]))
    assert factor**2 * 4 == pytest.approx([4.0, 3.0, 1.0, 0.0, 0.0])
    assert spread_left_to_growth(np.array([1.0]), NOTHING) == 0
