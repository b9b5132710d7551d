"""The engine's short cuts give what the long way gives."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from forecast.draws import Draws
from forecast.effects import overlaps, ramp
from forecast.months import Calendar
from forecast.normal import normal_quantile
from forecast.tally import Ruler, Tally

YEAR = Calendar(12 * 2021, 12)


def test_the_table_of_the_normal_keeps_its_word() -> None:
    u = np.random.default_rng(3).random(200_000)
    assert np.max(np.abs(normal_quantile(u) - ndtri(u))) < 3e-6
    ends = np.array([2.0**-55, 1e-9, 0.001, 0.1, 0.5, 0.9, 0.999, 1 - 2.0**-53])
    assert np.allclose(normal_quantile(ends), ndtri(ends), rtol=1e-15)
    assert np.all(np.diff(normal_quantile(np.linspace(0.001, 0.999, 100_001))) > 0)


def test_monthly_normals_are_standard_and_a_longer_horizon_appends_rows() -> None:
    short, long = (Draws(5, 7, {}).normals("services.a", months) for months in (12, 30))
    assert np.array_equal(short, long[:12])
    z = np.concatenate([Draws(5, block, {}).normals("services.a", 12) for block in range(20)]).astype(float)
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / z.size)
    assert abs((z**4).mean() - 3) < 4 * np.sqrt(96 / z.size)
    assert abs(np.corrcoef(z[:, :2048].ravel(), z[:, 2048:].ravel())[0, 1]) < 0.01


def test_overlaps_are_those_of_every_interval_with_every_month() -> None:
    rng = np.random.default_rng(4)
    start = YEAR.edges[0] + rng.uniform(-40, 400, 300)
    start[:13] = YEAR.edges
    end = start + rng.uniform(-5, 90, 300)
    end[13:26] = YEAR.edges
    interval, month, days = overlaps(start, end, YEAR)
    dense = np.minimum(end[:, None], YEAR.edges[1:]) - np.maximum(start[:, None], YEAR.edges[:-1])
    found = np.zeros((300, 12))
    found[interval, month] = days
    assert np.array_equal(found, np.maximum(dense, 0))


def test_a_ramp_is_its_integral() -> None:
    start, length = YEAR.edges[0] + np.array([-400.0, -20.0, 45.5, 200.0, 45.5]), np.array([30.0, 90.0, 60.0, 1.0, 0.0])
    moments = (YEAR.edges[:-1, None] + (np.arange(20_000) + 0.5) / 20_000 * YEAR.days[:, None])[:, :, None]
    grown = np.where(length > 0, (moments - start) / np.where(length > 0, length, 1.0), moments >= start)
    assert np.allclose(ramp(start, length, YEAR), np.clip(grown, 0, 1).mean(axis=1), atol=1e-4)


def test_a_histogram_says_what_the_values_say() -> None:
    values = np.random.default_rng(6).normal(250, 13, (20, 4096))
    ruler = Ruler.of(values[0])
    exact, binned = Tally(ruler), Tally(ruler, exact=False)
    for block in values:
        exact.add(block)
        binned.add(block)
    for p in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert abs(exact.quantile(p).value - binned.quantile(p).value) < 13 * 2e-3
