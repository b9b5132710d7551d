"""What must hold between two runs, whatever the plan: hypothesis draws the plans, all are written and read as YAML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import forecast
from forecast.simulation.results import Simulation
from tests.support.plans import read_plan_text

PATHS = 1_500


YEAR = "2021"


few_examples = settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a smaller plan that fails too would take minutes to find
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Draft:
    """A plan that can be changed before it is written. Money in whole đồng."""

    services: tuple[tuple[str, str, str, str], ...]
    """(name, kind of chance, its numbers in triệu, baseline)"""
    shocks: dict[str, str] = field(default_factory=dict)
    initiatives: dict[str, str] = field(default_factory=dict)
    extra: str = ""
    months: int = 12
    factor: int = 1
    """On every amount."""

    def text(self) -> str:
        head = f"name: A drawn plan\nhorizon: {{from: 2021-01, months: {self.months}}}\nplaces: {{count: 10}}\n"
        head += "baseline: {method: given, shape: [9, 8, 8, 7, 7, 7, 8, 8, 9, 9, 10, 10]}\nservices:\n"
        for name, kind, numbers, baseline in self.services:
            amounts = ", ".join(f"{int(number) * 10**6 * self.factor} VND" for number in numbers.split())
            head += f'  {name}: {{baseline: {{annual: "{kind.format(amounts)}"{baseline}}}}}\n'
        for table, entries in (("shocks", self.shocks), ("initiatives", self.initiatives)):
            if entries:
                head += f"{table}:\n" + "".join(f"  {name}: {entry}\n" for name, entry in entries.items())
        first = self.services[0][0]
        head += f"targets:\n  sum: {{measure: revenue, period: 2021, at_least: {200 * 10**9 * self.factor} VND}}\n"
        for month in range(1, 13):
            head += f"  m{month}: {{measure: revenue.{first}, period: 2021-{month:02d}, at_least: 1 VND}}\n"
        return head + self.extra

    def simulate(self, paths: int = PATHS, seed: int = 1) -> Simulation:
        return forecast.simulate(read_plan_text(self.text()), paths=paths, seed=seed)


def year(run: Simulation, measure: str = "revenue") -> np.ndarray:
    return run.values(measure, YEAR)


def months(run: Simulation, service: str) -> np.ndarray:
    return np.array([run.values(f"revenue.{service}", f"2021-{month:02d}") for month in range(1, 13)])


AMOUNTS = st.sampled_from(
    [
        ("{}", "120000"),
        ("uniform({})", "90000 130000"),
        ("triangular({})", "80000 100000 150000"),
        ("pert({})", "50000 70000 110000"),
        ("normal({})", "100000 9000"),
    ]
)
"""Kinds whose quantiles are straight in the money, so that twice the money is twice the figure to the bit."""


BASELINES = st.sampled_from(["", ", noise: 5%, persistence: 40%", ", noise: 3% to 8%, level_noise: 4%"])


EFFECTS = st.integers(5, 45)


def services_of(names: str) -> st.SearchStrategy[tuple[tuple[str, str, str, str], ...]]:
    return st.tuples(
        *(st.tuples(st.just(name), AMOUNTS, BASELINES).map(lambda s: (s[0], *s[1], s[2])) for name in names)
    )


def epidemic(depth: float, rate: str = "3") -> str:
    """Every regime harder than the one that it replaces."""
    upstream = f"{{chance: 40%, length: 20 days, effect: {{volume: {{all: -{1.2 * depth:.6f}%}}}}}}"
    hard = f"{{chance: 50%, length: 15 days, reach: 20% to 60%, effect: {{volume: {{all: -{1.5 * depth:.6f}%}}}}}}"
    mild = f"{{effect: {{volume: {{all: -{depth}%}}}}}}"
    wave = f"kind: epidemic, waves_per_year: {rate}, length: 4 to 9 weeks"
    return f"{{{wave}, mild: {mild}, upstream: {upstream}, hard: {hard}}}"


def flood(depth: float, rate: str = "2") -> str:
    classes = f"{{c: {{weight: 1, reach: 20% to 60%, days: 2 to 6, loss_share: {{all: {depth}%}}}}}}"
    return f"{{kind: flood, per_year: {rate}, season: {{5: 1, 9: 2}}, classes: {classes}}}"


def event(depth: float, chance: str = "60%", days: tuple[str, str] = ("2021-03-10", "2021-06-20")) -> str:
    return (
        f"{{kind: event, from: {days[0]}, until: {days[1]}, chance: {chance}, effect: {{volume: {{all: -{depth}%}}}}}}"
    )


def drift(depth: float) -> str:
    return f"{{kind: drift, over: 9 months, effect: {{price: {{all: -{depth}%}}}}}}"


KINDS: dict[str, Callable[[float], str]] = {"epidemic": epidemic, "flood": flood, "event": event, "drift": drift}


SHOCKS = st.dictionaries(st.sampled_from(sorted(KINDS)), EFFECTS, max_size=3).map(
    lambda depths: {f"s_{kind}": KINDS[kind](depth) for kind, depth in depths.items()}
)


SHOP = '{chance: 60%, start: "uniform(2021-02, 2021-08)", ramp: 3 months, effect: {revenue: {all: 2% to 6%}}}'


INITIATIVES = st.sampled_from(
    [{}, {"shop": SHOP}, {"shop": SHOP, "app": "{needs: [shop], start: 2021-03, effect: {volume: {all: 1%}}}"}]
)


DRAFTS = st.builds(Draft, services_of("abc"), SHOCKS, INITIATIVES)


@few_examples
@given(DRAFTS, st.permutations(range(3)))
def test_order_of_services_changes_no_byte(draft: Draft, order: list[int]) -> None:
    reordered = replace(draft, services=tuple(draft.services[i] for i in order))
    run, reordered_run = draft.simulate(), reordered.simulate()
    assert year(run).tobytes() == year(reordered_run).tobytes()
    assert year(run, "revenue.b").tobytes() == year(reordered_run, "revenue.b").tobytes()


@few_examples
@given(DRAFTS, st.sampled_from(["aa", "z"]))
def test_a_service_without_revenue_does_not_change_the_others(draft: Draft, name: str) -> None:
    more = replace(draft, services=(*draft.services, (name, "{}", "0", "")))
    run, larger_run = draft.simulate(), more.simulate()
    for measure in ("revenue", "revenue.a", "revenue.c"):
        assert year(run, measure).tobytes() == year(larger_run, measure).tobytes()


@few_examples
@given(DRAFTS, st.integers(1, 9))
def test_results_scale_exactly_with_powers_of_two(draft: Draft, power: int) -> None:
    larger = replace(draft, factor=2**power)
    run, scaled_run = draft.simulate(), larger.simulate()
    assert (year(run) * 2.0**power).tobytes() == year(scaled_run).tobytes()
    assert run.chance("sum") == scaled_run.chance("sum")


@few_examples
@given(DRAFTS)
def test_results_scale_with_the_unit_of_money(draft: Draft) -> None:
    wide = (("d", "{}", "40000", ""), ("e", "lognormal({})", "30000 60000", ""))
    wide_draft = replace(draft, services=(*draft.services, *wide))
    small, large = wide_draft.simulate(), replace(wide_draft, factor=1000).simulate()
    assert np.allclose(year(small) * 1000, year(large), rtol=1e-12, atol=0)


@few_examples
@given(DRAFTS, st.sampled_from(sorted(KINDS)), st.booleans())
def test_a_shock_of_zero_size_or_rate_changes_no_byte(draft: Draft, kind: str, by_rate: bool) -> None:
    none = {"epidemic": epidemic(20, "0"), "flood": flood(20, "0"), "event": event(20, "0%")}
    zero = none[kind] if by_rate and kind in none else KINDS[kind](0)
    run, run_with_nothing = draft.simulate(), replace(draft, shocks={**draft.shocks, "nothing": zero}).simulate()
    assert year(run).tobytes() == year(run_with_nothing).tobytes()


@few_examples
@given(DRAFTS, st.sampled_from(sorted(KINDS)), EFFECTS, st.integers(1, 20))
def test_a_harder_shock_lowers_revenue_in_every_path(draft: Draft, kind: str, depth: int, more: int) -> None:
    mild, hard = (replace(draft, shocks={**draft.shocks, "x": KINDS[kind](d)}) for d in (depth, depth + more))
    less, full = year(mild.simulate()), year(hard.simulate())
    assert np.all(full <= less * (1 + 1e-12))
    assert np.any(full < less)


@few_examples
@given(DRAFTS, st.sampled_from(["epidemic", "flood"]), st.integers(1, 4), st.integers(1, 4))
def test_a_more_frequent_shock_lowers_revenue_in_every_path(draft: Draft, kind: str, rate: int, more: int) -> None:
    shock = {"epidemic": epidemic, "flood": flood}[kind]
    seldom, often = (replace(draft, shocks={**draft.shocks, "x": shock(30, str(r))}) for r in (rate, rate + more))
    less, full = year(seldom.simulate()), year(often.simulate())
    assert np.all(full <= less * (1 + 1e-12))
    assert np.any(full < less)


@few_examples
@given(DRAFTS, st.integers(1, 6_000), st.integers(1, 4_000))
def test_more_paths_keep_the_first_ones(draft: Draft, paths: int, more: int) -> None:
    assert np.array_equal(year(draft.simulate(paths)), year(draft.simulate(paths + more))[:paths])


@few_examples
@given(DRAFTS, st.integers(1, 20))
def test_a_longer_horizon_keeps_the_first_months(draft: Draft, more: int) -> None:
    short, long = draft.simulate(), replace(draft, months=12 + more).simulate()
    assert np.array_equal(months(short, "a"), months(long, "a"))
    assert np.array_equal(year(short), year(long))


@few_examples
@given(st.sampled_from(["", ", noise: 6%, persistence: 40%", ", noise: 3%, level_noise: 4%"]), SHOCKS)
def test_two_perfectly_correlated_halves_equal_one_service(baseline: str, shocks: dict[str, str]) -> None:
    """`a` keeps its draws beside `b`, which follows it by rank correlations of 1; level_noise follows the months."""
    same = (
        "correlations:\n"
        "  levels: {between: [services.a.baseline.annual, services.b.baseline.annual], rank: 1}\n"
        "  months: {between: [services.a, services.b], rank: 1}\n"
    )
    single = Draft((("a", "normal({})", "200000 16000", baseline),), shocks)
    halves = replace(single, services=tuple((n, "normal({})", "100000 8000", baseline) for n in "ab"), extra=same)
    single_run, halves_run = single.simulate(), halves.simulate()
    assert np.allclose(year(single_run), year(halves_run), rtol=1e-9)
    assert np.allclose(months(single_run, "a"), 2 * months(halves_run, "a"), rtol=1e-9)
    assert np.allclose(year(halves_run, "revenue.a"), year(halves_run, "revenue.b"), rtol=1e-9)


@few_examples
@given(st.sampled_from(["t(3)", "t(8)"]), SHOCKS)
def test_perfectly_correlated_halves_are_equal_under_a_t_copula(copula: str, shocks: dict[str, str]) -> None:
    same = "levels: {between: [services.a.baseline.annual, services.b.baseline.annual], rank: 1}"
    extra = f"copula: {copula}\ncorrelations:\n  {same}\n"
    run = Draft(tuple((n, "normal({})", "100000 8000", "") for n in "ab"), shocks, extra=extra).simulate()
    assert np.allclose(year(run, "revenue.a"), year(run, "revenue.b"), rtol=1e-9)


@few_examples
@given(DRAFTS, st.permutations([1, 3, 5, 7, 8, 10, 12]), st.integers(1, 20), EFFECTS)
def test_a_later_shock_takes_the_same_share_of_a_later_month(
    draft: Draft, order: list[int], day: int, depth: int
) -> None:
    """Between months of 31 days; its factor moves with it, whatever the other months do."""
    without_event = draft.simulate()
    factors = []
    for month in order[:2]:
        days = (f"2021-{month:02d}-{day:02d}", f"2021-{month:02d}-{day + 10:02d}")
        with_event = replace(draft, shocks={**draft.shocks, "x": event(depth, "70%", days)}).simulate()
        ratio = months(with_event, "a") / months(without_event, "a")
        factors.append(ratio[month - 1])
        assert np.allclose(np.delete(ratio, month - 1, axis=0), 1, rtol=1e-12)
    assert np.allclose(factors[0], factors[1], rtol=1e-12)
    assert np.allclose(factors[0].min(), 1 - depth / 100 * 11 / 31)


@few_examples
@given(DRAFTS, st.lists(st.floats(0.5, 2), min_size=2, max_size=6))
def test_chances_fall_with_the_threshold_and_quantiles_ascend(draft: Draft, factors: list[float]) -> None:
    tally = draft.simulate().tally("revenue", YEAR)
    chances = [tally.chance_at_least(tally.mean * factor) for factor in sorted(factors)]
    for chance, next_chance in pairwise(chances):
        assert next_chance.value <= chance.value
        assert next_chance.low <= chance.low
        assert next_chance.high <= chance.high
    p5, p50, p95 = (tally.quantile(p) for p in (0.05, 0.5, 0.95))
    assert p5.value <= p50.value <= p95.value
    for estimate in (p5, p50, p95, tally.cvar(0.05), tally.mean_estimate()):
        assert estimate.low <= estimate.value <= estimate.high
    assert tally.cvar(0.05).value <= p5.value
    assert tally.cvar(0.05, lower=False).value >= p95.value


@few_examples
@given(DRAFTS, DRAFTS)
def test_a_run_does_not_depend_on_the_run_before_it(draft: Draft, other: Draft) -> None:
    first = draft.simulate()
    other.simulate(seed=2)
    again = draft.simulate()
    assert {key: t.values.tobytes() for key, t in first.tallies.items()} == {
        key: t.values.tobytes() for key, t in again.tallies.items()
    }
