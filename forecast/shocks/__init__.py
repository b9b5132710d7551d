"""The drawer of shocks: one kind a file, one line a kind in `AnyShock`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from forecast.shocks.drift import Drift
from forecast.shocks.epidemic import Epidemic
from forecast.shocks.event import Event
from forecast.shocks.flood import Flood
from forecast.shocks.storm import Storm

AnyShock = Annotated[Epidemic | Storm | Flood | Event | Drift, Field(discriminator="kind")]

__all__ = ["AnyShock", "Drift", "Epidemic", "Event", "Flood", "Storm"]
