"""Numbers that each event draws are kept path by path, and tell nothing of the number of events."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from forecast.simulation.sampling.mark_scores import MarkScores
from tests.support.plans import FULL_PLAN, simulate_plan


def test_scores_of_a_path_are_one_standard_normal() -> None:
    marks = MarkScores(3)
    marks.add("days", np.array([0, 0, 2]), np.array([0.9, 0.8, 0.1], np.float32))
    u = marks.uniforms()["days"]
    assert u[1] == 0.0  # no event
    assert np.isclose(ndtri(u[0]), (ndtri(0.9) + ndtri(0.8)) / np.sqrt(2), atol=1e-6)
    assert np.isclose(u[2], 0.1)


def test_events_count_once_however_often_they_are_drawn() -> None:
    once, twice = MarkScores(2), MarkScores(2)
    path, u = np.array([0, 1]), np.array([0.3, 0.6], np.float32)
    once.add("days", path, u)
    for _ in range(2):
        twice.add("days", path, u)
    assert np.array_equal(once.uniforms()["days"], twice.uniforms()["days"])
    other_class = np.array([0])
    twice.add("days", other_class, np.array([0.7], np.float32))
    assert not np.array_equal(once.uniforms()["days"], twice.uniforms()["days"])


def test_kept_marks_are_uniform_and_tell_nothing_of_the_count() -> None:
    run = simulate_plan(FULL_PLAN, paths=20_480, keep=20_480)
    assert run.path_sample is not None
    marks, waves = run.path_sample.marks, run.path_sample.occurrences["shocks.waves"]
    assert {"shocks.waves.length", "shocks.waves.hard.reach", "shocks.floods.classes.wide.days"} <= marks.keys()
    length = marks["shocks.waves.length"]
    drawn = length > 0
    assert drawn[waves > 0].all()
    assert np.allclose(np.quantile(length[drawn], [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.015)
    assert abs(np.corrcoef(np.abs(length[drawn] - 0.5), waves[drawn])[0, 1]) < 0.03
