"""Revenue of certain plans month by month: growth and prices by year, shocks, steps, and where the losses go."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.arrays import Floats
from forecast.simulation.results import Simulation
from tests.support.plans import ONE_SERVICE, simulate_plan

TY = 1e9
BY_YEAR = """
name: Growth and prices by year
horizon: {from: 2021-01, months: 36}
services:
  a: {growth: {2022: 10%, 2023: -5%}, baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {growth: 10%, price_change: {2022: 2%, 2023: 4%}, baseline: {method: given, annual: 120 tỷ, shape: flat}}
shocks:
  e: {kind: event, from: 2021-03-01, until: 2021-03-31, effect: {price: {all: -20%}}}
  f: {kind: event, from: 2021-03-01, until: 2021-03-31, effect: {volume: {all: -50%}}}
  g: {kind: event, from: 2022-03-01, until: 2022-03-31, effect: {price: {b: -10%}, revenue: {a: -30%}}}
  h: {kind: event, from: 2023-03-01, until: 2023-03-31, effect: {volume: {b: -20%}, price: {b: -10%}}}
"""
TARGET = "targets: {{revenue: {{measure: revenue, period: {year}, at_least: 250 tỷ}}}}\n"


def simulate_certain(text: str, **settings: str) -> Simulation:
    """A plan without an uncertain number."""
    return simulate_plan(text, paths=64, keep=64, **settings)


def figure(run: Simulation, measure: str, period: str = "horizon") -> float:
    """A figure that every path has, in tỷ."""
    tally = run.tally(measure, period)
    assert tally.maximum - tally.minimum <= 1e-9 * abs(tally.maximum)
    return tally.maximum / TY


def by_month(run: Simulation, measure: str, year: int = 2021) -> Floats:
    """(12,) a figure of each month, in tỷ."""
    return np.array([figure(run, measure, f"{year}-{month:02}") for month in range(1, 13)])


def test_growth_and_price_of_each_year_multiply_those_before() -> None:
    run = simulate_certain(BY_YEAR)
    for year, level_a, level_b in (
        (2021, 10, 10),
        (2022, 10 * 1.1, 10 * 1.1 * 1.02),
        (2023, 10 * 1.1 * 0.95, 10 * 1.1**2 * 1.02 * 1.04),
    ):
        march_a = {2021: 0.8 * 0.5, 2022: 0.7, 2023: 1.0}[year]
        march_b = {2021: 0.8 * 0.5, 2022: 0.9, 2023: 0.8 * 0.9}[year]
        for service, level, march in (("a", level_a, march_a), ("b", level_b, march_b)):
            factors = np.where(np.arange(12) == 2, march, 1.0)
            assert by_month(run, f"revenue.{service}", year) == pytest.approx(level * factors)
            assert figure(run, f"revenue.{service}", str(year)) == pytest.approx(level * factors.sum())


@pytest.mark.parametrize(
    ("year", "steps"),
    [
        (2021, {"e": 2 * -1.5, "f": 2 * -4.5, "g": 0.0, "h": 0.0}),  # -20% and -50% of the same March, in both orders
        (2022, {"e": 0.0, "f": 0.0, "g": -11 * 0.3 - 11 * 1.02 * 0.1, "h": 0.0}),
        (2023, {"e": 0.0, "f": 0.0, "g": 0.0, "h": -(10 * 1.1**2 * 1.02 * 1.04) * (1 - 0.8 * 0.9)}),
    ],
)
def test_the_step_of_a_shock_is_what_it_takes_at_the_prices_of_its_month(year: int, steps: dict[str, float]) -> None:
    run = simulate_certain(BY_YEAR + TARGET.format(year=year))
    for name, change in steps.items():
        changes = run.draws(f"bridge.shocks.{name}", str(year)) / TY
        assert changes.to_numpy() == pytest.approx(change, abs=1e-9)
    total = sum(figure(run, *key) for key in run.tallies if key[0].startswith("bridge."))
    assert total == pytest.approx(figure(run, "revenue", str(year)))


def test_a_price_shock_loses_no_volume() -> None:
    run = simulate_certain(BY_YEAR)
    # of b, whose price grows, and of a, which has no price: f takes half of March, g a third, h a fifth of the pieces
    assert figure(run, "lost.a") == pytest.approx(10 * 0.5 + 11 * 0.3)
    assert figure(run, "lost.b") == pytest.approx(10 * 0.5 + 12.1 * 0.2)


def test_a_gain_covers_no_loss_and_brings_nothing_back() -> None:
    gain = "{kind: event, from: 2021-03-01, until: 2021-03-31, effect: {volume: {a: 20%}}, recovered: {a: 90%}}"
    loss = (
        "{kind: event, from: 2021-03-01, until: 2021-03-31, effect: {volume: {a: -50%}}, "
        "recovered: {a: 40%}, within: 30 days}"
    )
    run = simulate_certain(ONE_SERVICE, shocks__gain=gain, shocks__loss=loss)
    expected = np.full(12, 10.0)
    expected[2:4] = 10 * 1.2 * 0.5, 10 + 0.4 * 5
    assert by_month(run, "revenue.a") == pytest.approx(expected)
    assert [figure(run, f"{part}.a") for part in ("lost", "returned", "carried", "gone")] == pytest.approx([5, 2, 0, 3])


@pytest.mark.parametrize("until", ["2021-12-20", "discrete(2021-12-20 at 50%, 2021-12-20 at 50%)"])
@pytest.mark.parametrize("within", ["30 days", "discrete(30 days at 50%, 30 days at 50%)"])
def test_what_comes_back_after_the_horizon_is_carried_over(until: str, within: str) -> None:
    event = (
        f'{{kind: event, from: 2021-12-01, until: "{until}", effect: {{volume: {{a: -31%}}}}, '
        f'recovered: {{a: 60%}}, within: "{within}"}}'
    )
    run = simulate_certain(ONE_SERVICE, shocks__e=event)
    lost = 10 * 0.31 * 20 / 31
    returned = 0.6 * lost * 11 / 30
    assert by_month(run, "revenue.a") == pytest.approx([10.0] * 11 + [10 - lost + returned])
    parts = [figure(run, f"{part}.a") for part in ("lost", "returned", "carried", "gone")]
    assert parts == pytest.approx([lost, returned, 0.6 * lost - returned, 0.4 * lost])


@pytest.mark.parametrize("until", ["2021-01-31", "discrete(2021-01-31 at 50%, 2021-01-31 at 50%)"])
@pytest.mark.parametrize("within", ["29 days", "discrete(29 days at 50%, 29 days at 50%)"])
def test_what_comes_back_is_even_over_the_days_to_the_last(until: str, within: str) -> None:
    event = (
        f'{{kind: event, from: 2021-01-01, until: "{until}", effect: {{volume: {{a: -29%}}}}, '
        f'recovered: {{a: 100%}}, within: "{within}"}}'
    )
    months = by_month(simulate_certain(ONE_SERVICE, shocks__e=event), "revenue.a")
    assert months == pytest.approx([10 - 2.9, 10 + 2.8, 10 + 0.1] + [10.0] * 9)


@pytest.mark.parametrize("within", ["30 days", "discrete(30 days at 50%, 30 days at 50%)"])
def test_what_was_lost_before_the_horizon_is_brought_into_it(within: str) -> None:
    event = (
        "{kind: event, from: 2020-12-01, until: 2021-01-10, effect: {volume: {a: -31%}}, "
        f'recovered: {{a: 60%}}, within: "{within}"}}'
    )
    run = simulate_certain(ONE_SERVICE, shocks__e=event)
    before, inside = 10 * 0.31, 10 * 0.31 * 10 / 31
    expected = np.full(12, 10.0)
    expected[0] += 0.6 * (before + inside) * 21 / 30 - inside
    expected[1] += 0.6 * (before + inside) * 9 / 30
    assert by_month(run, "revenue.a") == pytest.approx(expected)
    parts = [figure(run, f"{part}.a") for part in ("lost", "returned", "carried", "gone", "brought")]
    assert parts == pytest.approx([inside, 0.6 * inside, 0, 0.4 * inside, 0.6 * before], abs=1e-9)


def test_a_month_without_revenue_loses_nothing_to_a_shock() -> None:
    shape = "[0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"
    event = "{kind: event, from: 2021-01-01, until: 2021-02-28, effect: {volume: {a: -50%}}, recovered: {a: 40%}}"
    run = simulate_certain(ONE_SERVICE.replace("shape: flat", f"shape: {shape}"), shocks__e=event)
    assert by_month(run, "revenue.a")[:2] == pytest.approx([0, 10])
    assert figure(run, "lost.a") == pytest.approx(10)


@pytest.mark.parametrize(("volume", "revenue"), [("-20%", None), (None, "-20%"), ("-20%", "-10%"), ("-20%", "30%")])
def test_volume_and_revenue_of_a_shock_are_one_amount(volume: str | None, revenue: str | None) -> None:
    effects = {"volume": volume, "revenue": revenue}
    effect = ", ".join(f"{driver}: {{a: {change}}}" for driver, change in effects.items() if change)
    event = f"{{kind: event, from: 2021-05-01, until: 2021-05-31, reach: 50%, effect: {{{effect}}}}}"
    change = (0.8 if volume else 1) * {None: 1, "-20%": 0.8, "-10%": 0.9, "30%": 1.3}[revenue] - 1
    run = simulate_certain(ONE_SERVICE, shocks__e=event)
    assert by_month(run, "revenue.a")[4] == pytest.approx(10 * (1 + change / 2))
    assert figure(run, "lost.a") == pytest.approx(max(0.0, -5 * change), abs=1e-9)


def test_a_drift_changes_each_driver_along_its_ramp() -> None:
    drift = "{kind: drift, over: 12 months, reach: 50%, effect: {volume: {a: -100%}, price: {a: 40%}}}"
    months = by_month(simulate_certain(ONE_SERVICE, shocks__d=drift), "revenue.a")
    middle = (np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) - 15.2) / 365.25
    assert months == pytest.approx(10 * (1 - 0.5 * middle) * (1 + 0.2 * middle), rel=2e-3)
