"""Shares of places in each service, from forecasts of a ledger by place that add up."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from forecast.arrays import Floats
from forecast.history.place_ledger import PlaceLedger, read_place_ledger
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.geography import Geography, build_geography, read_places

MAX_MONTHS_AHEAD = 36
"""Months after the ledger beyond which nothing is asked of it."""


def forecast_by_place(ledger: PlaceLedger, terrain: Geography, services: tuple[str, ...], months: int) -> Floats:
    """(services, places, months) after the ledger: all nodes forecast, then reconciled by the variances they have."""
    from forecast.timeseries.panel.automatic import combine_panel  # slow to load, and few plans have such a ledger
    from forecast.timeseries.panel.panel import Panel
    from forecast.timeseries.reconciliation import fit_reconciler, grouped_hierarchy

    districts = {place: one.code for one in terrain.districts for place in terrain.places[one.start : one.stop]}
    hierarchy = grouped_hierarchy(districts, services)
    row = {place: number for number, place in enumerate(terrain.places)}
    bottom = np.array([ledger.revenue[n, row[place]] for n in range(len(services)) for place in sorted(terrain.places)])
    panel = Panel.from_series(list(hierarchy.aggregate(bottom)), SEASON_MONTHS)
    said = combine_panel(panel, months)
    if not said.value_sd[:, 0].any():  # nothing was ever in doubt
        found = fit_reconciler(hierarchy, "bottom_up")(said.mean)
    else:
        found = fit_reconciler(hierarchy, "wls", variances=np.square(said.value_sd[:, 0]))(said.mean)
    by_name = found[len(hierarchy.upper) :].reshape(len(services), len(terrain.places), months)
    return by_name[:, [sorted(terrain.places).index(place) for place in terrain.places]]


@lru_cache(maxsize=4)
def _place_shares(path: str, digest: str, listed: str, services: tuple[str, ...], first: int, months: int) -> Floats:
    """(services, places) of the months played; both digests and the list's path stand for the content."""
    terrain = read_places(listed, services)
    ledger = read_place_ledger(path, services, terrain.places)
    ahead = max(min(first + months - ledger.calendar.last - 1, MAX_MONTHS_AHEAD), 1)
    said = forecast_by_place(ledger, terrain, services, ahead)
    return np.asarray(said[:, :, -min(months, ahead) :].sum(axis=2))


def weight_by_ledger(
    terrain: Geography, listed: str, path: str, services: tuple[str, ...], horizon: Calendar
) -> Geography:
    """The same places with the shares that their ledger gives them over the months played."""
    ledger = read_place_ledger(path, services, terrain.places)
    shares = _place_shares(path, f"{ledger.digest} {terrain.digest}", listed, services, horizon.first, horizon.count)
    rows = {place: one.code for one in terrain.districts for place in terrain.places[one.start : one.stop]}
    weights = {
        service: dict(zip(terrain.places, map(float, shares[n]), strict=True)) for n, service in enumerate(services)
    }
    return replace(build_geography(rows, terrain.names, weights, terrain.digest), ledger_status=ledger.status)
