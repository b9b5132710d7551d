"""Storms, floods and epidemics, with listed places and without, in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from tests.support.place_plans import read_plan, simulate_one_block
from tests.support.plans import ONE_SERVICE, simulate_plan

PATHS = 8_192
CLASSES = ", ".join(
    f"c{weight}: {{weight: {weight}, reach: {reach}%, days: 3, loss_share: {{all: {loss}%}}, "
    f"repair_per_place: {cost} tỷ}}"
    for weight, reach, loss, cost in ((1, 10, 90, 3), (2, 50, 40, 1), (3, 80, 20, 0.5))
)
STORM = f"{{kind: storm, per_year: 3, season: {{7: 1, 8: 2}}, classes: {{{CLASSES}}}}}"
TWICE = ONE_SERVICE + "  b: {baseline: {method: given, annual: 60 tỷ, shape: flat}}\n"


def test_classes_happen_by_their_weights() -> None:
    """Repair is a compound Poisson sum: rate times the mean cost, and times the mean square for its variance."""
    run = simulate_plan(ONE_SERVICE, paths=PATHS, places__count=10, shocks__s=STORM)
    weights, costs = np.array([1, 2, 3]) / 6, 10 * np.array([0.1 * 3, 0.5 * 1, 0.8 * 0.5])
    cost = run.tally("cost", "2021")
    mean, variance = 3 * weights @ costs, 3 * weights @ costs**2
    assert abs(cost.mean / 1e9 - mean) < 4.5 * np.sqrt(variance / PATHS)
    assert cost.sd / 1e9 == pytest.approx(np.sqrt(variance), rel=0.04)
    kept = np.array([1 - r * loss * 3 / 31 for r, loss in ((0.1, 0.9), (0.5, 0.4), (0.8, 0.2))])
    for month, rate in ((7, 1), (8, 2)):  # a storm near the end of a month takes some days of the next
        tally = run.tally("revenue", f"2021-{month:02}")
        expected = 10 * np.exp(-rate * weights @ (1 - kept))
        assert tally.mean / 1e9 == pytest.approx(expected, rel=2e-3)
    assert run.tally("cost", "2021-06").maximum == run.tally("cost", "2021-09").maximum == 0


def test_equal_places_lose_what_a_count_of_places_loses(tmp_path: Path) -> None:
    """On average over the paths, for storms that hit a third of three places and leave half of their trade."""
    places = "place,district\np1,d\np2,d\np3,d\n"
    size = "{weight: 1, reach: 33.3333333%, days: 5, loss_share: {all: 50%}}"
    text = TWICE + f"shocks: {{s: {{kind: storm, per_year: 3, season: {{7: 1}}, classes: {{c: {size}}}}}}}\n"
    listed = forecast.simulate(read_plan(tmp_path, text + "places: {file: places.csv}\n", places), paths=PATHS)
    counted = forecast.simulate(read_plan(tmp_path, text + "places: {count: 3}\n"), paths=PATHS)
    for service, month in (("a", 10), ("b", 5)):
        run, other = (each.tally(f"revenue.{service}", "2021-07") for each in (listed, counted))
        assert abs(run.mean - other.mean) < 5 * run.sd / np.sqrt(PATHS)
        assert run.maximum == pytest.approx(month * 1e9)
        assert run.minimum < 0.95 * month * 1e9
        assert listed.tally(f"revenue.{service}", "2021-06").minimum == pytest.approx(month * 1e9)


EPIDEMIC = (
    "{kind: epidemic, waves_per_year: 4, length: 6 weeks, reach: 80%, "
    "mild: {effect: {volume: {a: -10%}, price: {a: -5%, b: -20%}}}, "
    "hard: {chance: HARD, length: 20 days, reach: 100%, effect: {volume: {all: -50%}, price: {a: 10%}}}}"
)


@pytest.mark.parametrize("hard", ["0%", "60%"])
def test_an_epidemic_that_shuts_all_places_is_that_of_a_plan_without_a_list(tmp_path: Path, hard: str) -> None:
    text = TWICE + f"shocks: {{w: {EPIDEMIC.replace('HARD', hard)}}}\n"
    places = "place,district\np1,d\np2,d\np3,d\n"
    listed, counted = (
        forecast.simulate(read_plan(tmp_path, text + f"places: {{{key}}}\n", places), paths=4_096)
        for key in ("file: places.csv", "count: 3")
    )
    for service in ("a", "b"):
        for period in ("2021", "2021-05"):
            first, second = (run.tally(f"revenue.{service}", period) for run in (listed, counted))
            assert first.mean == pytest.approx(second.mean, rel=1e-9)
            assert first.sd == pytest.approx(second.sd, rel=1e-6)
            assert first.minimum == pytest.approx(second.minimum, rel=1e-9)
        assert listed.tally(f"lost.{service}", "horizon").mean == pytest.approx(
            counted.tally(f"lost.{service}", "horizon").mean, rel=1e-9, abs=1
        )


HITS_A_THIRD = {
    "storm": "{kind: storm, per_year: 0.3, season: {7: 1}, classes: {c: {weight: 1, reach: 33.3333333%, days: 5, "
    "loss_share: {all: 50%}}}}",
    "epidemic": "{kind: epidemic, waves_per_year: 0.3, length: 6 weeks, mild: {effect: {volume: {all: 0%}}}, "
    "hard: {chance: 100%, length: 20 days, reach: 33.3333333%, effect: {volume: {all: -50%}}}}",
}


@pytest.mark.parametrize("kind", HITS_A_THIRD)
def test_what_hits_a_third_of_three_places_hits_one_of_them(tmp_path: Path, kind: str) -> None:
    text = ONE_SERVICE + f"shocks: {{s: {HITS_A_THIRD[kind]}}}\nplaces: {{file: places.csv}}\n"
    _, block = simulate_one_block(read_plan(tmp_path, text, "place,district\np1,d\np2,d\np3,d\n"))
    of_places = np.array([block.figures[f"revenue@{place}", "2021"] for place in ("p1", "p2", "p3")]) / 1e9
    has_lost = of_places < 40 - 1e-6
    assert np.mean(has_lost.any(axis=0)) == pytest.approx(1 - np.exp(-0.3), abs=0.08)
    hits = np.bincount(has_lost.sum(axis=0), minlength=4)
    assert hits[1] > 5 * hits[2] > 0
    assert np.allclose(of_places[~has_lost], 40)
    assert np.allclose(of_places.sum(axis=0), block.figures["revenue", "2021"] / 1e9)
