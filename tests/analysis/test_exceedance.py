"""The exceedance curve of a target's figure, and its bad tail."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.analysis.exceedance import exceedance_curve, tail_risk
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


@pytest.mark.parametrize("direction", ["at_least", "at_most"])
def test_the_bad_tail_has_the_amounts_of_its_chances_and_the_mean_of_the_worst_paths(direction: str) -> None:
    target = {"measure": "revenue", "period": "2021", direction: "255 tỷ"}
    run = simulate_plan(TWO_SERVICES, targets__revenue=None, targets__other=target)
    tail, values = tail_risk(run, "other"), np.sort(run.values("revenue", "2021"))
    worst_first = values if direction == "at_least" else values[::-1]
    assert tail.higher_is_better == (direction == "at_least")
    assert [level.chance for level in tail.levels] == [0.2, 0.1, 0.05]
    assert [level.return_period for level in tail.levels] == pytest.approx([5, 10, 20])
    for level in tail.levels:
        is_worse = values < level.amount.value if tail.higher_is_better else values > level.amount.value
        assert np.mean(is_worse) == pytest.approx(level.chance, abs=1 / len(values))
        assert level.amount.low < level.amount.value < level.amount.high
    n_worst = len(values) // 20
    assert tail.cvar.value == pytest.approx(worst_first[:n_worst].mean(), rel=1e-4)
    assert tail.cvar.low < tail.cvar.value < tail.cvar.high
