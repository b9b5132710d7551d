"""The workforce implied by a plan."""

from __future__ import annotations

import numpy as np

from tests.support.plans import simulate_plan


def test_spread_of_headcount_is_symmetric_in_logs() -> None:
    shares = "{wage_share: {postal: 80%, finance: 90%, distribution: 20%}}"
    workforce = f"workforce: {{headcount: {{spread: 2% to 6%}}, productivity: {shares}}}\n"
    run = simulate_plan(f"extends: covid.yaml\n{workforce}", paths=8_000)
    p1, p50, p99 = (run.tally("headcount", "2021").quantile(p).value for p in (0.01, 0.5, 0.99))
    assert 0.6 < np.log(p50 / p1) / np.log(p99 / p50) < 1.6
