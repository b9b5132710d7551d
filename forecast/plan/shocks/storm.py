"""Storms: wind over roofs, roads and power lines."""

from __future__ import annotations

from typing import Literal

from forecast.plan.shocks.weather import Weather


class Storm(Weather):
    """Wind: some places shut for some days, part of the loss returns."""

    kind: Literal["storm"]
