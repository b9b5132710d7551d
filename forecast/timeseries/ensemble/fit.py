"""What is to be fitted of a service, and what the models say of it: records, and no way to make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from forecast.arrays import Floats
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.models.base import TimeSeries

HistoryKind = Literal["actual", "reconstructed"]
ValueScale = Literal["log", "raw"]
Note = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class FitTask:
    """One service to be fitted."""

    service: str
    kind: HistoryKind
    scale: ValueScale
    series: TimeSeries


@dataclass(frozen=True)
class Fit:
    """What the models say of one service; all of it can be kept."""

    mean: Floats
    """(`fits.STEPS`,) after the last month, on the scale of the past; fewer where they were pinned."""
    cholesky: Floats
    """(months of the mean, months of the mean), lower triangular."""
    weights: Mapping[str, float]
    mase: float | None
    coverage80: float | None
    coverage95: float | None
    checks: tuple[OriginCheck, ...]
    """What the blend would have said at past months, of which the three before are."""
    noise: float | None
    persistence: float | None
    parameters: Mapping[str, Mapping[str, float]]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Ensemble:
    """The fits of all services, and how their surprises move together."""

    services: Mapping[str, Fit]
    correlation: Floats | None
    """(services, services), by sorted name; None when the history may not teach it."""
