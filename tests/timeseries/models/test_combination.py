"""The combination of forecasts: its mean, its covariance, its coverage."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.transforms import Z90
from forecast.timeseries.models import MODELS
from forecast.timeseries.models.base import PredictiveNormal, TimeSeries
from forecast.timeseries.models.combination import combine
from tests.support.series import ar1_noise, log_sales, log_series

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_the_combination_is_better_than_most_models(four_years: TimeSeries) -> None:
    outlooks = {name: model.fit(four_years).forecast(12) for name, model in MODELS.items()}
    outlooks["blend"] = combine(outlooks, dict.fromkeys(MODELS, 1 / len(MODELS)))
    squared_errors = {name: np.mean((outlook.mean - log_sales(60)[48:]) ** 2) for name, outlook in outlooks.items()}
    assert squared_errors["blend"] < np.median([squared_errors[name] for name in MODELS]) * 1.2
    assert squared_errors["blend"] < 0.07**2


def test_intervals_of_the_combination_cover_at_their_level() -> None:
    names = ("seasonal_naive", "structural", "theta")
    inside = []
    for seed in range(20):
        values = log_sales(60) + ar1_noise(60, seed)
        past = log_series(values[:48])
        outlook = combine({name: MODELS[name].fit(past).forecast(12) for name in names}, dict.fromkeys(names, 1 / 3))
        inside += list(np.abs(values[48:] - outlook.mean) <= Z90 * np.sqrt(np.diag(outlook.covariance)))
    assert 0.70 <= np.mean(inside) <= 0.92


def test_the_combination_is_wider_where_models_disagree() -> None:
    unit = np.eye(2)
    mixed = combine(
        {"a": PredictiveNormal(np.zeros(2), unit), "b": PredictiveNormal(np.array([2.0, 0.0]), unit)},
        {"a": 0.5, "b": 0.5},
    )
    assert mixed.mean == pytest.approx([1, 0])
    assert mixed.covariance == pytest.approx(np.array([[2.0, 0.0], [0.0, 1.0]]))
