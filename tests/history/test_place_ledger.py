"""A ledger by place: read strictly, forecast at every node, reconciled, and played as shares."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.errors import InputError
from forecast.history.place_ledger import PlaceLedger
from forecast.periods import Calendar, format_month
from forecast.plan.geography import build_geography
from forecast.plan.loading.loader import read_text
from forecast.runs.manifest import run_inputs
from forecast.timeseries.place_shares import forecast_by_place
from forecast.timeseries.reconciliation import grouped_hierarchy

LIST = "place,district\np1,east\np2,east\np3,west\n"
PLAN = """
name: By ledger
horizon: {from: 2021-01, months: 12}
places: {file: places.csv, ledger: ledger.csv}
services:
  a: {baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {baseline: {method: given, annual: 60 tỷ, shape: flat}}
"""
SIZES = {("a", "p1"): 5.0, ("a", "p2"): 2.0, ("a", "p3"): 3.0, ("b", "p1"): 1.0, ("b", "p2"): 0.0, ("b", "p3"): 4.0}


def ledger(months: int = 36, growth: float = 0.0) -> list[str]:
    rng = np.random.default_rng(7)
    first = 12 * 2021 - months
    rows = ["month,service,place,revenue,status"]
    for n in range(months):
        season = 1 + 0.2 * np.sin(2 * np.pi * n / 12)
        for (service, place), size in SIZES.items():
            grown = (1 + growth) ** (n / 12) if place == "p3" else 1.0
            value = round(1e9 * size * season * grown * np.exp(0.02 * rng.normal()))
            rows.append(f"{format_month(first + n)},{service},{place},{value},actual")
    return rows


def write(folder: Path, rows: list[str]) -> Path:
    (folder / "places.csv").write_text(LIST, encoding="utf-8")
    (folder / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def shares(folder: Path, rows: list[str]) -> dict[tuple[str, str], float]:
    run = forecast.simulate(read_text(PLAN, write(folder, rows)), paths=10)
    return {
        (service, place): run.tally(f"revenue.{service}@{place}", "2021").mean
        / run.tally(f"revenue.{service}", "2021").mean
        for service, place in SIZES
    }


def test_shares_are_those_of_the_ledger(tmp_path: Path) -> None:
    found = shares(tmp_path, ledger())
    for (service, place), size in SIZES.items():
        whole = sum(other for (s, _), other in SIZES.items() if s == service)
        assert found[service, place] == pytest.approx(size / whole, abs=0.01)


def test_a_place_that_grows_weighs_more_than_it_did(tmp_path: Path) -> None:
    for name in ("still", "growing"):
        (tmp_path / name).mkdir()
    still, growing = shares(tmp_path / "still", ledger()), shares(tmp_path / "growing", ledger(growth=0.3))
    assert growing["a", "p3"] > still["a", "p3"] + 0.1


def test_forecasts_of_all_nodes_add_up_and_none_is_negative(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    districts = {f"{place:03d}": f"d{place // 17:02d}" for place in range(217)}
    terrain = build_geography(districts, {}, {"a": dict.fromkeys(districts, 1.0)})
    revenue = np.exp(rng.normal(0, 1, (3, 217, 1)) + 0.2 * rng.normal(size=(3, 217, 36)))
    revenue[0, :5] = 0
    start = time.process_time()
    found = forecast_by_place(PlaceLedger(Calendar(12 * 2018, 36), revenue, "actual", ""), terrain, ("a", "b", "c"), 12)
    assert time.process_time() - start < 4
    assert found.shape == (3, 217, 12)
    assert found.min() >= 0
    assert np.allclose(found[0, :5], 0, atol=1e-3 * found.mean())
    assert found.sum() == pytest.approx(revenue[:, :, -12:].sum(), rel=0.1)
    assert len(grouped_hierarchy(districts, ("a", "b", "c")).bottom) == 651


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("2018-01,a,p1,", "2018-13,a,p1,", "'2018-13' is not a month"),
        ("2018-01,a,p1,", "2018-01,a,p9,", "the list has no place 'p9'"),
        ("2018-01,a,p1,", "2018-01,c,p1,", "the plan has no service 'c'"),
        ("2018-01,a,p1,", "2018-01,a,p1,-", "revenue below 0"),
        ("2018-02,a,p1,", "2018-01,a,p1,", "2018-01 of 'a' in 'p1' stands twice (line 2)"),
        ("2018-01,a,p1,", "2018-01,a,p1,x", "is not a plain number"),
        ("actual", "actuall", "unknown status 'actuall'; write 'actual'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    rows = ledger()
    place = next(n for n, row in enumerate(rows) if old in row)
    rows[place] = rows[place].replace(old, new, 1)
    with pytest.raises(InputError) as wrong:
        read_text(PLAN, write(tmp_path, rows))
    assert sentence in str(wrong.value)
    assert f"ledger.csv:{place + 1}:" in str(wrong.value)


def test_a_missing_month_and_a_short_ledger_are_refused(tmp_path: Path) -> None:
    rows = ledger()
    with pytest.raises(InputError, match=r"'b' in 'p2' lacks 2019-05"):
        read_text(PLAN, write(tmp_path, [row for row in rows if not row.startswith("2019-05,b,p2")]))
    with pytest.raises(InputError, match="at least 24"):
        read_text(PLAN, write(tmp_path, ledger(12)))


def test_weights_beside_a_ledger_are_refused(tmp_path: Path) -> None:
    write(tmp_path, ledger())
    with pytest.raises(InputError, match="the ledger by place weighs"):
        read_text(PLAN.replace("ledger.csv}", "ledger.csv, weights: equal}"), tmp_path)


def test_the_ledger_is_part_of_what_a_run_is_made_of(tmp_path: Path) -> None:
    one = run_inputs(read_text(PLAN, write(tmp_path, ledger())), seed=1, paths=10, language="en")
    two = run_inputs(read_text(PLAN, write(tmp_path, ledger(growth=0.01))), seed=1, paths=10, language="en")
    assert {row["name"] for row in one.manifest["data"]} == {"places.csv", "ledger.csv"}
    assert one.run_id != two.run_id
