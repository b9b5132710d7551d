"""Chances with the interval of their simulation error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import sem, t

from forecast.stats.intervals import PairedHits, binomial_interval, group_half_width, shifted_chance

FIRST, ALL = 2_000, 12_000


def paired_hits(event: np.ndarray, base: np.ndarray) -> PairedHits:
    first_event, first_base = event[:FIRST], base[:FIRST]
    return PairedHits(FIRST, int(first_event.sum()), int(first_base.sum()), int((first_event & first_base).sum()))


def test_an_event_that_no_path_tells_apart_has_the_base_chance_itself() -> None:
    base = binomial_interval(9_412, ALL)
    assert shifted_chance(base, ALL, PairedHits(FIRST, 1_570, 1_570, 1_570)) == base


def test_a_chance_is_the_base_and_the_difference() -> None:
    base = binomial_interval(9_000, ALL)
    chance = shifted_chance(base, ALL, PairedHits(FIRST, 1_300, 1_480, 1_290))
    assert chance.value == pytest.approx(0.75 - 0.09)
    assert chance.low < chance.value < chance.high


def test_over_the_same_paths_it_is_the_interval_of_the_event_alone() -> None:
    base = binomial_interval(1_480, FIRST)
    assert shifted_chance(base, FIRST, PairedHits(FIRST, 1_300, 1_480, 1_290)) == pytest.approx(
        binomial_interval(1_300, FIRST)
    )


@pytest.mark.parametrize("hits", [0, FIRST])
def test_a_chance_at_its_end_keeps_an_interval(hits: int) -> None:
    base = binomial_interval(60 if hits == 0 else ALL - 60, ALL)
    chance = shifted_chance(base, ALL, PairedHits(FIRST, hits, 15 if hits == 0 else FIRST - 15, min(hits, FIRST - 15)))
    assert 0 <= chance.low <= chance.value <= chance.high <= 1
    assert chance.high > chance.low


@pytest.mark.parametrize(
    ("base_chance", "shift", "paths"),
    [(0.78, 0.02, ALL), (0.78, 0.3, ALL), (0.78, 0.3, 3_000), (0.5, 0.1, ALL), (0.04, 0.02, ALL)],
)
def test_the_interval_covers_at_its_rate(base_chance: float, shift: float, paths: int) -> None:
    """Two events on one uniform number and a little noise, 1,500 times: the true chance lies inside 95% of them."""
    generator = np.random.default_rng(7)
    covered = 0
    for _ in range(1_500):
        u, noise = generator.random(paths), generator.random(paths)
        base = u < base_chance
        event = np.where(noise < 0.9, u < base_chance - shift, generator.random(paths) < base_chance - shift)
        chance = shifted_chance(binomial_interval(int(base.sum()), paths), paths, paired_hits(event, base))
        covered += chance.low <= base_chance - shift <= chance.high
    assert 0.93 < covered / 1_500 < 0.97


def test_groups_have_the_interval_of_student() -> None:
    """The interval of 32 groups holds a mean in 95% of the trials, where the normal quantile would in 94%."""
    groups = np.random.default_rng(9).normal(3, 2, (4_000, 32))
    low, high = t.interval(0.95, 31, groups[0].mean(), sem(groups[0]))
    assert group_half_width(groups[0].tolist()) == pytest.approx((high - low) / 2, rel=1e-12)
    halves = np.array([group_half_width(row.tolist()) for row in groups[:2_000]])
    assert np.mean(np.abs(groups[:2_000].mean(axis=1) - 3) <= halves) == pytest.approx(0.95, abs=0.012)
