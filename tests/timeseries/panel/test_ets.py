"""Batched exponential smoothing fits each series as it would alone, and as well as statsmodels."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from forecast.timeseries.panel.ets import FittedEtsPanel, fit_ets, forecast_ets
from forecast.timeseries.panel.ets_state_space import FORMS
from forecast.timeseries.panel.panel import Panel

REFERENCE = {"ANN": (None, False, None), "ANA": (None, False, "add"), "AAdA": ("add", True, "add")}
"""Form -> trend, damped, seasonal of ETSModel."""


@pytest.fixture(scope="module")
def fitted(m3_series: list[np.ndarray]) -> FittedEtsPanel:
    return fit_ets(Panel.from_series(m3_series, 12))


def column_index(fitted: FittedEtsPanel, series: int, name: str) -> int:
    form = [form.name for form in FORMS].index(name)
    return int(np.flatnonzero((fitted.scaling.series == series) & (fitted.form == form) & ~fitted.scaling.is_log)[0])


def ets_model(values: np.ndarray, name: str):  # type: ignore[no-untyped-def]
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    trend, damped, seasonal = REFERENCE[name]
    return ETSModel(
        pd.Series(values),
        error="add",
        trend=trend,
        damped_trend=damped,
        seasonal=seasonal,
        seasonal_periods=12 if seasonal else None,
    )


@pytest.mark.parametrize(
    ("name", "margin", "step"),
    [
        ("ANN", 0.01, 1),
        ("ANA", 0.01, 3),
        ("AAdA", 0.05, 3),
        pytest.param("ANA", 0.01, 1, marks=pytest.mark.slow),
        pytest.param("AAdA", 0.05, 1, marks=pytest.mark.slow),
    ],
)
def test_ets_errors_are_close_to_statsmodels(
    name: str, margin: float, step: int, m3_series: list[np.ndarray], fitted: FittedEtsPanel
) -> None:
    ratios = []
    for series in range(0, len(m3_series), step):
        values = m3_series[series]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reference = ets_model(values, name).fit(disp=False)
        column = column_index(fitted, series, name)
        ratios.append(fitted.sse[column] * fitted.scaling.scale[column] ** 2 / np.sum(reference.resid**2))
    assert np.percentile(ratios, 95) <= 1 + margin
    assert np.median(ratios) <= 1 + margin / 10


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_statsmodels_gives_the_same_errors_for_our_parameters(
    name: str, m3_series: list[np.ndarray], fitted: FittedEtsPanel
) -> None:
    trend, damped, seasonal = REFERENCE[name]
    free = [True, bool(trend), bool(seasonal), damped]
    for series, values in enumerate(m3_series[::6]):
        column = column_index(fitted, 6 * series, name)
        start = fitted.state.initial[:, column] * fitted.scaling.scale[column]
        start[0] += fitted.scaling.offset[column]
        states = [*start[: 1 + bool(trend)], *(start[2:][::-1] if seasonal else [])]
        smoothed = ets_model(values, name).smooth([*fitted.state.smoothing[free, column], *states])
        ours = fitted.sse[column] * fitted.scaling.scale[column] ** 2
        assert np.sum(np.asarray(smoothed.resid) ** 2) == pytest.approx(ours, rel=1e-9)


def test_initial_states_are_least_squares(m3_series: list[np.ndarray], fitted: FittedEtsPanel) -> None:
    ratios = []
    for column in np.flatnonzero(~fitted.scaling.is_log)[::7]:
        values = m3_series[fitted.scaling.series[column]]
        responses = errors_by_state(fitted.state.smoothing[:, column], len(values))
        form = FORMS[fitted.form[column]]
        free = responses[:, [0, *[1] * form.has_trend, *range(2, 13 * form.has_season)]]
        scaled = (values - fitted.scaling.offset[column]) / fitted.scaling.scale[column]
        errors = errors_from(scaled, fitted.state.smoothing[:, column], np.zeros(14))
        residuals = errors - free @ np.linalg.lstsq(free, errors)[0]
        ratios.append(fitted.sse[column] / np.sum(residuals**2))
    assert np.min(ratios) >= 1 - 1e-9
    assert np.percentile(ratios, 95) <= 1.005


def errors_from(values: np.ndarray, theta: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Errors of one step from the first states (14,): level, slope, season."""
    alpha, beta, gamma, phi = theta
    level, slope, *season = start
    errors = np.zeros(len(values))
    for month, value in enumerate(values):
        place = month % 12
        errors[month] = error = value - level - phi * slope - season[place]
        level, slope = level + phi * slope + alpha * error, phi * slope + beta * error
        season[place] += gamma * error
    return errors


def errors_by_state(theta: np.ndarray, months: int) -> np.ndarray:
    """(months, 14): what each first state takes from the errors."""
    return -np.array([errors_from(np.zeros(months), theta, start) for start in np.eye(14)]).T


def test_ets_fits_do_not_depend_on_other_series(m3_series: list[np.ndarray]) -> None:
    together = forecast_ets(Panel.from_series(m3_series[:20], 12), 18)
    for row in (0, 7, 19):
        alone = forecast_ets(Panel.from_series([m3_series[row]], 12), 18)
        assert alone.mean[0] == pytest.approx(together.mean[row], rel=1e-6)
        assert alone.sd[0] == pytest.approx(together.sd[row], rel=1e-5)
