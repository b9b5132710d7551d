"""Tallies: histograms agree with the values they count."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from forecast.simulation.frames import FRAME_QUANTILE_LEVELS
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.bins import Bins
from forecast.stats.tally import Tally


def test_a_histogram_has_the_quantiles_of_its_values() -> None:
    values = np.random.default_rng(6).normal(250, 13, (20, 4096))
    bins = Bins.from_values(values[0])
    exact, binned = Tally(bins), Tally(bins, exact=False)
    for block in values:
        exact.add(block)
        binned.add(block)
    for p in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert abs(exact.quantile(p).value - binned.quantile(p).value) < 13 * 2e-3


@pytest.mark.parametrize("exact", [True, False])
def test_mean_and_sd_of_large_close_values_are_accurate(exact: bool) -> None:
    off = np.random.default_rng(7).normal(0, 3, (8, 4096))
    tally = Tally(Bins.from_values(1e15 + off[0]), exact=exact)
    for block in off:
        tally.add(1e15 + block)
    kept = 1e15 + off - 1e15  # as 64 bits hold them
    assert tally.mean - 1e15 == pytest.approx(kept.mean(), abs=0.2)
    assert tally.sd == pytest.approx(kept.std(ddof=1), rel=1e-9)


@pytest.mark.parametrize("side", [-1, 1])
def test_values_beyond_the_bins_count_in_the_tail_mean(side: int) -> None:
    """A rare loss, far outside the bins that the first block fixed."""
    rng = np.random.default_rng(9)
    values = side * rng.normal(100, 1, 40 * PATHS_PER_BLOCK)
    rare = PATHS_PER_BLOCK + np.flatnonzero(rng.random(39 * PATHS_PER_BLOCK) < 0.01)
    values[rare] = -side * rng.uniform(0, 20, len(rare))
    exact, binned = (
        Tally(Bins.from_values(values[:PATHS_PER_BLOCK])),
        Tally(Bins.from_values(values[:PATHS_PER_BLOCK]), exact=False),
    )
    for block in values.reshape(-1, PATHS_PER_BLOCK):
        exact.add(block)
        binned.add(block)
    binned_mean, exact_mean = (tally.cvar(0.05, lower=side > 0) for tally in (binned, exact))
    assert binned_mean.value == pytest.approx(exact_mean.value, abs=0.002)
    assert binned_mean.high - binned_mean.low == pytest.approx(exact_mean.high - exact_mean.low, rel=0.01)


def test_a_shared_value_is_exact_in_a_histogram() -> None:
    rng = np.random.default_rng(5)
    drawn = {
        "least": (0.0, rng.exponential(2.0, 40_000)),
        "inside": (0.0, rng.normal(0, 1, 40_000)),
        "most": (9.0, np.minimum(rng.normal(6, 1, 40_000), 9.0)),
    }
    for place, (shared, values) in drawn.items():
        values[rng.random(40_000) < 0.4] = shared
        exact, binned = (
            Tally(Bins.from_values(values[:PATHS_PER_BLOCK])),
            Tally(Bins.from_values(values[:PATHS_PER_BLOCK]), exact=False),
        )
        for block in np.split(values, 10):
            exact.add(block)
            binned.add(block)
        spread = exact.quantile(0.99).value - exact.quantile(0.01).value
        for p in FRAME_QUANTILE_LEVELS:
            value, binned_value = exact.quantile(p).value, binned.quantile(p).value
            assert binned_value == value if value == shared else abs(binned_value - value) < 2e-3 * spread, (place, p)
        for share in (0.05, 0.5):
            for lower in (True, False):
                assert abs(exact.cvar(share, lower).value - binned.cvar(share, lower).value) < 1e-3 * spread
        assert abs(exact.chance_at_least(shared).value - binned.chance_at_least(shared).value) < 2e-4
        assert abs(exact.chance_at_least(1.5).value - binned.chance_at_least(1.5).value) < 1e-3


def test_a_pickled_tally_is_unchanged_and_small() -> None:
    values = np.random.default_rng(6).normal(250, 13, 30 * PATHS_PER_BLOCK)
    for often in (1, 3):
        tally = Tally(Bins.from_values(values[:PATHS_PER_BLOCK]), (240.0,), exact=False)
        for _ in range(often):
            tally.add(np.where(np.arange(len(values)) % 2 == 0, values, 250.0))
        content = pickle.dumps(tally)
        assert len(content) < (17_500 if often == 1 else 67_000)
        restored = pickle.loads(content)
        for name, array in tally.state().items():
            assert array.tobytes() == restored.state()[name].tobytes()
        assert restored.quantile(0.1) == tally.quantile(0.1)


def test_a_histogram_keeps_chances_quantiles_and_tail_means() -> None:
    from forecast.stats.bins import Bins
    from forecast.stats.tally import Tally

    random = np.random.default_rng(3)
    blocks = [250e9 + 13e9 * random.standard_normal(4096) for _ in range(20)]
    bins = Bins.from_values(blocks[0])
    exact, binned = Tally(bins, (255e9,)), Tally(bins, (255e9,), exact=False)
    for block in blocks:
        exact.add(block)
        binned.add(block)
    assert exact.chance_at_least(255e9) == binned.chance_at_least(255e9)
    for p in (0.01, 0.05, 0.1, 0.5, 0.9, 0.99):
        assert binned.quantile(p).value == pytest.approx(exact.quantile(p).value, rel=1e-4)
    assert binned.cvar(0.05).value == pytest.approx(exact.cvar(0.05).value, rel=1e-4)
