"""Exponential smoothing of many series at once, on the raw and on the log scale, its forms weighed by AICc.

A column is one form of one series on one scale. Multiplicative forms are additive forms on the log scale; AICc with the
Jacobian of the logs compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Bools, Floats, Ints
from forecast.timeseries.panel.ets_state_space import (
    ALL_FORMS,
    FORMS,
    EtsColumns,
    EtsGridResponses,
    EtsState,
    concatenate_states,
    ets_means,
    ets_responses,
    filter_columns,
    grid_responses,
    parameter_counts,
    refine_ets,
    search_ets,
    sum_of_squares,
)
from forecast.timeseries.panel.panel import Panel, PanelForecast, from_logs

__all__ = ["fit_ets"]

# Own code by measure (benchmarks/README.md): with theta and calibrated intervals it takes 1/54 of the CPU time of
# statsforecast's AutoETS on the 1,428 monthly series of M3, and 1/109 of that of AutoETS, AutoCES and
# DynamicOptimizedTheta together. tests/timeseries/panel/test_panel.py compares with statsmodels.

CHUNK_SERIES = 128
"""Series that are fitted together, so that their states stay in the processor's cache."""
LIKELIHOOD_POWER = 0.5
"""Power of the likelihoods in the weights: forms that are all wrong differ by less than AICc says [tuned on M1]."""
MIN_SCALED_VARIANCE = 1e-14
"""Least error variance of a scaled series, so that a perfect fit has a likelihood."""
MIN_ROOT_MEAN_SQUARE = 1e-12
"""Root mean square up to which a series is constant and keeps its unit."""


@dataclass(frozen=True)
class Scaling:
    """Map of each column to its series: (value or log - offset) / scale; each (columns,)."""

    series: Ints
    """Row of the panel."""
    is_log: Bools
    """True where the values are logs."""
    offset: Floats
    scale: Floats
    jacobian: Floats
    """Minus twice the log of the Jacobian that takes the likelihood of the logs to the raw scale."""

    def take(self, columns: Ints) -> Scaling:
        """The scaling of some columns, (selected,)."""
        return Scaling(
            self.series[columns],
            self.is_log[columns],
            self.offset[columns],
            self.scale[columns],
            self.jacobian[columns],
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Scaling]) -> Scaling:
        """The columns of all parts, in their order."""
        return cls(
            np.concatenate([part.series for part in parts]),
            np.concatenate([part.is_log for part in parts]),
            np.concatenate([part.offset for part in parts]),
            np.concatenate([part.scale for part in parts]),
            np.concatenate([part.jacobian for part in parts]),
        )


