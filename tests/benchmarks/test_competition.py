"""What the automatic forecasts reach on the whole of M3; what was tuned was tuned on M1."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

GATES = {
    "monthly": {"smape": 13.45, "mase": 0.832, "msis95": 6.07},
    "quarterly": {"smape": 8.88, "mase": 1.065},
    "yearly": {"smape": 15.75, "mase": 2.60},
    "all": {"smape": 12.60},
}


@pytest.mark.slow
def test_m3_is_forecast_better_than_the_best_statistical_averages() -> None:
    command = [sys.executable, "-m", "benchmarks.competition", "m3", "--json"]
    run = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    beyond = {
        (name, score): found[name][score]
        for name, gates in GATES.items()
        for score, gate in gates.items()
        if not found[name][score] <= gate
    }
    assert beyond == {}
    for name in ("monthly", "quarterly"):
        assert 0.78 <= found[name]["cov80"] <= 0.82
        assert 0.935 <= found[name]["cov95"] <= 0.965
