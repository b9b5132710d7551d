"""Shares of places are forecast from a ledger by place, and add up."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.history.place_ledger import PlaceLedger
from forecast.periods import Calendar
from forecast.plan.geography import build_geography
from forecast.plan.loading.loader import read_text
from forecast.timeseries.place_shares import forecast_by_place
from forecast.timeseries.reconciliation import grouped_hierarchy
from tests.support.place_ledgers import LEDGER_PLAN, SIZES, ledger_rows, write_ledger


def simulated_shares(folder: Path, rows: list[str]) -> dict[tuple[str, str], float]:
    run = forecast.simulate(read_text(LEDGER_PLAN, write_ledger(folder, rows)), paths=10)
    return {
        (service, place): run.tally(f"revenue.{service}@{place}", "2021").mean
        / run.tally(f"revenue.{service}", "2021").mean
        for service, place in SIZES
    }


def test_simulated_shares_are_those_of_the_ledger(tmp_path: Path) -> None:
    shares = simulated_shares(tmp_path, ledger_rows())
    for (service, place), size in SIZES.items():
        total = sum(other for (s, _), other in SIZES.items() if s == service)
        assert shares[service, place] == pytest.approx(size / total, abs=0.01)


def test_a_growing_place_gains_share(tmp_path: Path) -> None:
    for name in ("still", "growing"):
        (tmp_path / name).mkdir()
    still, growing = (
        simulated_shares(tmp_path / "still", ledger_rows()),
        simulated_shares(tmp_path / "growing", ledger_rows(growth=0.3)),
    )
    assert growing["a", "p3"] > still["a", "p3"] + 0.1


def test_shares_are_those_of_the_simulated_months_when_the_ledger_ends_earlier(tmp_path: Path) -> None:
    rows = ledger_rows(60, growth=0.3)[: 1 + 48 * len(SIZES)]  # without 2020
    grown = {year: 3 * 1.3 ** (60 / 12 + 5.5 / 12 + year - 2021) for year in (2020, 2021)}
    share = {year: size / (size + 5 + 2) for year, size in grown.items()}
    assert simulated_shares(tmp_path, rows)["a", "p3"] > (share[2020] + share[2021]) / 2


def test_forecasts_by_place_add_up_and_are_not_negative(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    districts = {f"{place:03d}": f"d{place // 17:02d}" for place in range(217)}
    geography = build_geography(districts, {}, {"a": dict.fromkeys(districts, 1.0)})
    revenue = np.exp(rng.normal(0, 1, (3, 217, 1)) + 0.2 * rng.normal(size=(3, 217, 36)))
    revenue[0, :5] = 0
    start = time.process_time()
    forecasts = forecast_by_place(
        PlaceLedger(Calendar(12 * 2018, 36), revenue, "actual", "", np.ones(revenue.shape, bool)),
        geography,
        ("a", "b", "c"),
        range(12),
    )
    assert time.process_time() - start < 4
    assert forecasts.shape == (3, 217, 12)
    assert forecasts.min() >= 0
    assert np.allclose(forecasts[0, :5], 0, atol=1e-3 * forecasts.mean())
    assert forecasts.sum() == pytest.approx(revenue[:, :, -12:].sum(), rel=0.1)
    assert len(grouped_hierarchy(districts, ("a", "b", "c")).bottom) == 651
