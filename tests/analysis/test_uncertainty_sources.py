"""Judgement, record and pure chance: closed forms of their shares, which sum to one."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.analysis import uncertainty_sources as sources_module
from forecast.analysis.uncertainty_sources import UncertaintySources, uncertainty_sources
from tests.support.plans import SCENARIOS

PLAN = """\
name: Sources
currency: VND
horizon: {{from: 2026-01, months: 12}}
services:
  a: {{baseline: {{method: given, annual: {{value: "normal(100 tỷ, 4 tỷ)", grade: C}}{noise}}}}}
  b: {{baseline: {{method: given, annual: {{value: "normal(100 tỷ, 2 tỷ)", grade: A, source: contract}}}}}}
{more}
targets: {{revenue: {{measure: revenue, period: 2026, at_least: 190 tỷ}}}}
"""


def sources(folder: Path, noise: str = "", more: str = "") -> UncertaintySources:
    file = folder / "plan.yaml"
    file.write_text(PLAN.format(noise=noise, more=more), encoding="utf-8")
    result = uncertainty_sources(forecast.simulate(forecast.read(file), paths=8_192), "revenue")
    assert result is not None
    return result


def test_shares_of_independent_normals_are_their_variances(tmp_path: Path) -> None:
    result = sources(tmp_path)
    assert result.share("judgement") == pytest.approx(0.8, abs=0.02)
    assert result.share("record") == pytest.approx(0.2, abs=0.02)
    assert result.share("chance") == pytest.approx(0.0, abs=0.005)
    assert sum(each.share.value for each in result.shares) == pytest.approx(1, abs=1e-12)
    names = {each.source: each.names for each in result.shares}
    assert names["judgement"] == ("services.a.baseline.annual",)


def test_a_correlated_group_is_as_weak_as_its_weakest_member(tmp_path: Path) -> None:
    group = "correlations: {economy: {between: [services.a.baseline.annual, services.b.baseline.annual], rank: 0.5}}"
    result = sources(tmp_path, more=group)
    assert result.share("judgement") == pytest.approx(1.0, abs=0.02)


def test_events_that_happen_or_not_are_pure_chance(tmp_path: Path) -> None:
    shock = (
        "shocks: {strike: {kind: event, chance: {value: 50%, grade: A, source: x}, from: 2026-01-01, "
        "until: 2026-12-31, effect: {volume: {all: {value: -4%, grade: A, source: x}}}}}"
    )
    result = sources(tmp_path, more=shock)
    loss = 0.25 * (0.04 * 200) ** 2  # variance of half a loss of 8, beside 16 and 4
    assert result.share("chance") == pytest.approx(loss / (loss + 20), abs=0.03)
    assert result.share("judgement") == pytest.approx(16 / (loss + 20), abs=0.03)


def test_interactions_are_shared(tmp_path: Path) -> None:
    initiative = (
        "initiatives: {push: {chance: {value: 50%, grade: A, source: x}, start: 2026-01, "
        'effect: {revenue: {a: {value: "normal(0%, 10%)", grade: C}}}}}'
    )
    result = sources(tmp_path, more=initiative)
    by_source = {each.source: each for each in result.shares}
    assert by_source["chance"].total.value > by_source["chance"].share.value + 0.1
    assert sum(each.share.value for each in result.shares) == pytest.approx(1, abs=1e-12)
    assert sum(each.total.value for each in result.shares) > 1.15


def test_closed_months_have_shares_that_sum_to_one() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "months" / "2025-06.yaml"), paths=8_192, keep=8_192)
    result = uncertainty_sources(run, run.scenario.main_target)
    assert result is not None
    assert sum(each.share.value for each in result.shares) == pytest.approx(1, abs=1e-12)
    assert result.share("chance") > 0.5  # half a year of months, and a tariff that comes or not
    assert 0.02 < result.share("judgement") < 0.4


def test_a_regression_says_nearly_what_drawing_again_does(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN.format(noise="", more=""), encoding="utf-8")
    run = forecast.simulate(forecast.read(file), paths=16_384, keep=16_384)
    streams = sources_module._streams_by_source(run.scenario, run.groups)
    regressed = sources_module._regressed(run, "revenue", streams)
    assert regressed is not None
    assert sources_module._shapley("judgement", regressed[0]) == pytest.approx(0.8, abs=0.02)


def test_a_source_without_numbers_has_no_share_and_the_other_has_the_whole(tmp_path: Path) -> None:
    of_record = '{value: "normal(100 tỷ, 2 tỷ)", grade: A, source: contract}'
    file = tmp_path / "plan.yaml"
    text = PLAN.format(noise="", more="")
    assert of_record in text
    file.write_text(text.replace(of_record, '"normal(100 tỷ, 2 tỷ)"'), encoding="utf-8")
    result = uncertainty_sources(forecast.simulate(forecast.read(file), paths=4_096), "revenue")
    assert result is not None
    assert [each.share for each in result.shares] == [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)]


@pytest.mark.parametrize("seed", [2, 5])
def test_shares_lie_from_0_to_1_and_sum_to_one(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "plan.yaml"
    text = PLAN.format(noise=", noise: 0.05%", more="").replace("normal(100 tỷ, 2 tỷ)", "normal(100 tỷ, 1 triệu)")
    file.write_text(text, encoding="utf-8")
    result = uncertainty_sources(forecast.simulate(forecast.read(file), paths=2_048, seed=seed), "revenue")
    assert result is not None
    for each in result.shares:
        assert 0 <= each.share.low <= each.share.value <= each.share.high <= 1
        assert each.total.high <= 1
    assert sum(each.share.value for each in result.shares) == pytest.approx(1, abs=1e-12)


def test_nothing_uncertain_has_no_sources(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    text = (
        PLAN.format(noise="", more="")
        .replace("normal(100 tỷ, 4 tỷ)", "100 tỷ")
        .replace("normal(100 tỷ, 2 tỷ)", "90 tỷ")
    )
    file.write_text(text, encoding="utf-8")
    assert uncertainty_sources(forecast.simulate(forecast.read(file), paths=4_096), "revenue") is None
