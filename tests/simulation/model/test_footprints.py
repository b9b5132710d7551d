"""Footprints: ranges of places that events hit."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.simulation.model.footprints import PlaceRanges, locate_ranges, overlap_ranges


def remaining_by_place(cells: np.ndarray, arcs: PlaceRanges, shares: np.ndarray, size: int, count: int) -> np.ndarray:
    remaining = np.ones((count, size))
    for cell, first, length, share in zip(cells, arcs.first, arcs.count, shares, strict=True):
        for step in range(length):
            remaining[cell, (first + step) % size] *= 1 - share
    return remaining


@pytest.mark.parametrize("seed", range(8))
def test_overlapping_ranges_equal_a_loop_over_places(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, entries, count = int(rng.integers(1, 9)), 40, 12
    arcs = locate_ranges(
        rng.random(entries) * (rng.random(entries) > 0.1), rng.random(entries), rng.random(entries), size
    )
    cells, shares = rng.integers(0, count, entries), rng.random(entries)
    pieces = overlap_ranges(cells, arcs, {"s": shares}, size)
    remaining = np.ones((count, size))
    for cell, low, high, share in zip(pieces.cell, pieces.low, pieces.high, pieces.factors["s"], strict=True):
        assert (remaining[cell, low:high] == 1).all()
        remaining[cell, low:high] = share
    assert np.allclose(remaining, remaining_by_place(cells, arcs, shares, size, count))


def test_a_fractional_number_of_places_is_kept_in_the_mean() -> None:
    rng = np.random.default_rng(1)
    u, start = rng.random(20_000), rng.random(20_000)
    arcs = locate_ranges(np.full(20_000, 0.3), start, u, 7)
    assert set(arcs.count) == {2, 3}
    assert arcs.count.mean() == pytest.approx(2.1, abs=0.02)
    wider = locate_ranges(np.full(20_000, 0.31), start, u, 7)
    assert (wider.first == arcs.first).all()
    assert (wider.count >= arcs.count).all()
    assert locate_ranges(np.ones(1), np.zeros(1), np.full(1, 0.999), 7).count[0] == 7
