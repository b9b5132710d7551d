"""Many series at once: each is fitted as it would be alone, and as well as statsmodels fits it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from benchmarks.competition import load_series, main
from forecast.periods import Calendar
from forecast.timeseries.models.base import ModelFailed, TimeSeries
from forecast.timeseries.models.ets import MIN_ETS_MONTHS, EtsModel
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.panel.automatic import combine_panel, forecast_panel
from forecast.timeseries.panel.ets import FittedEtsPanel, fit_ets, forecast_ets
from forecast.timeseries.panel.ets_state_space import FORMS
from forecast.timeseries.panel.panel import Panel, PanelForecast

REFERENCE = {"ANN": (None, False, None), "ANA": (None, False, "add"), "AAdA": ("add", True, "add")}
"""Form -> trend, damped, seasonal of ETSModel."""


@pytest.fixture(scope="module")
def sixty() -> list[np.ndarray]:
    pasts, _ = load_series("m3", "monthly")
    return pasts[::24][:60]


@pytest.fixture(scope="module")
def fitted(sixty: list[np.ndarray]) -> FittedEtsPanel:
    return fit_ets(Panel.from_series(sixty, 12))


def column_of(fitted: FittedEtsPanel, series: int, name: str) -> int:
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
def test_no_fit_is_far_behind_statsmodels(
    name: str, margin: float, step: int, sixty: list[np.ndarray], fitted: FittedEtsPanel
) -> None:
    ratios = []
    for series in range(0, len(sixty), step):
        values = sixty[series]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reference = ets_model(values, name).fit(disp=False)
        column = column_of(fitted, series, name)
        ratios.append(fitted.sse[column] * fitted.scaling.scale[column] ** 2 / np.sum(reference.resid**2))
    assert np.percentile(ratios, 95) <= 1 + margin
    assert np.median(ratios) <= 1 + margin / 10


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_statsmodels_finds_the_same_errors_with_our_parameters(
    name: str, sixty: list[np.ndarray], fitted: FittedEtsPanel
) -> None:
    trend, damped, seasonal = REFERENCE[name]
    free = [True, bool(trend), bool(seasonal), damped]
    for series, values in enumerate(sixty[::6]):
        column = column_of(fitted, 6 * series, name)
        start = fitted.state.initial[:, column] * fitted.scaling.scale[column]
        start[0] += fitted.scaling.offset[column]
        states = [*start[: 1 + bool(trend)], *(start[2:][::-1] if seasonal else [])]
        smoothed = ets_model(values, name).smooth([*fitted.state.smoothing[free, column], *states])
        ours = fitted.sse[column] * fitted.scaling.scale[column] ** 2
        assert np.sum(np.asarray(smoothed.resid) ** 2) == pytest.approx(ours, rel=1e-9)


def test_the_first_states_are_those_of_least_squares(sixty: list[np.ndarray], fitted: FittedEtsPanel) -> None:
    ratios = []
    for column in np.flatnonzero(~fitted.scaling.is_log)[::7]:
        values = sixty[fitted.scaling.series[column]]
        errors_by_state = responses_of(fitted.state.smoothing[:, column], len(values))
        form = FORMS[fitted.form[column]]
        free = errors_by_state[:, [0, *[1] * form.has_trend, *range(2, 13 * form.has_season)]]
        scaled = (values - fitted.scaling.offset[column]) / fitted.scaling.scale[column]
        errors = errors_from(scaled, fitted.state.smoothing[:, column], np.zeros(14))
        left = errors - free @ np.linalg.lstsq(free, errors)[0]
        ratios.append(fitted.sse[column] / np.sum(left**2))
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


def responses_of(theta: np.ndarray, months: int) -> np.ndarray:
    """(months, 14): what each first state takes from the errors."""
    return -np.array([errors_from(np.zeros(months), theta, start) for start in np.eye(14)]).T


def test_one_service_is_fitted_while_enough_months_are_known() -> None:
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


def test_a_series_is_fitted_in_company_as_it_is_alone(sixty: list[np.ndarray]) -> None:
    together = forecast_ets(Panel.from_series(sixty[:20], 12), 18)
    for row in (0, 7, 19):
        alone = forecast_ets(Panel.from_series([sixty[row]], 12), 18)
        assert alone.mean[0] == pytest.approx(together.mean[row], rel=1e-6)
        assert alone.sd[0] == pytest.approx(together.sd[row], rel=1e-5)


def test_the_unit_of_a_series_is_the_unit_of_its_forecast(sixty: list[np.ndarray]) -> None:
    few = sixty[:5]
    said, thousandth = (combine_panel(Panel.from_series([each * unit for each in few], 12), 6) for unit in (1.0, 1e-3))
    for share in (0.1, 0.5, 0.9):
        assert thousandth.quantile(share) * 1e3 == pytest.approx(said.quantile(share), rel=1e-6)


def test_the_same_panel_gives_the_same_bytes(sixty: list[np.ndarray]) -> None:
    first, second = (forecast_panel(Panel.from_series(sixty[:12], 12), 6) for _ in range(2))
    assert first.mean.tobytes() == second.mean.tobytes()
    assert first.quantile(0.9).tobytes() == second.quantile(0.9).tobytes()


ODD = {
    "constant": np.full(60, 7.0),
    "zeros": np.where(np.arange(60) % 3 == 0, 5.0, 0.0),
    "all zero": np.zeros(40),
    "negative correction": np.where(np.arange(60) == 30, -50.0, 100.0 + np.arange(60)),
    "first month an outlier": np.where(np.arange(60) == 0, 1e5, 100.0 + np.sin(np.arange(60))),
    "level shift": np.where(np.arange(60) < 40, 100.0, 300.0) + np.cos(np.arange(60)),
    "seven months": np.array([10.0, 12, 11, 13, 12, 14, 13]),
    "one month": np.array([10.0]),
    "doubling": 2.0 ** np.arange(40),
    "300 months": 100 + 10 * np.sin(np.arange(300) * np.pi / 6) + 0.3 * np.arange(300),
}


@pytest.mark.parametrize("season", [1, 4, 12])
def test_whatever_a_ledger_holds_gets_an_answer_and_no_warning(season: int) -> None:
    panel = Panel.from_series(list(ODD.values()), season)
    said = forecast_panel(panel, 18)
    low, high = said.quantile(0.1), said.quantile(0.9)
    assert np.isfinite(said.mean).all()
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()
    assert np.all(low <= high)
    assert said.mean[list(ODD).index("constant")] == pytest.approx(np.full(18, 7.0), rel=1e-6)
    assert np.all(said.mean[panel.is_positive] > 0)


def test_a_season_and_a_trend_go_on() -> None:
    age = np.arange(96)
    truth = (50 + 0.5 * age) * np.exp(0.2 * np.sin(age * np.pi / 6))
    said = combine_panel(Panel.from_series([truth[:84]], 12), 12)
    assert np.max(np.abs(said.mean[0] / truth[84:] - 1)) < 0.04


def test_a_short_history_is_halfway_to_the_last_season() -> None:
    values = 100 + 10 * np.random.default_rng(3).standard_normal(27)
    short, enough = (Panel.from_series([values[-count:]], 12) for count in (26, 27))
    apart = [np.corrcoef(combine_panel(each, 12).mean[0], values[-12:])[0, 1] for each in (short, enough)]
    assert apart[0] > 0.9 > apart[1]


def test_a_panel_is_cut_at_its_end_and_keeps_its_starts() -> None:
    panel = Panel.from_series([np.arange(1.0, 6.0), np.arange(-1.0, 2.0)], 1)
    assert panel.lengths.tolist() == [5, 3]
    assert panel.is_positive.tolist() == [True, False]
    assert panel.drop_last(2).lengths.tolist() == [3, 1]
    assert panel.take(np.array([1])).values.tolist() == [[-1.0, 0.0, 1.0]]
    with pytest.raises(ValueError, match="gap"):
        fit_ets(Panel(np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]]), 1))


def test_quantiles_of_logs_are_above_zero_and_the_middle_is_the_mean() -> None:
    panel = Panel.from_series([np.array([2.0, 3.0]), np.array([-2.0, 3.0])], 1)
    said = PanelForecast.from_moments(panel, np.array([[2.0], [2.0]]), np.array([[1.5], [1.5]]))
    assert said.is_log.tolist() == [True, False]
    assert said.value_sd == pytest.approx(np.array([[1.5], [1.5]]))
    assert said.quantile(0.5) == pytest.approx(said.mean)
    assert said.quantile(0.001)[0, 0] > 0 > said.quantile(0.001)[1, 0]


def test_the_command_prints_every_score(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from benchmarks import competition

    whole = competition.load_series
    monkeypatch.setattr(competition, "load_series", lambda *asked: tuple(each[:6] for each in whole(*asked)))
    main(["m3", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"monthly", "quarterly", "yearly", "other", "all"}
    assert set(found["monthly"]) == {"smape", "mase", "cov80", "cov95", "msis95", "cpu_s"}
    points = {"monthly": 18, "quarterly": 8, "yearly": 6, "other": 8}
    mean = sum(found[key]["smape"] * count for key, count in points.items()) / sum(points.values())
    assert found["all"]["smape"] == pytest.approx(mean)
