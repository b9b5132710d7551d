"""Months, their overlaps with intervals, and ramps."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.periods import Calendar, month_overlaps, normalize_period, parse_month, ramp, recognize_month

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


@pytest.mark.parametrize(
    ("text", "month", "is_sure"),
    [
        ("T1/2018", "2018-01", True),
        ("01/2018", "2018-01", True),
        ("201801", "2018-01", True),
        ("2018M01", "2018-01", True),
        ("2018/01", "2018-01", True),
        ("2018-1", "2018-01", True),
        ("12.2018", "2018-12", True),
        ("Tháng 1/2018", "2018-01", True),
        ("THANG 01 NĂM 2018", "2018-01", True),
        ("Sept 2020", "2020-09", True),
        ("2018-December", "2018-12", True),
        ("Jan-18", "2018-01", False),
        ("43101", "2018-01", False),
        ("45657", "2024-12", False),
    ],
)
def test_a_month_is_recognised_in_the_forms_of_spreadsheets(text: str, month: str, is_sure: bool) -> None:
    assert recognize_month(text) == (parse_month(month), is_sure)


@pytest.mark.parametrize(
    "text", ["", "2018", "T13/2018", "00/2018", "Mayo 2018", "abc", "99999", "2018-01-05", "2018/13"]
)
def test_what_is_no_month_is_not_recognised(text: str) -> None:
    assert recognize_month(text) is None


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("quý 2/2025", "2025-Q2"),
        ("Quý 4-2025", "2025-Q4"),
        ("Q2 2025", "2025-Q2"),
        ("2025q2", "2025-Q2"),
        ("năm 2025", "2025"),
        ("T6/2025", "2025-06"),
        ("2025", "2025"),
        ("2021-01 to 2021-06", "2021-01 to 2021-06"),
        ("Jan-25", "Jan-25"),
    ],
)
def test_periods_are_normalised(text: str, period: str) -> None:
    assert normalize_period(text) == period
