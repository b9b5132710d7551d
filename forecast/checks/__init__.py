"""The drawer of checks: what must fit together in a plan, one matter a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forecast.checks import correlations, idle, initiatives, places, services, shocks, targets
from forecast.checks.ground import Ground
from forecast.errors import Complaint

CHECKS: tuple[Callable[[Ground], Iterator[Complaint]], ...] = (
    services.check,
    shocks.check,
    initiatives.check,
    targets.check,
    places.check,
    idle.check,
    correlations.check,
)

__all__ = ["CHECKS", "Ground"]
