"""Shares of places in each service, from forecasts of a ledger by place that add up."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from forecast.arrays import Floats
from forecast.history.place_ledger import Ledger, read_ledger
from forecast.periods import SEASON, Calendar
from forecast.plan.geography import Terrain, read_places, terrain_of

AHEAD = 36
"""Months after the ledger beyond which nothing is asked of it."""


def forecast_by_place(ledger: Ledger, terrain: Terrain, services: tuple[str, ...], months: int) -> Floats:
    """(services, places, months) after the ledger: all nodes forecast, then reconciled by the variances they have."""
    from forecast.timeseries.panel.automatic import blend  # slow to load, and few plans have such a ledger
    from forecast.timeseries.panel.panel import Panel
    from forecast.timeseries.reconciliation import hierarchy_of, reconciler

    districts = {place: one.code for one in terrain.districts for place in terrain.places[one.start : one.stop]}
    hierarchy = hierarchy_of(districts, services)
    row = {place: number for number, place in enumerate(terrain.places)}
    bottom = np.array([ledger.revenue[n, row[place]] for n in range(len(services)) for place in sorted(terrain.places)])
    panel = Panel.of(list(hierarchy.add_up(bottom)), SEASON)
    said = blend(panel, months)
    if not said.sd_of_values[:, 0].any():  # nothing was ever in doubt
        found = reconciler(hierarchy, "bottom_up")(said.mean)
    else:
        found = reconciler(hierarchy, "wls", variances=np.square(said.sd_of_values[:, 0]))(said.mean)
    by_name = found[len(hierarchy.upper) :].reshape(len(services), len(terrain.places), months)
    return by_name[:, [sorted(terrain.places).index(place) for place in terrain.places]]


@lru_cache(maxsize=4)
def _shares(path: str, digest: str, listed: str, services: tuple[str, ...], first: int, months: int) -> Floats:
    """(services, places) of the months played; both digests and the list's path stand for the content."""
    terrain = read_places(listed, services)
    ledger = read_ledger(path, services, terrain.places)
    ahead = max(min(first + months - ledger.calendar.last - 1, AHEAD), 1)
    said = forecast_by_place(ledger, terrain, services, ahead)
    return np.asarray(said[:, :, -min(months, ahead) :].sum(axis=2))


def weighed_by_ledger(
    terrain: Terrain, listed: str, path: str, services: tuple[str, ...], horizon: Calendar
) -> Terrain:
    """The same places with the shares that their ledger gives them over the months played."""
    ledger = read_ledger(path, services, terrain.places)
    shares = _shares(path, f"{ledger.digest} {terrain.digest}", listed, services, horizon.first, horizon.count)
    rows = {place: one.code for one in terrain.districts for place in terrain.places[one.start : one.stop]}
    weights = {
        service: dict(zip(terrain.places, map(float, shares[n]), strict=True)) for n, service in enumerate(services)
    }
    return replace(terrain_of(rows, terrain.names, weights, terrain.digest), ledger=ledger.status)
