"""Total effects by drawing again: closed forms through YAML, heads that partition a plan, closed months."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.analysis.total_effects import EffectHead, TotalEffect, heads_of_plan, single_heads, total_effects
from forecast.i18n import LANGUAGES, Translator
from forecast.plan.variant import NamesUnder
from forecast.reports.content.sensitivity import effect_name
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Estimate
from tests.support.plans import FULL_PLAN, SCENARIOS, simulate_plan

PRODUCT = """
name: Price times volume
currency: EUR
horizon: {from: 2021-01, months: 12}
services: {a: {baseline: {method: given, annual: 1000 EUR, shape: flat}}}
shocks:
  prices: {kind: event, from: 2021-01, until: 2021-12, effect: {price: {a: "normal(0%, 20%)"}}}
  volumes: {kind: event, from: 2021-01, until: 2021-12, effect: {volume: {a: "normal(0%, 30%)"}}}
targets: {revenue: {measure: revenue, period: 2021, at_least: 1000 EUR}}
"""


def effects(run: Simulation, heads: list[EffectHead], *, is_single: bool = False) -> dict[str, float]:
    """Total effect by the joined names of the head."""
    return {
        "+".join(each.names): each.share.value
        for each in total_effects(run, run.scenario.main_target, heads, is_single=is_single)
    }


def test_price_times_volume_has_its_interaction_twice() -> None:
    run = simulate_plan(PRODUCT, paths=32_768)
    listed = total_effects(run, "revenue", heads_of_plan(run.scenario, run.groups))
    by_name = {each.names[0]: each for each in listed}
    total = 0.04 + 0.09 + 0.04 * 0.09
    assert by_name["shocks.prices"].share.value == pytest.approx((0.04 + 0.0036) / total, abs=0.01)  # .3263
    assert by_name["shocks.volumes"].share.value == pytest.approx((0.09 + 0.0036) / total, abs=0.01)  # .7006
    for each in listed:
        assert each.share.low < each.share.value < each.share.high
        assert each.changed is not None
        assert 0.1 < each.changed.value < 0.5


def test_heads_are_a_partition_and_bound_by_correlations() -> None:
    rank = "{between: [services.a.growth, shocks.rivals.effect.price.a], rank: 0.5}"
    run = simulate_plan(FULL_PLAN, paths=500, correlations__both=rank)
    heads = heads_of_plan(run.scenario, run.groups)
    assert ("services.a", "shocks.rivals") in [head.names for head in heads]
    streams = [assumption.stream_name for assumption in run.scenario.drawn_assumptions()]
    streams += ["services.a", "services.b.level_noise", "shocks.floods.class", "initiatives.shop.happens", "climate"]
    for stream in streams:
        assert sum(stream in head.streams for head in heads) == 1, stream


def test_every_head_has_a_name_in_both_languages() -> None:
    run = simulate_plan(FULL_PLAN, paths=500, baseline__noise="2% to 6%")
    names = {name for head in heads_of_plan(run.scenario, run.groups) for name in head.names}
    assert {"baseline", "initiatives", "months", "climate", "places"} <= names
    for name in names:
        effect = TotalEffect((name,), Estimate(0.5, 0.4, 0.6), None)
        texts = {language: effect_name(effect, run.scenario, Translator(language)) for language in LANGUAGES}
        assert name not in texts.values()
        assert "." in name or len(set(texts.values())) == len(LANGUAGES), texts


def test_an_initiative_is_drawn_again_with_what_is_correlated_with_it() -> None:
    rank = "{between: [initiatives.shop.happens, shocks.works.happens], rank: 0.5}"
    run = simulate_plan(FULL_PLAN, paths=500, correlations__both=rank)
    heads = {head.names[0]: head for head in single_heads(run.scenario, run.groups)}
    shop = heads["initiatives.shop"]
    assert shop.names == ("initiatives.shop", "shocks.works.happens")
    assert "shocks.works.happens" in shop.streams


def test_members_of_a_group_are_one_single_head() -> None:
    rank = "{between: [services.a.growth, shocks.rivals.effect.price.a], rank: 0.5}"
    run = simulate_plan(FULL_PLAN, paths=500, correlations__both=rank)
    names = [head.names for head in single_heads(run.scenario, run.groups)]
    assert ("services.a.growth", "shocks.rivals.effect.price.a") in names
    assert ("initiatives.shop",) in names
    assert len(names) == len(set(names))


def test_an_initiative_counts_whether_it_happens_and_what_it_brings() -> None:
    push = "{chance: 50%, start: 2021-01, effect: {revenue: {a: 5% to 15%}}}"
    run = simulate_plan(PRODUCT, paths=8_192, shocks=None, initiatives__push=push)
    by_name = effects(run, single_heads(run.scenario, run.groups), is_single=True)
    assert by_name["initiatives.push"] == pytest.approx(1.0, abs=0.03)  # nothing else is unsure
    assert 0 < by_name["initiatives.push.effect.revenue.a"] < 0.3


def test_names_below_a_name_are_in_it() -> None:
    names = NamesUnder({"shocks.floods", "climate"})
    assert "shocks.floods" in names
    assert "shocks.floods.classes.local.days" in names
    assert "climate.2021" in names
    assert "shocks.floods_of_spring" not in names
    assert "shocks" not in names


def test_closed_months_leave_the_effects_to_a_regression() -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "months" / "2025-06.yaml"), paths=8_192, keep=8_192)
    listed = total_effects(run, run.scenario.main_target, heads_of_plan(run.scenario, run.groups))
    assert all(each.changed is None for each in listed)
    by_name = {each.names: each.share.value for each in listed}
    assert by_name["initiatives",] > 0.3
    assert 0.8 < sum(by_name.values()) < 1.05


def test_without_kept_paths_closed_months_are_refused(tmp_path: Path) -> None:
    run = forecast.simulate(forecast.read(SCENARIOS / "months" / "2025-06.yaml"), paths=500)
    with pytest.raises(ValueError, match="no path was kept"):
        total_effects(run, run.scenario.main_target, heads_of_plan(run.scenario, run.groups))
