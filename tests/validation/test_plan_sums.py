"""A small sample of the coverage of sums, which `python -m tests.validation.plan_sums` measures in full."""

from __future__ import annotations

import numpy as np
import pytest

from tests.validation import plan_sums


def test_the_sample_is_fixed_and_larger_ones_begin_with_it() -> None:
    small, large = plan_sums.sample("m3", 2), plan_sums.sample("m3", 200)
    assert len(large) == 200
    for (history, actual), (same_history, same_actual) in zip(small, large, strict=False):
        assert np.array_equal(history, same_history)
        assert np.array_equal(actual, same_actual)
        assert len(history) >= plan_sums.MIN_MONTHS


@pytest.mark.slow
def test_every_length_of_sums_is_scored_on_a_sample() -> None:
    (history, actual), *_ = plan_sums.sample("m3", 1)
    scaled_error, scores = plan_sums.score_series(history, actual)
    counts = {length: sum(score.length == length for score in scores) for length in ("1", "3", "6", "12", "year")}
    assert counts == {"1": 12, "3": 4, "6": 2, "12": 1, "year": 1}
    assert 0 < scaled_error < 5
    first, *others = plan_sums.report([(history, actual)])
    assert first.startswith("1 series, MASE")
    assert [line.split(":")[0].strip() for line in others] == ["1"]  # fewer than six of the longer sums
