"""Level shifts inside a panel: those that stay are undone, those that come back are not."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.arrays import Floats
from forecast.stats.scoring import coverage, mase, msis
from forecast.timeseries.panel import members
from forecast.timeseries.panel.automatic import forecast_panel
from forecast.timeseries.panel.level_shifts import level_out_shifts
from forecast.timeseries.panel.panel import Panel

MONTHS, HORIZON = 120, 12


def prescriptions(count: int, seed: int, noise: float = 0.06) -> Floats:
    """(series, months): monthly counts with a season and a level that wanders, as of prescriptions."""
    rng = np.random.default_rng(seed)
    month = np.arange(MONTHS + HORIZON)
    wave = rng.uniform(0.05, 0.4, (count, 1)) * np.sin(2 * np.pi * (month + rng.integers(0, 12, (count, 1))) / 12)
    season = wave + 0.15 * rng.standard_normal((count, 12))[:, month % 12]
    drift = np.cumsum(rng.normal(0, 0.01, (count, len(month))), axis=1) + rng.uniform(-0.002, 0.004, (count, 1)) * month
    level = np.exp(rng.uniform(np.log(200), np.log(20_000), (count, 1)))
    return level * np.exp(season + drift + rng.normal(0, noise, (count, len(month))))


def counts_with_shifts(count: int, seed: int, factors: tuple[float, ...], every: int = 1) -> tuple[Floats, Floats]:
    """Counts of which every so many have moved for good 6 to 24 months before the end; and (series,) their factors."""
    rng = np.random.default_rng(seed + 1)
    values, factor = prescriptions(count, seed), np.ones(count)
    for row in range(0, count, every):
        factor[row] = factors[row // every % len(factors)]
        values[row, MONTHS - rng.integers(6, 25) :] *= factor[row]
    return rng.poisson(values).astype(float), factor


@pytest.mark.parametrize(("factor", "share"), [(0.5, 0.9), (1.5, 0.7), (2.5, 0.95), (0.2, 0.95)])
def test_shifts_are_undone_by_their_size(factor: float, share: float) -> None:
    values, _ = counts_with_shifts(60, 4, (factor,))
    panel = Panel(values[:, :MONTHS], 12)
    first_year = level_out_shifts(panel).values[:, :12] / panel.values[:, :12]
    is_undone = first_year.max(axis=1) != 1
    assert is_undone.mean() >= share
    assert np.ptp(first_year, axis=1).max() < 1e-9
    assert np.median(first_year[is_undone, 0]) == pytest.approx(factor, rel=0.05)


def test_series_without_a_shift_are_left_as_they_are() -> None:
    values = prescriptions(300, 5)[:, :MONTHS]
    changed = np.any(level_out_shifts(Panel(values, 12)).values != values, axis=1)
    assert changed.mean() < 0.01
    walks = 1000 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.08, (300, MONTHS)), axis=1))
    assert np.any(level_out_shifts(Panel(walks, 12)).values != walks, axis=1).mean() < 0.03


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 11])
@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_a_level_that_came_back_is_no_shift(length: int, factor: float) -> None:
    values = prescriptions(40, 6)[:, :MONTHS]
    values[:, 80 : 80 + length] *= factor
    assert np.any(level_out_shifts(Panel(values, 12)).values != values, axis=1).mean() <= 0.05


@pytest.mark.parametrize("ahead", [1, 3, 5])
def test_a_level_younger_than_half_a_year_is_not_judged(ahead: int) -> None:
    values = prescriptions(40, 7)[:, :MONTHS]
    values[:, -ahead:] *= 0.3
    assert np.any(level_out_shifts(Panel(values, 12)).values != values, axis=1).mean() <= 0.05


def test_a_change_over_a_year_is_a_trend() -> None:
    values = prescriptions(40, 8)[:, :MONTHS]
    values *= np.exp(np.interp(np.arange(MONTHS), [80, 94], [0.0, -0.7]))
    assert np.any(level_out_shifts(Panel(values, 12)).values != values, axis=1).mean() <= 0.05


def test_two_shifts_are_both_undone() -> None:
    values = prescriptions(30, 9, noise=0.03)
    standing = values[:, :MONTHS].copy()
    standing[:, 40:] *= 3.0
    standing[:, 90:] *= 2.0
    levelled = level_out_shifts(Panel(standing, 12)).values
    ratio = levelled / (6 * values[:, :MONTHS])
    assert np.median(np.abs(ratio - 1)) < 0.05
    assert (np.abs(ratio[:, 0] - 1) < 0.2).mean() > 0.8


def test_months_of_zero_stay_zero_and_other_seasons_are_left_alone() -> None:
    values = prescriptions(20, 10)[:, :MONTHS]
    values[:, 6::12] = 0.0
    values[:, 100:] *= 0.3
    levelled = level_out_shifts(Panel(values, 12)).values
    assert np.any(levelled != values)
    assert not levelled[:, 6::12].any()
    assert levelled.min() >= 0
    quarters = Panel(values, 4)
    assert level_out_shifts(quarters) is quarters


def test_a_series_below_zero_is_moved_not_multiplied() -> None:
    values = prescriptions(10, 11)[:, :MONTHS]
    values[:, 5] = -1.0
    values[:, 95:] += 3 * values[:, :95].mean(axis=1, keepdims=True)
    levelled = level_out_shifts(Panel(values, 12)).values
    moved = (levelled - values)[:, :90]
    assert np.ptp(moved, axis=1) == pytest.approx(np.zeros(10), abs=1e-6)
    assert np.all(moved[:, 0] > 0)


def scores(values: Floats, factor: Floats) -> dict[str, float]:
    """Scores of the series that have moved: MASE, coverage of 80% and the interval score of 95%."""
    panel = Panel(values[:, :MONTHS], 12)
    forecast, actual, rows = forecast_panel(panel, HORIZON), values[:, MONTHS:], factor != 1
    low80, high80, low95, high95 = (forecast.quantile(share) for share in (0.1, 0.9, 0.025, 0.975))
    return {
        "mase": float(mase(forecast.mean - actual, panel.values)[rows].mean()),
        "cov80": float(coverage(actual, low80, high80)[rows].mean()),
        "msis95": float(msis(actual, low95, high95, panel.values, 0.05)[rows].mean()),
    }


@pytest.mark.parametrize("factors", [(0.5, 1.5), (0.4, 2.0)])
def test_forecasts_after_a_shift_are_better_and_their_intervals_narrower(
    factors: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    values, factor = counts_with_shifts(120, 12, factors, every=4)
    after = scores(values, factor)
    monkeypatch.setattr(members, "level_out_shifts", lambda panel: panel)
    before = scores(values, factor)
    assert after["mase"] < 0.95 * before["mase"]
    assert after["msis95"] < 0.8 * before["msis95"]
    assert after["cov80"] > 0.77
