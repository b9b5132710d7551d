"""Tallies: histograms agree with the values they count; thresholds, open ends and intervals in closed form."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import stats

from forecast.arrays import Floats
from forecast.simulation.frames import FRAME_QUANTILE_LEVELS
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.bins import N_BINS, Bins, meets, snap_to_atoms
from forecast.stats.intervals import Z975
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


def _counted(values: Floats, *, exact: bool) -> Tally:
    """A tally of ten blocks; the first fixes the bins."""
    blocks = np.split(values, 10)
    tally = Tally(Bins.from_values(blocks[0]), exact=exact)
    for block in blocks:
        tally.add(block)
    return tally


ATOMS = {
    "at the median": ({200.0: 0.6}, {0.45: 200.0, 0.5: 200.0, 0.9: 200.0}),
    "at P10": ({150.0: 0.12}, {0.05: 150.0, 0.1: 150.0}),
    "at zero": ({0.0: 0.3}, {0.05: 0.0, 0.1: 0.0, 0.25: 0.0}),
    "three": ({170.0: 0.2, 180.0: 0.3, 200.0: 0.4}, {0.2: 170.0, 0.5: 180.0, 0.9: 200.0}),
    "two in a bin": ({199.999: 0.2, 200.0: 0.7}, {0.2: 199.999, 0.5: 200.0, 0.9: 200.0}),
    "only atoms": ({-344.0: 0.1, 0.0: 0.5, 1200.0: 0.4}, {0.05: -344.0, 0.5: 0.0, 0.9: 1200.0}),
    "small": ({150.0: 0.004}, {0.002: 150.0}),
}
"""Share of each atom, the rest from 150 to 200 (of `small` and `at P10` from above it); some of their quantiles."""


@pytest.mark.parametrize("case", ATOMS)
@pytest.mark.parametrize("noise", [0.0, 1e-14])
def test_a_quantile_on_an_atom_is_the_atom(case: str, noise: float) -> None:
    """Also where the last bits of the atom differ from path to path."""
    shares, quantiles = ATOMS[case]
    rng = np.random.default_rng(8)
    values = rng.uniform(150.2, 199.5, 40_000)
    ends = np.concatenate([[0.0], np.cumsum(list(shares.values()))])
    u = rng.random(len(values))
    for atom, low, high in zip(shares, ends[:-1], ends[1:], strict=True):
        values[(low <= u) & (u < high)] = atom
    values *= 1 + noise * rng.integers(-1, 2, len(values))
    exact, binned = (_counted(values, exact=kept) for kept in (True, False))
    for p, atom in quantiles.items():
        assert binned.quantile(p).value == pytest.approx(atom, rel=1e-12, abs=1e-9), p
        assert exact.quantile(p).value == pytest.approx(atom, rel=1e-12, abs=1e-9), p
    for p in np.linspace(0.011, 0.989, 15):
        assert binned.quantile(p).value == pytest.approx(exact.quantile(p).value, abs=0.6)


def test_a_chance_of_at_most_an_atom_counts_it_in_a_histogram() -> None:
    values = np.random.default_rng(2).uniform(100, 300, 40_000)
    values[::2] = 200.0
    exact, binned = (_counted(values, exact=kept) for kept in (True, False))
    assert binned.chance_at_most(200.0).value == pytest.approx(exact.chance_at_most(200.0).value, abs=1e-3)
    assert binned.chance_at_least(200.0).value == pytest.approx(exact.chance_at_least(200.0).value, abs=1e-3)
    assert exact.chance_at_most(200.0).value == pytest.approx(0.75, abs=0.01)


def test_continuous_values_have_no_atom() -> None:
    rng = np.random.default_rng(4)
    for values in (rng.normal(0, 1, 4096), 1e15 + rng.normal(0, 3, 4096), 250e9 * (1 + 1e-9 * rng.normal(0, 1, 4096))):
        bins = Bins.from_values(values)
        on_atoms = np.isin(values, bins.atoms).mean() if values[0] < 1e14 else 0.0
        assert on_atoms == 0.0


def test_atoms_survive_a_checkpoint_and_a_merge() -> None:
    values = np.random.default_rng(3).normal(10, 1, 8 * PATHS_PER_BLOCK)
    values[::3] = 9.0
    halves = np.split(values, 2)
    first, second, restored, together = (Tally(Bins.from_values(halves[0]), exact=False) for _ in range(4))
    first.add(halves[0])
    second.add(halves[1])
    restored.restore(first.state(), len(halves[0]))
    restored.merge(second)
    for half in halves:
        together.add(half)
    assert restored.quantile(0.35) == together.quantile(0.35) == (9.0, 9.0, 9.0)
    with pytest.raises(ValueError, match="an array of"):
        Tally(Bins.from_values(np.linspace(0, 1, 4096)), exact=False).restore(first.state(), len(halves[0]))


both_kinds = pytest.mark.parametrize("exact", [True, False])


def tally_of(values: Floats, thresholds: tuple[float, ...] = (), *, exact: bool) -> Tally:
    """A tally of blocks; the first fixes the bins."""
    blocks = values.reshape(-1, PATHS_PER_BLOCK)
    tally = Tally(Bins.from_values(blocks[0]), thresholds, exact=exact)
    for block in blocks:
        tally.add(block)
    return tally


def uniform_with_far_values() -> Floats:
    """Four blocks from 10 to 11; in the last are values far beyond those of the first, on both sides."""
    values = np.random.default_rng(2).uniform(10, 11, 4 * PATHS_PER_BLOCK)
    values[-40:-20] = np.linspace(-30, -20, 20)
    values[-20:] = np.linspace(50, 80, 20)
    return values


@both_kinds
def test_the_outermost_bins_go_on_to_the_ends(exact: bool) -> None:
    values = uniform_with_far_values()
    tally = tally_of(values, exact=exact)
    n = len(values)
    assert (tally.minimum, tally.maximum, tally.n) == (-30, 80, n)
    assert tally.mean == pytest.approx(values.mean(), rel=1e-12)
    assert tally.sd == pytest.approx(values.std(ddof=1), rel=1e-9)
    assert tally.quantile(1e-9).value == pytest.approx(-30, abs=1.2)  # on a line through the outermost bin
    assert tally.quantile(1 - 1e-9).value == pytest.approx(80, abs=2)
    if not exact:
        assert tally.sums.outer_sums[:, 0].tolist() == [20, 20]
    for threshold, share in ((-31, 1), (-30, 1), (0, 1 - 20 / n), (20, 20 / n), (81, 0)):
        assert tally.chance_at_least(threshold).value == pytest.approx(share, abs=11 / n)
        assert tally.chance_at_most(threshold).value == pytest.approx(1 - share, abs=11 / n)
    for share in (30 / n, 0.01, 0.5):
        ascending = np.sort(values)
        count = share * n
        weights = np.clip(count - np.arange(n), 0, 1)
        for lower, expected in ((True, weights @ ascending / count), (False, weights @ ascending[::-1] / count)):
            assert tally.cvar(share, lower).value == pytest.approx(expected, rel=2e-4)


@both_kinds
def test_what_lies_beyond_all_values_is_certain(exact: bool) -> None:
    tally = tally_of(np.random.default_rng(3).uniform(10, 11, PATHS_PER_BLOCK), (9.0, 12.0), exact=exact)
    for threshold, chance in ((-1e6, 1), (9.0, 1), (9.5, 1), (11.5, 0), (12.0, 0), (1e6, 0)):
        assert tally.chance_at_least(threshold).value == chance
        assert tally.chance_at_most(threshold).value == 1 - chance
    assert tally.average_shortfall(9.0) == (0, 0, 0)
    assert tally.average_shortfall(12.0, at_least=False) == (0, 0, 0)


@both_kinds
def test_a_threshold_from_above_is_the_mirror_of_one_from_below(exact: bool) -> None:
    """A figure that must be at most t misses as its negative misses at least -t, values on the threshold included."""
    values = np.random.default_rng(4).gamma(2, 0.3, 2 * PATHS_PER_BLOCK)
    values[::7] = 0.5
    for threshold in (0.25, 0.5, 1.5):
        upper, mirrored = tally_of(values, (threshold,), exact=exact), tally_of(-values, (-threshold,), exact=exact)
        misses = values[values > threshold] - threshold
        shortfall = upper.average_shortfall(threshold, at_least=False)
        half = Z975 * misses.std() / np.sqrt(len(misses))
        assert shortfall.value == pytest.approx(misses.mean())
        assert (shortfall.low, shortfall.high) == pytest.approx((misses.mean() - half, misses.mean() + half))
        assert mirrored.average_shortfall(-threshold) == pytest.approx(shortfall)
        assert upper.chance_at_most(threshold).value == mirrored.chance_at_least(-threshold).value
        assert upper.chance_at_least(threshold).value == mirrored.chance_at_most(-threshold).value
        assert upper.chance_at_most(threshold).value == np.mean(values <= threshold)
        assert upper.chance_at_least(threshold).value == np.mean(values >= threshold)


@both_kinds
def test_a_rare_shortfall_has_no_negative_interval(exact: bool) -> None:
    values = np.ones(PATHS_PER_BLOCK)
    values[:2] = 0.5, 0.999
    shortfall = tally_of(values, (1.0,), exact=exact).average_shortfall(1.0)
    assert shortfall.value == pytest.approx(0.2505)
    assert shortfall.low == 0
    assert shortfall.high == pytest.approx(0.2505 + Z975 * 0.2495 / np.sqrt(2))


@pytest.mark.parametrize("p", [0.01, 0.05, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("n", [1_000, 20_000])
def test_the_interval_of_a_quantile_covers_by_the_binomial(p: float, n: int) -> None:
    """The rank r of the p-quantile among n values has the distribution function of a beta(r + 1, n - r)."""
    interval = Tally(Bins(0.0, float(n)))
    interval.add(np.arange(n, dtype=float))
    estimate = interval.quantile(p)
    assert estimate.value == pytest.approx((n - 1) * p)
    assert stats.beta(estimate.low + 1, n - estimate.low).cdf(p) == pytest.approx(0.975, abs=2e-3)
    assert stats.beta(estimate.high + 1, n - estimate.high).cdf(p) == pytest.approx(0.025, abs=2e-3)


def test_a_histogram_counts_exactly_at_the_edges_of_its_bins() -> None:
    values = np.random.default_rng(6).normal(250, 13, 4 * PATHS_PER_BLOCK)
    tally = tally_of(values, exact=False)
    for row in (3_000, 4_096, 5_000):
        edge = tally.bins.low + row * tally.bins.width
        assert tally.chance_at_least(edge).value == np.mean(values >= edge)
        middle = edge + tally.bins.width / 2
        assert tally.chance_at_least(middle).value == pytest.approx(np.mean(values >= middle), abs=4 / len(values))
        assert tally.chance_at_most(middle).value == pytest.approx(np.mean(values <= middle), abs=4 / len(values))


def test_bins_are_a_quarter_wider_than_the_first_block() -> None:
    bins = Bins.from_values(np.linspace(100.0, 200.0, PATHS_PER_BLOCK))
    assert (bins.low, bins.high, bins.width) == pytest.approx((87.5, 212.5, 125 / N_BINS))
    same = Bins.from_values(np.full(10, -5.0))
    assert same.low < -5 < same.high
    assert same.atoms == (-5,)
    zero = Bins.from_values(np.zeros(10))
    assert zero.low < 0 < zero.high


@pytest.mark.parametrize("limit", [200.0, -200.0])
def test_the_last_bits_of_a_value_decide_nothing(limit: float) -> None:
    off = abs(limit) * np.array([-1e-9, -5e-13, 0, 5e-13, 1e-9])
    assert meets(limit + off, limit, at_least=True).tolist() == [False, True, True, True, True]
    assert meets(limit + off, limit, at_least=False).tolist() == [True, True, True, True, False]


@both_kinds
def test_a_merge_is_the_tally_of_both_halves(exact: bool) -> None:
    values = uniform_with_far_values()
    halves, together = np.split(values, 2), tally_of(values, (10.2,), exact=exact)
    first, second = (Tally(together.bins, (10.2,), exact=exact) for _ in range(2))
    for tally, half in zip((first, second), halves, strict=True):
        for block in half.reshape(-1, PATHS_PER_BLOCK):
            tally.add(block)
    assert first.n == len(halves[0])
    first.merge(second)
    for statistic in ("n", "mean", "sd", "minimum", "maximum"):
        assert getattr(first, statistic) == pytest.approx(getattr(together, statistic), rel=1e-12)
    assert first.average_shortfall(10.2) == pytest.approx(together.average_shortfall(10.2))
    assert first.cvar(0.002) == pytest.approx(together.cvar(0.002))
    assert first.chance_at_least(10.2) == together.chance_at_least(10.2)


def test_values_are_kept_where_nothing_else_is_asked() -> None:
    tally = Tally(Bins(0.0, 1.0))
    assert tally.is_exact
    tally.add(np.array([0.5, 0.25]))
    tally.add(np.array([0.75]))
    assert tally.values.tolist() == [0.5, 0.25, 0.75]
    assert tally.variance == pytest.approx(0.0625)
    single = Tally(Bins(0.0, 1.0))
    single.add(np.array([0.5]))
    assert (single.variance, single.mean, single.quantile(0.5)) == (0, 0.5, (0.5, 0.5, 0.5))


def test_a_tail_mean_of_few_paths_has_the_interval_of_students_t() -> None:
    """At a tail of k equal steps the linearised variance is known: that of the shortfalls below the quantile."""
    n, p = 1_000, 0.01
    tally = Tally(Bins(0.0, float(n)))
    tally.add(np.arange(n, dtype=float))
    quantile, tail = (n - 1) * p, np.arange(10.0)
    variance = np.sum((tail - quantile) ** 2) / n / p**2 - (tail.mean() - quantile) ** 2
    half = stats.t.ppf(0.975, 9) * np.sqrt(variance / n)
    assert tally.cvar(p) == pytest.approx((4.5, 4.5 - half, 4.5 + half))
    assert tally.cvar(p, lower=False) == pytest.approx((994.5, 994.5 - half, 994.5 + half))


@pytest.mark.parametrize("value", [0.0, -1.5, 1 / 3 * 1e11])
def test_blocks_of_one_value_count_as_any_other(value: float) -> None:
    """A block whose paths all have one value is counted once; the state is that of counting each time."""
    spread = np.linspace(-2e11, 2e11, 4096)
    for first in (spread, np.full(4096, value)):
        once, each = (Tally(Bins.from_values(first), (value, 1.0), exact=False) for _ in range(2))
        for block in (np.full(4096, value), np.full(4096, value), spread, np.full(1000, value), np.full(4096, 2.0)):
            once.add(block)
            each._count(block)
        states = (once.state(), each.state())
        assert all(states[0][name].tobytes() == states[1][name].tobytes() for name in states[1])
        assert pickle.loads(pickle.dumps(once))._constant is None


@pytest.mark.parametrize("tolerance", [0.0, 0.5])
@pytest.mark.parametrize("atoms", [[2.0], [2.0, 6.0]])
def test_a_value_at_the_distance_of_the_tolerance_is_on_the_atom(tolerance: float, atoms: list[float]) -> None:
    values = np.array([1.0, 2 - tolerance, 2.0, 2 + tolerance, 3.0])
    moved, counts = snap_to_atoms(values, np.array(atoms), tolerance)
    assert moved.tolist() == [1, 2, 2, 2, 3]
    assert counts.tolist() == [3, 0][: len(atoms)]
