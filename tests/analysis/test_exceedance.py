"""The exceedance curve of a target's figure."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.analysis.exceedance import exceedance_curve
from tests.support.plans import TWO_SERVICES, simulate_plan


def test_an_exceedance_curve_gives_the_share_of_paths_at_or_above() -> None:
    run = simulate_plan(TWO_SERVICES)
    curve = exceedance_curve(run, "revenue")
    values = run.values("revenue", "2021")
    assert list(curve.amounts) == sorted(curve.amounts)
    assert np.all(np.diff(curve.chances) <= 0)
    shares = [np.mean(values >= amount) for amount in curve.amounts]
    assert list(curve.chances) == pytest.approx(shares, abs=2e-3)
    assert (curve.target, curve.target_chance) == (255e9, run.chance("revenue"))
    assert curve.higher_is_better
