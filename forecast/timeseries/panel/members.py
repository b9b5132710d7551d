"""Forecasts of the members of the combination: smoothing, three kinds of theta, the airline model, the seasonal naive.

Series without a season have no airline model, no seasonal naive and no weighted theta. A series with a level shift is
forecast twice, at its last level and as it stands: nobody knows that a shift stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Bools, Floats
from forecast.timeseries.panel.airline import fit_airline
from forecast.timeseries.panel.ets import forecast_ets
from forecast.timeseries.panel.level_shifts import level_out_shifts
from forecast.timeseries.panel.panel import Panel, PanelForecast
from forecast.timeseries.panel.theta import ThetaKind, forecast_theta

__all__ = ["MEMBERS", "MemberForecasts", "forecast_members"]

THETA_KIND_OF_MEMBER: Mapping[str, ThetaKind] = {
    "standard theta": "standard",
    "dynamic theta": "dynamic",
    "weighted theta": "weighted",
}
MEMBERS = ("smoothing", *THETA_KIND_OF_MEMBER, "airline", "seasonal naive")
"""Members where there is a season."""
NONSEASONAL_MEMBERS = ("smoothing", "standard theta", "dynamic theta")
LEVELLED_WEIGHT = 2 / 3
"""Weight of a series read at its last level, where it has a level shift, beside the series as it stands [C: with 1 the
95% intervals of shifted series hold 74% on M1 and 90% on Australian prescriptions, with 2/3 88% and 95%]."""


@dataclass(frozen=True)
class MemberForecasts:
    """Forecasts of each series by each member."""

    panel: Panel
    """The series at their last level, as the members have read them."""
    mean: Floats
    """(members, series, horizon), in the unit of the series; 0 where the member is not usable."""
    sd: Floats
    """(members, series, horizon), in the unit of the series."""
    is_usable: Bools
    """(members, series): False where a series is too short for the member."""


def forecast_members(panel: Panel, horizon: int) -> MemberForecasts:
    """Forecast each series by each member.

    Parameters
    ----------
    panel : Panel
        Series in their units.
    horizon : int
        Periods ahead.

    Returns
    -------
    MemberForecasts
        Means and standard deviations, (members, series, horizon), of the series at their last level.
    """
    levelled = level_out_shifts(panel)
    forecasts = _forecast_reading(levelled, horizon)
    is_shifted = np.any((levelled.values != panel.values) & ~np.isnan(panel.values), axis=1)
    if not is_shifted.any():
        return forecasts
    return _mix_readings(forecasts, _forecast_reading(panel.take(is_shifted), horizon), is_shifted)


def _forecast_reading(panel: Panel, horizon: int) -> MemberForecasts:
    """The forecasts of the members for the series as they stand in a panel."""
    names = MEMBERS if panel.season > 1 else NONSEASONAL_MEMBERS
    forecasts, usable = zip(*(_forecast_member(name, panel, horizon) for name in names), strict=True)
    is_usable = np.array(usable)
    mean = np.where(is_usable[..., None], [each.mean for each in forecasts], 0.0)
    sd = np.where(is_usable[..., None], [each.value_sd for each in forecasts], 0.0)
    return MemberForecasts(panel, mean, sd, is_usable)


def _mix_readings(levelled: MemberForecasts, standing: MemberForecasts, is_shifted: Bools) -> MemberForecasts:
    """The mixture of both readings of the shifted series, member by member; `standing` holds those series alone."""
    mean, sd = levelled.mean.copy(), levelled.sd.copy()
    means = np.array([levelled.mean[:, is_shifted], standing.mean])
    sds = np.array([levelled.sd[:, is_shifted], standing.sd])
    weights = np.array([LEVELLED_WEIGHT, 1 - LEVELLED_WEIGHT])
    mixed = np.einsum("r,rksh->ksh", weights, means)
    mean[:, is_shifted] = mixed
    sd[:, is_shifted] = np.sqrt(np.einsum("r,rksh->ksh", weights, sds**2 + (means - mixed) ** 2))
    return replace(levelled, mean=mean, sd=sd)


def _forecast_member(name: str, panel: Panel, horizon: int) -> tuple[PanelForecast, Bools]:
    """The forecast by one member, and (series,) where it is usable."""
    every = np.ones(len(panel.values), bool)
    if name == "smoothing":
        return forecast_ets(panel, horizon), every
    if name == "airline":
        airline = fit_airline(panel, horizon)
        return PanelForecast.from_moments(panel, airline.mean, airline.sd), airline.is_fitted
    if name == "seasonal naive":
        return seasonal_naive(panel, horizon), panel.lengths > panel.season
    return forecast_theta(panel, horizon, THETA_KIND_OF_MEMBER[name]), every


def seasonal_naive(panel: Panel, horizon: int) -> PanelForecast:
    """Last season again, its spread from the changes on the season before (Hyndman and Athanasopoulos, section 5.5)."""
    season, ahead = panel.season, np.arange(horizon)
    changes = panel.values[:, season:] - panel.values[:, :-season]
    count = np.maximum((~np.isnan(changes)).sum(axis=1, keepdims=True), 1)
    step_sd = np.sqrt(np.nansum(np.square(changes), axis=1, keepdims=True) / count)
    blank = np.full((len(changes), max(season - panel.values.shape[1], 0)), np.nan)
    last = np.concatenate([blank, panel.values[:, -season:]], axis=1)
    mean = np.nan_to_num(last[:, ahead % season])
    return PanelForecast.from_moments(panel, mean, step_sd * np.sqrt(1 + ahead // season))
