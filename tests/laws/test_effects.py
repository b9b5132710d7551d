"""Effects on one plain scale, wherever a plan has one: shocks, initiatives, past shocks, every driver."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from forecast.simulation.results import Simulation
from forecast.stats.transforms import Z90
from tests.support.plans import ONE_SERVICE, simulate_plan

PATHS = 8_192
EFFECTS = {
    "shocks.s.effect.volume.a": "{kind: event, from: 2021-01, until: 2021-12, effect: {volume: {a: $}}}",
    "shocks.s.effect.price.a": "{kind: drift, over: 6 months, effect: {price: {a: $}}}",
    "shocks.s.mild.effect.volume.a": (
        "{kind: epidemic, waves_per_year: 9, length: 8 weeks, mild: {effect: {volume: {a: $}}}}"
    ),
    "shocks.s.upstream.effect.revenue.a": (
        "{kind: epidemic, waves_per_year: 9, length: 8 weeks, mild: {effect: {volume: {a: 0%}}}, "
        "upstream: {chance: 90%, length: 6 weeks, effect: {revenue: {a: $}}}}"
    ),
    "shocks.s.hard.effect.volume.a": (
        "{kind: epidemic, waves_per_year: 9, length: 8 weeks, mild: {effect: {volume: {a: 0%}}}, "
        "hard: {chance: 90%, length: 6 weeks, reach: 60%, effect: {volume: {a: $}}}}"
    ),
    "initiatives.s.effect.revenue.a": "{start: 2021-03, ramp: 3 months, effect: {revenue: {a: $}}}",
}
"""By the name of an effect, the shock or initiative that holds it; `$` is its size."""
MIDDLES = {"-60% to 0%": "-30%", "-100% to -50%": "-75%", "-10% to 10%": "0%", "0% to 30%": "15%"}
PAST_SHOCK = """
name: A past shock
horizon: {from: 2021-01, months: 12}
history:
  file: ../data/revenue-monthly.csv
  shocks: {e: {kind: event, from: 2020-01, until: UNTIL, effect: {volume: {all: $}}}}
baseline: {noise: 0%}
services: {postal: {growth: 5%}, finance: {growth: 5%}, distribution: {growth: 5%}}
"""
"""A ledger of 250 tỷ in 2020."""
every_effect = pytest.mark.parametrize("name", EFFECTS)


def simulate(name: str, size: str) -> Simulation:
    entry = {"__".join(name.split(".")[:2]): EFFECTS[name].replace("$", size)}
    return simulate_plan(ONE_SERVICE, paths=PATHS, keep=PATHS, seed=5, **entry)


def past_shock(size: str, until: str) -> Simulation:
    return simulate_plan(PAST_SHOCK.replace("$", size).replace("UNTIL", until), paths=PATHS)


def revenue(run: Simulation) -> np.ndarray:
    return run.values("revenue", "2021")


def uniforms(run: Simulation, name: str) -> np.ndarray:
    assert run.path_sample is not None
    return run.path_sample.uniforms[name]


@every_effect
@pytest.mark.parametrize(("size", "is_loss"), [("-20% to 0%", True), ("0% to 20%", False)])
def test_a_tenth_of_the_paths_has_no_effect_to_the_bit(name: str, size: str, is_loss: bool) -> None:
    run, unaffected = simulate(name, size), revenue(simulate(name, "0%"))
    u = uniforms(run, name)
    is_clipped = u > 0.9 if is_loss else u < 0.1
    assert np.array_equal(revenue(run)[is_clipped], unaffected[is_clipped])
    assert np.mean(revenue(run)[~is_clipped] != unaffected[~is_clipped]) > 0.9


@every_effect
@pytest.mark.parametrize("end", [20, 60, 100])
def test_revenue_is_continuous_where_an_end_passes_zero(name: str, end: int) -> None:
    for sizes in (
        [f"-{end}% to -0.1%", f"-{end}% to 0%", f"-{end}% to 0.1%"],
        [f"-0.1% to {end}%", f"0% to {end}%", f"0.1% to {end}%"],
    ):
        runs = [revenue(simulate(name, size)) for size in sizes]
        assert np.ptp([np.median(run) for run in runs]) < 0.0011 * 120e9
        assert np.ptp([run.mean() for run in runs]) < 0.05 * end / 100 / (2 * Z90) * 120e9 + 0.001 * 120e9


@pytest.mark.parametrize("low", [-1.0, -0.2, 0.0, 0.01])
@pytest.mark.parametrize("width", [0.05, 0.199, 0.2, 0.201, 1.0])
def test_a_changed_effect_keeps_its_uniform(low: float, width: float) -> None:
    """Revenue of a shock of the whole year is 120 tỷ (1 + effect), the effect a clipped normal of the same uniform."""
    high = round(low + width, 3)
    name = "shocks.s.effect.volume.a"
    run = simulate(name, f"{100 * low:g}% to {100 * high:g}%")
    assert np.array_equal(uniforms(run, name), uniforms(simulate(name, "-5% to -3%"), name))
    effect = norm((low + high) / 2, (high - low) / (2 * Z90)).ppf(uniforms(run, name))
    effect = np.clip(effect, 0 if low >= 0 else -1, 0 if high <= 0 else np.inf)
    assert np.allclose(revenue(run), 120e9 * (1 + effect), rtol=0, atol=1e-5 * (high - low) * 120e9)


@pytest.mark.parametrize("until", ["2020-04", "2020-12"])
@pytest.mark.parametrize("size", ["-60% to 0%", "-100% to -50%", "-10% to 10%", "0% to 30%"])
def test_a_past_effect_has_its_middle_and_leaves_a_base(size: str, until: str) -> None:
    past, middle = (past_shock(text, until) for text in (size, MIDDLES[size]))
    values = revenue(past)
    (certain,) = set(np.round(revenue(middle)[:1], -3))
    assert np.isfinite(values).all()
    tally = past.tally("revenue", "2021").quantile(0.5)
    assert tally.low - 1e6 < certain < tally.high + 1e6
    assert values.max() <= 250e9 * 1.05 / 0.05 * (1 + 1e-12)


@pytest.mark.parametrize(("size", "share"), [("-60% to 0%", 0.1), ("0% to 30%", 0.1), ("-60% to -1%", 0.095)])
def test_paths_without_a_past_effect_grow_from_the_ledger(size: str, share: float) -> None:
    is_unaffected = np.isclose(revenue(past_shock(size, "2020-04")), 250e9 * 1.05, rtol=1e-12)
    assert abs(is_unaffected.mean() - share) < 4 * np.sqrt(share * (1 - share) / PATHS)


@pytest.mark.parametrize("until", ["2020-04", "2020-12"])
def test_a_past_loss_of_all_leaves_a_base(until: str) -> None:
    assert np.isfinite(revenue(past_shock("-100%", until))).all()
