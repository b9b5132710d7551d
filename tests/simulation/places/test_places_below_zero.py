"""Places of a plan whose months lie at or below zero."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.scenario import Scenario
from forecast.simulation.block import BlockResult, simulate_block
from forecast.simulation.compiled import compile_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline
from tests.support.place_plans import SEVEN_PLACES
from tests.support.signed_ledgers import LEDGERS, read_signed_plan

SERVICES = "{a: {}, b: {}, c: {growth: 0% to 5%}, d: {}}"
FLOOD = """
  flood:
    kind: flood
    per_year: 2 to 4
    season: {3: 1, 9: 2}
    classes: {local: {weight: 1, reach: 30% to 60%, days: 5 to 20, loss_share: {all: 60% to 90%}}}
    recovered: {all: 20% to 60%}
"""
DATED = """
  dated: {kind: event, from: 2026-05-01, until: 2026-06-30, effect: {volume: {all: -60%}}, recovered: {all: 50%}}
"""
DISTRICTS = {"east": ("p1", "p2"), "west": ("p3", "p4", "p5"), "north": ("p6", "p7")}


def read_place_plan(folder: Path, noise: str, shocks: str = FLOOD + DATED) -> Scenario:
    """Four services, two below zero at times, at seven places."""
    (folder / "places.csv").write_text(SEVEN_PLACES, encoding="utf-8")
    names = dict(zip("abcd", ("all_negative", "mixed_sign", "zeros_30", "one_refund"), strict=True))
    text = f"places: {{file: places.csv{noise}}}\n" + (f"shocks:{shocks}" if shocks else "")
    return read_signed_plan(folder, {service: LEDGERS[name] for service, name in names.items()}, SERVICES, text)


def simulate_places(scenario: Scenario) -> BlockResult:
    """One block, with the histograms of every place."""
    plan = compile_plan(scenario, fit_baseline(scenario), PATHS_PER_BLOCK)
    assert plan.places is not None
    first = simulate_block(replace(plan, places=replace(plan.places, fixes_histograms=True)), range(1))
    counted = first.place_outputs
    assert counted is not None
    return simulate_block(replace(plan, places=counted), range(1))


@pytest.mark.parametrize("noise", [pytest.param("", marks=pytest.mark.slow), ", noise: 30%"])
def test_places_sum_to_districts_and_districts_to_the_province_in_every_path(tmp_path: Path, noise: str) -> None:
    figures = simulate_places(read_place_plan(tmp_path, noise)).figures
    for measure in ("revenue", "revenue.a", "revenue.b", "revenue.c"):
        of_districts = [figures[f"{measure}@{code}", "2026"] for code in DISTRICTS]
        assert np.abs(sum(of_districts) - figures[measure, "2026"]).max() < 1e-9
        for code, places in DISTRICTS.items():
            of_places = [figures[f"{measure}@{place}", "2026"] for place in places]
            assert np.abs(sum(of_places) - figures[f"{measure}@{code}", "2026"]).max() < 1e-9
    assert figures["revenue.a", "2026"].max() < 0
    assert figures["revenue.a@p2", "2026"].max() < 0


@pytest.mark.slow
def test_without_shocks_and_noise_a_place_has_its_share_of_a_loss(tmp_path: Path) -> None:
    figures = simulate_places(read_place_plan(tmp_path, "", "")).figures
    shares = figures["revenue.a@p2", "2026"] / figures["revenue.a", "2026"]
    assert shares == pytest.approx(np.full(PATHS_PER_BLOCK, 2 / 11.5), rel=1e-5)


@pytest.mark.slow
def test_histograms_hold_revenue_below_zero(tmp_path: Path) -> None:
    result = simulate_places(read_place_plan(tmp_path, ", noise: 10%"))
    assert result.places is not None
    for row, place in enumerate(("p1", "p2", "p6", "p7", "p3", "p4", "p5")):
        values = result.figures[f"revenue@{place}", "2026"]
        assert result.places.mean(row).value == pytest.approx(values.mean(), rel=1e-6)
        bin_width = 2 * result.places.upper_bounds[row] / 1_024
        for p in (0.1, 0.5, 0.9):
            assert result.places.quantile(row, p).value == pytest.approx(np.quantile(values, p), abs=2 * bin_width)
    assert result.figures["revenue@p1", "2026"].min() < 0 < result.figures["revenue@p1", "2026"].max()


@pytest.mark.slow
def test_a_hit_place_loses_and_its_losses_are_those_of_the_province(tmp_path: Path) -> None:
    rare = FLOOD.replace("2 to 4", "0.2")  # two events in one month would be counted one by one
    calm, shaken = (simulate_places(read_place_plan(tmp_path, "", shocks)) for shocks in ("", rare))
    assert shaken.places is not None
    for place in ("p1", "p2", "p4"):
        change = shaken.figures[f"revenue.a@{place}", "2026"] - calm.figures[f"revenue.a@{place}", "2026"]
        assert np.mean(change < 1e-3) > 0.999  # but for months about zero that recovery turns above it
        assert change.min() < -10
    lost = sum(shaken.figures[f"lost.{service}", "horizon"].sum() for service in "abcd")
    assert shaken.places.loss_sums.sum() == pytest.approx(lost, rel=0.02)


@pytest.mark.slow
def test_a_run_with_places_below_zero_is_published_whole(tmp_path: Path) -> None:
    run = forecast.simulate(read_place_plan(tmp_path, ", noise: 10%"), paths=2 * PATHS_PER_BLOCK)
    assert np.isfinite(run.tally("revenue@west", "2026").mean)
