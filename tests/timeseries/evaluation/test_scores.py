"""Scores and calibration of forecasts at past origins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from forecast.periods import format_month
from forecast.stats.transforms import Z90
from forecast.timeseries.evaluation.scores import MarginalNormals, Origin, assess_calibration, score_models, select_fans
from tests.support.backtests import origin_with_error, quarterly_origins


def test_scores_list_the_combination_then_models_from_best_to_worst() -> None:
    mean, sd = np.full(4, 10.0), np.ones(4)
    forecasts = {
        "worse": MarginalNormals(mean + 2, sd),
        "blend": MarginalNormals(mean + 9, sd),
        "right": MarginalNormals(mean, sd),
        "near": MarginalNormals(mean + 1, sd),
    }
    assert list(score_models([Origin(0, "raw", forecasts, mean, 4.0)])) == ["blend", "right", "near", "worse"]


def test_scores_equal_worked_figures() -> None:
    score = score_models([origin_with_error(1.0), origin_with_error(-2.0)])["blend"]
    assert score.mase == pytest.approx((2 + 4) / 2 / 4)
    assert score.coverage80 == 0.5
    assert score.coverage95 == 0.5
    assert score.bias == pytest.approx((-2 + 4) / (12 + 6))
    assert score.months == 8
    log = Origin(
        0, "log", {"blend": MarginalNormals(np.zeros(1), np.full(1, 0.5))}, np.array([np.exp(0.5 * Z90) * 0.999]), 1.0
    )
    assert score_models([log])["blend"].coverage80 == 1


def test_masked_months_are_not_scored() -> None:
    origin = origin_with_error(0.0)
    masked = replace(origin, actual=np.array([10.0, np.nan, 10.0, np.nan]))
    assert score_models([masked])["blend"].months == 2
    assert score_models([replace(origin, actual=np.full(4, np.nan))]) == {}
    assert assess_calibration([replace(origin, actual=np.full(4, np.nan))]) is None


def test_calibration_of_true_forecasts_is_uniform() -> None:
    z = np.random.default_rng(7).standard_normal(200_000)
    forecasts = {"blend": MarginalNormals(np.zeros(len(z)), np.ones(len(z)))}
    calibration = assess_calibration([Origin(0, "raw", forecasts, z, 1.0)])
    assert calibration is not None
    assert calibration.shares == pytest.approx([0.1] * 10, abs=0.004)
    assert (calibration.coverage80, calibration.coverage95) == pytest.approx((0.8, 0.95), abs=0.004)
    narrow = assess_calibration([Origin(0, "raw", forecasts, 2 * z, 1.0)])
    assert narrow is not None
    assert narrow.coverage80 == pytest.approx(2 * ndtr(Z90 / 2) - 1, abs=0.004)
    assert narrow.shares[0] > 0.2


def test_a_certain_forecast_is_right_or_wrong() -> None:
    origin = Origin(0, "raw", {"blend": MarginalNormals(np.full(3, 5.0), np.zeros(3))}, np.array([4.0, 5.0, 6.0]), 1.0)
    assert list(origin.pit("blend")) == [0.0, 0.5, 1.0]
    assert score_models([origin])["blend"].coverage80 == pytest.approx(1 / 3)


def test_fans_are_of_whole_years_and_do_not_overlap() -> None:
    fans = select_fans(quarterly_origins())
    assert [format_month(fan.first_month) for fan in fans] == ["2018-01", "2019-01", "2020-01"]
    assert {len(fan.median) for fan in fans} == {12}
    for fan in fans:
        edges = np.array([fan.low95, fan.low80, fan.median, fan.high80, fan.high95])
        assert np.all(np.diff(edges, axis=0) > 0)
