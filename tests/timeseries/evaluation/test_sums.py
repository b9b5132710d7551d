"""Accuracy of sums: coverage, scores, and lengths with too few of them."""

from __future__ import annotations

import pytest

from forecast.timeseries.ensemble.sum_scores import SUM_LENGTHS, SumScore
from forecast.timeseries.evaluation.sums import MIN_SUMS, assess_sums


def quarter(pit: float, actual: float = 10.0, loss: float = 1.0) -> SumScore:
    return SumScore("3", pit, 0.5, loss, actual)


def test_coverage_counts_the_predicted_probabilities() -> None:
    pits = [0.01, 0.05, 0.11, 0.5, 0.5, 0.89, 0.95, 0.99]
    accuracy = assess_sums({"a": [quarter(pit) for pit in pits]})[1]
    assert (accuracy.length, accuracy.sums) == ("3", 8)
    assert accuracy.coverage80 == pytest.approx(4 / 8)
    assert accuracy.coverage95 == pytest.approx(6 / 8)
    assert accuracy.scaled_crps == pytest.approx(0.5)
    assert accuracy.wql == pytest.approx(0.1)


def test_units_of_services_do_not_weigh_in_the_quantile_loss() -> None:
    scores = {"money": [quarter(0.5, 1e9, 1e8)] * MIN_SUMS, "people": [quarter(0.5, 4.0, 1.2)] * MIN_SUMS}
    assert assess_sums(scores)[1].wql == pytest.approx((0.1 + 0.3) / 2)
    assert assess_sums({"a": [quarter(0.5, 0.0, 1.0)] * MIN_SUMS})[1].wql is None


def test_too_few_sums_have_no_score_but_are_counted() -> None:
    accuracies = assess_sums({"a": [quarter(0.5)] * (MIN_SUMS - 1)})
    assert [accuracy.length for accuracy in accuracies] == list(SUM_LENGTHS)
    few = accuracies[1]
    assert (few.is_scored, few.sums, few.coverage80, few.coverage95, few.scaled_crps, few.wql) == (
        False, MIN_SUMS - 1, None, None, None, None
    )  # fmt: skip
    assert [accuracy.sums for accuracy in accuracies if accuracy.length != "3"] == [0, 0, 0, 0]
    assert assess_sums({"a": [quarter(0.5)] * MIN_SUMS})[1].is_scored
