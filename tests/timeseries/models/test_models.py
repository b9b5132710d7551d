"""Models are told the truth of made-up series and must find it; no shock that is masked may move them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from forecast.periods import Calendar, parse_month
from forecast.stats.cholesky import cholesky
from forecast.stats.scoring import mase
from forecast.stats.transforms import Z90
from forecast.timeseries.ensemble.cross_validation import combination_weights, cross_validate, evaluate
from forecast.timeseries.ensemble.ensemble import FORECAST_MONTHS
from forecast.timeseries.ensemble.residuals import compute_residuals, residual_correlation
from forecast.timeseries.models import MODELS, preload
from forecast.timeseries.models.base import ModelFailed, PredictiveNormal, TimeSeries
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY, TET_HOLIDAY, MovingHoliday
from forecast.timeseries.models.seasonal_profile import SeasonalProfileModel, fit_seasonal_profile

FIRST = parse_month("2018-01")
EQUAL = dict.fromkeys(MODELS, 1 / len(MODELS))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), threadpool_limits(1):
        preload()
        warnings.simplefilter("ignore")
        yield


def truth(months: int, growth: float = 0.004) -> np.ndarray:
    """Logs of a service that grows, has a season, and sells 20% more in a month that holds all days before Tết."""
    age = np.arange(months)
    return 10 + growth * age + 0.1 * np.sin(2 * np.pi * age / 12) + 0.2 * TET_HOLIDAY(Calendar(FIRST, months))[:, 0]


def past_of(values: np.ndarray, masked: tuple[int, ...] = ()) -> TimeSeries:
    mask = np.zeros(len(values), bool)
    mask[list(masked)] = True
    return TimeSeries(Calendar(FIRST, len(values)), values, mask, TET_HOLIDAY)


def surprised(months: int, seed: int, sd: float = 0.04, persistence: float = 0.4) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(0, sd * np.sqrt(1 - persistence**2), months)
    for month in range(1, months):
        steps[month] += persistence * steps[month - 1]
    return steps


@pytest.fixture(scope="module")
def four_years() -> TimeSeries:
    return past_of(truth(48) + surprised(48, seed=1), masked=(27, 28, 33, 34))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_series_with_season_and_tet_is_forecast_well(name: str, four_years: TimeSeries) -> None:
    outlook = MODELS[name].fit(four_years).forecast(12)
    missed = outlook.mean - truth(60)[48:]
    assert np.sqrt(np.mean(missed**2)) < 0.09
    assert np.all(np.abs(missed) < 4 * np.sqrt(np.diag(outlook.covariance)))


def test_the_blend_of_all_models_is_better_than_most_of_them(four_years: TimeSeries) -> None:
    outlooks = {name: model.fit(four_years).forecast(12) for name, model in MODELS.items()}
    outlooks["blend"] = combine(outlooks, dict.fromkeys(MODELS, 1 / len(MODELS)))
    missed = {name: np.mean((outlook.mean - truth(60)[48:]) ** 2) for name, outlook in outlooks.items()}
    assert missed["blend"] < np.median([missed[name] for name in MODELS]) * 1.2
    assert missed["blend"] < 0.07**2


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_longer_outlook_begins_with_the_shorter_one_and_its_root_is_a_root(name: str, four_years: TimeSeries) -> None:
    fitted = MODELS[name].fit(four_years)
    short, long = fitted.forecast(12), fitted.forecast(24)
    assert np.array_equal(long.mean[:12], short.mean)
    assert np.array_equal(long.covariance[:12, :12], short.covariance)
    assert np.array_equal(cholesky(long.covariance)[:12, :12], cholesky(short.covariance))
    root = cholesky(long.covariance)
    assert np.array_equal(root, np.tril(root))
    assert root @ root.T == pytest.approx(long.covariance, rel=1e-6, abs=1e-12)
    assert all(isinstance(number, float) for number in fitted.parameters.values())


@pytest.mark.parametrize("name", ["ets", "sarimax", "structural"])
def test_doubling_a_masked_month_does_not_move_a_model_that_skips_it(name: str, four_years: TimeSeries) -> None:
    struck = np.where(four_years.masked, four_years.values + np.log(0.5), four_years.values)
    calm = MODELS[name].fit(four_years).forecast(24)
    moved = MODELS[name].fit(past_of(struck, (27, 28, 33, 34))).forecast(24)
    assert np.array_equal(calm.mean, moved.mean)
    assert np.array_equal(calm.covariance, moved.covariance)


def test_the_closed_form_of_smoothing_agrees_with_statsmodels(four_years: TimeSeries) -> None:
    import pandas as pd
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


def test_a_state_space_says_what_statsmodels_says(four_years: TimeSeries) -> None:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    from forecast.timeseries.models.state_space import extract_state_space

    model = UnobservedComponents(four_years.observed, level="lldtrend", seasonal=12, exog=four_years.regressors)
    fitted = model.fit(disp=0, maxiter=50, cov_type="none")
    ours = extract_state_space(fitted, four_years, "beta.x").forecast(24)
    theirs = fitted.get_forecast(24, exog=four_years.regressors_ahead(24))
    assert ours.mean == pytest.approx(theirs.predicted_mean, rel=1e-9)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.se_mean, rel=1e-6)


@pytest.mark.parametrize(("months", "seed"), [(72, 0), (72, 1), (84, 2), (96, 3)])
def test_a_season_of_the_moon_is_read_by_the_moon(months: int, seed: int) -> None:
    """Sales that follow Tết alone: the blend that knows when it falls beats a fixed month by 30% of MASE."""
    calendar = Calendar(parse_month("2010-01"), months + 12)
    moved = TET_HOLIDAY(calendar) @ np.array([0.5, -0.4])
    whole = 10 + 0.003 * np.arange(months + 12) + moved + np.random.default_rng(seed).normal(0, 0.02, months + 12)
    known, came = whole[:months], np.exp(whole[months:])
    off = {}
    for festival in (TET_HOLIDAY, NO_HOLIDAY):
        past = TimeSeries(Calendar(calendar.first, months), known, np.zeros(months, bool), festival)
        said = combine({name: model.fit(past).forecast(12) for name, model in MODELS.items()}, EQUAL)
        off[festival] = mase(np.exp(said.mean) - came, np.exp(known))
    assert off[TET_HOLIDAY] < 0.7 * off[NO_HOLIDAY]


def test_under_three_feasts_the_effect_is_that_of_its_prior() -> None:
    two = past_of(truth(24))
    three = past_of(truth(30))
    assert (two.n_estimable, three.n_estimable, past_of(truth(60)).n_estimable) == (0, 1, 2)
    assert past_of(truth(30), masked=(12, 13)).n_estimable == 0
    assert fit_seasonal_profile(two).holiday_coefficients == pytest.approx(TET_HOLIDAY.prior_effects, abs=1e-4)
    assert fit_seasonal_profile(three).holiday_coefficients[0] == pytest.approx(0.2, abs=0.05)
    for name in ("sarimax", "structural"):
        fitted = MODELS[name].fit(two)
        assert fitted.holiday_coefficients == pytest.approx(TET_HOLIDAY.prior_effects)


def test_a_feast_of_another_country_moves_too() -> None:
    easter = MovingHoliday("DE", "Easter Monday", days_before=14, days_off=(-3, 1))
    calendar = Calendar(parse_month("2024-01"), 24)
    columns = easter(calendar)
    assert columns[:, 1].reshape(2, 12).sum(axis=1) == pytest.approx([1, 1])
    assert columns[2, 1] == pytest.approx(3 / 4)  # Easter Monday 2024 is 1 April
    assert columns[15, 1] == pytest.approx(1.0)  # and 2025 21 April
    assert easter.complete_occurrences(calendar) == [(2, 3), (15, 15)]


@pytest.mark.parametrize("name", ["regression", "sarimax", "seasonal_naive", "structural"])
def test_parameters_are_held_over_another_past(name: str) -> None:
    """The same numbers over the same past say the same; over a longer one they know its last months."""
    whole = past_of(truth(60) + surprised(60, seed=4), masked=(40,))
    fitted = MODELS[name].fit(whole.head(48))
    same, longer = fitted.with_series(whole.head(48)).forecast(12), fitted.with_series(whole).forecast(12)
    assert same.mean == pytest.approx(fitted.forecast(12).mean, abs=2e-6)
    assert same.covariance == pytest.approx(fitted.forecast(12).covariance, rel=1e-4, abs=1e-7)
    assert np.sqrt(np.mean((longer.mean - truth(72)[60:]) ** 2)) < 0.12


def test_draws_have_the_mean_and_the_covariance_of_the_outlook() -> None:
    outlook = MODELS["regression"].fit(past_of(truth(48) + surprised(48, seed=3))).forecast(6)
    drawn = outlook.transform_normal(np.random.default_rng(1).standard_normal((6, 40_000)))
    assert drawn.mean(axis=1) == pytest.approx(outlook.mean, abs=0.002)
    assert np.cov(drawn) == pytest.approx(outlook.covariance, rel=0.1, abs=1e-4)


def test_an_error_lasts_as_long_as_it_did() -> None:
    found = [MODELS["regression"].fit(past_of(truth(120) + surprised(120, seed, persistence=0.7))) for seed in range(8)]
    assert np.mean([fitted.parameters["lasting"] for fitted in found]) == pytest.approx(0.7, abs=0.1)


def test_the_last_error_lasts_into_the_first_months() -> None:
    values = truth(72) + surprised(72, seed=6, persistence=0.7)
    fitted = MODELS["regression"].fit(past_of(values))
    raised = values.copy()
    raised[-1] += 0.1
    ahead = (
        MODELS["regression"].fit(past_of(values)).with_series(past_of(raised)).forecast(6).mean
        - fitted.forecast(6).mean
    )
    assert ahead[0] > 0.4 * 0.1
    assert np.all(np.diff(ahead[:5]) < 0)
    sd = np.sqrt(np.diag(fitted.forecast(6).covariance))
    assert sd[0] < 0.9 * sd[5]


def test_intervals_hold_what_comes_about_as_often_as_they_say() -> None:
    names = ("seasonal_naive", "structural", "theta")
    inside = []
    for seed in range(20):
        whole = truth(60) + surprised(60, seed)
        past = past_of(whole[:48])
        outlook = combine({name: MODELS[name].fit(past).forecast(12) for name in names}, dict.fromkeys(names, 1 / 3))
        inside += list(np.abs(whole[48:] - outlook.mean) <= Z90 * np.sqrt(np.diag(outlook.covariance)))
    assert 0.70 <= np.mean(inside) <= 0.92


def test_a_mixture_is_wider_where_its_models_disagree() -> None:
    unit = np.eye(2)
    mixed = combine(
        {"a": PredictiveNormal(np.zeros(2), unit), "b": PredictiveNormal(np.array([2.0, 0.0]), unit)},
        {"a": 0.5, "b": 0.5},
    )
    assert mixed.mean == pytest.approx([1, 0])
    assert mixed.covariance == pytest.approx(np.array([[2.0, 0.0], [0.0, 1.0]]))


def test_no_model_wins_all_the_weight() -> None:
    past = past_of(truth(48) + surprised(48, seed=2))
    models = {name: MODELS[name] for name in ("seasonal_naive", "structural", "theta")}
    origins = cross_validate(models, past)
    weights = combination_weights(sorted(models), origins)
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) >= 1 / 6
    judged = evaluate(origins, past, "log")
    assert judged.mase is not None
    assert 0.2 < judged.mase < 1.5
    assert judged.coverage80 is not None


def test_a_masked_month_is_scored_by_no_one() -> None:
    values = truth(48)
    struck = values.copy()
    struck[45] -= 1.0
    models = {"seasonal_naive": MODELS["seasonal_naive"], "profile": SeasonalProfileModel()}
    scored = [
        evaluate(cross_validate(models, past), past, "log") for past in (past_of(values, (45,)), past_of(struck, (45,)))
    ]
    assert scored[0] == scored[1]


def test_a_model_that_needs_two_years_says_so() -> None:
    for name in sorted(set(MODELS) - {"seasonal_naive"}):
        with pytest.raises(ModelFailed):
            MODELS[name].fit(past_of(truth(20)))


def test_a_short_history_borrows_the_season_of_its_siblings() -> None:
    season = fit_seasonal_profile(past_of(truth(60))).season
    borrowed = fit_seasonal_profile(past_of(truth(8)), season)
    assert borrowed.season == pytest.approx(season)
    own = fit_seasonal_profile(past_of(truth(24)))
    halfway = fit_seasonal_profile(past_of(truth(24)), np.zeros(12))
    assert np.abs(halfway.season).max() < np.abs(own.season).max()


def test_noise_and_persistence_are_found() -> None:
    found = [
        compute_residuals(past_of(truth(96) + surprised(96, seed, sd=0.05, persistence=0.5))) for seed in range(20)
    ]
    assert np.mean([surprises.noise for surprises in found]) == pytest.approx(0.05, rel=0.1)
    assert np.mean([surprises.persistence for surprises in found]) == pytest.approx(0.47, abs=0.08)


def test_services_that_move_together_are_seen_to_but_shrunk() -> None:
    common = surprised(60, seed=5)
    own = [0.5 * surprised(60, seed) for seed in (6, 7)]
    found = {
        name: (0, compute_residuals(past_of(truth(60) + common + rest))) for name, rest in zip("ab", own, strict=True)
    }
    correlation = residual_correlation(("a", "b", "c"), found)
    assert 0.4 < correlation[0, 1] < 0.8
    assert np.array_equal(correlation[2], [0, 0, 1])
    assert np.linalg.eigvalsh(correlation).min() > 0


def test_mase_is_one_for_the_seasonal_naive_itself() -> None:
    history = np.arange(48.0)
    assert mase(np.full(12, 12.0), history) == 1.0
    assert np.isnan(mase(np.full(12, np.nan), history))


def test_the_steps_reach_the_longest_horizon() -> None:
    longest = max(Calendar(month, 120).full_years().last - month + 1 for month in range(12))
    assert longest <= FORECAST_MONTHS
