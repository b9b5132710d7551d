"""Joint distribution of the periods ahead: correlation by the growth of the standard deviation, and sums."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.arrays import Floats
from forecast.timeseries.panel import joint
from forecast.timeseries.panel.automatic import forecast_panel
from forecast.timeseries.panel.calibration import CalibratedForecast, interval_factors
from forecast.timeseries.panel.joint import JointForecast, response_factor
from forecast.timeseries.panel.panel import Panel, PanelForecast


def calibrated(mean: Floats, sd: Floats, *, is_log: bool = False, errors: Floats | None = None) -> CalibratedForecast:
    """A forecast with given margins; its factors are 1, or those of errors (siblings, horizon)."""
    factors = interval_factors(np.empty((0, mean.shape[1])) if errors is None else errors)
    return factors.calibrate(PanelForecast(mean, sd, np.full(len(mean), is_log)))


def of_processes(series: int, horizon: int, phi: float) -> tuple[Floats, Floats, Floats]:
    """Errors (series, horizon) of AR(1) processes with steps of 1, their standard deviation, and their correlation."""
    rng = np.random.default_rng(4)
    errors = np.zeros((series, horizon))
    level = np.zeros(series)
    for step in range(horizon):
        level = phi * level + rng.standard_normal(series)
        errors[:, step] = level
    responses = np.tril(phi ** np.abs(np.subtract.outer(np.arange(horizon), np.arange(horizon))))
    covariance = responses @ responses.T
    sd = np.sqrt(np.diag(covariance))
    return errors, sd, covariance / np.outer(sd, sd)


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9, 1.0])
def test_the_correlation_of_a_known_process_is_recovered(phi: float) -> None:
    _, sd, correlation = of_processes(1, 18, phi)
    factor = response_factor(np.array([sd, 7 * sd]))
    assert factor @ factor.transpose(0, 2, 1) == pytest.approx(np.array([correlation, correlation]), abs=1e-9)
    forecast = JointForecast(calibrated(np.full((2, 18), 100.0), np.array([sd, 7 * sd])))
    assert forecast.correlation[1] == pytest.approx(correlation, abs=1e-9)
    assert forecast.covariance[1] == pytest.approx(correlation * np.outer(7 * sd, 7 * sd), abs=1e-9)


def test_a_standard_deviation_that_falls_is_read_at_its_maximum() -> None:
    falling, level = response_factor(np.array([[1.0, 2.0, 1.5, 2.5], [1.0, 2.0, 2.0, 2.5]]))
    assert falling == pytest.approx(level)


def test_a_correlation_is_half_that_of_the_panel() -> None:
    walk, noise = np.sqrt(np.arange(1.0, 7)), np.ones(6)
    correlation = JointForecast(calibrated(np.full((2, 6), 10.0), np.array([walk, noise]))).correlation
    of_walk = np.minimum.outer(walk, walk) / np.maximum.outer(walk, walk)
    assert correlation[0] == pytest.approx(0.75 * of_walk + 0.25 * np.eye(6))
    assert correlation[1] == pytest.approx(0.25 * of_walk + 0.75 * np.eye(6))


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("months", [3, 6, 12])
def test_intervals_of_sums_cover(phi: float, months: int) -> None:
    errors, sd, _ = of_processes(4000, 12, phi)
    mean = np.full((1000, 12), 100.0)
    sums = JointForecast(calibrated(mean, np.broadcast_to(sd, mean.shape))).sums(range(months))
    actual = (100.0 + errors)[:, :months].sum(axis=1)
    for level in (0.8, 0.95):
        (low,), (high,) = (np.unique(sums.quantile(share)) for share in ((1 - level) / 2, (1 + level) / 2))
        assert np.mean((low <= actual) & (actual <= high)) == pytest.approx(level, abs=0.025)
    # the CRPS of a normal that is right is its standard deviation by the root of pi
    spread = JointForecast(calibrated(mean[:1], sd[None])).sum_sd(range(months))[0]
    crps = np.mean([sums.crps(part) for part in np.split(actual, 4)])
    assert crps == pytest.approx(spread / np.sqrt(np.pi), rel=0.03)


@pytest.mark.parametrize("is_log", [False, True])
def test_a_sum_of_one_period_is_its_margin(is_log: bool) -> None:
    errors = np.random.default_rng(4).standard_t(3, (200, 6)) * np.linspace(0.6, 2, 6)
    sd = np.full((3, 6), 0.1 if is_log else 10.0)
    margins = calibrated(np.full((3, 6), 100.0), sd, is_log=is_log, errors=errors)
    forecast = JointForecast(margins)
    for period in range(6):
        sums = forecast.sums(range(period, period + 1))
        for share in (0.025, 0.1, 0.5, 0.9, 0.975):
            expected = margins.quantile(share)[:, period]
            assert sums.quantile(share) == pytest.approx(
                expected, abs=0.2 * forecast.sd[0, period] * (100 if is_log else 1)
            )


def test_standard_deviations_of_sums_are_those_of_their_draws() -> None:
    sd = np.sqrt(np.cumsum(np.random.default_rng(2).uniform(0.1, 1, (5, 12)), axis=1))
    for is_log in (False, True):
        forecast = JointForecast(calibrated(np.full((5, 12), 100.0), sd * (0.02 if is_log else 1), is_log=is_log))
        for periods in (range(12), range(3, 9), range(11, 12), range(0, 12, 2)):
            draws = forecast.sums(periods).draws
            assert draws.mean(axis=1) == pytest.approx(100 * len(periods), rel=0.01)
            assert forecast.sum_sd(periods) == pytest.approx(draws.std(axis=1), rel=0.08)


@pytest.mark.parametrize("periods", [range(3), range(6, 12), range(4, 18)])
def test_the_standard_deviation_of_a_sum_of_a_random_walk_is_exact(periods: range) -> None:
    walk = JointForecast(calibrated(np.full((1, 18), 100.0), np.sqrt(np.arange(1.0, 19))[None]))
    steps = np.array([sum(period >= step for period in periods) for step in range(18)])  # how often each step counts
    assert walk.sum_sd(periods)[0] == pytest.approx(np.sqrt(np.sum(steps**2)))


def test_sums_add_up_and_repeat() -> None:
    sd = np.broadcast_to(np.sqrt(np.arange(1.0, 19)), (3, 18))
    first, second = (JointForecast(calibrated(np.full((3, 18), 50.0), sd)) for _ in range(2))
    assert first.sums(range(12)).draws.tobytes() == second.sums(range(12)).draws.tobytes()
    parts = first.sums(range(3)).draws + first.sums(range(3, 12)).draws
    assert parts == pytest.approx(first.sums(range(12)).draws)
    longer = JointForecast(calibrated(np.full((3, 12), 50.0), sd[:, :12])).sums(range(12)).draws
    assert longer == pytest.approx(first.sums(range(12)).draws)


@pytest.mark.parametrize("periods", [range(0), range(7), range(-1, 3), range(5, 7)])
def test_periods_beyond_the_horizon_are_refused(periods: range) -> None:
    forecast = JointForecast(calibrated(np.full((1, 6), 1.0), np.ones((1, 6))))
    for ask in (forecast.sums, forecast.sum_sd):
        with pytest.raises(ValueError, match="0 to 5"):
            ask(periods)


def test_series_without_spread_have_sums_without_spread() -> None:
    panel = Panel.from_series([np.full(60, 7.0), np.zeros(60), np.arange(60.0) % 7 + 1], 12)
    sums = JointForecast(forecast_panel(panel, 12)).sums(range(12))
    assert sums.quantile(0.5)[:2] == pytest.approx([84.0, 0.0], abs=1e-4)
    assert np.isfinite(sums.draws).all()


def test_draws_are_mirrored_standard_normals() -> None:
    normals = joint.standard_normals(4)
    assert normals.shape == (joint.JOINT_DRAWS, 4)
    assert normals.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert normals.std(axis=0) == pytest.approx(np.ones(4), abs=0.06)
    assert np.array_equal(joint.standard_normals(2), normals[:, :2])
