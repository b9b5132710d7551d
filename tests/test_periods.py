"""Months, their overlaps with intervals, and ramps."""

from __future__ import annotations

import numpy as np

from forecast.periods import Calendar, month_overlaps, ramp

YEAR = Calendar(12 * 2021, 12)


def test_overlaps_equal_those_of_all_pairs() -> None:
    rng = np.random.default_rng(4)
    start = YEAR.edges[0] + rng.uniform(-40, 400, 300)
    start[:13] = YEAR.edges
    end = start + rng.uniform(-5, 90, 300)
    end[13:26] = YEAR.edges
    interval, month, days = month_overlaps(start, end, YEAR)
    dense = np.minimum(end[:, None], YEAR.edges[1:]) - np.maximum(start[:, None], YEAR.edges[:-1])
    overlaps = np.zeros((300, 12))
    overlaps[interval, month] = days
    assert np.array_equal(overlaps, np.maximum(dense, 0))


def test_a_ramp_is_the_mean_over_each_month() -> None:
    start, length = YEAR.edges[0] + np.array([-400.0, -20.0, 45.5, 200.0, 45.5]), np.array([30.0, 90.0, 60.0, 1.0, 0.0])
    moments = (YEAR.edges[:-1, None] + (np.arange(20_000) + 0.5) / 20_000 * YEAR.days[:, None])[:, :, None]
    grown = np.where(length > 0, (moments - start) / np.where(length > 0, length, 1.0), moments >= start)
    assert np.allclose(ramp(start, length, YEAR), np.clip(grown, 0, 1).mean(axis=1), atol=1e-4)
