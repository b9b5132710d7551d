"""Past errors set the width of intervals, a little."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.timeseries.ensemble.interval_calibration import (
    PRIOR_SD_FACTOR,
    StandardisedErrors,
    extend,
    independent_shares,
    sd_factors,
)


def test_interval_widths_follow_past_errors() -> None:
    rng = np.random.default_rng(1)
    starts = np.arange(24)
    none = sd_factors([StandardisedErrors(starts[:0], np.zeros((0, 12)))])
    assert none == pytest.approx(np.full(12, PRIOR_SD_FACTOR))
    factors = {
        size: sd_factors([StandardisedErrors(starts, size * rng.standard_normal((24, 12)))] * 8) for size in (0.4, 2.0)
    }
    assert factors[2.0][0] > PRIOR_SD_FACTOR + 0.3
    assert factors[0.4][0] < PRIOR_SD_FACTOR - 0.15
    for widths in factors.values():
        assert widths.shape == (12,)
        # errors of later months overlap, so they weigh less
        assert abs(widths[11] - PRIOR_SD_FACTOR) < abs(widths[0] - PRIOR_SD_FACTOR)
        assert extend(widths, 20)[12:] == pytest.approx(np.full(8, widths[11]))
    assert np.all(
        sd_factors([StandardisedErrors(starts, np.full((24, 12), PRIOR_SD_FACTOR))]) == pytest.approx(PRIOR_SD_FACTOR)
    )


def test_one_extreme_error_hardly_changes_a_width() -> None:
    rows = np.random.default_rng(2).standard_normal((24, 12))
    wild = rows.copy()
    wild[5, 3] = 100.0
    original, moved = (sd_factors([StandardisedErrors(np.arange(24), each)]) for each in (rows, wild))
    assert np.all(moved / original < 1.1)


def test_overlapping_errors_count_for_less() -> None:
    monthly, quarterly = (independent_shares(np.arange(0, 4 * step, step), 12) for step in (1, 3))
    assert monthly == pytest.approx(np.tile(1 / np.arange(1, 13), (4, 1)))
    assert quarterly[:-1] == pytest.approx(np.tile(np.minimum(1, 3 / np.arange(1, 13)), (3, 1)))
    assert independent_shares(np.zeros(0, int), 12).shape == (0, 12)
