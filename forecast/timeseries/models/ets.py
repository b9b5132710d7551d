"""Exponential smoothing of one service: three seasonal forms of its months, weighed by AICc, without its festival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.timeseries.models.base import Model, ModelFailed, PredictiveNormal, TimeSeries, forecast_covariance
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.seasonal_profile import fit_seasonal_profile
from forecast.timeseries.panel.ets import fit_ets
from forecast.timeseries.panel.ets_state_space import (
    FORMS,
    SEASONAL_FORMS,
    EtsColumns,
    EtsState,
    concatenate_states,
    ets_means,
    ets_responses,
    filter_columns,
    grid_responses,
    n_states,
    search_ets,
)
from forecast.timeseries.panel.panel import Panel

MIN_ETS_MONTHS = min(form.min_periods(SEASON_MONTHS) for form in FORMS if form.has_season)
"""Months that must be known."""


@dataclass(frozen=True)
class FittedEts:
    """The forms of one service and their weights."""

    form_names: tuple[str, ...]
    weights: Floats
    """(forms,)."""
    smoothing: Floats
    """(4, forms): alpha, beta, gamma, phi."""
    sd: Floats
    """(forms,): of the errors of one step, on the scale of the past."""
    last_states: Floats
    """(14, forms): level, slope and the season from the first month of the past, on the scale of the past."""
    holiday_coefficients: Floats
    """(columns,)."""
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Weight and smoothing of each form."""
        found: dict[str, float] = {}
        for place, name in enumerate(self.form_names):
            numbers = (self.weights[place], *self.smoothing[:, place], self.sd[place])
            keys = ("weight", "alpha", "beta", "gamma", "phi", "sd")
            found |= {f"{name}.{key}": float(number) for key, number in zip(keys, numbers, strict=True)}
        return found

    def forecast(self, months: int) -> PredictiveNormal:
        """The mixture of the forms, and the festival."""
        weights = dict(zip(self.form_names, map(float, self.weights), strict=True))
        mixed = combine(
            {name: self.forecast_form(place, months) for place, name in enumerate(self.form_names)}, weights
        )
        return PredictiveNormal(
            mixed.mean + self.series.holiday_effect_ahead(self.holiday_coefficients, months), mixed.covariance
        )

    def forecast_form(self, place: int, months: int) -> PredictiveNormal:
        """Mean and covariance of one form, in closed form, without the festival."""
        smoothing, last = self.smoothing[:, place : place + 1], self.last_states[:, place : place + 1]
        mean = ets_means(smoothing, last, np.array([self.series.calendar.count]), SEASON_MONTHS, months)[0]
        return PredictiveNormal(
            mean, forecast_covariance(ets_responses(smoothing, SEASON_MONTHS, months)[0], float(self.sd[place]))
        )

    def with_series(self, past: TimeSeries) -> FittedEts:
        """The same parameters over another past, its first states found anew by least squares."""
        column, offset, scale = _standardise_column(past, self.holiday_coefficients)
        responses = grid_responses(self.smoothing.T, column.observed, SEASON_MONTHS)
        found = []
        for place, name in enumerate(self.form_names):
            form = next(form for form in FORMS if form.name == name)
            held = replace(form, grid=self.smoothing[:, place][None])
            found.append(search_ets(held, column, responses.at_point(place))[0])
        copies = column.take(np.zeros(len(self.form_names), np.int64))
        states = (
            filter_columns(copies, EtsState(self.smoothing, concatenate_states(found).initial), derivatives=False)[1]
            * scale
        )
        states[0] += offset
        return replace(self, last_states=states, series=past)


def _standardise_column(past: TimeSeries, festival: Floats) -> tuple[EtsColumns, float, float]:
    """One past without its festival as a column, its offset and its scale."""
    values = past.observed - past.holiday_effect(festival)
    offset = float(np.nanmean(values))
    scale = float(np.nanstd(values)) or 1.0
    column = np.nan_to_num((values - offset) / scale)[:, None]
    return EtsColumns(column, np.array([len(values)]), ~past.masked, SEASON_MONTHS), offset, scale


class EtsModel(Model):
    """Exponential smoothing of the level, a damped slope and the season."""

    def fit(self, past: TimeSeries) -> FittedEts:
        """Fit each form by least squares on the scale of the past; a masked month moves nothing.

        ModelFailed under two years, or where masks leave fewer months than a season and its smoothing need.
        """
        if past.calendar.count < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        if np.count_nonzero(~past.masked) < MIN_ETS_MONTHS:
            raise ModelFailed("model_failed")
        festival = fit_seasonal_profile(past).holiday_coefficients
        panel = Panel((past.observed - past.holiday_effect(festival))[None], SEASON_MONTHS)
        found = fit_ets(panel, logs=False, forms=SEASONAL_FORMS)
        if not np.all(np.isfinite(found.sse)):
            raise ModelFailed("model_failed")
        blank = np.zeros((n_states(SEASON_MONTHS), 0))
        names = tuple(FORMS[place].name for place in found.form)
        return FittedEts(names, found.weight, found.state.smoothing, found.sd, blank, festival, past).with_series(past)
