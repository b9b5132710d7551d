"""A backtest sees nothing of the future, and scores no month that was reconstructed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from forecast.i18n import Translator
from forecast.timeseries.evaluation.backtest import Backtest, backtest_baseline, history_before
from forecast.timeseries.evaluation.scores import MarginalNormals
from tests.support.backtests import MONTHS, write_backtest_plan


@pytest.fixture(scope="module")
def small_backtest(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    return backtest_baseline(*write_backtest_plan(tmp_path_factory.mktemp("small")), origins=2)


@pytest.fixture(scope="module")
def poisoned_backtest(tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    """All that comes after the first of both origins is a thousand times as large."""
    return backtest_baseline(*write_backtest_plan(tmp_path_factory.mktemp("poisoned"), 1000.0, MONTHS - 2), origins=2)


def forecast_bytes(forecasts: Mapping[str, MarginalNormals]) -> dict[str, tuple[bytes, bytes]]:
    return {name: (forecast.mean.tobytes(), forecast.sd.tobytes()) for name, forecast in forecasts.items()}


def test_forecasts_at_an_origin_do_not_depend_on_later_months(
    small_backtest: Backtest, poisoned_backtest: Backtest
) -> None:
    first, second = small_backtest.services["a"].origins
    first_poisoned, second_poisoned = poisoned_backtest.services["a"].origins
    assert forecast_bytes(first_poisoned.forecasts) == forecast_bytes(first.forecasts)
    assert (first_poisoned.error_scale, first_poisoned.scale) == (first.error_scale, first.scale)
    assert len(first.forecasts) > 4
    # the poison acts: it is in the actual months, and the later origin has seen it
    assert first_poisoned.actual == pytest.approx(1000 * first.actual)
    for name in second.forecasts:
        assert forecast_bytes(second_poisoned.forecasts)[name] != forecast_bytes(second.forecasts)[name], name


def test_history_before_a_month_ends_there(tmp_path: Path) -> None:
    _, history = write_backtest_plan(tmp_path)
    month = history.calendar.first + 30
    known = history_before(history, month)
    assert known.calendar.last == month - 1
    assert [(len(known.revenue[name]), len(known.status[name])) for name in known.services] == [(30, 30), (10, 10)]
    assert history_before(history, month - 10).services == ("a",)


def test_members_combination_and_naive_are_scored(small_backtest: Backtest) -> None:
    scores = small_backtest.services["a"].scores
    assert next(iter(scores)) == "blend"
    assert {"seasonal_naive", "ets", "theta"} <= set(scores)
    for score in scores.values():
        assert score.months == 1 + 2
        assert score.mase is not None
        assert 0 < score.mase < 3
        assert score.crps is not None
        assert 0 < score.crps < 3
    assert small_backtest.mean_scores == {}


def test_reconstructed_months_are_not_scored_and_the_reason_is_given(small_backtest: Backtest) -> None:
    tested = small_backtest.services["b"]
    assert (tested.origins, tested.scores) == ((), {})
    assert tested.reason is not None
    assert "reconstructed" in Translator("en")(tested.reason[0], **dict(tested.reason[1]))
