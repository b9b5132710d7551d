"""A state-space model gives what statsmodels gives."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.models.base import TimeSeries

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_state_space_forecasts_agree_with_statsmodels(four_years: TimeSeries) -> None:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    from forecast.timeseries.models.state_space import extract_state_space

    model = UnobservedComponents(four_years.observed, level="lldtrend", seasonal=12, exog=four_years.regressors)
    fitted = model.fit(disp=0, maxiter=50, cov_type="none")
    ours = extract_state_space(fitted, four_years, "beta.x").forecast(24)
    theirs = fitted.get_forecast(24, exog=four_years.regressors_ahead(24))
    assert ours.mean == pytest.approx(theirs.predicted_mean, rel=1e-9)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.se_mean, rel=1e-6)
