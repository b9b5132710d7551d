"""Cross-validation at rolling origins sees nothing that comes later."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.ensemble.cross_validation import (
    CV_HORIZON_MONTHS,
    OriginForecasts,
    combination_weights,
    combine_at_origins,
    cross_validate,
    evaluate,
    rolling_origins,
    standardised_errors,
)
from forecast.timeseries.ensemble.interval_calibration import StandardisedErrors
from forecast.timeseries.models import MODELS
from forecast.timeseries.models.base import PredictiveNormal
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.outliers import clean_as_of
from forecast.timeseries.models.seasonal_profile import SeasonalProfileModel
from tests.support.series import ar1_noise, cleaned_series, log_sales, log_series, noisy_log_sales

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_no_model_takes_all_the_weight() -> None:
    past = log_series(log_sales(48) + ar1_noise(48, seed=2))
    models = {name: MODELS[name] for name in ("seasonal_naive", "structural", "theta")}
    origins = cross_validate(models, past)
    weights = combination_weights(sorted(models), origins)
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) >= 0.1
    evaluation = evaluate(origins, past, "log")
    assert evaluation.mase is not None
    assert 0.2 < evaluation.mase < 1.5
    assert evaluation.coverage80 is not None


def test_masked_months_do_not_change_the_evaluation() -> None:
    values = log_sales(48)
    struck = values.copy()
    struck[45] -= 1.0
    models = {"seasonal_naive": MODELS["seasonal_naive"], "profile": SeasonalProfileModel()}
    scored = [
        evaluate(cross_validate(models, past), past, "log")
        for past in (log_series(values, (45,)), log_series(struck, (45,)))
    ]
    assert scored[0] == scored[1]


QUICK_MODELS = {name: MODELS[name] for name in ("regression", "sarimax", "seasonal_naive", "structural")}


def test_origins_cover_two_years_and_leave_two_years_to_fit() -> None:
    assert rolling_origins(60) == list(range(36, 60))
    assert rolling_origins(36) == list(range(24, 36))
    assert rolling_origins(20) == []


def test_a_longer_history_has_older_origins_one_a_quarter() -> None:
    assert rolling_origins(72) == [36, 39, 42, 45, *range(48, 72)]
    assert rolling_origins(240) == [*range(180, 216, 3), *range(216, 240)]


def test_later_months_do_not_change_forecasts_at_an_origin() -> None:
    """Later months are multiplied by up to 20 and one is masked: forecasts before them keep every bit."""
    values = noisy_log_sales(54)
    poisoned = values.copy()
    poisoned[40:] += np.random.default_rng(9).uniform(-3, 3, 14)
    original = cross_validate(QUICK_MODELS, cleaned_series(values, unknown=(20,)))
    moved = cross_validate(QUICK_MODELS, cleaned_series(poisoned, unknown=(20, 45)))
    assert [origin.n_known for origin in original] == list(range(30, 54))
    for origin, moved_origin in zip(original, moved, strict=True):
        if origin.n_known <= 40:
            assert origin.forecasts.keys() == moved_origin.forecasts.keys()
            for name in origin.forecasts:
                assert np.array_equal(origin.forecasts[name].mean, moved_origin.forecasts[name].mean)
                assert np.array_equal(origin.forecasts[name].covariance, moved_origin.forecasts[name].covariance)
    assert not np.array_equal(original[-1].forecasts["regression"].mean, moved[-1].forecasts["regression"].mean)


def test_origins_inside_a_change_that_came_back_are_not_evaluated() -> None:
    """No model could know that it would; an origin before it and one after it are evaluated on the other months."""
    values = noisy_log_sales(60)
    values[48:52] -= 2.0
    past = cleaned_series(values, holiday=NO_HOLIDAY)
    origins = {origin.n_known: origin for origin in cross_validate({"naive": MODELS["seasonal_naive"]}, past)}
    for n_known in (49, 50, 51, 52):
        assert np.isnan(origins[n_known].actual).all()
    assert np.flatnonzero(np.isnan(origins[47].actual)).tolist() == [1, 2, 3, 4]
    assert not np.isnan(origins[53].actual).any()


def test_errors_before_a_level_shift_are_scaled_at_their_own_level() -> None:
    values = noisy_log_sales(60)
    models = {"naive": MODELS["seasonal_naive"]}
    scores = []
    for step in (0.0, -3.0):
        shifted = values + np.where(np.arange(60) < 50, 0.0, step)
        past = cleaned_series(shifted, holiday=NO_HOLIDAY)
        assert bool(past.level_shifts) == (step < 0)
        evaluation = evaluate(cross_validate(models, past), past, "log")
        assert evaluation.mase is not None
        scores.append(evaluation.mase)
    assert scores[1] == pytest.approx(scores[0], rel=0.4)


def test_actual_months_of_an_origin_are_not_estimates() -> None:
    values = noisy_log_sales(60)
    origins = cross_validate({"seasonal_naive": MODELS["seasonal_naive"]}, cleaned_series(values, unknown=(50,)))
    at = next(each for each in origins if each.n_known == 48)
    assert np.isnan(at.actual[2])
    assert np.array_equal(np.delete(at.actual, 2), np.delete(values[48:60], 2))


def test_an_origin_is_not_scored_after_a_level_shift() -> None:
    values = noisy_log_sales(60)
    values[50:] += 0.7
    past = cleaned_series(values)
    assert [row for row, _ in past.level_shifts] == [50]
    origins = cross_validate({"seasonal_naive": MODELS["seasonal_naive"]}, past)
    before = next(each for each in origins if each.n_known == 45)
    assert np.isnan(before.actual[5:]).all()
    assert not np.isnan(before.actual[:5]).any()
    assert not np.isnan(origins[-1].actual).any()
    assert clean_as_of(past, 49).level_shifts == ()


def test_weights_and_widths_come_from_disjoint_origins() -> None:
    forecasts = {"a": PredictiveNormal(np.zeros(12), np.eye(12)), "b": PredictiveNormal(np.ones(12), np.eye(12))}
    overlapping = [OriginForecasts(forecasts, np.full(12, 0.1), known) for known in (36, 40)]
    disjoint = OriginForecasts(forecasts, np.full(12, 0.1), 48)
    assert not overlapping[0].is_disjoint_from(overlapping[1])
    assert overlapping[0].is_disjoint_from(disjoint)
    assert combine_at_origins(overlapping)[0].mean == pytest.approx(np.full(12, 0.5))
    assert np.all(combine_at_origins([*overlapping, disjoint])[0].mean < 0.5)
    weights = combination_weights(["a", "b"], [disjoint])
    assert weights["a"] > weights["b"]
    errors = StandardisedErrors(np.array([36, 40, 48]), np.zeros((3, 12)))
    assert errors.without_overlap(36, CV_HORIZON_MONTHS).first_months.tolist() == [48]


@pytest.mark.slow
def test_evaluation_measures_coverage() -> None:
    """Over made-up series whose models know the truth of their noise, coverage is close to its level."""
    evaluations = []
    for seed in range(6):
        past = cleaned_series(noisy_log_sales(72, seed), holiday=NO_HOLIDAY)
        origins = cross_validate({name: MODELS[name] for name in ("regression", "seasonal_naive")}, past)
        evaluations.append(evaluate(origins, past, "log"))
        assert len(evaluations[-1].checks) == 4 + 24
        assert len(evaluations[-1].checks[0].sd) == CV_HORIZON_MONTHS
        assert len(evaluations[-1].checks[-1].actual) == 1
        errors = standardised_errors(origins, combine_at_origins(origins), past)
        assert errors.values.shape == (4 + 24, CV_HORIZON_MONTHS)
    assert np.mean([each.coverage80 for each in evaluations]) == pytest.approx(0.8, abs=0.1)
    assert np.mean([each.coverage95 for each in evaluations]) == pytest.approx(0.95, abs=0.05)
    assert all(each.coverage80 <= each.coverage95 for each in evaluations)


SIX = ("ets", "regression", "sarimax", "seasonal_naive", "structural", "theta")


def origins_with_errors(sds: dict[str, float], months: int, seed: int = 0) -> list[OriginForecasts]:
    """Origins of a history of `months`, at which each model has independent errors of its own size."""
    rng = np.random.default_rng(seed)
    origins = []
    for known in rolling_origins(months):
        ahead = min(CV_HORIZON_MONTHS, months - known)
        forecasts = {
            name: PredictiveNormal(rng.normal(0, sd, ahead), sd**2 * np.eye(ahead)) for name, sd in sds.items()
        }
        origins.append(OriginForecasts(forecasts, np.zeros(ahead), known))
    return origins


PLAIN_WINNERS = {name: 1.0 if name in ("sarimax", "structural") else 2.0 for name in SIX}


def test_two_plainly_best_models_win_a_long_history() -> None:
    weights = {
        months: combination_weights(sorted(SIX), origins_with_errors(PLAIN_WINNERS, months)) for months in (36, 48, 96)
    }
    best = {months: weights[months]["sarimax"] + weights[months]["structural"] for months in weights}
    assert best[96] > 0.85
    assert 2 / 6 < best[36] < best[48] < best[96]


def test_a_short_history_stays_near_equal_weights() -> None:
    for seed in range(5):
        weights = combination_weights(sorted(SIX), origins_with_errors(PLAIN_WINNERS, 36, seed))
        assert max(weights.values()) < 1.5 / 6
        assert min(weights.values()) > 0.7 / 6
    assert combination_weights(sorted(SIX), []) == dict.fromkeys(sorted(SIX), 1 / 6)


@pytest.mark.parametrize("months", [36, 60, 96])
def test_models_that_are_alike_share_their_weights_evenly(months: int) -> None:
    for seed in range(5):
        weights = combination_weights(sorted(SIX), origins_with_errors(dict.fromkeys(SIX, 1.0), months, seed))
        assert max(weights.values()) < 1.6 / 6


def airline_sales(count: int, seed: int, theta: float = 0.3) -> np.ndarray:
    """(count,) logs whose level and season move a good deal each month, SARIMA (0,1,1)(0,1,1)."""
    shocks = np.random.default_rng(seed).normal(0, 0.03, count + 40)
    values = np.log(100) + 0.2 * np.sin(np.arange(count + 40) * np.pi / 6) + 0.01 * np.arange(count + 40)
    for month in range(13, count + 40):
        moved = shocks[month] - theta * shocks[month - 1] - theta * shocks[month - 12] + theta**2 * shocks[month - 13]
        values[month] = values[month - 1] + values[month - 12] - values[month - 13] + moved
    return np.asarray(values[40:])


@pytest.mark.slow
def test_the_combination_is_as_good_as_two_plainly_best_models() -> None:
    """Forecasts of the last years of a long series, with weights of what came before."""
    values = airline_sales(132, seed=0)
    errors: dict[str, list[float]] = {name: [] for name in ("blend", *SIX)}
    for known in (96, 102, 108, 114, 120):
        past = cleaned_series(values[:known], holiday=NO_HOLIDAY)
        forecasts = {name: MODELS[name].fit(past).forecast(12) for name in SIX}
        weights = combination_weights(sorted(SIX), cross_validate(dict(MODELS), past))
        means = {name: forecast.mean for name, forecast in forecasts.items()}
        means["blend"] = np.sum([weights[name] * means[name] for name in SIX], axis=0)
        for name, mean in means.items():
            errors[name].append(float(np.mean(np.abs(mean - values[known : known + 12]))))
    sizes = {name: float(np.mean(each)) for name, each in errors.items()}
    best = sorted(sizes[name] for name in SIX)
    assert best[1] < 0.8 * best[-2], sizes
    assert sizes["blend"] < 1.1 * best[0], sizes


def test_sums_before_a_level_shift_are_scored_at_their_own_level() -> None:
    """A fall at the end changes the unit of no earlier error: the CRPS of sums is that of the series without it."""
    values = log_sales(72) + ar1_noise(72, seed=2)
    fallen = values.copy()
    fallen[-20:] += np.log(0.05)
    models = {"seasonal_naive": MODELS["seasonal_naive"], "profile": SeasonalProfileModel()}
    means = []
    for source in (log_series(values), clean_as_of(log_series(fallen), 72)):
        origins = [origin for origin in cross_validate(models, source) if origin.n_known <= 40]
        checks = evaluate(origins, source, "log").checks
        means.append(np.mean([score.scaled_crps for check in checks for score in check.sums if score.scaled_crps]))
    assert means[1] == pytest.approx(means[0], rel=0.3)
