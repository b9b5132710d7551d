"""Sensitivity from the draws of a run: bars, groups and rare events mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.analysis.findings import Sensitivity
from forecast.analysis.sensitivity import compute_sensitivity
from tests.support.plans import FULL_PLAN, TWO_SERVICES, simulate_plan

PATHS = 16_384


def measure(text: str, target: str = "revenue", paths: int = PATHS, **settings: str | None) -> Sensitivity:
    """The sensitivity of a target of a plan in YAML."""
    sensitivity = compute_sensitivity(simulate_plan(text, paths=paths, keep=paths, **settings), target)
    assert sensitivity is not None
    return sensitivity


def test_the_wider_assumption_has_the_wider_bar_and_its_share_of_variance() -> None:
    sensitivity = measure(TWO_SERVICES)
    assert [bar.name for bar in sensitivity.bars] == [f"services.{name}.baseline.annual" for name in "ba"]
    assert all(bar.low < 0 < bar.high for bar in sensitivity.bars)
    for bar, sd in zip(sensitivity.bars, (12, 5), strict=True):
        assert bar.share.value == pytest.approx(sd**2 / 169, abs=0.02)
        assert bar.high == pytest.approx(1.3998 * sd * 1e9, rel=0.04)  # phi(z) / .2 at the 80% quantile
        assert bar.chance_low.value < 0.35 < bar.chance_high.value  # 255 of a mean of 250, sd 13
    end = sensitivity.bars[0].chance_high
    half = 1.96 * np.sqrt(end.value * (1 - end.value) / (PATHS / 5))
    assert (end.high - end.low) / 2 == pytest.approx(half, rel=0.1)


def test_a_run_without_a_path_sample_has_no_sensitivity() -> None:
    assert compute_sensitivity(simulate_plan(TWO_SERVICES, paths=1_000), "revenue") is None


SIX_YEARS = """
name: Six years
horizon: {from: 2021-01, months: 72}
services:
  a: {growth: 2% to 12%, baseline: {method: given, annual: 120 tỷ, shape: flat}}
  b: {growth: {value: 1% to 8%, grade: B, source: books}, baseline: {method: given, annual: 130 tỷ, shape: flat}}
targets:
  late: {measure: revenue, period: 2026, at_least: 300 tỷ}
  early: {measure: revenue, period: 2022, at_least: 265 tỷ}
"""


def test_the_years_of_a_growth_are_one_bar_in_either_form() -> None:
    by_year = ", ".join(f"{year}: 2% to 12%" for year in range(2022, 2027))
    for growth in (None, f"{{{by_year}}}"):
        settings = {} if growth is None else {"services__a__growth": growth}
        run = simulate_plan(SIX_YEARS, paths=20_000, keep=20_000, **settings)
        sensitivity = compute_sensitivity(run, "late")
        assert sensitivity is not None
        assert [bar.name for bar in sensitivity.bars] == ["services.a.growth", "services.b.growth"]
        assert sensitivity.bars[0].text == ("2% to 12%" if growth is None else "2022: 2% to 12% … 2026: 2% to 12%")
        revenue_a = run.values("revenue.a", "2026")
        share = revenue_a.var() / run.values("revenue", "2026").var()
        assert sensitivity.bars[0].share.value == pytest.approx(share, abs=0.03)  # years are not counted twice
        fifth = np.sort(revenue_a)[: len(revenue_a) // 5].mean() - revenue_a.mean()
        assert sensitivity.bars[0].low == pytest.approx(fifth, rel=0.05)


def test_a_target_hangs_on_the_years_up_to_its_period() -> None:
    run = simulate_plan(SIX_YEARS, paths=20_000, keep=20_000, growth_correlation="0")
    sensitivity = compute_sensitivity(run, "early")
    assert sensitivity is not None
    revenue_a = run.values("revenue.a", "2022")
    fifth = np.sort(revenue_a)[: len(revenue_a) // 5].mean() - revenue_a.mean()
    assert sensitivity.bars[0].low == pytest.approx(fifth, rel=0.05)


CORRELATED = """
name: One carries nearly all
currency: EUR
horizon: {from: 2021-01, months: 12}
services:
  big: {baseline: {method: given, annual: {value: 900 to 1100 EUR, grade: B, source: ledger}, shape: flat}}
  trivial: {baseline: {method: given, annual: {value: 0.9 to 1.1 EUR, grade: C}, shape: flat}}
