"""Places: their figures add up, depend on no order, and follow their shares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.loading.loader import read_text
from forecast.simulation import chunks
from forecast.simulation.results import Simulation
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from tests.support.place_plans import (
    SEVEN_PLACES,
    WITH_SHOCKS,
    WITHOUT_SHOCKS,
    place_list,
    read_plan,
    simulate_one_block,
)


def test_places_sum_to_districts_and_districts_to_the_province_in_every_path(tmp_path: Path) -> None:
    compiled_plan, result = simulate_one_block(read_plan(tmp_path, WITH_SHOCKS))
    assert compiled_plan.places is not None
    geography = compiled_plan.places.geography
    places_by_district = {d.code: geography.places[d.start : d.stop] for d in geography.districts}
    for measure in ("revenue", "revenue:parts", "revenue.a", "revenue.b"):
        of_districts = [result.figures[f"{measure}@{code}", "2021"] for code in places_by_district]
        assert np.allclose(sum(of_districts), result.figures[measure, "2021"], rtol=1e-12, atol=0)
        for code, places in places_by_district.items():
            of_places = [result.figures[f"{measure}@{place}", "2021"] for place in places]
            assert np.allclose(sum(of_places), result.figures[f"{measure}@{code}", "2021"], rtol=1e-12, atol=0)
            assert min(values.min() for values in of_places) >= 0
    assert np.ptp(result.figures["revenue:parts@p1", "2021"] / result.figures["revenue@p1", "2021"]) > 0


def test_a_place_of_weight_zero_has_no_revenue(tmp_path: Path) -> None:
    _, result = simulate_one_block(read_plan(tmp_path, WITH_SHOCKS))
    assert result.figures["revenue.b@p3", "2021"].max() == result.figures["revenue.a@p7", "2021"].max() == 0
    assert result.figures["revenue.a@p3", "2021"].min() > 0


def test_totals_do_not_depend_on_places_without_shocks(tmp_path: Path) -> None:
    without = read_text(WITHOUT_SHOCKS.replace("places: {file: places.csv}\n", ""), tmp_path)
    listed = read_plan(tmp_path, WITHOUT_SHOCKS.replace("places.csv}", "places.csv, noise: 20%}"))
    runs = [forecast.simulate(scenario, paths=9_000) for scenario in (without, listed)]
    for figure in runs[0].tallies:
        if figure[1] == "2021":
            assert runs[0].values(*figure).tobytes() == runs[1].values(*figure).tobytes()


def test_places_without_shocks_have_their_shares(tmp_path: Path) -> None:
    compiled_plan, result = simulate_one_block(read_plan(tmp_path, WITHOUT_SHOCKS))
    assert compiled_plan.places is not None
    for service in ("a", "b"):
        weights = compiled_plan.places.geography.weights(service)
        for row, place in enumerate(compiled_plan.places.geography.places):
            share = result.figures[f"revenue.{service}@{place}", "2021"] / result.figures[f"revenue.{service}", "2021"]
            assert np.allclose(share, weights[row], rtol=1e-6)


def test_equal_places_have_the_mean_losses_of_a_count_of_places(tmp_path: Path) -> None:
    """216 places hit entirely or not at all, in one commune or in another: the same loss in the mean."""
    text = WITH_SHOCKS.replace(", noise: 10% to 30%", "").replace("wide: {weight: 1", "wide: {weight: 3")
    listed = read_plan(tmp_path, text, place_list(40))
    counted = read_text(text.replace("{file: places.csv}", "{count: 40}"), tmp_path)
    runs = [forecast.simulate(scenario, paths=60_000) for scenario in (counted, listed)]
    for service in ("a", "b"):
        lost = [run.values(f"lost.{service}", "horizon") for run in runs]
        error = (lost[1] - lost[0]).std() / np.sqrt(len(lost[0]))
        assert abs((lost[1] - lost[0]).mean()) < 4 * error
        assert error < 0.01 * lost[0].mean()
    cost = [run.tally("cost", "2021").mean for run in runs]
    assert cost[1] == pytest.approx(cost[0], rel=0.02)


def test_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    head, *rows = SEVEN_PLACES.strip().split("\n")
    (tmp_path / "two").mkdir()
    result = simulate_one_block(read_plan(tmp_path, WITH_SHOCKS))[1]
    reversed_result = simulate_one_block(
        read_plan(tmp_path / "two", WITH_SHOCKS, "\n".join([head, *rows[::-1]]) + "\n")
    )[1]
    assert {key: values.tobytes() for key, values in result.figures.items()} == {
        key: values.tobytes() for key, values in reversed_result.figures.items()
    }


def figure_bytes(run: Simulation) -> list[bytes]:
    assert run.places is not None
    counted = [np.asarray(array).tobytes() for _, array in sorted(run.places.state().items())]
    return [*counted, *(np.array([t.n, t.mean, t.sd, t.quantile(0.1).value]).tobytes() for t in run.tallies.values())]


def test_places_do_not_depend_on_the_number_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.simulation.simulate.MAX_SERIAL_PATHS", 0)
    monkeypatch.setattr(chunks, "BLOCKS_PER_CHUNK", 2)
    scenario = read_plan(tmp_path, WITH_SHOCKS, place_list(35))
    one_worker, two_workers = (
        forecast.simulate(scenario, paths=4 * PATHS_PER_BLOCK - 9, execution=forecast.ExecutionOptions(workers=workers))
        for workers in (1, 2)
    )
    assert figure_bytes(one_worker) == figure_bytes(two_workers)


def test_more_paths_keep_the_first_paths_and_a_longer_horizon_the_first_months(tmp_path: Path) -> None:
    target = "  p2: {measure: revenue, place: p2, period: 2021, at_least: 20 tỷ}\n"
    scenario = read_plan(tmp_path, WITH_SHOCKS.replace("targets:\n", "targets:\n" + target))
    longer = read_plan(tmp_path, WITH_SHOCKS.replace("targets:\n", "targets:\n" + target), horizon__months="30")
    few, many_paths, long = (
        forecast.simulate(plan, paths=paths).values("revenue@p2", "2021")
        for plan, paths in ((scenario, 5_000), (scenario, 9_000), (longer, 5_000))
    )
    assert np.array_equal(few, many_paths[:5_000])
    assert np.array_equal(few, long)


def test_a_target_of_a_place_has_a_chance(tmp_path: Path) -> None:
    target = "  t: {measure: revenue.a, place: west, period: 2021-Q2, at_most: 9 tỷ}\n"
    run = forecast.simulate(read_plan(tmp_path, WITH_SHOCKS.replace("targets:\n", "targets:\n" + target)), paths=20_000)
    values = run.values("revenue.a@west", "2021-Q2")
    assert run.chance("t").value == np.mean(values <= 9e9)
    assert 0.05 < run.chance("t").value < 0.95


def test_noise_of_places_is_equal_within_and_across_districts(tmp_path: Path) -> None:
    scenario = read_plan(tmp_path, WITHOUT_SHOCKS.replace("places.csv}", "places.csv, noise: 20%}"), place_list(24, 4))
    _, result = simulate_one_block(scenario)
    logs = {row: np.log(result.figures[f"revenue.b@{row:05d}", "2021"]) for row in (0, 1, 12)}
    wanted = 0.2 * np.sqrt(2 / 12)
    for other in (1, 12):
        assert (logs[0] - logs[other]).std() == pytest.approx(wanted, rel=0.05)


def test_a_shock_without_loss_changes_no_byte(tmp_path: Path) -> None:
    """Its hits share cells and places with others, and leave their sums as they were."""
    nothing = """
  none:
    kind: flood
    per_year: 4
    season: {9: 2, 10: 8}
    classes: {one: {weight: 1, reach: 10% to 60%, days: 1 to 4, loss_share: {all: 0%}}}
    recovered: {all: 50%}
