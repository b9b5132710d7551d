"""Exponential smoothing of one service."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.periods import Calendar
from forecast.timeseries.models.base import ModelFailed, TimeSeries
from forecast.timeseries.models.ets import MIN_ETS_MONTHS, EtsModel
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_closed_form_of_ets_agrees_with_statsmodels(four_years: TimeSeries) -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    from forecast.timeseries.models.ets import EtsModel

    fitted = EtsModel().fit(TimeSeries(four_years.calendar, four_years.values, np.zeros(48, bool), NO_HOLIDAY))
    place = fitted.form_names.index("AAdA")
    alpha, beta, gamma, phi = fitted.smoothing[:, place]
    model = ETSModel(
        pd.Series(four_years.values), error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=12
    )
    smoothing = {"smoothing_level": alpha, "smoothing_trend": beta, "smoothing_seasonal": gamma, "damping_trend": phi}
    with model.fix_params(smoothing):
        reference = model.fit(disp=False, maxiter=300)
    outlook = fitted.forecast_form(place, 24)
    assert outlook.mean == pytest.approx(np.asarray(reference.forecast(24)), abs=2e-4)
    theirs = reference.get_prediction(start=48, end=71).forecast_variance
    ours = np.diag(outlook.covariance) / fitted.sd[place] ** 2
    assert ours == pytest.approx(np.asarray(theirs) / np.asarray(theirs)[0], rel=1e-6)


def test_ets_needs_a_minimum_of_known_months() -> None:
    months = 30
    values = 5 + 0.1 * np.sin(np.arange(months) * np.pi / 6) + 0.01 * np.cos(1.7 * np.arange(months))
    for known, enough in ((MIN_ETS_MONTHS, True), (MIN_ETS_MONTHS - 1, False)):
        past = TimeSeries(Calendar(24216, months), values, np.arange(months) < months - known, NO_HOLIDAY)
        if enough:
            outlook = EtsModel().fit(past).forecast(12)
            assert outlook.mean == pytest.approx(5 + 0.1 * np.sin(np.arange(30, 42) * np.pi / 6), abs=0.05)
        else:
            with pytest.raises(ModelFailed):
                EtsModel().fit(past)
