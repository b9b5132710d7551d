"""Means of ledgers that never go below zero."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecast.timeseries.baseline import ServiceBaseline, fit_baseline
from tests.support.signed_ledgers import MONTHS, read_signed_plan

RNG = np.random.default_rng(8)
AGE = np.arange(MONTHS)
SKIING = np.where(np.isin(AGE % 12, (0, 1, 2, 11)), 300 * np.exp(RNG.normal(0, 0.15, MONTHS)), 0.0)
FADING = np.where(AGE % 9 == 8, 0.0, np.maximum(0.0, 300 - 5.5 * AGE + RNG.normal(0, 20, MONTHS)))
SPORADIC = np.where(RNG.random(MONTHS) < 0.75, 0.0, RNG.normal(100, 20, MONTHS))
STOPPED = np.concatenate([300 + RNG.normal(0, 30, 48), np.zeros(12)])


def fit_months(folder: Path, values: np.ndarray) -> ServiceBaseline:
    """The baseline of a service `a` for 2026."""
    return fit_baseline(read_signed_plan(folder, {"a": values}, "{a: {}}")).services["a"]


def test_months_that_were_always_zero_stay_closed_and_the_year_keeps_its_sum(tmp_path: Path) -> None:
    service = fit_months(tmp_path, SKIING)
    assert service.forecast is not None
    assert service.forecast.scale == "censored"
    assert not service.forecast.mean[3:11].any()
    assert service.forecast.mean[[0, 1, 2, 11]].min() > 200
    assert service.forecast.mean.sum() == pytest.approx(SKIING.sum() / 5, rel=0.1)


@pytest.mark.parametrize("values", [FADING, SPORADIC, STOPPED], ids=["fading", "sporadic", "stopped"])
def test_no_open_month_is_certain_to_be_zero(tmp_path: Path, values: np.ndarray) -> None:
    service = fit_months(tmp_path, values)
    assert service.forecast is not None
    assert service.forecast.scale == "censored"
    assert service.forecast.mean.min() > 0
    assert service.annual_quantiles[2026][0] >= 0
    assert service.annual_quantiles[2026][2] > 0


def test_a_fading_service_does_not_go_below_zero(tmp_path: Path) -> None:
    service = fit_months(tmp_path, FADING)
    assert service.annual_quantiles[2026][2] < FADING[-24:-12].sum()


def test_two_years_suffice_where_no_other_month_is_zero(tmp_path: Path) -> None:
    service = fit_months(tmp_path, np.tile([100.0] * 6 + [0.0] * 6, 2))
    assert service.forecast is not None
    assert service.forecast.mean == pytest.approx([100.0] * 6 + [0.0] * 6, rel=0.01)


def test_a_month_below_zero_makes_the_ledger_one_that_goes_below(tmp_path: Path) -> None:
    values = SKIING.copy()
    values[40] = -5
    service = fit_months(tmp_path, values)
    assert service.scale == "raw"
    assert service.forecast is not None
    assert service.forecast.scale == "raw"
