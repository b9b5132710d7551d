"""A panel of series, and the forecasts of a panel."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.panel.ets import fit_ets
from forecast.timeseries.panel.panel import Panel, PanelForecast


def test_a_shortened_panel_keeps_its_starts() -> None:
    panel = Panel.from_series([np.arange(1.0, 6.0), np.arange(-1.0, 2.0)], 1)
    assert panel.lengths.tolist() == [5, 3]
    assert panel.is_positive.tolist() == [True, False]
    assert panel.drop_last(2).lengths.tolist() == [3, 1]
    assert panel.take(np.array([1])).values.tolist() == [[-1.0, 0.0, 1.0]]
    with pytest.raises(ValueError, match="gap"):
        fit_ets(Panel(np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]]), 1))


def test_quantiles_on_the_log_scale_are_positive() -> None:
    panel = Panel.from_series([np.array([2.0, 3.0]), np.array([-2.0, 3.0])], 1)
    forecasts = PanelForecast.from_moments(panel, np.array([[2.0], [2.0]]), np.array([[1.5], [1.5]]))
    assert forecasts.is_log.tolist() == [True, False]
    assert forecasts.value_sd == pytest.approx(np.array([[1.5], [1.5]]))
    assert forecasts.quantile(0.5) == pytest.approx(forecasts.mean)
    assert forecasts.quantile(0.001)[0, 0] > 0 > forecasts.quantile(0.001)[1, 0]
