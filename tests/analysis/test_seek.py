"""Goal seeking: closed forms, paired differences, several roots, levers and whose they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import forecast
from forecast.analysis.levers import fixed_levers, moving_levers
from forecast.analysis.seek import SeekTable, first_open_month, seek_table
from forecast.analysis.seek_value import bisect_chance, seek_value
from forecast.periods import first_day
from forecast.plan.scenario import Scenario
from forecast.plan.variant import Variant

LINEAR = """\
name: Linear
currency: VND
horizon: {from: 2026-01, months: 12}
services:
  a: {baseline: {method: given, annual: "normal(120 tỷ, 5 tỷ)"}}
  b: {baseline: {method: given, annual: 130 tỷ}}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 255 tỷ, required_chance: 80%}
"""
REQUIRED = 0.8
Z80 = float(norm.ppf(0.8))


@pytest.fixture
def linear(tmp_path: Path) -> Scenario:
    """Revenue is a normal of 120 with sd 5, and a sure 130."""
    return plan(tmp_path, LINEAR)


def plan(folder: Path, text: str) -> Scenario:
    file = folder / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return forecast.read(file)


def test_a_sure_value_is_that_of_the_closed_form(linear: Scenario) -> None:
    run = forecast.simulate(linear, paths=100_000)
    sought = seek_value(run, "revenue", REQUIRED, ["services.b.baseline.annual"], "sure", (100e9, 180e9))
    (root,) = sought.roots
    exact = 255e9 - 120e9 + Z80 * 5e9
    assert root.value.low < exact < root.value.high
    assert root.value.value == pytest.approx(exact, rel=1e-3)
    assert root.rises
    assert root.chance.low < REQUIRED < root.chance.high


def test_a_range_that_moves_keeps_its_width(linear: Scenario) -> None:
    run = forecast.simulate(linear, paths=100_000)
    (root,) = seek_value(run, "revenue", REQUIRED, ["services.a.baseline.annual"], "shift").roots
    exact = 255e9 - 130e9 + Z80 * 5e9
    assert root.value.low < exact < root.value.high
    (sure,) = seek_value(run, "revenue", REQUIRED, ["services.a.baseline.annual"], "sure").roots
    assert sure.value.value == pytest.approx(125e9, rel=1e-6)  # known to be that, it needs no more


def test_several_numbers_move_by_one_share(tmp_path: Path) -> None:
    two = LINEAR.replace("annual: 130 tỷ", 'annual: "normal(130 tỷ, 3 tỷ)"')
    run = forecast.simulate(plan(tmp_path, two), paths=100_000)
    names = ["services.a.baseline.annual", "services.b.baseline.annual"]
    sought = seek_value(run, "revenue", REQUIRED, names, "shift")
    (root,) = sought.roots
    to_the_ends = float(norm.ppf(0.9)) * (5e9 + 3e9)
    exact = (5e9 + Z80 * np.hypot(5e9, 3e9)) / to_the_ends
    assert root.value.low < exact < root.value.high
    assert sought.values_at_root[names[0]] == pytest.approx(120e9 + exact * float(norm.ppf(0.9)) * 5e9, rel=1e-3)


def test_what_cannot_be_reached_has_its_best(linear: Scenario) -> None:
    run = forecast.simulate(linear, paths=8_192)
    sought = seek_value(run, "revenue", REQUIRED, ["services.b.baseline.annual"], "sure", (100e9, 130e9))
    assert sought.roots == ()
    assert not sought.is_reachable
    assert sought.best[0] == 130e9
    assert sought.best[1].value == pytest.approx(norm.sf(1), abs=0.02)
    everywhere = seek_value(run, "revenue", REQUIRED, ["services.b.baseline.annual"], "sure", (150e9, 160e9))
    assert everywhere.is_everywhere
    assert everywhere.is_reachable


def test_a_bracket_is_halved_where_the_chance_rises_and_where_it_falls() -> None:
    def chance(value: float) -> float:
        return float(np.clip(1.2 - (value - 3) ** 2 / 4, 0, 1))

    low, high = bisect_chance(chance, (1.0, 3.0), REQUIRED, rises=True)
    assert low <= 3 - np.sqrt(1.6) <= high
    low, high = bisect_chance(chance, (3.0, 5.0), REQUIRED, rises=False)
    assert low <= 3 + np.sqrt(1.6) <= high


def test_every_root_is_found_where_the_chance_rises_and_falls(tmp_path: Path) -> None:
    # a month of the initiative costs 1; it brings 0.5 in the first half of the year and 1.5 in the second
    text = """\
