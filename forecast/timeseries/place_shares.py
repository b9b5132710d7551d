"""Shares of places in each service, from forecasts of a ledger by place that add up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from forecast.arrays import Floats
from forecast.history.accounts import Accounts
from forecast.history.place_ledger import PlaceLedger, read_place_ledger
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.geography import Geography, build_geography

__all__ = ["weight_by_ledger"]

MAX_MONTHS_AHEAD = 36
"""Months after the ledger up to which it is forecast."""


def forecast_by_place(ledger: PlaceLedger, geography: Geography, services: tuple[str, ...], periods: range) -> Floats:
    """(services, places, periods): forecasts of all nodes, reconciled by the variance of their sum over the periods."""
    # in the unit of the ledger, 0 for its next month; slow to load, and few plans have such a ledger
    from forecast.timeseries.panel.automatic import forecast_panel
    from forecast.timeseries.panel.joint import JointForecast
    from forecast.timeseries.panel.panel import Panel
    from forecast.timeseries.reconciliation import fit_reconciler, grouped_hierarchy

    hierarchy = grouped_hierarchy(_district_of(geography), services)
    row = {name: number for number, name in enumerate(geography.places)}
    names = sorted(geography.places)
    bottom = np.array([ledger.revenue[number, row[name]] for number in range(len(services)) for name in names])
    panel = Panel.from_series(list(hierarchy.aggregate(bottom)), SEASON_MONTHS)
    base = forecast_panel(panel, periods.stop)
    sd = JointForecast(base).sum_sd(periods)
    if sd.any():
        reconciler = fit_reconciler(hierarchy, "wls", variances=np.square(sd))
    else:  # every node is certain
        reconciler = fit_reconciler(hierarchy, "bottom_up")
    reconciled = reconciler(base.mean[:, periods.start :])[len(hierarchy.upper) :]
    by_name = reconciled.reshape(len(services), len(geography.places), len(periods))
    return by_name[:, [names.index(name) for name in geography.places]]


def _district_of(geography: Geography) -> dict[str, str]:
    """Place -> code of its district."""
    return {
        name: district.code
        for district in geography.districts
        for name in geography.places[district.start : district.stop]
    }


@dataclass(frozen=True)
class _ShareTask:
    """Inputs of the shares of places; two tasks of the same digests are equal."""

    digests: tuple[str, str]
    """SHA-256 of the list of places and of the ledger."""
    services: tuple[str, ...]
    accounts: Accounts
    horizon: Calendar
    geography: Geography = field(compare=False)
    ledger: PlaceLedger = field(compare=False)


@lru_cache(maxsize=4)
def _place_shares(task: _ShareTask) -> Floats:
    """(services, places): forecast sum of the months simulated."""
    ledger, first, months = task.ledger, task.horizon.first, task.horizon.count
    ahead = max(min(first + months - ledger.calendar.last - 1, MAX_MONTHS_AHEAD), 1)
    simulated = range(ahead - min(months, ahead), ahead)
    return np.asarray(forecast_by_place(ledger, task.geography, task.services, simulated).sum(axis=2))


def weight_by_ledger(
    geography: Geography, path: str, services: tuple[str, ...], accounts: Accounts, horizon: Calendar
) -> Geography:
    """Weigh places by the forecast of their ledger.

    Parameters
    ----------
    geography : Geography
        Places and districts.
    path : str
        Path of the ledger by place.
    services : tuple of str
        Names of the services.
    accounts : Accounts
        What the ledger calls them.
    horizon : Calendar
        Months simulated.

    Returns
    -------
    Geography
        The same places, weighed in each service by their revenue over the horizon, with the ledger's status and digest.
    """
    ledger = read_place_ledger(path, services, geography.places, accounts)
    digests = (geography.digest, ledger.digest)
    shares = _place_shares(_ShareTask(digests, services, accounts, horizon, geography, ledger))
    weights = {
        service: dict(zip(geography.places, map(float, shares[number]), strict=True))
        for number, service in enumerate(services)
    }
    weighted = build_geography(_district_of(geography), geography.names, weights, geography.digest)
    return replace(weighted, ledger_status=ledger.status, ledger_digest=ledger.digest)
