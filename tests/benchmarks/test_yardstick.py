"""The yardstick, which imports nothing of forecast, gives the scores of forecast.stats.scoring."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.yardstick import INTERVAL_LEVELS, TimedForecasts, combine_by_median, forecast_series, score_forecasts
from forecast.stats.scoring import coverage, mase, msis, smape
from forecast.timeseries.panel.panel import Panel


def random_forecasts(seed: int) -> TimedForecasts:
    rng = np.random.default_rng(seed)
    mean = rng.uniform(80, 120, (5, 6))
    low = {level: mean - level / 8 * rng.uniform(0.5, 2, mean.shape) for level in INTERVAL_LEVELS}
    high = {level: mean + level / 8 * rng.uniform(0.5, 2, mean.shape) for level in INTERVAL_LEVELS}
    return TimedForecasts(mean, low, high, cpu=0.5, failed=0)


def test_yardstick_scores_equal_stats_scoring() -> None:
    rng = np.random.default_rng(1)
    pasts = [rng.uniform(80, 120, count) for count in (20, 31, 44, 50, 27)]
    actual, forecasts = rng.uniform(80, 120, (5, 6)), random_forecasts(2)
    history = Panel.from_series(pasts, 4).values
    scored = score_forecasts(forecasts, pasts, actual, 4)
    assert scored["smape"] == pytest.approx(np.mean(smape(actual, forecasts.mean)))
    assert scored["mase"] == pytest.approx(np.mean(mase(forecasts.mean - actual, history, 4)))
    assert scored["msis95"] == pytest.approx(
        np.mean(msis(actual, forecasts.low[95], forecasts.high[95], history, 0.05, 4))
    )
    for level in INTERVAL_LEVELS:
        assert scored[f"cov{level}"] == pytest.approx(
            np.mean(coverage(actual, forecasts.low[level], forecasts.high[level]))
        )
    assert scored["cpu_ms_per_series"] == pytest.approx(100)


def test_median_combination_is_taken_by_period_and_interval_end() -> None:
    three = [random_forecasts(seed) for seed in range(3)]
    combined = combine_by_median(three)
    assert combined.mean[1, 2] == sorted(each.mean[1, 2] for each in three)[1]
    assert combined.high[95][4, 0] == sorted(each.high[95][4, 0] for each in three)[1]
    assert combined.cpu == 1.5


def test_a_failed_series_counts_against_its_forecaster() -> None:
    class Fails:
        def forecast(self, past: np.ndarray, horizon: int, level: list[int]) -> dict[str, np.ndarray]:
            if past[0] < 0:
                raise ValueError
            ends = {f"{end}-{each}": np.full(horizon, 5.0) for end in ("lo", "hi") for each in level}
            return {"mean": np.full(horizon, 5.0), **ends}

    pasts = [np.array([5.0, 5.0, 6.0]), np.array([-5.0, 5.0, 4.0])]
    forecasts = forecast_series(Fails(), pasts, 2)
    assert forecasts.failed == 1
    assert np.array_equal(forecasts.mean, [[5, 5], [4, 4]])
    assert score_forecasts(forecasts, pasts, np.array([[5.0, 5.0], [4.0, 4.0]]), 1)["cov95"] == 0.5
