"""The seasonal profile of a short history."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.models.seasonal_profile import fit_seasonal_profile
from tests.support.series import log_sales, log_series

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_a_short_history_takes_the_season_of_other_services() -> None:
    season = fit_seasonal_profile(log_series(log_sales(60))).season
    borrowed = fit_seasonal_profile(log_series(log_sales(8)), season)
    assert borrowed.season == pytest.approx(season)
    alone = fit_seasonal_profile(log_series(log_sales(24)))
    halfway = fit_seasonal_profile(log_series(log_sales(24)), np.zeros(12))
    assert np.abs(halfway.season).max() < np.abs(alone.season).max()
