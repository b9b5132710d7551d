"""The forms of exponential smoothing that are tried, and the points of their grids.

Names are those of Hyndman and others (2008, "Forecasting with Exponential Smoothing", table 2.1): error, trend and
season, each additive (A), damped (Ad) or none (N). A form that multiplies is one of these on the log scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from forecast.arrays import Floats, Ints

ALPHA, BETA, GAMMA, PHI = range(4)
"""Rows of the parameters: smoothing of the level, of the slope and of the season, and damping of the slope."""
MIN_SPARE_PERIODS = 2
"""Periods beyond the parameters and states of a form from which it is asked."""
EXPLOSIVE_FORMS = {4: ("AAN", "AAA"), 12: ("AAN",)}
"""Season -> forms that are not asked on the log scale, where their growth has no end [chosen on M1]."""


@dataclass(frozen=True)
class EtsForm:
    """What moves besides the level."""

    name: str
    has_trend: bool
    is_damped: bool
    has_season: bool
    grid: Floats
    """(points, 4): alpha, beta, gamma, phi."""

    def free_states(self, season: int) -> Ints:
        """(free states,): rows of level, slope and season; the last of the season is 0, for the level holds it."""
        rows = [0] + [1] * self.has_trend + list(range(2, 1 + season)) * self.has_season
        return np.array(rows, np.int64)

    def n_parameters(self, season: int) -> int:
        """Parameters and first states that are estimated."""
        return sum(self.is_estimated) + len(self.free_states(season))

    def min_periods(self, season: int) -> int:
        """Known periods from which it is asked; the level alone is asked of every series."""
        return self.n_parameters(season) + MIN_SPARE_PERIODS + 1 if self.has_trend or self.has_season else 0

    def is_explosive(self, season: int) -> bool:
        """Whether it is not asked on the log scale."""
        return self.name in EXPLOSIVE_FORMS.get(season, ())

    @property
    def is_estimated(self) -> tuple[bool, bool, bool, bool]:
        """Which of alpha, beta, gamma, phi are estimated."""
        return True, self.has_trend, self.has_season, self.is_damped


def _make_form(
    name: str, alphas: Sequence[float], betas: Sequence[float], gammas: Sequence[float], phis: Sequence[float]
) -> EtsForm:
    """`betas` are shares of alpha and `gammas` of 1 - alpha; none where there is no such state."""
    points = product(alphas, betas or [0.0], gammas or [0.0], phis or [1.0])
    grid = np.array([(a, a * b, (1 - a) * g, phi) for a, b, g, phi in points])
    return EtsForm(name, bool(betas), bool(phis), bool(gammas), grid)


FORMS = (
    _make_form("ANN", (0.03, 0.12, 0.28, 0.5, 0.75, 0.95), (), (), ()),
    _make_form("AAdN", (0.05, 0.25, 0.55, 0.9), (0.02, 0.15, 0.5), (), (0.85, 0.95)),
    _make_form("AAN", (0.05, 0.25, 0.55, 0.9), (0.005, 0.05, 0.25), (), ()),
    _make_form("ANA", (0.03, 0.12, 0.3, 0.55, 0.85), (), (0.01, 0.12, 0.35), ()),
    _make_form("AAdA", (0.05, 0.25, 0.55, 0.85), (0.02, 0.25), (0.01, 0.2), (0.85, 0.96)),
    _make_form("AAA", (0.05, 0.25, 0.55, 0.85), (0.005, 0.1), (0.01, 0.2), ()),
)
ALL_FORMS = tuple(form.name for form in FORMS)
SEASONAL_FORMS = tuple(form.name for form in FORMS if form.has_season)


def parameter_counts(forms: Ints, season: int) -> Ints:
    """(columns,): parameters and first states of each column's form, a place in `FORMS`."""
    return np.array([form.n_parameters(season) for form in FORMS])[forms]
