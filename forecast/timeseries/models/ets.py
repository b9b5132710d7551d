"""Exponential smoothing of one service: three seasonal forms of its months, weighed by AICc, without its festival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON
from forecast.timeseries.models.base import Model, ModelFailed, Outlook, Past, covariance_of
from forecast.timeseries.models.combination import mixture
from forecast.timeseries.models.seasonal_profile import profile_of
from forecast.timeseries.panel.ets import fit_ets
from forecast.timeseries.panel.ets_forms import FORMS, SEASONAL
from forecast.timeseries.panel.ets_recursion import (
    Columns,
    State,
    filtered,
    means_ahead,
    responses_ahead,
    responses_of,
    side_by_side,
    width_of,
)
from forecast.timeseries.panel.ets_search import search
from forecast.timeseries.panel.panel import Panel

LEAST_MONTHS = min(form.least(SEASON) for form in FORMS if form.season)
"""Months that must be known."""


@dataclass(frozen=True)
class FittedEts:
    """The forms of one service and their weights."""

    names: tuple[str, ...]
    weights: Floats
    """(forms,)."""
    smoothing: Floats
    """(4, forms): alpha, beta, gamma, phi."""
    sd: Floats
    """(forms,): of the errors of one step, on the scale of the past."""
    last: Floats
    """(14, forms): level, slope and the season from the first month of the past, on the scale of the past."""
    festival: Floats
    """(columns,)."""
    past: Past

    @property
    def parameters(self) -> Mapping[str, float]:
        """Weight and smoothing of each form."""
        found: dict[str, float] = {}
        for place, name in enumerate(self.names):
            numbers = (self.weights[place], *self.smoothing[:, place], self.sd[place])
            keys = ("weight", "alpha", "beta", "gamma", "phi", "sd")
            found |= {f"{name}.{key}": float(number) for key, number in zip(keys, numbers, strict=True)}
        return found

    def forecast(self, months: int) -> Outlook:
        """The mixture of the forms, and the festival."""
        weights = dict(zip(self.names, map(float, self.weights), strict=True))
        mixed = mixture({name: self.outlook(place, months) for place, name in enumerate(self.names)}, weights)
        return Outlook(mixed.mean + self.past.effect_ahead(self.festival, months), mixed.covariance)

    def outlook(self, place: int, months: int) -> Outlook:
        """Mean and covariance of one form, in closed form, without the festival."""
        smoothing, last = self.smoothing[:, place : place + 1], self.last[:, place : place + 1]
        mean = means_ahead(smoothing, last, np.array([self.past.calendar.count]), SEASON, months)[0]
        return Outlook(mean, covariance_of(responses_ahead(smoothing, SEASON, months)[0], float(self.sd[place])))

    def at(self, past: Past) -> FittedEts:
        """The same parameters over another past, its first states found anew by least squares."""
        column, offset, scale = _column_of(past, self.festival)
        responses = responses_of(self.smoothing.T, column.seen, SEASON)
        found = []
        for place, name in enumerate(self.names):
            form = next(form for form in FORMS if form.name == name)
            held = replace(form, grid=self.smoothing[:, place][None])
            found.append(search(held, column, responses.at(place))[0])
        copies = column.take(np.zeros(len(self.names), np.int64))
        states = filtered(copies, State(self.smoothing, side_by_side(found).start), slopes=False)[1] * scale
        states[0] += offset
        return replace(self, last=states, past=past)


def _column_of(past: Past, festival: Floats) -> tuple[Columns, float, float]:
    """One past without its festival as a column, its offset and its scale."""
    values = past.seen - past.effect(festival)
    offset = float(np.nanmean(values))
    scale = float(np.nanstd(values)) or 1.0
    column = np.nan_to_num((values - offset) / scale)[:, None]
    return Columns(column, np.array([len(values)]), ~past.masked, SEASON), offset, scale


class Ets(Model):
    """Exponential smoothing of the level, a damped slope and the season."""

    def fit(self, past: Past) -> FittedEts:
        """Fit each form by least squares on the scale of the past; a masked month moves nothing.

        ModelFailed under two years, or where masks leave fewer months than a season and its smoothing need.
        """
        if past.calendar.count < 2 * SEASON:
            raise ModelFailed("model_needs_two_years")
        if np.count_nonzero(~past.masked) < LEAST_MONTHS:
            raise ModelFailed("model_failed")
        festival = profile_of(past).festival
        panel = Panel((past.seen - past.effect(festival))[None], SEASON)
        found = fit_ets(panel, logs=False, forms=SEASONAL)
        if not np.all(np.isfinite(found.sse)):
            raise ModelFailed("model_failed")
        blank = np.zeros((width_of(SEASON), 0))
        names = tuple(FORMS[place].name for place in found.form)
        return FittedEts(names, found.weight, found.state.smoothing, found.sd, blank, festival, past).at(past)