"""
    figures = simulate_one_block(read_plan(tmp_path, WITH_SHOCKS))[1].figures
    figures_with_nothing = simulate_one_block(
        read_plan(tmp_path, WITH_SHOCKS.replace("shocks:\n", "shocks:" + nothing))
    )[1].figures
    assert {key: values.tobytes() for key, values in figures.items()} == {
        key: figures_with_nothing[key].tobytes() for key in figures
    }


def test_places_of_a_district_are_hit_together(tmp_path: Path) -> None:
    """Events fall on neighbours: two places of one district are hit together more often than two far apart."""
    text = WITH_SHOCKS.replace(", noise: 10% to 30%", "")
    target = "".join(
        f"  t{row}: {{measure: revenue.a, place: '{row:05d}', period: 2021-10, at_least: 0.1 tỷ}}\n"
        for row in (3, 4, 30)
    )
    run = forecast.simulate(
        read_plan(tmp_path, text.replace("targets:\n", "targets:\n" + target), place_list(60)), paths=20_000
    )
    place, neighbour, distant = (run.values(f"revenue.a@{row:05d}", "2021-10") for row in (3, 4, 30))
    assert np.corrcoef(place, neighbour)[0, 1] > np.corrcoef(place, distant)[0, 1] + 0.05


def test_districts_do_not_depend_on_counting_every_place(tmp_path: Path) -> None:
    target = "  t: {measure: revenue.a, place: '00041', period: 2021, at_least: 1 tỷ}\n"
    scenario = read_plan(tmp_path, WITH_SHOCKS.replace("targets:\n", "targets:\n" + target), place_list(60))
    all_of_them, some = (forecast.simulate(scenario, paths=6_000, every_place=each) for each in (True, False))
    assert some.places is None
    assert all_of_them.places is not None
    assert some.values("revenue.a@00041", "2021").tobytes() == all_of_them.values("revenue.a@00041", "2021").tobytes()
    for key, tally in all_of_them.tallies.items():
        assert (some.tallies[key].mean, some.tallies[key].sd) == (tally.mean, tally.sd)
