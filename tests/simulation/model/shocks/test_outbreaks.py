"""Outbreaks: waves in the order of their start."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.simulation.model.shocks.outbreaks import _sort_rows


@pytest.mark.parametrize("latest", [2**20, 2**28])
def test_waves_are_sorted_by_path_start_and_row(latest: int) -> None:
    rng = np.random.default_rng(7)
    path, start = np.sort(rng.integers(0, 4 * 4096, 30_000)), rng.integers(0, latest, 30_000)
    start[::3] = start[1::3]
    assert np.array_equal(_sort_rows(path, start), np.lexsort((start, path)))
    assert len(_sort_rows(path[:0], start[:0])) == 0
