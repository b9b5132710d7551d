"""Recovery of losses."""

from __future__ import annotations

import numpy as np
import pytest

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
