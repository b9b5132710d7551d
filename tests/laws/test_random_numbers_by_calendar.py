"""One random number, one meaning, whatever the horizon: a longer or a shifted plan keeps the numbers of its months."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.periods import Calendar
from forecast.plan.loading.loader import read_text
from forecast.simulation.places.hierarchy import fill_normals
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.stats.copula import CorrelatedGroup, build_correlated_groups
from tests.support.plans import simulate_plan

SERVICES = ("services.a", "services.b", "services.c")
CHAIN = {"c": (SERVICES[:2], 0.5), "d": (SERVICES[1:], -0.3)}
GROUPS: dict[str, Mapping[str, CorrelatedGroup]] = {
    "alone": {},
    "common factor": build_correlated_groups({"c": (SERVICES, 0.5)}),
    "Cholesky": build_correlated_groups(CHAIN),
    "t, common factor": build_correlated_groups({"c": (SERVICES, 0.5)}, 4.0),
    "t, Cholesky": build_correlated_groups(CHAIN, 4.0),
}
PLAN = """
name: Months by calendar
horizon: {from: 2025-01, months: 36}
services:
  a: {baseline: {method: given, annual: 100 tỷ to 140 tỷ, shape: flat, noise: 4% to 8%, level_noise: 3%}}
  b: {baseline: {method: given, annual: 130 tỷ, shape: [9, 8, 8, 7, 7, 7, 8, 8, 9, 9, 10, 10], noise: 6%}}
climate: {shape: 2.3}
shocks:
  floods:
    kind: flood
    per_year: 0.5 to 2
    season: {6: 1}
    classes: {local: {weight: 2, reach: 5% to 20%, days: 1 to 4, loss_share: {all: 60% to 90%}}}
    recovered: {all: 0%}
"""
JUNE, PATHS = "2026-06", 6_000
CORRELATED = {"correlations__c": "{between: [services.a, services.b], rank: 0.5}"}


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
def test_a_year_has_its_normals_whatever_the_years_beside_it(groups: Mapping[str, CorrelatedGroup]) -> None:
    def normals(first: int, last: int) -> np.ndarray:
        sampler = Sampler(5, range(1, 3), groups)
        return np.array([sampler.normals(name, range(first, last + 1)) for name in SERVICES])

    short = normals(2025, 2026)
    assert short.shape == (3, 24, 2 * PATHS_PER_BLOCK)
    assert np.array_equal(short, normals(2025, 2027)[:, :24])
    assert np.array_equal(short, normals(2023, 2026)[:, 24:])
    assert np.array_equal(short[:, 12:], normals(2026, 2028)[:, :12])
    assert not np.array_equal(short[:, :12], short[:, 12:])


@pytest.mark.parametrize("start", ["2025-04", "2026-01", "2026-03", "2026-06"])
@pytest.mark.parametrize("copula", ["none", "gaussian", "t(4)"])
def test_a_shifted_plan_keeps_the_months_that_both_have(start: str, copula: str) -> None:
    first, shifted = (june(horizon, copula) for horizon in ("2025-01", start))
    assert first.std() > 1e8
    assert np.allclose(shifted, first, rtol=2e-6)  # months are drawn in 32 bits


@pytest.mark.parametrize("copula", ["none", "gaussian", "t(4)"])
def test_a_longer_plan_keeps_its_months_to_the_bit(copula: str) -> None:
    short, long = (june("2025-01", copula, horizon__months=months) for months in (18, 60))
    assert np.array_equal(short, long)


@cache
def june(start: str, copula: str, **more: object) -> np.ndarray:
    """(paths,) revenue of one month of a plan from `start` on."""
    correlations = {} if copula == "none" else {**CORRELATED, "copula": copula}
    target = {"targets__june": f"{{measure: revenue, period: {JUNE}, at_least: 1 tỷ}}"}
    settings = {"horizon__from": start, **target, **correlations, **more}
    return simulate_plan(PLAN, paths=PATHS, **settings).values("revenue", JUNE)


def test_the_persistent_noise_of_an_earlier_start_is_forgotten() -> None:
    """AR(1) starts anew in the first January, so that the months come to agree as persistence ** months falls."""

    def months(start: str) -> np.ndarray:
        period = {
            f"targets__m{m}": f"{{measure: revenue.a, period: 2026-{m:02}, at_least: 1 tỷ}}" for m in range(1, 13)
        }
        settings = {
            "horizon__from": start,
            "horizon__months": 24,
            "services__a__baseline__persistence": "30%",
            **period,
        }
        run = simulate_plan(PLAN, paths=PATHS, shocks=None, climate=None, **settings)
        values = np.array([run.values("revenue.a", f"2026-{m:02}") for m in range(1, 13)])
        return np.diff(np.log(values), axis=0)  # without the sum of the year

    gap = np.abs(months("2025-01") - months("2026-01")).max(axis=1)
    assert gap[0] > 1e-2
    assert gap[-1] < 1e-5


def test_listed_places_keep_the_noise_of_the_months_that_both_have(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("place,district\np1,east\np2,east\np3,west\np4,west\n", encoding="utf-8")
    text = PLAN.replace("services:", "places: {file: places.csv, noise: 20%}\nservices:", 1)

    def shares(start: str, months: int) -> np.ndarray:
        target = "targets: {june: {measure: revenue, place: p3, period: 2026-06, at_least: 1 tỷ}}\n"
        horizon = f"horizon: {{from: {start}, months: {months}}}"
        plan = text.replace("horizon: {from: 2025-01, months: 36}", horizon) + target
        run = forecast.simulate(read_text(plan, tmp_path), paths=PATHS)
        return run.values("revenue@p3", JUNE) / run.values("revenue", JUNE)

    first = shares("2025-01", 24)
    assert first.std() > 0.02
    for start, months in (("2025-01", 36), ("2025-04", 24), ("2026-01", 12), ("2026-06", 12)):
        assert np.allclose(shares(start, months), first, rtol=2e-5)


def test_the_noise_of_places_is_drawn_by_calendar_year() -> None:
    def noise(first: int, months: int) -> np.ndarray:
        out = np.empty((months, PATHS_PER_BLOCK), np.float32)
        fill_normals(out, 5, "places.p1.a", 2, Calendar(12 * 2025 + first, months))
        return out

    three_years = noise(0, 36)
    for first, months in ((0, 5), (3, 24), (12, 12), (17, 1), (17, 19)):
        assert np.array_equal(noise(first, months), three_years[first : first + months])
    assert not np.array_equal(three_years[:12], three_years[12:24])
    assert abs(three_years.std() - 1) < 0.01