name: Two roots
currency: VND
horizon: {from: 2026-01, months: 12}
services:
  a: {baseline: {method: given, annual: "normal(120 tỷ, 5 tỷ)", shape: [1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3]}}
costs: {rent: {per_month: 1 tỷ}}
initiatives: {push: {start: 2026-04-01, effect: {revenue: {a: 10%}}, cost: {per_month: 1 tỷ}}}
targets: {profit: {measure: profit, period: 2026, at_least: 109.5 tỷ, required_chance: 50%}}
"""
    run = forecast.simulate(plan(tmp_path, text), paths=32_768)
    ends = (float(first_day(12 * 2026)), float(first_day(12 * 2027)))
    sought = seek_value(run, "profit", 0.5, ["initiatives.push.start"], "sure", ends)
    early, late = sought.roots
    assert early.rises
    assert not late.rises
    assert early.value.value == pytest.approx(first_day(12 * 2026 + 3), abs=5)
    assert late.value.value == pytest.approx(first_day(12 * 2026 + 9), abs=5)
    assert early.value.value < sought.best[0] < late.value.value


def test_a_root_below_which_the_chance_is_higher(tmp_path: Path) -> None:
    text = LINEAR.replace(
        "targets:",
        """initiatives:
  push: {start: 2026-06-15, ramp: 6 months, effect: {revenue: {b: 6%}}}
targets:""",
    )
    run = forecast.simulate(plan(tmp_path, text), paths=4_096)
    name = "initiatives.push.start"
    ends = (float(first_day(12 * 2026)), float(first_day(12 * 2027 + 3)))
    sought = seek_value(run, "revenue", run.chance("revenue").value + 0.02, [name], "sure", ends)
    (root,) = sought.roots
    assert not root.rises  # the later, the less


LEVERS = """\
name: Levers
currency: VND
as_of: 2025-12-15
horizon: {from: 2026-01, months: 12}
services:
  post: {baseline: {method: given, annual: 90 tỷ to 110 tỷ, noise: 4%}}
  bank: {baseline: {method: given, annual: 45 tỷ to 55 tỷ, noise: 3%}}
shocks:
  covid:
    kind: epidemic
    waves_per_year: 1 to 2
    length: 20 to 60 days
    mild: {effect: {volume: {all: -10% to -2%}}}
    hard: {chance: 50%, length: 10 to 20 days, effect: {volume: {all: -60% to -30%}}}
  floods:
    kind: flood
    per_year: 1 to 3
    season: {9: 1, 10: 2}
    classes:
      local: {weight: 3, reach: 10% to 30%, days: 1 to 5 days, loss_share: {all: 50% to 90%}}
      wide: {weight: 1, reach: 50% to 90%, days: 3 to 9 days, loss_share: {all: 60% to 95%}}
  rival: {kind: drift, over: 12 months, effect: {price: {post: -4% to -1%}}}
initiatives:
  parcels: {chance: 50%, start: "uniform(2026-02, 2026-08)", ramp: 1 month, effect: {revenue: {post: 4% to 9%}}}
  app: {chance: 40%, start: 2026-04, effect: {revenue: {bank: 3% to 8%}}}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 148 tỷ, required_chance: 60%}
cases:
  weak: {services: {post: {baseline: {annual: 80 tỷ to 95 tỷ}}}}
  no_parcels: {initiatives: {parcels: null}}
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> SeekTable:
    """Every lever of a plan."""
    scenario = plan(tmp_path_factory.mktemp("levers"), LEVERS)
    run = forecast.simulate(scenario, paths=32_768)
    cases = {name: (case, run.baseline) for name, case in sorted(scenario.cases.items())}
    return seek_table(run, cases, "revenue", 0.6, 16_384)


def test_levers_say_whose_they_are(table: SeekTable) -> None:
    kinds = {(row.lever.names, row.lever.change): row.lever.kind for row in table.rows}
    both = ("initiatives.app", "initiatives.parcels")
    assert kinds == {
        (("initiatives.parcels",), "certain"): "decide",
        (("initiatives.parcels",), "certain_early"): "decide",
        (("initiatives.app",), "certain"): "decide",
        (both, "certain"): "decide",
        (both, "certain_early"): "decide",
        (("services.post.baseline.annual",), "moved"): "earn",
        (("services.bank.baseline.annual",), "moved"): "earn",
        (("shocks.covid.hard",), "without"): "outside",
        (("shocks.floods.classes.wide",), "without"): "outside",
        (("shocks.rival",), "without"): "outside",
    }


