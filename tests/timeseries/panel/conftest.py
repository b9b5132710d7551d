"""Series of the M3 competition."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.competition import load_series


@pytest.fixture(scope="module")
def m3_series() -> list[np.ndarray]:
    pasts, _ = load_series("m3", "monthly")
    return pasts[::24][:60]
