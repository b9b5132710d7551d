"""Ways to fail: closed forms, pieces that add up, the future that stands for a way, and what cannot be told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import forecast
from forecast.analysis.failure_line import failure_line, figure_terms, line_figure, splittable_target, unsplit_reason
from forecast.analysis.failure_modes import MIN_FAILURES, FailureModes, failure_modes
from forecast.plan.scenario import Scenario
from forecast.reports.failure_summary import summarise_failures
from forecast.simulation.results import Simulation
from tests.support.failing_plans import RISKS, TWO_NORMALS
from tests.support.plans import ROOT

PATHS = 32_768


def read(folder: Path, text: str) -> Scenario:
    file = folder / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return forecast.read(file)


def told(run: Simulation, target: str = "", line: float | None = None) -> FailureModes:
    modes = failure_modes(run, failure_line(run.scenario, target, line))
    assert modes is not None
    return modes


@pytest.fixture(scope="module")
def risky(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """Every kind of risk, path by path."""
    scenario = read(tmp_path_factory.mktemp("plan"), RISKS)
    return forecast.simulate(scenario, paths=PATHS, keep=PATHS)


def test_two_normals_fail_each_half_of_the_times_and_likeliest_together(tmp_path: Path) -> None:
    run = forecast.simulate(read(tmp_path, TWO_NORMALS), paths=100_000, keep=100_000)
    modes = told(run)
    assert modes.chance.low < norm.sf(3 / np.sqrt(2)) < modes.chance.high
    assert {way.cause for way in modes.ways} == {"services.a", "services.b"}
    for way in modes.ways:
        assert way.share.low - 0.01 < 0.5 < way.share.high + 0.01
        assert way.chance.value == pytest.approx(modes.chance.value * way.share.value)
    assert modes.likeliest is not None
    assert {value.name for value in modes.likeliest.values} == {
        "services.a.baseline.annual",
        "services.b.baseline.annual",
    }
    for value in modes.likeliest.values:
        assert value.deviations == pytest.approx(-1.5, abs=0.03)
        assert value.value == pytest.approx(8.5e9, abs=0.03e9)
    assert summarise_failures(modes)["design_point"]["probability"] == pytest.approx(0.0169, abs=2e-4)


def test_a_year_with_noisy_months_is_told_as_it_comes_out(tmp_path: Path) -> None:
    noisy = TWO_NORMALS.replace('"normal(10 tỷ, 1 tỷ)", noise: 0%}}', '"normal(10 tỷ, 1 tỷ)", noise: 16%}}', 1)
    scenario = read(tmp_path, noisy)
    run = forecast.simulate(scenario, paths=PATHS, keep=PATHS)
    modes = told(run)
    assert modes.likeliest is not None
    held = {value.name: value.value for value in modes.likeliest.values}
    assert held.keys() == {"services.a.baseline.annual", "services.b.baseline.annual"}
    then = forecast.simulate(scenario, paths=8_192, variant=forecast.Variant(held=held))
    assert then.tally("revenue", "2026").mean == pytest.approx(17e9, abs=0.1e9)


def test_mean_pieces_are_those_of_independent_normals(tmp_path: Path) -> None:
    before, after = (f'b: {{baseline: {{method: given, annual: "normal(10 tỷ, {sd} tỷ)"' for sd in (1, 0.7))
    uneven = TWO_NORMALS.replace(before, after)
    assert uneven != TWO_NORMALS
    run = forecast.simulate(read(tmp_path, uneven), paths=PATHS, keep=PATHS)
    modes = told(run, line=18e9)
    rng = np.random.default_rng(11)
    a, b = rng.normal(0, 1e9, 2_000_000), rng.normal(0, 0.7e9, 2_000_000)
    fails, is_a = a + b < -2e9, a < b
    first = {"services.a": (fails & is_a), "services.b": (fails & ~is_a)}
    for way in modes.ways:
        chosen = first[way.cause]
        assert way.share.value == pytest.approx(chosen.sum() / fails.sum(), abs=0.04)
        assert way.pieces["services.a"].value == pytest.approx(a[chosen].mean(), abs=0.12e9)
        assert way.pieces["services.b"].value == pytest.approx(b[chosen].mean(), abs=0.12e9)
        assert way.pieces["services.a"].low < way.pieces["services.a"].value < way.pieces["services.a"].high


@pytest.mark.parametrize("target", ["revenue", "profit", "summer", "spending"])
def test_terms_add_up_to_the_measure_in_every_path(risky: Simulation, target: str) -> None:
    assert risky.path_sample is not None
    line, figures = failure_line(risky.scenario, target), risky.path_sample.figures
    outcome = figures[line_figure(risky.scenario, line, figures)]
    total = sum(term.sign * figures[term.key] for term in figure_terms(risky.scenario, line, figures))
    assert total == pytest.approx(outcome, rel=1e-10)


@pytest.mark.parametrize("target", ["revenue", "profit", "summer", "spending"])
def test_pieces_of_a_way_add_up_to_what_it_misses_the_mean_by(risky: Simulation, target: str) -> None:
    modes = told(risky, target)
    assert sum(way.share.value for way in modes.ways) == pytest.approx(1)
    assert sum(way.chance.value for way in modes.ways) == pytest.approx(modes.chance.value)
    shares = [way.share.value for way in modes.ways if way.cause != "other"]
    assert shares == sorted(shares, reverse=True)
    assert min(shares) >= 0.05
    sign = 1 if modes.line.is_below else -1
    for way in modes.ways:
        assert way.pieces.keys() == modes.labels.keys()
        if way.future is not None:
            assert sum(way.future.pieces.values()) == pytest.approx(way.future.value - modes.mean, rel=1e-8)
            assert sign * way.future.value < sign * modes.line.line
            furthest = min(way.future.pieces, key=lambda cause: sign * way.future.pieces[cause])  # type: ignore[union-attr]
            assert furthest == way.cause


def test_profit_has_costs_of_its_own_and_repairs_belong_to_their_shock(risky: Simulation) -> None:
    causes = told(risky, "profit").labels.keys()
    assert {"costs.goods", "costs.rent", "shocks.floods", "initiatives", "services.shop"} <= causes
    assert not {"costs.floods", "costs.site"} & causes
    assert risky.path_sample is not None
    line = failure_line(risky.scenario, "profit")
    of_floods = [t for t in figure_terms(risky.scenario, line, risky.path_sample.figures) if t.cause == "shocks.floods"]
    assert {(term.key[0], term.sign) for term in of_floods} == {("bridge.shocks.floods", 1), ("cost.floods", -1)}


def test_another_period_is_split_into_services(risky: Simulation) -> None:
    causes = told(risky, "summer").labels.keys()
    assert {"services.shop", "services.post", "costs.goods"} <= causes
    assert "shocks.closure" not in causes


def test_a_way_of_an_event_has_its_days_in_the_future_that_stands_for_it(risky: Simulation) -> None:
    modes = told(risky)
    way = next(way for way in modes.ways if way.cause == "shocks.closure")
    assert way.label.vi == "Sửa đường"
    assert way.future is not None
    (event,) = (event for event in way.future.events if event.shock == "shocks.closure")
    assert date.fromordinal(int(event.start)) == date(2026, 3, 10)
    row = next(row for row in summarise_failures(modes)["rows"] if row["name"] == "shocks.closure")
    told_event = next(event for event in row["future"]["events"] if event["shock"] == "shocks.closure")
    assert (told_event["from"], told_event["until"]) == ("2026-03-10", "2026-06-18")
    assert way.future.growth("shop") == {}  # a year that is given grows over nothing


def test_the_future_of_a_way_is_the_one_nearest_to_its_means(risky: Simulation) -> None:
    modes = told(risky)
    way = modes.ways[0]
    assert risky.path_sample is not None
    assert way.future is not None
    figures = risky.path_sample.figures
    terms = figure_terms(risky.scenario, modes.line, figures)
    pieces = {cause: np.zeros(PATHS) for cause in modes.labels}
    for term in terms:
        pieces[term.cause] += term.sign * (figures[term.key] - figures[term.key].mean())
    causes = [cause for cause in pieces if pieces[cause].std() > 0]
    matrix = np.array([pieces[cause] for cause in causes])
    fails = figures["revenue", "2026"] < modes.line.line
    rows = np.flatnonzero(fails & (np.argmin(matrix, axis=0) == causes.index(way.cause)))
    means = np.array([way.pieces[cause].value for cause in causes])
    distance = (((matrix[:, rows].T - means) / matrix.std(axis=1)) ** 2).sum(axis=1)
    assert len(rows) == round(way.chance.value * PATHS)
    assert rows[np.argmin(distance)] == way.future.path


def test_rare_ways_are_other_ways(risky: Simulation) -> None:
    other = told(risky).ways[-1]
    assert other.cause == "other"
    assert other.future is None
    assert other.label.en == "Other causes"


def test_too_few_failures_are_not_told(risky: Simulation) -> None:
    few = told(risky, line=95e9)
    assert 0 < few.failures < MIN_FAILURES
    assert few.ways == ()
    assert not few.is_told
    assert few.paths_needed is not None
    assert few.paths_needed * few.chance.value > MIN_FAILURES
    none = told(risky, line=10e9)
    assert none.failures == 0
    assert none.paths_needed is None


def test_a_plan_that_fails_as_expected_has_no_likeliest_failure(risky: Simulation) -> None:
    modes = told(risky, line=200e9)
    assert modes.fails_nearly_always
    assert modes.likeliest is None


@pytest.mark.parametrize(("target", "reason"), [("margin", "ratio"), ("shop", "part"), ("people", "count")])
def test_what_no_causes_add_up_to_is_named(risky: Simulation, target: str, reason: str) -> None:
    line = failure_line(risky.scenario, target)
    assert unsplit_reason(risky.scenario, line) == reason
    assert failure_modes(risky, line) is None
    assert splittable_target(risky.scenario) == "revenue"


def test_without_kept_paths_or_targets_there_is_nothing_to_tell(tmp_path: Path, risky: Simulation) -> None:
    assert failure_modes(replace(risky, path_sample=None)) is None
    plain = read(tmp_path, TWO_NORMALS[: TWO_NORMALS.index("targets")])
    assert failure_modes(forecast.simulate(plain, paths=4_096, keep=4_096)) is None
    with pytest.raises(ValueError, match="no line"):
        failure_line(plain)
    assert failure_line(plain, line=17e9).measure == "revenue"


def test_a_target_on_its_parts_leaves_the_gap_out() -> None:
    scenario = forecast.read(ROOT / "scenarios" / "covid.yaml", set={"targets.revenue.basis": "parts"})
    run = forecast.simulate(scenario, paths=8_192, keep=8_192)
    assert run.path_sample is not None
    line, figures = failure_line(scenario), run.path_sample.figures
    total = sum(term.sign * figures[term.key] for term in figure_terms(scenario, line, figures))
    assert total == pytest.approx(figures["revenue:parts", "2021"], rel=1e-10)
    assert summarise_failures(told(run))["rows"][0]["name"] == "services.distribution"


def test_closed_months_are_told_as_they_are_booked() -> None:
    scenario = forecast.read(ROOT / "scenarios" / "months" / "2025-06.yaml")
    run = forecast.simulate(scenario, paths=8_192, keep=8_192)
    modes = told(run)
    assert modes.is_told
    for way in modes.ways:
        if way.future is not None:
            revenue = sum(
                months.sum()
                for name, months in way.future.details.inputs.items()
                if name.startswith("revenue.") or name == "gap"
            )
            assert revenue == pytest.approx(way.future.value, rel=1e-12)
            assert "history.shocks.pollution_april" in {event.shock for event in way.future.events}


def test_the_summary_is_json_with_a_row_for_each_way(risky: Simulation) -> None:
    modes = told(risky, "spending")
    summary = json.loads(json.dumps(summarise_failures(modes)))
    assert summary["side"] == "above"
    assert summary["line"] == 75e9
    assert [row["name"] for row in summary["rows"]] == [way.cause for way in modes.ways]
    assert summary["rows"][0]["low"] <= summary["rows"][0]["value"] <= summary["rows"][0]["high"]
