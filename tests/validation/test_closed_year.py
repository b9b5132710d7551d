"""Re-forecasts against closed forms and against truths that are drawn from the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import forecast
from forecast.history.booked_months import BookedMonth
from forecast.timeseries.baseline import fit_baseline
from tests.support.closed_year import SEASON, booked_rows, simulate_closed_year, write_closed_year, write_long_history
from tests.validation.closed_year import measure_kind

NOISE, PERSISTENCE, LEVEL = 0.05, 0.4, 0.03
Z90 = 1.2815515655446004


def year_of_months(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean (12,) and covariance (12, 12) of the logs of the months of the plan, growth normal on the log scale."""
    weights, steps = SEASON / SEASON.sum(), np.arange(1, 13)
    noise = NOISE**2 * PERSISTENCE ** np.abs(np.subtract.outer(steps, steps))
    noise = noise + LEVEL**2 * np.minimum.outer(steps, steps) / 12
    by_months, by_growth = weights @ noise @ weights, (np.log((1 + high) / (1 + low)) / (2 * Z90)) ** 2
    middle = np.log(1e8 * SEASON) + np.log((1 + low) * (1 + high)) / 2
    mean = middle + (by_months - weights @ np.diag(noise)) / 2
    return mean, noise + max(0.0, by_growth - by_months)


@pytest.mark.parametrize("closed", [1, 3, 6])
def test_open_months_have_the_moments_of_a_normal_given_the_closed_ones(tmp_path: Path, closed: int) -> None:
    mean, covariance = year_of_months(0.0, 0.2)
    booked = mean[:closed] + np.array([0.03, -0.02, 0.04, 0.0, 0.02, 0.01])[:closed]
    run = simulate_closed_year(tmp_path, booked_rows({"a": np.exp(booked)}), paths=102_400)
    solved = np.linalg.solve(covariance[:closed, :closed], covariance[:closed, closed:]).T
    expected = mean[closed:] + solved @ (booked - mean[:closed])
    spread = np.sqrt(np.diag(covariance[closed:, closed:] - solved @ covariance[:closed, closed:]))
    for row, (middle, sd) in enumerate(zip(expected, spread, strict=True), closed + 1):
        tally = run.tally("revenue", f"2025-{row:02d}")
        low, median, high = (np.log(tally.quantile(p).value) for p in (0.1, 0.5, 0.9))
        assert abs(median - middle) < 0.02 * sd
        assert (high - low) / (2 * Z90) == pytest.approx(sd, rel=0.01)


def test_an_estimate_counts_by_its_error(tmp_path: Path) -> None:
    ends = np.exp(0.08 * Z90 * np.array([-1, 1])) - 1
    services = (
        f"{{a: {{growth: {100 * ends[0]:.4f}% to {100 * ends[1]:.4f}%, baseline: {{noise: 0.1%, level_noise: 0%}}}}}}"
    )
    estimate = booked_rows({"a": 1.05e8 * SEASON[:1]}, status="estimate")
    history = "{file: ledger.csv, estimate_error: 3.5%}"
    run = simulate_closed_year(tmp_path, estimate, services, history=history, paths=102_400)
    low, high = np.log([run.tally("revenue", "2025").quantile(p).value for p in (0.1, 0.9)])
    assert (high - low) / (2 * Z90) == pytest.approx(1 / np.hypot(1 / 0.08, 1 / 0.035), rel=0.02)
    median = np.log(run.tally("revenue", "2025").quantile(0.5).value / (1e8 * SEASON.sum()))
    assert median == pytest.approx(np.log(1.05) * 0.08**2 / (0.08**2 + 0.035**2), abs=0.001)


def chance_of_push(months: np.ndarray, effect: float, chance: float) -> float:
    """Probability that the initiative of the plan happened, given the first months."""
    mean, covariance = year_of_months(0.0, 0.2)
    inverse = np.linalg.inv(covariance[: len(months), : len(months)])
    scores = []
    for happens in (0.0, 1.0):
        gap = months - mean[: len(months)] - happens * np.log(1 + effect)
        scores.append(-0.5 * gap @ inverse @ gap)
    odds = np.exp(scores[1] - scores[0]) * chance / (1 - chance)
    return float(odds / (1 + odds))


