"""A small sample of the Sobol trial, which `python -m tests.validation.evidence` runs in full."""

from __future__ import annotations

import pytest

from forecast.simulation.sampling import random_streams
from tests.validation import sobol


@pytest.mark.slow
def test_sobol_points_reduce_the_variance_of_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sobol, "SEEDS", range(1, 9))
    trial = sobol.measured("without-history")
    assert trial["names"] > 1
    assert trial["by_order"]["mean"] > 2
    assert "| in order of the names |" in sobol.table(trial)
    assert random_streams.stream is sobol.plain
