"""A backtest sees nothing of the future, and scores no month that was reconstructed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import forecast
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
    assert "spread from totals" in Translator("en")(tested.reason[0], **dict(tested.reason[1]))


MASKED_PLANS = {
    "a month that the planner masks": ("{level: history}", "{level: history, mask: [2021-02]}", [37]),
    "a dated shock of two months": (
        "history: ledger.csv",
        "history: {file: ledger.csv, shocks: {closed: {kind: event, from: 2021-02-01, until: 2021-03-31,"
        " effect: {volume: {a: -60%}}}}}",
        [37, 38],
    ),
}


@pytest.mark.parametrize("case", MASKED_PLANS)
def test_masked_months_are_listed_as_booked_and_left_out_of_every_score(tmp_path: Path, case: str) -> None:
    before, after, rows = MASKED_PLANS[case]
    _, history = write_backtest_plan(tmp_path)
    text = (tmp_path / "plan.yaml").read_text(encoding="utf-8").replace(before, after)
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    tested = backtest_baseline(forecast.read(tmp_path / "plan.yaml"), history, origins=4).services["a"]
    assert np.flatnonzero(~np.isnan(tested.masked_actual)).tolist() == rows
    assert np.isnan(tested.actual[rows]).all()
    assert tested.masked_actual[rows] == pytest.approx(history.revenue["a"][rows])
    # four origins forecast the months from row 36 on: the month at row r is ahead of r - 35 of them
    masked = sum(row - 35 for row in rows)
    assert {(score.masked, score.months) for score in tested.scores.values()} == {(masked, 1 + 2 + 3 + 4 - masked)}
    assert tested.sum_accuracy()[0].sums == 10 - masked


def test_sums_are_scored_by_the_joint_forecast_of_each_model(small_backtest: Backtest) -> None:
    tested = small_backtest.services["a"]
    frame = small_backtest.sums_to_frame()
    assert set(frame["model"]) == set(tested.scores)
    assert list(frame.columns) == [
        "service",
        "model",
        "length",
        "coverage80",
        "coverage95",
        "scaled_crps",
        "wql",
        "sums",
    ]
    assert frame[frame["length"] == "1"]["sums"].tolist() == [3] * len(tested.scores)
    assert frame["coverage80"].isna().all()  # three months are too few
