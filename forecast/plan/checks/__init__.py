"""The drawer of checks: what must fit together in a plan, one matter a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forecast.errors import Complaint
from forecast.plan.checks import correlations, initiatives, places, services, shocks, targets
from forecast.plan.checks import unused as idle
from forecast.plan.checks.context import Ground

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
