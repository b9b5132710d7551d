"""An estimate: a figure from a finite number of paths, with its simulation error."""

from __future__ import annotations

from typing import NamedTuple


class Estimate(NamedTuple):
    """A value and the 95% interval of its simulation error."""

    value: float
    low: float
    high: float
