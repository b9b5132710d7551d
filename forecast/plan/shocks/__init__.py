"""The drawer of shocks: one kind a file, one line a kind in `AnyShock`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from forecast.plan.shocks.drift import Drift
from forecast.plan.shocks.epidemic import Epidemic
from forecast.plan.shocks.event import Event
from forecast.plan.shocks.flood import Flood
from forecast.plan.shocks.storm import Storm

AnyShock = Annotated[Epidemic | Storm | Flood | Event | Drift, Field(discriminator="kind")]

__all__ = ["AnyShock", "Drift", "Epidemic", "Event", "Flood", "Storm"]
