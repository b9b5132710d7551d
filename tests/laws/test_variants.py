"""Variants of a plan keep every random number that they do not name, and take effect in what they name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.scenario import Scenario
from forecast.simulation.side_by_side import simulate_variants
from forecast.timeseries.baseline import fit_baseline

PATHS = 8_192

PLAN = """\
name: Variants
currency: VND
horizon: {from: 2026-01, months: 12}
seed: 11
services:
  post:
    baseline: {method: given, annual: 80 tỷ to 120 tỷ, noise: 4% to 8%, level_noise: 2% to 4%}
  bank:
    baseline: {method: given, annual: 40 tỷ to 60 tỷ, noise: 3%}
climate: {shape: 4}
shocks:
  covid:
    kind: epidemic
    waves_per_year: 1 to 3
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
initiatives:
  parcels: {chance: 50%, start: 2026-02, ramp: 3 months, effect: {revenue: {post: 4% to 9%}}}
  app: {chance: 40%, start: 2026-04, effect: {revenue: {bank: 3% to 8%}}}
correlations:
  economy: {between: [services.post.baseline.annual, services.bank.baseline.annual], rank: 0.4}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 150 tỷ, required_chance: 60%}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The plan of this file."""
    file = tmp_path_factory.mktemp("variants") / "plan.yaml"
    file.write_text(PLAN, encoding="utf-8")
    return forecast.read(file)


def revenue(scenario: Scenario, variant: forecast.Variant) -> np.ndarray:
    """(paths,) revenue of the year."""
    run = forecast.simulate(scenario, paths=PATHS, keep=PATHS, variant=variant)
    return run.draws("revenue", "2026").to_numpy()


def plain_revenue(scenario: Scenario) -> np.ndarray:
    """(paths,) revenue of the year without any variant."""
    return forecast.simulate(scenario, paths=PATHS, keep=PATHS).draws("revenue", "2026").to_numpy()


def uniforms(scenario: Scenario, variant: forecast.Variant) -> dict[str, np.ndarray]:
    """By name, (paths,) uniform numbers of the first two blocks."""
    run = forecast.simulate(scenario, paths=PATHS, keep=PATHS, variant=variant)
    assert run.path_sample is not None
    return dict(run.path_sample.uniforms)


def test_an_empty_variant_is_the_plan_itself(scenario: Scenario) -> None:
    assert np.array_equal(
        revenue(scenario, forecast.Variant()),
        forecast.simulate(scenario, paths=PATHS, keep=PATHS).draws("revenue", "2026"),
    )


def test_resampling_what_reaches_nothing_changes_no_bit(scenario: Scenario) -> None:
    nothing = forecast.Variant(resampled=frozenset({"services.none", "shocks.none", "climate_of_another"}))
    assert np.array_equal(revenue(scenario, nothing), revenue(scenario, forecast.Variant()))


NAMES = (
    "services.post.baseline.annual", "services.post.baseline.noise", "services.post", "services.post.level_noise",
    "shocks.covid.waves_per_year", "shocks.covid", "shocks.covid.hard.happens", "shocks.covid.hard.start",
    "shocks.covid.hard.length", "shocks.floods", "shocks.floods.class", "shocks.floods.classes.local.days", "climate",
    "initiatives.parcels.happens", "initiatives.parcels.effect.revenue.post", "correlations.economy",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_resampled_name_changes_the_year_and_no_other_draw(scenario: Scenario, name: str) -> None:
    plain, resampled = forecast.Variant(), forecast.Variant(resampled=frozenset({name}))
    before, after = revenue(scenario, plain), revenue(scenario, resampled)
    assert not np.array_equal(before, after)
    assert np.isclose(before.mean(), after.mean(), rtol=0.01)  # the same distribution
    assert np.corrcoef(before, after)[0, 1] > 0.2  # all else is the same
    members = (
        {"services.post.baseline.annual", "services.bank.baseline.annual"} if name == "correlations.economy" else {name}
    )
    before_draws, after_draws = uniforms(scenario, plain), uniforms(scenario, resampled)
    for draw, u in before_draws.items():
        assert np.array_equal(u, after_draws[draw]) == (draw not in members), draw


def test_all_names_resampled_is_another_future(scenario: Scenario) -> None:
    months = {"services.bank", "services.bank.level_noise"}
    every_name = frozenset(NAMES) | frozenset(uniforms(scenario, forecast.Variant())) | months
    before, after = plain_revenue(scenario), revenue(scenario, forecast.Variant(resampled=every_name))
    assert abs(np.corrcoef(before, after)[0, 1]) < 0.08


def test_a_held_draw_has_its_value_and_no_other_number_moves(scenario: Scenario) -> None:
    held = forecast.Variant(held={"services.bank.baseline.annual": 50e9, "shocks.covid.hard.chance": 0.0})
    run = forecast.simulate(scenario, paths=PATHS, keep=PATHS, variant=held)
    plain = forecast.simulate(scenario, paths=PATHS, keep=PATHS)
    assert run.path_sample is not None
    assert plain.path_sample is not None
    post = ("revenue.post", "2026")
    without_covid = forecast.Variant(held={"shocks.covid.hard.chance": 0.0})
    assert np.array_equal(
        run.path_sample.figures[post],
        forecast.simulate(scenario, paths=PATHS, keep=PATHS, variant=without_covid).draws(*post),
    )
    assert run.scenario.services["bank"].baseline.annual.is_constant  # type: ignore[union-attr]
    assert np.array_equal(run.path_sample.occurrences["shocks.covid"], plain.path_sample.occurrences["shocks.covid"])


def test_a_moved_range_keeps_its_width_on_its_scale(scenario: Scenario) -> None:
    assumption = scenario.services["post"].baseline.annual
    assert assumption is not None
    moved = assumption.moved(np.log(1.1))
    u = np.array([0.1, 0.5, 0.9])
    assert np.allclose(moved.distribution.ppf(u), 1.1 * assumption.distribution.ppf(u))
    run = revenue(scenario, forecast.Variant(moved={"services.post.baseline.annual": float(np.log(1.1))}))
    assert run.mean() > revenue(scenario, forecast.Variant()).mean() + 5e9


def test_a_switched_initiative_is_certain_or_off(scenario: Scenario) -> None:
    on, off = forecast.Variant(switched={"parcels": True}), forecast.Variant(switched={"parcels": False})
    plain = forecast.Variant()
    before = uniforms(scenario, plain)
    happens = before["initiatives.parcels.happens"] < 0.5
    assert np.array_equal(revenue(scenario, on)[happens], revenue(scenario, plain)[happens])
    assert np.array_equal(revenue(scenario, off)[~happens], revenue(scenario, plain)[~happens])
    gain = revenue(scenario, on)[~happens] / revenue(scenario, plain)[~happens] - 1
    assert 0.03 < gain.mean() < 0.05  # 6.5% of two thirds of the revenue, from February on


def test_entries_of_another_plan_are_those_that_its_overlay_writes(scenario: Scenario, tmp_path: Path) -> None:
    base, overlay = tmp_path / "plan.yaml", tmp_path / "other.yaml"
    base.write_text(PLAN, encoding="utf-8")
    overlay.write_text(
        "extends: plan.yaml\nshocks: {covid: null, floods: {per_year: 4}}\n"
        "initiatives: {parcels: {chance: 100%}}\nservices: {post: {baseline: {annual: 90 tỷ}}}\n",
        encoding="utf-8",
    )
    other = forecast.read(overlay)
    names = frozenset(
        {"shocks.covid", "shocks.floods.per_year", "initiatives", "services.post.baseline", "correlations"}
    )
    assert np.array_equal(
        revenue(scenario, forecast.Variant(replaced=names, source=other)), revenue(other, forecast.Variant())
    )
    back = frozenset({"shocks", "initiatives.parcels", "services.post", "correlations"})
    assert np.array_equal(
        revenue(other, forecast.Variant(replaced=back, source=scenario)), revenue(scenario, forecast.Variant())
    )


def test_variants_side_by_side_are_those_that_are_simulated_alone(scenario: Scenario) -> None:
    variants = {
        "": forecast.Variant(),
        **{name: forecast.Variant(resampled=frozenset({name})) for name in NAMES},
        "held": forecast.Variant(held={"services.bank.baseline.annual": 50e9}),
        "off": forecast.Variant(switched={"app": False}),
    }
    together = simulate_variants(scenario, fit_baseline(scenario), variants, PATHS)
    for name, variant in variants.items():
        assert np.array_equal(together[name].values["revenue"], revenue(scenario, variant)), name


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        (forecast.Variant(held={"services.post.baseline.anual": 1.0}), "did you mean 'services.post.baseline.annual'"),
        (forecast.Variant(moved={"costs.rent": 1.0}), "no assumption 'costs.rent'"),
        (forecast.Variant(switched={"parcel": True}), "did you mean 'parcels'"),
    ],
)
def test_an_unknown_name_is_an_error_that_names_the_nearest(
    scenario: Scenario, variant: forecast.Variant, words: str
) -> None:
    with pytest.raises(KeyError, match=words):
        forecast.simulate(scenario, paths=500, variant=variant)


def test_entries_without_a_source_are_an_error(scenario: Scenario) -> None:
    with pytest.raises(ValueError, match="there is no source"):
        forecast.simulate(scenario, paths=500, variant=forecast.Variant(replaced=frozenset({"shocks.covid"})))
