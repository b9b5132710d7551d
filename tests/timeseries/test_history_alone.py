"""Quantiles of revenue by the history alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.periods import Calendar
from forecast.timeseries.baseline import Baseline, fit_baseline
from forecast.timeseries.history_alone import history_alone_quantiles
from forecast.timeseries.models.base import Forecast
from tests.support.locked_project import write_project

LEVELS = (0.1, 0.5, 0.9)
YEAR = {"2025": Calendar(12 * 2025, 12), "2025-03": Calendar(12 * 2025 + 2, 1)}


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    return fit_baseline(forecast.read(write_project(tmp_path_factory.mktemp("project"))))


def with_services(baseline: Baseline, names: tuple[str, ...], correlation: float) -> Baseline:
    """The same history for several services."""
    matrix = np.full((len(names), len(names)), correlation)
    np.fill_diagonal(matrix, 1.0)
    service = baseline.services["bread"]
    return replace(baseline, services=dict.fromkeys(names, service), correlation=matrix)


def test_a_year_has_the_quantiles_of_the_baseline(baseline: Baseline) -> None:
    quantiles = history_alone_quantiles(baseline, YEAR, LEVELS)
    assert quantiles["revenue"] == quantiles["revenue.bread"]
    expected = baseline.services["bread"].annual_quantiles[2025]
    assert quantiles["revenue"]["2025"] == pytest.approx(expected, rel=0.005)  # 4,000 other draws
    assert sum(quantiles["revenue"]["2025-03"]) / 3 < expected[1] / 6


def test_correlated_services_make_a_wider_sum(baseline: Baseline) -> None:
    widths = {}
    for correlation in (-0.9, 0.0, 0.9):
        both = with_services(baseline, ("bread", "cakes"), correlation)
        low, _, high = history_alone_quantiles(both, YEAR, LEVELS)["revenue"]["2025-03"]
        widths[correlation] = high - low
    single = history_alone_quantiles(baseline, YEAR, LEVELS)["revenue"]["2025-03"]
    assert widths[-0.9] < widths[0.0] < widths[0.9]
    assert widths[0.0] == pytest.approx(2**0.5 * (single[2] - single[0]), rel=0.04)
    assert widths[0.9] == pytest.approx((2 + 2 * 0.9) ** 0.5 * (single[2] - single[0]), rel=0.04)


def test_a_service_without_a_fit_leaves_the_total_out(baseline: Baseline) -> None:
    services = {**baseline.services, "cakes": replace(baseline.services["bread"], forecast=None)}
    quantiles = history_alone_quantiles(replace(baseline, services=services, correlation=None), YEAR, LEVELS)
    assert list(quantiles) == ["revenue.bread"]
    alone = replace(baseline, services={"cakes": services["cakes"]})
    assert history_alone_quantiles(alone, YEAR, LEVELS) == {}


def test_volumes_are_counted_at_their_last_price(baseline: Baseline) -> None:
    service = baseline.services["bread"]
    assert isinstance(service.forecast, Forecast)
    priced = replace(baseline, services={"bread": replace(service, last_price=3.0)})
    plain = history_alone_quantiles(baseline, YEAR, LEVELS)["revenue"]["2025"]
    assert history_alone_quantiles(priced, YEAR, LEVELS)["revenue"]["2025"] == pytest.approx([3 * x for x in plain])


def test_the_same_history_gives_the_same_bits(baseline: Baseline, tmp_path: Path) -> None:
    first, second = (history_alone_quantiles(baseline, YEAR, LEVELS) for _ in range(2))
    assert first == second
