"""Events: their numbers and their keys."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kstest, poisson

from forecast.periods import Calendar
from forecast.plan.weights import Weights
from forecast.simulation.sampling.events import EventSet, _poisson_ppf, _scramble, sample_events
from forecast.simulation.sampling.random_streams import Sampler
from tests.support.plans import FULL_PLAN, read_plan_text

YEAR = Calendar(12 * 2021, 12)


def test_event_counts_are_poisson_quantiles_and_grow_with_the_rate() -> None:
    u = np.random.default_rng(8).random(100_000)
    for rate in (0.0, 0.3, 2.0, 15.9):
        assert np.array_equal(_poisson_ppf(u, np.array([rate])), poisson.ppf(u, rate) if rate else np.zeros(len(u)))
    rates = np.random.default_rng(9).uniform(0, 16, len(u))
    count = _poisson_ppf(u, rates)
    assert np.array_equal(count, poisson.ppf(u, rates))
    assert np.all(_poisson_ppf(u, rates * 0.7) <= count)


def test_keys_of_events_are_uniform_and_independent() -> None:
    events = sample_events(Sampler(5, range(4), {}), "storms", np.full((1, 1), 20.0), None, YEAR, YEAR.edges[0])
    marks = [events.uniform(f"mark {number}").astype(float) for number in range(20)]
    marks += [(events.start - YEAR.edges[0]) / 365, events.path / (4 * 4096)]
    n = len(events)
    assert abs(n / (4 * 4096) - 20) < 4 * np.sqrt(20 / (4 * 4096))
    z = [np.corrcoef(a, b)[0, 1] * np.sqrt(n) for a, b in combinations(marks, 2)]
    assert np.max(np.abs(z)) < 4.5
    assert 0.85 < np.std(z) < 1.15
    for values in marks:
        counts = np.bincount((values * 64).astype(int), minlength=64)
        assert np.sum((counts - n / 64) ** 2) / (n / 64) < 120  # chi-square of 63 degrees: 1 in 100,000


@pytest.mark.parametrize(
    "season", [None, Weights("season", "", (1.0, 0, 0, 0, 0, 0, 0, 0, 0, 2.0, 0, 1.0))], ids=["even", "season"]
)
def test_an_earlier_first_moment_adds_events_and_moves_none(season: Weights | None) -> None:
    def events(first_moment: float, months: Calendar = YEAR) -> dict[tuple[int, int], tuple[int, float]]:
        sampled = sample_events(Sampler(5, range(2), {}), "storms", np.full((1, 1), 3.0), season, months, first_moment)
        ids = zip(*sampled.event_id.tolist(), strict=True)
        return dict(zip(ids, zip(sampled.path.tolist(), sampled.start.tolist(), strict=True), strict=True))

    january, long_before, later = (events(YEAR.edges[0] + days) for days in (0.0, -500.0, 40.0))
    assert len(long_before) > len(january) > len(later) > 1_000
    assert january == {key: event for key, event in long_before.items() if event[1] >= YEAR.edges[0]}
    assert later == {key: event for key, event in january.items() if event[1] >= YEAR.edges[0] + 40}
    assert long_before == events(YEAR.edges[0] - 500, Calendar(12 * 2019, 36))
    assert min(start for _, start in long_before.values()) >= YEAR.edges[0] - 500
    assert not events(YEAR.edges[-1] + 100)


def test_both_halves_of_the_word_of_an_event_decide_its_marks() -> None:
    rng = np.random.default_rng(5)
    words = rng.integers(0, 2**32, (2, 20_000), dtype=np.uint32)
    for changed in (0, 1):
        others = words.copy()
        others[changed] = rng.integers(0, 2**32, 20_000, dtype=np.uint32)
        marks, other_marks = (
            EventSet(np.arange(20_000), np.zeros(20_000), ids).uniform("depth").astype(float) for ids in (words, others)
        )
        assert abs(np.corrcoef(marks, other_marks)[0, 1]) < 4 / np.sqrt(20_000)
        assert kstest(other_marks, "uniform").pvalue > 1e-3


def test_words_are_scrambled_as_splitmix64_does() -> None:
    """The first numbers of SplitMix64 from seed 0, as its authors' program prints them."""
    steps = np.arange(1, 4, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert [int(word) for word in _scramble(steps)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_what_an_event_draws_is_a_quantile_of_its_mark_and_a_constant_is_exact() -> None:
    events = sample_events(Sampler(5, range(1), {}), "storms", np.full((1, 1), 2.0), None, YEAR, YEAR.edges[0])
    classes = read_plan_text(FULL_PLAN, shocks__floods__classes__wide__days="3").shocks["floods"].classes
    days, reach = classes["wide"].days, classes["local"].reach
    assert events.draw(days).tolist() == [3.0] * len(events)
    expected = reach.distribution.ppf(events.uniform(reach.stream_name).astype(float))
    assert events.draw(reach) == pytest.approx(expected, rel=1e-4)
