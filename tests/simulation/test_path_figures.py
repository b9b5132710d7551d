"""Chosen figures of every path: those of a run, whatever the number of paths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

import forecast
from forecast.simulation import path_figures
from forecast.simulation.compiled import compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.path_figures import simulate_path_figures
from forecast.timeseries.baseline import fit_baseline
from tests.support.failing_plans import TWO_NORMALS

PATHS = 70_000
"""Two chunks, the last block cut."""


def test_figures_and_scores_are_those_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(TWO_NORMALS, encoding="utf-8")
    scenario = forecast.read(file)
    monkeypatch.setattr(path_figures, "MAX_SCORES", 2 * 5_000)
    reports: list[tuple[int, int]] = []
    figures = simulate_path_figures(
        condition_plan(compile_plan(scenario, fit_baseline(scenario), PATHS)),
        lambda keys: [key for key in keys if key == ("revenue", "2026")],
        progress=lambda done, to_do: reports.append((done, to_do)),
    )
    run = forecast.simulate(scenario, paths=PATHS, keep=PATHS)
    assert run.path_sample is not None
    assert list(figures.figures) == [("revenue", "2026")]
    assert np.array_equal(figures.figures["revenue", "2026"], run.draws("revenue", "2026"))
    assert figures.scores.keys() == run.path_sample.uniforms.keys()
    for name, score in figures.scores.items():
        assert score == pytest.approx(ndtri(run.path_sample.uniforms[name][:5_000]), abs=1e-6)
    assert reports[0] == (0, PATHS)
    assert reports[-1] == (PATHS, PATHS)