@pytest.mark.slow
@pytest.mark.parametrize("closed", [3, 9])
def test_the_chance_of_an_initiative_is_that_of_bayes(tmp_path: Path, closed: int) -> None:
    mean, covariance = year_of_months(0.0, 0.2)
    rng = np.random.default_rng(closed)
    more = "initiatives: {push: {chance: 40%, start: 2025-01-01, effect: {volume: {a: 8%}}}}\n"
    differences = []
    for _ in range(30):
        happens = rng.random() < 0.4
        months = rng.multivariate_normal(mean + happens * np.log(1.08), covariance)[:closed]
        run = simulate_closed_year(tmp_path, booked_rows({"a": np.exp(months)}), more=more, paths=20_480)
        assert run.path_sample is not None
        share = run.path_sample.occurrences["initiatives.push"].mean()
        differences.append(abs(share - chance_of_push(months, 0.08, 0.4)))
    assert np.mean(differences) <= 0.005
    assert np.quantile(differences, 0.95) <= 0.012


@pytest.mark.slow
def test_the_share_of_a_mixture_is_that_of_bayes(tmp_path: Path) -> None:
    """Months at the planner's level against months at the history's, each normal on the log scale."""
    service = "{a: {growth: 0% to 9%, baseline: {level: mixture(50%)}}}"
    rng, closed, differences = np.random.default_rng(5), 3, []
    scenario = forecast.read(write_long_history(tmp_path, service))
    fits = fit_baseline(scenario)
    fitted = fits.services["a"]
    assert fitted.forecast is not None
    mean, covariance = year_of_months(0.0, 0.09)
    weights = np.exp(fitted.shape) / np.exp(fitted.shape).sum()
    planned = mean - np.log(1e8 * SEASON) + np.log(fitted.base_total * weights)
    levels = {
        True: (planned, covariance),
        False: (fitted.forecast.mean, fitted.forecast.cholesky @ fitted.forecast.cholesky.T),
    }
    for number in range(40):
        is_planned = bool(number % 2)
        months = rng.multivariate_normal(*levels[is_planned])[:closed]
        booked = {12 * 2025 + row: BookedMonth(float(np.exp(value)), "actual") for row, value in enumerate(months)}
        run = forecast.simulate(
            scenario, paths=20_480, keep=20_480, baseline=replace(fits, booked={"revenue.a": booked})
        )
        density = {
            key: multivariate_normal(m[:closed], c[:closed, :closed]).pdf(months) for key, (m, c) in levels.items()
        }
        exact = density[True] / (density[True] + density[False])
        assert run.path_sample is not None
        share = np.mean(run.path_sample.uniforms["services.a.baseline.level"] < 0.5)
        differences.append(abs(share - exact))
    assert np.mean(differences) <= 0.005
    assert np.quantile(differences, 0.95) <= 0.012


@pytest.mark.slow
def test_two_forecasts_in_a_row_share_their_random_numbers(tmp_path: Path) -> None:
    """The error of their difference is at most half of that of fresh random numbers, up to nine months closed."""
    rng = np.random.default_rng(2)
    mean, covariance = year_of_months(0.0, 0.2)
    ratios = []
    for _ in range(3):
        closed = booked_rows({"a": np.exp(rng.multivariate_normal(mean, covariance))})
        for count in (0, 2, 5, 8):
            means = np.empty((2, 12))
            for step in range(2):
                plan = write_closed_year(tmp_path, closed[: count + step])
                scenario = forecast.read(plan)
                for seed in range(12):
                    run = forecast.simulate(scenario, paths=4_096, seed=seed)
                    means[step, seed] = run.tally("revenue", "2025").mean
            fresh = means[1] - np.roll(means[0], 1)
            ratios.append(np.std(means[1] - means[0]) / np.std(fresh))
    assert np.median(ratios) <= 0.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "surprise", "estimate"])
def test_intervals_hold_what_they_promise(kind: str) -> None:
    """A tenth of the truths of `python -m tests.validation.closed_year`, whose table is in docs/evidence.md."""
    crps_bars = {
        "plain": (0.92, 0.86, 0.84, 0.84),
        "surprise": (1.2, 0.9, 0.88, 0.88),
        "estimate": (1.0, 0.9, 0.88, 0.88),
    }
    for bar, summary in zip(crps_bars[kind], measure_kind(kind, 80, 2).values(), strict=True):
        assert 0.68 <= summary["inside80"] <= 0.93
        assert summary["inside95"] >= 0.88
        assert summary["crps"] <= bar
