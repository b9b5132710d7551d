"""Scores of forecasts: closed forms, and intervals that hold as often as they claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from forecast.analysis.forecast_scores import score_by_lag, score_figures, score_months_ahead
from forecast.analysis.scored_forecasts import REFERENCES, ForecastKey, ScoredForecasts
from forecast.arrays import Floats
from forecast.periods import format_month, parse_month
from forecast.runs.locks import LOCKED_LEVELS
from forecast.stats.scoring import crps_normal
from tests.support.locked_years import quantiles

LEVELS = len(LOCKED_LEVELS)


def forecasts(
    keys: Sequence[ForecastKey],
    actual: Sequence[float] | Floats,
    medians: Sequence[float] | Floats,
    sd: float = 10.0,
    scale: float = 5.0,
    **references: Sequence[float],
) -> ScoredForecasts:
    """Normal forecasts; references are points, NaN where there is none."""
    rows: Mapping[str, Floats] = {
        name: np.repeat(np.array(references.get(name, [np.nan] * len(keys)))[:, None], LEVELS, axis=1)
        for name in REFERENCES
    }
    return ScoredForecasts(
        tuple(keys),
        np.array(actual, float),
        np.full(len(keys), scale),
        np.array([quantiles(median, sd) for median in medians]),
        rows,
    )


def month_keys(count: int, lag: int = 1, lock: str = "a") -> list[ForecastKey]:
    first = parse_month("2025-01")
    return [ForecastKey(lock, "revenue", format_month(first + row), lag, 1) for row in range(count)]


def test_scores_by_hand() -> None:
    table = forecasts(month_keys(2), actual=[100, 200], medians=[110, 195])
    (score,) = score_figures(table)
    assert (score.forecasts, score.outcomes) == (2, 2)
    assert score.bias == pytest.approx((10 - 5) / 300)
    assert score.error == pytest.approx((10 + 5) / 300)
    assert score.mase == pytest.approx((10 + 5) / 2 / 5)
    crps = crps_normal([100, 200], [110, 195], 10)
    assert score.crps == pytest.approx(crps.sum() / 300)
    assert score.scaled_crps == pytest.approx(crps.mean() / 5)
    # half of the 50% interval is 6.7, of the 80% interval 12.8
    assert (score.coverage50, score.coverage80, score.coverage95) == (0.5, 1, 1)


def test_a_figure_counts_once_however_many_locks_forecast_it() -> None:
    year = [ForecastKey(f"lock {row}", "revenue", "2025", 12 - row, 12) for row in range(12)]
    other = [ForecastKey("next", "revenue", "2026", 12, 12)]
    medians = [100.0] * 3 + [150.0] * 9 + [100.0]
    (score,) = score_figures(forecasts([*year, *other], actual=[100] * 13, medians=medians))
    assert (score.forecasts, score.outcomes) == (13, 2)
    assert score.error == pytest.approx((0.5 * 9 / 12 + 0) / 2)
    assert score.coverage95 == pytest.approx((3 / 12 + 1) / 2)


def test_comparisons_are_over_the_figures_that_both_forecast() -> None:
    nan = np.nan
    table = forecasts(month_keys(3), [100, 100, 100], [110, 95, 300], last_year=[80, 90, nan], plan=[nan, nan, nan])
    (score,) = score_figures(table)
    assert set(score.against) == {"last_year"}
    comparison = score.against["last_year"]
    assert (comparison.forecasts, comparison.outcomes) == (2, 2)
    assert comparison.error_ratio == pytest.approx((10 + 5) / (20 + 10))
    crps = crps_normal([100, 100], [110, 95], 10).sum()
    assert comparison.crps_ratio == pytest.approx(crps / (20 + 10))  # of a point the CRPS is the absolute error


def test_a_reference_without_an_error_has_no_ratio() -> None:
    (score,) = score_figures(forecasts(month_keys(1), [100], [110], last_year=[100]))
    assert score.against["last_year"].error_ratio is None


def test_without_two_years_of_months_errors_are_not_scaled() -> None:
    (score,) = score_figures(forecasts(month_keys(2), [100, 100], [110, 95], scale=np.nan))
    assert score.mase is None
    assert score.scaled_crps is None
    assert score.error is not None


def test_months_and_years_are_scored_apart() -> None:
    keys = [*month_keys(2), ForecastKey("a", "cost", "2025-01", 1, 1), ForecastKey("a", "revenue", "2025", 12, 12)]
    scores = score_figures(forecasts(keys, [1, 1, 1, 1], [1, 1, 1, 1]))
    assert [(score.measure, score.months) for score in scores] == [("revenue", 1), ("revenue", 12), ("cost", 1)]


def test_errors_by_lag() -> None:
    keys = [*month_keys(2, lag=1), *month_keys(2, lag=2), *month_keys(1, lag=3)]
    table = forecasts(keys, [100] * 5, [110, 94, 500, 500, 80])
    scores = score_by_lag(table)
    assert [(score.lag, score.forecasts) for score in scores] == [(1, 2), (3, 1)]
    assert (scores[0].bias, scores[0].error) == pytest.approx((0.02, 0.08))
    assert (scores[1].bias, scores[1].error) == pytest.approx((-0.2, 0.2))


def test_one_month_ahead_lists_each_month_by_the_later_lock() -> None:
    keys = [*month_keys(2, lock="a"), *month_keys(1, lock="b"), *month_keys(2, lag=2, lock="c")]
    first, second = score_months_ahead(forecasts(keys, [100] * 5, [110, 130, 95, 1, 1]))
    assert (first.lock, first.month, first.error, first.is_inside80) == ("b", "2025-01", pytest.approx(-0.05), True)
    assert (second.lock, second.month, second.error, second.is_inside80) == (
        "a", "2025-02", pytest.approx(0.3), False,
    )  # fmt: skip


def test_intervals_hold_as_often_as_they_claim_where_the_truth_is_drawn_from_the_locks() -> None:
    rng = np.random.default_rng(2025)
    count = 6_000
    medians = rng.uniform(80, 120, count)
    keys = [ForecastKey("a", "revenue", format_month(12 * 1000 + row), 1, 1) for row in range(count)]
    table = forecasts(keys, medians + 10 * rng.standard_normal(count), medians)
    (score,) = score_figures(table)
    shares = (score.coverage50, score.coverage80, score.coverage95)
    assert shares == pytest.approx((0.5, 0.8, 0.95), abs=0.013)  # two standard errors of the first
    assert score.crps == pytest.approx(10 / np.sqrt(np.pi) / 100, rel=0.02)  # the mean CRPS of a normal by itself
    narrow = forecasts(keys, table.actual, medians, sd=5.0)
    (score,) = score_figures(narrow)
    assert score.coverage80 == pytest.approx(0.478, abs=0.02)  # of 0.64 sd either way
