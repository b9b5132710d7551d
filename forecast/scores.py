"""How good a forecast was."""

from __future__ import annotations

import numpy as np

from forecast.chance import Z90, Floats

SEASON = 12
"""Months of a season."""


def mase(errors: Floats, history: Floats) -> float:
    """Mean absolute scaled error (Hyndman and Koehler 2006).

    `errors` are of the forecast, `history` (months,) is what it is scaled by: the mean absolute change on the same
    month a year before. Months that are NaN do not count. NaN when there is nothing to scale by.
    """
    changes = np.abs(history[SEASON:] - history[:-SEASON])
    changes, made = changes[~np.isnan(changes)], np.abs(errors[~np.isnan(errors)])
    scale = changes.mean() if len(changes) else 0.0
    return float(made.mean() / scale) if scale > 0 and len(made) else float("nan")


def inside_80(actual: Floats, mean: Floats, sd: Floats) -> Floats:
    """1 where a normal's central 80% holds the actual value, else 0; NaN where there is none."""
    return np.where(np.isnan(actual), np.nan, np.abs(actual - mean) <= Z90 * sd)