@dataclass(frozen=True)
class FittedEtsPanel:
    """Every form of every series, fitted, with its Akaike weight."""

    panel: Panel
    scaling: Scaling
    form: Ints
    """(columns,): position in `FORMS`."""
    state: EtsState
    last_states: Floats
    """(width, columns): states after the last period, in units of the scale."""
    n_periods: Ints
    """(columns,): periods of the series."""
    n_observed: Ints
    """(columns,): periods with a value."""
    sse: Floats
    """(columns,): sum of squared errors, in units of the scale."""
    weight: Floats
    """(columns,): sums to 1 over the columns of a series."""

    @property
    def sd(self) -> Floats:
        """(columns,): standard deviation of the errors of one step, in the values or their logs."""
        df = np.maximum(self.n_observed - parameter_counts(self.form, self.panel.season), 1)
        return np.asarray(self.scaling.scale * np.sqrt(self.sse / df))

    def forecast(self, horizon: int) -> PanelForecast:
        """The mixture of the forms of each series: its mean, and the spread within and between the forms."""
        max_log = self.panel.max_log[self.scaling.series, None]
        mean, sd = from_logs(*self.forecast_by_form(horizon), self.scaling.is_log[:, None], max_log)
        series, weight = self.scaling.series, self.weight[:, None]
        mixed = np.zeros((len(self.panel.values), horizon))
        np.add.at(mixed, series, weight * mean)
        variance = np.zeros_like(mixed)
        np.add.at(variance, series, weight * (sd**2 + (mean - mixed[series]) ** 2))
        return PanelForecast.from_moments(self.panel, mixed, np.sqrt(variance))

    def forecast_by_form(self, horizon: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the values or their logs, each (columns, horizon)."""
        season, smoothing = self.panel.season, self.state.smoothing
        mean = ets_means(smoothing, self.last_states, self.n_periods, season, horizon)
        squares = ets_responses(smoothing, season, horizon) ** 2
        squares[:, 0] = 0.0
        variance_ratio = 1 + np.cumsum(squares, axis=1)
        mean = self.scaling.offset[:, None] + self.scaling.scale[:, None] * mean
        return mean, self.sd[:, None] * np.sqrt(variance_ratio)


def forecast_ets(panel: Panel, horizon: int) -> PanelForecast:
    """The forecast of each series by the mixture of its forms."""
    return fit_ets(panel).forecast(horizon)


def fit_ets(panel: Panel, *, logs: bool = True, forms: Sequence[str] = ALL_FORMS) -> FittedEtsPanel:
    """Fit every form that a series is long enough for, and weigh the forms by AICc to a power.

    Parameters
    ----------
    panel : Panel
        Series in their units; NaN inside a series only where it is alone.
    logs : bool
        Whether to fit the logs too, where the series has them.
    forms : sequence of str
        Names of the forms to try, of `ALL_FORMS`.

    Returns
    -------
    FittedEtsPanel
        One column for each form of each series on each scale, with its Akaike weight.

    Raises
    ------
    ValueError
        A series has a gap, and the panel holds more than one.

    References
    ----------
    Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, chapters 2 to 7.
    """
    order = np.argsort(-panel.lengths, kind="stable")
    values, observed = _align_starts(panel, order)
    positions = [
        position
        for position, form in enumerate(FORMS)
        if form.name in forms and (panel.season > 1 or not form.has_season)
    ]
    responses = {position: grid_responses(FORMS[position].grid, observed, panel.season) for position in positions}
    parts = []
    for first in range(0, len(order), CHUNK_SERIES):
        rows = order[first : first + CHUNK_SERIES]
        periods = int(panel.lengths[rows[0]])
        columns, scaling = _scale_columns(
            panel, rows, values[:periods, first : first + CHUNK_SERIES], observed[:periods], logs
        )
        parts.append(_fit_chunk(columns, scaling, responses))
    return _weigh_forms(panel, parts)


def _align_starts(panel: Panel, order: Ints) -> tuple[Floats, Bools]:
    """Values (periods, series) that begin in the first row, NaN after the last, and (periods,) with a value."""
    periods = panel.values.shape[1]
    lengths = panel.lengths[order]
    rows = np.arange(periods)[:, None] + periods - lengths
    values = panel.values[order, np.minimum(rows, periods - 1)]
    values[rows >= periods] = np.nan
    gaps = np.isnan(values) & (rows < periods)
    if gaps.any() and len(order) > 1:
        raise ValueError("a gap inside a series needs a panel of its own")
    return values, ~gaps[:, 0] if len(order) == 1 else np.ones(periods, bool)


def _scale_columns(panel: Panel, rows: Ints, values: Floats, observed: Bools, logs: bool) -> tuple[EtsColumns, Scaling]:
    """Columns of the values (periods, series) of some rows, and of the logs: less an offset, in units of a scale."""
    counts = panel.lengths[rows]
    series = np.concatenate([np.arange(len(rows)), np.flatnonzero(panel.is_positive[rows] & logs)])
    is_log = np.arange(len(series)) >= len(rows)
    series, is_log = (each[np.argsort(-counts[series], kind="stable")] for each in (series, is_log))
    scaled = values[:, series]
    scaled[:, is_log] = np.log(scaled[:, is_log])
    jacobian = np.where(is_log, 2 * np.nansum(scaled, axis=0), 0.0)
    offset = np.nanmean(scaled[: panel.season], axis=0)
    scaled = scaled - offset
    scale = np.sqrt(np.nanmean(scaled**2, axis=0))
    scale = np.where(scale > MIN_ROOT_MEAN_SQUARE, scale, 1.0)
    columns = EtsColumns(np.nan_to_num(scaled / scale), counts[series], observed, panel.season)
    return columns, Scaling(rows[series], is_log, offset, scale, jacobian)


@dataclass(frozen=True)
class _FittedChunk:
    """The fitted columns of some series."""

    columns: EtsColumns
    scaling: Scaling
    form: Ints
    state: EtsState


def _fit_chunk(columns: EtsColumns, scaling: Scaling, responses: Mapping[int, EtsGridResponses]) -> _FittedChunk:
    """Fit every form to the columns that are long enough for it; `responses` by position in `FORMS`."""
    column_parts, states, inverses, form_parts = [], [], [], []
    for position, response in responses.items():
        form = FORMS[position]
        excluded = scaling.is_log & form.is_explosive(columns.season)
        usable = np.flatnonzero((columns.n_observed >= form.min_periods(columns.season)) & ~excluded)
        if len(usable):
            state, inverse = search_ets(form, columns.take(usable), response)
            column_parts.append(usable)
            states.append(state)
            inverses.append(inverse)
            form_parts.append(np.full(len(usable), position))
    column = np.concatenate(column_parts)
    order = np.argsort(-columns.n_periods[column], kind="stable")
    column, form_of = column[order], np.concatenate(form_parts)[order]
    chosen, free = columns.take(column), np.array([form.is_estimated for form in FORMS])[form_of].T
    state = refine_ets(chosen, concatenate_states(states).take(order), np.concatenate(inverses)[order], free)
    return _FittedChunk(chosen, scaling.take(column), form_of, state)


def _weigh_forms(panel: Panel, parts: Sequence[_FittedChunk]) -> FittedEtsPanel:
    """All chunks as one fit, with Akaike weights."""
    errors, last = zip(*(filter_columns(part.columns, part.state, derivatives=False) for part in parts), strict=True)
    scaling = Scaling.concatenate([part.scaling for part in parts])
    form = np.concatenate([part.form for part in parts])
    n_observed = np.concatenate([part.columns.n_observed for part in parts])
    sse = np.concatenate([sum_of_squares(each) for each in errors])
    aicc = _aicc(sse, n_observed, parameter_counts(form, panel.season) + 1, scaling)
    return FittedEtsPanel(
        panel=panel,
        scaling=scaling,
        form=form,
        state=concatenate_states([part.state for part in parts]),
        last_states=np.concatenate(last, axis=1),
        n_periods=np.concatenate([part.columns.n_periods for part in parts]),
        n_observed=n_observed,
        sse=sse,
        weight=_akaike_weights(aicc, scaling.series),
    )


def _aicc(sse: Floats, n_observed: Ints, n_parameters: Ints, scaling: Scaling) -> Floats:
    """(columns,): AIC corrected for short series (Hurvich and Tsai 1989); `n_parameters` counts the variance too."""
    variance = np.maximum(sse / n_observed, MIN_SCALED_VARIANCE)
    deviance = n_observed * (np.log(variance) + 2 * np.log(scaling.scale)) + scaling.jacobian
    correction = 2 * n_parameters * (n_parameters + 1) / np.maximum(n_observed - n_parameters - 1, 1)
    return np.asarray(deviance + 2 * n_parameters + correction)


def _akaike_weights(aicc: Floats, series: Ints) -> Floats:
    """(columns,): weights by the likelihoods to a power, which sum to 1 over the columns of a series."""
    count = int(series.max()) + 1
    min_aicc = np.full(count, np.inf)
    np.minimum.at(min_aicc, series, aicc)
    weight = np.exp(-LIKELIHOOD_POWER * (aicc - min_aicc[series]) / 2)
    return np.asarray(weight / np.bincount(series, weight, count)[series])
