"""The normal censored at zero."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from forecast.stats.censored_normal import unit_censored_normal

UNIFORMS = (np.arange(400_000) + 0.5) / 400_000


@pytest.mark.parametrize("cv", [0.0, 0.05, 0.125, 0.3, 0.7, 1.0, 1.6, 2.4, 5.0, 6.0, 20.0])
def test_the_mean_is_one_and_the_spread_as_asked(cv: float) -> None:
    location, scale = unit_censored_normal(np.array([cv]))
    values = np.maximum(location + scale * ndtri(UNIFORMS), 0)
    assert values.mean() == pytest.approx(1, abs=2e-3)
    assert values.std() == pytest.approx(cv, rel=1e-3, abs=1e-12) if cv < 5.1 else values.std() < cv


def test_a_larger_spread_has_more_zeros() -> None:
    location, scale = unit_censored_normal(np.array([0.1, 0.5, 0.7, 1.0, 1.5, 2.5, 5.0]))
    zeros = [(np.maximum(a + b * ndtri(UNIFORMS), 0) == 0).mean() for a, b in zip(location, scale, strict=True)]
    assert zeros == sorted(zeros)
    assert zeros[0] == 0
    assert zeros[2] == pytest.approx(0.10, abs=0.01)
    assert zeros[4] == pytest.approx(0.52, abs=0.01)


def test_it_is_solved_for_each_number_alone() -> None:
    cv = np.array([[0.02, 0.4], [2.0, 9.0]])
    for cell, value in np.ndenumerate(cv):
        assert [float(part[cell]) for part in unit_censored_normal(cv)] == [
            float(part) for part in unit_censored_normal(np.array(value))
        ]


def test_the_spread_goes_on_in_proportion_without_a_step() -> None:
    cv = np.linspace(4.8, 5.4, 601)
    _, scale = unit_censored_normal(cv)
    assert np.abs(np.diff(scale / cv)).max() < 5e-4 * (scale / cv).mean()
    _, wide = unit_censored_normal(np.array([6.0, 12.0, 24.0]))
    assert np.diff(np.log2(wide)) == pytest.approx(1, rel=1e-3)
    location, narrow = unit_censored_normal(np.array([0.0, 0.1, 0.12]))
    assert (location.tolist(), narrow.tolist()) == ([1, 1, 1], [0, 0.1, 0.12])
