"""Frames of a simulation: tidy, and the same figures that the simulation gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.loading.loader import read_text
from forecast.simulation.frames import FRAME_QUANTILE_LEVELS, quantile_rows
from tests.support.plans import FULL_PLAN, TWO_SERVICES, simulate_plan

COLUMNS = ["scenario", "measure", "period", "place", "statistic", "value", "low", "high"]
PLACES = "place,district\np1,east\np2,east\np3,west\n"


def test_to_frame_gives_the_figures_of_the_run_once_each() -> None:
    run = simulate_plan(FULL_PLAN, paths=500)
    frame = run.to_frame()
    assert list(frame.columns) == COLUMNS
    assert not frame.duplicated(COLUMNS[1:5]).any()
    assert set(zip(frame["measure"], frame["period"], strict=True)) == {
        figure for figure in run.tallies if not figure[0].startswith("bridge.")
    }
    rows = frame[(frame["measure"] == "revenue") & (frame["period"] == "2021")].set_index("statistic")
    assert tuple(rows.loc["p10", ["value", "low", "high"]]) == run.tally("revenue", "2021").quantile(0.1)
    assert tuple(rows.loc["mean", ["value", "low", "high"]]) == run.tally("revenue", "2021").mean_estimate()
    assert ((frame["low"] <= frame["value"]) & (frame["value"] <= frame["high"])).all()


def test_to_frame_lists_every_place_and_district_once(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    text = FULL_PLAN.replace("places: {count: 216}", "places: {file: places.csv}")
    run = forecast.simulate(read_text(text, tmp_path), paths=500)
    frame = run.to_frame()
    assert not frame.duplicated(COLUMNS[1:5]).any()
    means = frame[(frame["measure"] == "revenue") & (frame["period"] == "2021") & (frame["statistic"] == "mean")]
    means = means.set_index("place")["value"]
    assert set(means.index) == {"", "east", "west", "p1", "p2", "p3"}
    assert means["p1"] + means["p2"] == pytest.approx(means["east"], rel=1e-9)
    assert means["east"] + means["west"] == pytest.approx(means[""], rel=1e-9)


def test_to_frame_lists_places_that_have_no_tally_of_their_own(tmp_path: Path) -> None:
    rows = "".join(f"p{number:04d},d{number % 7}\n" for number in range(2_100))
    (tmp_path / "places.csv").write_text(f"place,district\n{rows}", encoding="utf-8")
    text = TWO_SERVICES.replace("services:", "places: {file: places.csv}\nservices:", 1)
    run = forecast.simulate(read_text(text, tmp_path), paths=100)
    assert ("revenue@p0001", "2021") not in run.tallies
    frame = run.to_frame()
    row = frame[(frame["place"] == "p0001") & (frame["statistic"] == "p50")]
    assert run.places is not None
    assert run.geography is not None
    place = run.geography.places.index("p0001")
    assert [tuple(row.iloc[0][["value", "low", "high"]])] == [run.places.quantile(place, 0.5)]


def test_quantile_rows_have_the_quantiles_and_name_places_as_the_plan_does() -> None:
    run = simulate_plan(TWO_SERVICES, paths=300)
    tally = run.tally("revenue", "2021")
    rows = quantile_rows({("revenue@442", "2021"): tally}, [("revenue@442", "2021")])
    assert [row[:3] for row in rows] == [("revenue@442", "2021", p) for p in FRAME_QUANTILE_LEVELS]
    assert [row[3:] for row in rows] == [tally.quantile(p) for p in FRAME_QUANTILE_LEVELS]


def test_draws_are_the_paths_that_were_kept() -> None:
    run = simulate_plan(TWO_SERVICES, paths=6_000, keep=4_096)
    draws = run.draws("revenue", "2021")
    assert np.array_equal(draws, run.values("revenue", "2021")[: len(draws)])
    assert len(draws) == 4_096
    assert draws.name == "revenue"
    short = simulate_plan(TWO_SERVICES, paths=100, keep=4_096)
    assert len(short.draws("revenue", "2021")) == 100


def test_draws_name_what_is_missing() -> None:
    with pytest.raises(ValueError, match="keep="):
        simulate_plan(TWO_SERVICES, paths=100).draws("revenue", "2021")
    with pytest.raises(KeyError, match="profit"):
        simulate_plan(TWO_SERVICES, paths=100, keep=100).draws("profit", "2021")
