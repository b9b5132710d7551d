"""Recovery of losses."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.simulation.model.impacts import Impact
from forecast.simulation.model.recovery import apply_impacts
from tests.support.plans import ONE_SERVICE, simulate_plan

YEAR = ("revenue", "2021")


@pytest.mark.parametrize("when", ["2021-03-01", "2021-03-01 to 2021-03-09"])
def test_recovery_within_zero_days_is_carried_over(when: str) -> None:
    effect = "effect: {volume: {a: -10%}}, recovered: {all: 50%}, within: 0 days"
    event = f"{{kind: event, from: {when}, until: 2021-04-10, {effect}}}"
    run = simulate_plan(ONE_SERVICE, shocks__e=event)
    lost, carried, permanent = (run.values(f"{word}.a", "horizon") for word in ("lost", "carried", "gone"))
    assert np.all(np.isfinite(run.values(*YEAR)))
    assert np.all(lost > 1e8)
    assert np.allclose(carried, lost / 2)
    assert np.allclose(permanent, lost / 2)


def test_months_of_either_sign_lose_and_gain_shares_of_their_size() -> None:
    base = np.array([[100.0, 50.0], [0.0, 0.0], [-100.0, 50.0]])
    loss, gain = (np.full((3, 2), factor) for factor in (0.4, 1.5))
    impacts = {"gain": Impact({("amount", "a"): gain}), "loss": Impact({("amount", "a"): loss})}
    shocked = apply_impacts(base, "a", impacts)
    assert shocked.amount == pytest.approx(np.array([[60, 30], [0, 0], [-140, 30]]))
    assert shocked.lost == pytest.approx([120, 60])
    assert apply_impacts(base, "a", impacts, earlier=1).lost == pytest.approx([60, 30])
    without_sign = apply_impacts(np.abs(base), "a", impacts)
    assert without_sign.amount == pytest.approx(0.6 * np.abs(base))
    assert without_sign.lost == pytest.approx(shocked.lost)
