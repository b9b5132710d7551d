"""Checks of what must fit together in a plan, one subject a file; for the loader."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forecast.errors import Problem
from forecast.plan.checks import correlations, initiatives, notes, places, services, shocks, size, targets, unused
from forecast.plan.checks.context import CheckContext

CHECKS: tuple[Callable[[CheckContext], Iterator[Problem]], ...] = (
    services.check_services,
    shocks.check_shocks,
    size.check_size,
    initiatives.check_initiatives,
    targets.check_targets,
    notes.check_notes,
    places.check_places,
    unused.check_unused,
    correlations.check_correlations,
)

__all__ = ["CHECKS"]