def test_rows_are_the_plan_with_that_change(table: SeekTable, tmp_path: Path) -> None:
    changed = LEVERS.replace("parcels: {chance: 50%", "parcels: {chance: 100%")
    alone = forecast.simulate(plan(tmp_path, changed), paths=32_768).chance("revenue")
    (row,) = (r for r in table.rows if r.lever.names == ("initiatives.parcels",) and r.lever.change == "certain")
    assert row.chance.value == alone.value
    assert row.difference.value == pytest.approx(alone.value - table.chance.value)
    assert row.difference.low < row.difference.value < row.difference.high


def test_a_moved_range_has_the_required_chance(table: SeekTable) -> None:
    moved = [row for row in table.rows if row.lever.change == "moved"]
    assert len(moved) == 2
    for row in moved:
        assert row.chance.value == pytest.approx(0.6, abs=0.0005)
        assert row.reaches
        assert row.before is not None
        assert row.after is not None
        assert (row.after > row.before) == (table.chance.value < 0.6)


def test_the_value_that_has_the_chance_today_has_it(table: SeekTable, tmp_path: Path) -> None:
    at = f"{table.reachable.value / 1e9:.6f} tỷ"
    run = forecast.simulate(plan(tmp_path, LEVERS.replace("at_least: 148 tỷ", f"at_least: {at}")), paths=32_768)
    assert run.chance("revenue").value == pytest.approx(0.6, abs=0.001)


def test_cases_are_those_of_the_plan_with_the_change(table: SeekTable, tmp_path: Path) -> None:
    (early,) = (r for r in table.rows if r.lever.change == "certain_early" and len(r.lever.names) == 1)
    by_case = {case.name: case for case in early.cases}
    plain = {case.name: case for case in table.cases}
    assert by_case["no_parcels"].chance == plain["no_parcels"].chance  # nothing to make certain there
    assert by_case["weak"].chance > plain["weak"].chance
    assert not by_case["weak"].reaches


def test_nothing_that_lies_in_closed_months_can_be_decided(tmp_path: Path) -> None:
    scenario = plan(tmp_path, LEVERS)
    names = {name for lever in fixed_levers(scenario, open_from=12 * 2026 + 5) for name in lever.names}
    assert "initiatives.app" not in names
    assert "initiatives.parcels" in names
    (early,) = (lever for lever in fixed_levers(scenario, open_from=12 * 2026 + 5) if lever.change == "certain_early")
    assert early.variant.held["initiatives.parcels.start"] >= forecast.read(tmp_path / "plan.yaml").horizon.from_
    assert all(lever.change == "open_months" for lever in moving_levers(scenario, 12 * 2026 + 5))


def test_levers_of_a_reforecast_are_the_open_months() -> None:
    scenario = forecast.read(Path(__file__).parents[2] / "scenarios" / "months" / "2025-06.yaml")
    run = forecast.simulate(scenario, paths=8_192)
    target = scenario.main_target
    assert first_open_month(replace(run, lesson=None)) == 12 * 2025 + 6  # also where the books taught nothing
    answer = seek_table(run, {}, target, 0.5, 4_096)
    moved = [row for row in answer.rows if row.lever.kind == "earn"]
    assert moved
    assert any(row.reaches and row.chance.value == pytest.approx(0.5, abs=0.01) for row in moved)
    assert {row.lever.change for row in moved} == {"open_months"}


@pytest.mark.slow
def test_the_interval_of_a_sought_value_covers_at_its_rate(linear: Scenario) -> None:
    exact, covered = 255e9 - 120e9 + Z80 * 5e9, 0
    for seed in range(200):
        run = forecast.simulate(linear, paths=16_384, seed=seed)
        (root,) = seek_value(run, "revenue", REQUIRED, ["services.b.baseline.annual"], "sure", (120e9, 160e9)).roots
        covered += root.value.low < exact < root.value.high
    assert 0.91 <= covered / 200 <= 0.985


def test_an_empty_variant_moves_nothing() -> None:
    assert not Variant().changes_plan