correlations:
  pair: {between: [services.big.baseline.annual, services.trivial.baseline.annual], rank: 0.95}
targets:
  revenue: {measure: revenue, period: 2021, at_least: 1000 EUR}
"""


def test_a_correlated_input_does_not_inherit_the_bar_of_its_partner() -> None:
    sensitivity = measure(CORRELATED)
    big, trivial = sensitivity.bars
    assert big.name == "services.big.baseline.annual"
    assert big.high > 95
    assert max(abs(trivial.low), abs(trivial.high)) < 0.2
    assert trivial.shared_with == ("services.big.baseline.annual",)
    (group,) = sensitivity.groups
    assert group.name == "correlations.pair"
    assert set(group.members) == {big.name, trivial.name}
    assert group.grade == "C"  # as weak as its weakest member
    assert group.high == pytest.approx(big.high, rel=0.02)
    assert group.share.value == pytest.approx(1.0, abs=0.01)


def test_what_happens_together_is_marked_and_does_not_inherit_the_bar_of_its_partner() -> None:
    """Two events that mostly come together, of which one does nothing."""
    event = "{{kind: event, chance: 50%, from: 2021-01, until: 2021-12, effect: {{volume: {{a: {effect}}}}}}}"
    sensitivity = measure(f"""
name: Together
currency: EUR
horizon: {{from: 2021-01, months: 12}}
services: {{a: {{baseline: {{method: given, annual: "normal(1000 EUR, 50 EUR)"}}}}}}
shocks: {{strong: {event.format(effect="-30%")}, idle: {event.format(effect="-0.01%")}}}
correlations: {{both: {{between: [shocks.strong.happens, shocks.idle.happens], rank: 0.8}}}}
targets: {{revenue: {{measure: revenue, period: 2021, at_least: 900 EUR}}}}
""")
    bars = {bar.name: bar for bar in sensitivity.bars}
    strong = bars["shocks.strong.happens"]
    assert strong.shared_with == ("shocks.idle.happens",)
    assert strong.high - strong.low == pytest.approx(-300, abs=6)
    assert "shocks.idle.happens" not in bars or abs(bars["shocks.idle.happens"].high) < 6
    (group,) = sensitivity.groups
    assert set(group.members) == {"shocks.idle.happens", "shocks.strong.happens"}
    assert group.grade == ""


def test_equal_partners_have_equal_parts() -> None:
    pair = "{{between: [services.a.baseline.annual, services.b.baseline.annual], rank: {rank}}}"
    for rank, factor in ((0.0, 1.0), (0.6, 1.0), (-0.4, 1.0)):
        sensitivity = measure(
            TWO_SERVICES,
            correlations__pair=pair.format(rank=rank),
            services__b__baseline__annual="normal(130 tỷ, 5 tỷ)",
        )
        for bar in sensitivity.bars:
            assert bar.high == pytest.approx(factor * 1.3998 * 5e9, rel=0.08), rank


RARE = """
name: A rare event
currency: EUR
horizon: {from: 2021-01, months: 12}
services: {a: {baseline: {method: given, annual: 900 to 1100 EUR, shape: flat}}}
shocks:
  rare: {kind: event, chance: 0.5%, from: 2021-01, until: 2021-06, effect: {volume: {a: -60%}}}
