"""Exponential smoothing of one service: three seasonal forms of its months, weighed by AICc, without its holiday."""

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
"""Unmasked months that a fit needs."""


@dataclass(frozen=True)
class FittedEts:
    """The forms of one service and their weights."""

    form_names: tuple[str, ...]
    weights: Floats
    """(forms,)."""
    smoothing: Floats
    """(4, forms): alpha, beta, gamma, phi."""
    sd: Floats
    """(forms,): standard deviation of the errors of one step, on the scale of the series."""
    last_states: Floats
    """(14, forms): level, slope and the season from the first month of the series, on the scale of the series."""
    holiday_coefficients: Floats
    """(columns,)."""
    series: TimeSeries

    @property
    def parameters(self) -> Mapping[str, float]:
        """Weight, smoothing and sd of each form."""
        keys = ("weight", "alpha", "beta", "gamma", "phi", "sd")
        named: dict[str, float] = {}
        for number, name in enumerate(self.form_names):
            values = (self.weights[number], *self.smoothing[:, number], self.sd[number])
            named |= {f"{name}.{key}": float(value) for key, value in zip(keys, values, strict=True)}
        return named

    def forecast(self, months: int) -> PredictiveNormal:
        """The mixture of the forms, and the holiday."""
        weights = dict(zip(self.form_names, map(float, self.weights), strict=True))
        forecasts = {name: self.forecast_form(number, months) for number, name in enumerate(self.form_names)}
        mixed = combine(forecasts, weights)
        holiday = self.series.holiday_effect_ahead(self.holiday_coefficients, months)
        return PredictiveNormal(mixed.mean + holiday, mixed.covariance)

    def forecast_form(self, number: int, months: int) -> PredictiveNormal:
        """Mean and covariance of one form, in closed form, without the holiday."""
        smoothing, states = self.smoothing[:, number : number + 1], self.last_states[:, number : number + 1]
        mean = ets_means(smoothing, states, np.array([self.series.calendar.count]), SEASON_MONTHS, months)[0]
        responses = ets_responses(smoothing, SEASON_MONTHS, months)[0]
        return PredictiveNormal(mean, forecast_covariance(responses, float(self.sd[number])))

    def with_series(self, series: TimeSeries) -> FittedEts:
        """The same parameters over another series, its first states solved again by least squares."""
        column, offset, scale = _standardise_column(series, self.holiday_coefficients)
        responses = grid_responses(self.smoothing.T, column.observed, SEASON_MONTHS)
        solved = []
        for number, name in enumerate(self.form_names):
            form = next(form for form in FORMS if form.name == name)
            fixed = replace(form, grid=self.smoothing[:, number][None])
            solved.append(search_ets(fixed, column, responses.at_point(number))[0])
        copies = column.take(np.zeros(len(self.form_names), np.int64))
        state = EtsState(self.smoothing, concatenate_states(solved).initial)
        last_states = filter_columns(copies, state, derivatives=False)[1] * scale
        last_states[0] += offset
        return replace(self, last_states=last_states, series=series)


def _standardise_column(series: TimeSeries, holiday_coefficients: Floats) -> tuple[EtsColumns, float, float]:
    """A series without its holiday as a column, its offset and its scale."""
    values = series.observed - series.holiday_effect(holiday_coefficients)
    offset = float(np.nanmean(values))
    scale = float(np.nanstd(values)) or 1.0
    column = np.nan_to_num((values - offset) / scale)[:, None]
    return EtsColumns(column, np.array([len(values)]), ~series.masked, SEASON_MONTHS), offset, scale


class EtsModel(Model):
    """Exponential smoothing of the level, a damped slope and the season."""

    def fit(self, series: TimeSeries) -> FittedEts:
        """Least squares of each form, masked months left out; ModelFailed under two years, or with too many masked."""
        if series.calendar.count < 2 * SEASON_MONTHS:
            raise ModelFailed("model_needs_two_years")
        if np.count_nonzero(~series.masked) < MIN_ETS_MONTHS:
            raise ModelFailed("model_failed")
        coefficients = fit_seasonal_profile(series).holiday_coefficients
        panel = Panel((series.observed - series.holiday_effect(coefficients))[None], SEASON_MONTHS)
        fitted = fit_ets(panel, logs=False, forms=SEASONAL_FORMS)
        if not np.all(np.isfinite(fitted.sse)):
            raise ModelFailed("model_failed")
        ets = FittedEts(
            form_names=tuple(FORMS[position].name for position in fitted.form),
            weights=fitted.weight,
            smoothing=fitted.state.smoothing,
            sd=fitted.sd,
            last_states=np.zeros((n_states(SEASON_MONTHS), 0)),
            holiday_coefficients=coefficients,
            series=series,
        )
        return ets.with_series(series)
