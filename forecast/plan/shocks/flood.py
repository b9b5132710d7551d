"""Floods: water over roads and counters."""

from __future__ import annotations

from typing import Literal

from forecast.plan.shocks.weather import Weather


class Flood(Weather):
    """Water: some places shut for some days, part of the loss returns."""

    kind: Literal["flood"]