targets: {revenue: {measure: revenue, period: 2021, at_least: 1000 EUR}}
"""


def test_a_rare_event_that_comes_with_another_says_so() -> None:
    rare = next(line for line in RARE.splitlines() if line.startswith("  rare: ")).replace("0.5%", "10%")
    both = f"{rare}\n{rare.replace('rare', 'idle').replace('-60%', '-0.01%')}"
    text = RARE.replace(rare.replace("10%", "0.5%"), both)
    sensitivity = measure(
        f"{text}correlations: {{pair: {{between: [shocks.rare.happens, shocks.idle.happens], rank: 0.8}}}}\n"
    )
    by_name = {event.name: event for event in sensitivity.rare}
    assert by_name["shocks.idle.happens"].change.high < -50  # as its partner comes with it
    assert by_name["shocks.idle.happens"].shared_with == ("shocks.rare.happens",)
    assert by_name["shocks.rare.happens"].shared_with == ("shocks.idle.happens",)


def test_a_rare_event_stands_apart_with_its_chance_and_its_cost() -> None:
    sensitivity = measure(RARE, paths=32_768)
    assert [bar.name for bar in sensitivity.bars] == ["services.a.baseline.annual"]
    (event,) = sensitivity.rare
    assert event.name == "shocks.rare.happens"
    assert event.happens
    assert event.chance.low <= 0.005 <= event.chance.high
    assert event.change.value == pytest.approx(-300, abs=15)  # 60% of half a year's thousand
    assert event.target_chance.value < 0.02
    assert event.share.value == pytest.approx(0.07, abs=0.03)


def test_an_initiative_that_rarely_fails_stands_apart_as_failing() -> None:
    push = "{chance: 90%, start: 2021-01, effect: {revenue: {a: 10%}}}"
    sensitivity = measure(RARE, initiatives__push=push, shocks=None)
    (event,) = sensitivity.rare
    assert (event.name, event.happens) == ("initiatives.push.happens", False)
    assert event.chance.value == pytest.approx(0.1, abs=0.01)
    assert event.change.value == pytest.approx(-100, abs=8)


def test_counts_are_compared_at_their_fifths_with_ties() -> None:
    waves = "{kind: epidemic, waves_per_year: 1, length: 30 days, mild: {effect: {volume: {all: -30%}}}}"
    run = simulate_plan(
        RARE, paths=PATHS, keep=PATHS, shocks=f"{{waves: {waves}}}", services__a__baseline__annual="1000 EUR"
    )
    sensitivity = compute_sensitivity(run, "revenue")
    assert sensitivity is not None
    (bar,) = sensitivity.bars
    assert run.path_sample is not None
    count, values = run.path_sample.occurrences["shocks.waves"], run.path_sample.figures["revenue", "2021"]
    assert bar.low == pytest.approx(values[count == 0].mean() - values.mean())  # 37% have none, all of them alike
    at_top = np.sort(count)[-(len(count) // 5) :]
    weighted = sum(np.mean(at_top == n) * values[count == n].mean() for n in np.unique(at_top))
    assert bar.high == pytest.approx(weighted - values.mean(), rel=0.01)


def test_inputs_that_cannot_matter_are_listed_in_few_runs() -> None:
    services = "".join(
        f"  idle{n}: {{baseline: {{method: given, annual: 0.9 to 1.1 EUR, shape: flat}}}}\n" for n in range(6)
    )
    text = RARE.replace("services: {a: {", "services:\n  a: {").replace(
        "shape: flat}}}\n", "shape: flat}}\n" + services, 1
    )
    text = text.replace("measure: revenue,", "measure: revenue.a,")
    listed = 0
    for seed in range(40):
        run = simulate_plan(text, paths=4_096, keep=4_096, seed=seed, shocks=None)
        sensitivity = compute_sensitivity(run, "revenue")
        assert sensitivity is not None
        listed += len(sensitivity.bars) > 1
    assert listed <= 6  # 5% of the runs by design; 37% without allowing for six trials


def test_numbers_of_single_events_that_cannot_matter_are_listed_in_few_small_runs() -> None:
    """A flood in one path of eight: a fifth of its paths is too few to tell anything."""
    marks = "weight: 1, reach: 20% to 60%, days: 1 to 3, loss_share: {all: 0.001% to 0.002%}"
    floods = f"floods: {{kind: flood, per_year: 0.1 to 0.15, season: {{10: 1}}, classes: {{c: {{{marks}}}}}}}"
    rare = next(line for line in RARE.splitlines() if line.startswith("  rare: "))
    text = RARE.replace(rare, f"  {floods}\nplaces: {{count: 100}}")
    listed = 0
    for seed in range(40):
        run = simulate_plan(text, paths=200, keep=200, seed=seed)
        sensitivity = compute_sensitivity(run, "revenue")
        assert sensitivity is not None
        names = [each.name for each in (*sensitivity.bars, *sensitivity.rare)]
        listed += any(name.startswith("shocks.floods") for name in names)
    assert listed <= 4


def test_numbers_of_single_events_have_bars() -> None:
    sensitivity = measure(FULL_PLAN, paths=32_768)
    names = {bar.name for bar in sensitivity.bars}
    assert "shocks.waves.hard.reach" in names
    bar = next(bar for bar in sensitivity.bars if bar.name == "shocks.waves.hard.reach")
    assert bar.low > 0 > bar.high  # the farther it reaches, the less remains
    assert bar.chance_low.value > bar.chance_high.value
