"""Weights of the members follow their errors at origins, the more of them the further."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.stats.scoring import mase
from forecast.timeseries.panel.automatic import combine_panel, forecast_panel
from forecast.timeseries.panel.members import MEMBERS, MemberForecasts, forecast_members
from forecast.timeseries.panel.origins import SiblingOrigin, sibling_origins
from forecast.timeseries.panel.panel import Panel
from forecast.timeseries.panel.weights import learn_weights, least_absolute_weights, prior_weights


@pytest.mark.parametrize("season", [4, 12])
def test_prior_weights_sum_to_one_and_hold_without_evidence(season: int) -> None:
    assert prior_weights(season).sum() == pytest.approx(1)
    assert prior_weights(season).min() >= 0
    assert np.array_equal(learn_weights(season, [], []), prior_weights(season))


@pytest.mark.parametrize("best", range(len(MEMBERS)))
def test_a_member_without_error_has_all_the_weight(best: int) -> None:
    errors = np.random.default_rng(best).normal(0, 1, (500, len(MEMBERS)))
    errors[:, best] *= 1e-3
    assert least_absolute_weights(errors)[best] > 0.98


def test_independent_errors_are_weighed_by_their_size() -> None:
    errors = np.random.default_rng(7).normal(0, 1, (200_000, 2)) * [1.0, 2.0]
    assert least_absolute_weights(errors) == pytest.approx([0.8, 0.2], abs=0.01)  # by the inverse variances


def test_a_few_wild_series_do_not_set_the_weights() -> None:
    rng = np.random.default_rng(8)
    errors = rng.normal(0, 1, (1000, 2)) * [0.5, 1.0]
    errors[:5, 0] = 20.0  # squares would prefer the other: 2.2 against 1
    assert least_absolute_weights(errors)[0] > 0.6


def origin_with_best(best: int, siblings: int, season: int = 12) -> tuple[SiblingOrigin, MemberForecasts]:
    """Siblings whose actual values are those that one member forecast, the others an independent error away."""
    rng = np.random.default_rng(best)
    panel = Panel(100 + rng.normal(0, 10, (siblings, 48)), season)
    actual = 100 + rng.normal(0, 10, (siblings, 12))
    mean = actual + rng.normal(0, 10, (len(MEMBERS), siblings, 12))
    mean[best] = actual
    usable = np.ones((len(MEMBERS), siblings), bool)
    return SiblingOrigin(panel, actual), MemberForecasts(panel, mean, np.ones_like(mean), usable)


@pytest.mark.parametrize("best", range(len(MEMBERS)))
def test_more_origins_and_more_siblings_move_the_weights_further(best: int) -> None:
    weights = [prior_weights(12)[best]]
    for origins, siblings in ((1, 5), (1, 100), (2, 100), (3, 100)):
        pairs = [origin_with_best(best, siblings)] * origins
        learned = learn_weights(12, [origin for origin, _ in pairs], [members for _, members in pairs])
        assert learned.sum() == pytest.approx(1)
        assert learned.min() >= 0
        weights.append(learned[best])
    assert np.all(np.diff(weights) > 0.01)
    assert weights[-1] > 0.55


def test_siblings_that_a_member_cannot_forecast_are_left_out() -> None:
    origin, members = origin_with_best(0, 40)
    members.is_usable[4, 20:] = False
    members.mean[4, 20:] = 0.0
    members.mean[:, 20:] += 1e6
    assert least_absolute_weights(np.zeros((3, 2))) == pytest.approx([0.5, 0.5])
    assert learn_weights(12, [origin], [members])[0] > prior_weights(12)[0]


def airline_series(count: int, months: int, seed: int) -> np.ndarray:
    """(series, months): logs from an airline model with theta .3 and Theta .5."""
    rng = np.random.default_rng(seed)
    shocks = rng.normal(0, 0.02, (count, months + 13))
    differences = shocks[:, 13:] - 0.3 * shocks[:, 12:-1] - 0.5 * shocks[:, 1:-12] + 0.15 * shocks[:, :-13]
    values = np.zeros((count, months + 13))
    values[:, :13] = rng.normal(0, 0.1, (count, 13))
    for month in range(13, months + 13):
        values[:, month] = (
            differences[:, month - 13] + values[:, month - 1] + values[:, month - 12] - values[:, month - 13]
        )
    return np.asarray(500 * np.exp(values[:, 13:]))


def test_the_blend_nears_the_member_that_is_plainly_best() -> None:
    values = airline_series(80, 108, 3)
    panel, actual = Panel(values[:, :96], 12), values[:, 96:]
    members = forecast_members(panel, 12)
    errors = {
        name: float(np.mean(mase(mean - actual, panel.values)))
        for name, mean in zip(MEMBERS, members.mean, strict=True)
    }
    best = min(errors.values())
    assert min(errors, key=lambda name: errors[name]) == "airline"
    by_prior, by_evidence = (
        float(np.mean(mase(forecast(panel, 12).mean - actual, panel.values)))
        for forecast in (combine_panel, forecast_panel)
    )
    assert by_evidence - best < 0.5 * (by_prior - best)
    origins = sibling_origins(panel, 12)
    weights = learn_weights(12, origins, [forecast_members(origin.panel, 12) for origin in origins])
    assert MEMBERS[int(np.argmax(weights))] == "airline"
