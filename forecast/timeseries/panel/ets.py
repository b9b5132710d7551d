"""Exponential smoothing of many series at once, on the raw and on the log scale, its forms weighed by AICc.

A column is one form of one series on one scale. Forms that multiply are forms that add on the log scale; AICc with the
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

# Own code by measure (benchmarks/README.md): with its intervals the whole panel forecast takes 1/54 of the CPU time of
# statsforecast's AutoETS on the 1,428 monthly series of M3, and 1/109 of that of AutoETS, AutoCES and
# DynamicOptimizedTheta together. tests/timeseries/test_panel.py compares with statsmodels.

CHUNK_SERIES = 128
"""Series that are fitted together, so that their states stay in the cache."""
LIKELIHOOD_POWER = 0.5
"""Power of the likelihoods in the weights: forms that are all wrong are not as far apart as AICc says [tuned on M1]."""
MIN_SCALED_VARIANCE = 1e-14
"""Of a scaled series, so that a perfect fit has a likelihood."""


@dataclass(frozen=True)
class Scaling:
    """What the columns are made of: (value or log - offset) / scale of a series; each (columns,)."""

    series: Ints
    """Row of the panel."""
    is_log: Bools
    """Whether the values are logs."""
    offset: Floats
    scale: Floats
    jacobian: Floats
    """Minus twice the log of the change of measure, which takes the likelihood from the logs to the raw scale."""

    def take(self, columns: Ints) -> Scaling:
        """Some of the columns."""
        return Scaling(
            self.series[columns],
            self.is_log[columns],
            self.offset[columns],
            self.scale[columns],
            self.jacobian[columns],
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Scaling]) -> Scaling:
        """The columns of all, in their order."""
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
    """(columns,): place in `FORMS`."""
    state: EtsState
    last_states: Floats
    """(width, columns): states after the last period, in units of the scale."""
    n_periods: Ints
    """(columns,): periods."""
    n_observed: Ints
    """(columns,): periods that teach."""
    sse: Floats
    """(columns,): sum of squared errors, in units of the scale."""
    weight: Floats
    """(columns,), which sum to 1 over the columns of a series."""

    @property
    def sd(self) -> Floats:
        """(columns,): of the errors of one step, on the scale of the column: the values or their logs."""
        freedom = np.maximum(self.n_observed - parameter_counts(self.form, self.panel.season), 1)
        return np.asarray(self.scaling.scale * np.sqrt(self.sse / freedom))

    def forecast(self, horizon: int) -> PanelForecast:
        """The mixture of the forms of each series: its mean, and the spread in and between the forms."""
        ceiling = self.panel.max_log[self.scaling.series, None]
        mean, sd = from_logs(*self.forecast_by_form(horizon), self.scaling.is_log[:, None], ceiling)
        series, weight = self.scaling.series, self.weight[:, None]
        middle = np.zeros((len(self.panel.values), horizon))
        np.add.at(middle, series, weight * mean)
        variance = np.zeros_like(middle)
        np.add.at(variance, series, weight * (sd**2 + (mean - middle[series]) ** 2))
        return PanelForecast.from_moments(self.panel, middle, np.sqrt(variance))

    def forecast_by_form(self, horizon: int) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each column, the values or their logs, (columns, horizon)."""
        season, smoothing = self.panel.season, self.state.smoothing
        mean = ets_means(smoothing, self.last_states, self.n_periods, season, horizon)
        squares = ets_responses(smoothing, season, horizon) ** 2
        squares[:, 0] = 0.0
        grown = 1 + np.cumsum(squares, axis=1)
        return self.scaling.offset[:, None] + self.scaling.scale[:, None] * mean, self.sd[:, None] * np.sqrt(grown)


def forecast_ets(panel: Panel, horizon: int) -> PanelForecast:
    """What smoothing says of the periods ahead of each series."""
    return fit_ets(panel).forecast(horizon)


def fit_ets(panel: Panel, *, logs: bool = True, forms: Sequence[str] = ALL_FORMS) -> FittedEtsPanel:
    """Fit every form that a series is long enough for, and weigh them by AICc to a power.

    With `logs` those of the logs too, where the series has them. ValueError for a gap inside a series in company.
    """
    order = np.argsort(-panel.lengths, kind="stable")
    values, seen = _align_starts(panel, order)
    places = [
        place for place, form in enumerate(FORMS) if form.name in forms and (panel.season > 1 or not form.has_season)
    ]
    responses = {place: grid_responses(FORMS[place].grid, seen, panel.season) for place in places}
    parts = []
    for first in range(0, len(order), CHUNK_SERIES):
        rows = order[first : first + CHUNK_SERIES]
        periods = int(panel.lengths[rows[0]])
        columns, scaling = _scale_columns(
            panel, rows, values[:periods, first : first + CHUNK_SERIES], seen[:periods], logs
        )
        parts.append(_fit_chunk(columns, scaling, responses))
    return _weigh_forms(panel, parts)


def _align_starts(panel: Panel, order: Ints) -> tuple[Floats, Bools]:
    """(periods, series) that begin in the first row, NaN after the last period, and the periods that are known.

    A gap inside is possible only where the panel is one series.
    """
    periods = panel.values.shape[1]
    lengths = panel.lengths[order]
    rows = np.arange(periods)[:, None] + periods - lengths
    values = panel.values[order, np.minimum(rows, periods - 1)]
    values[rows >= periods] = np.nan
    gaps = np.isnan(values) & (rows < periods)
    if gaps.any() and len(order) > 1:
        raise ValueError("a gap inside a series needs a panel of its own")
    return values, ~gaps[:, 0] if len(order) == 1 else np.ones(periods, bool)


def _scale_columns(panel: Panel, rows: Ints, values: Floats, seen: Bools, logs: bool) -> tuple[EtsColumns, Scaling]:
    """Columns of the values (periods, series) of some rows, and with `logs` of the logs of those that have some.

    Less the mean of the first season, in units of the root mean square of what is left.
    """
    counts = panel.lengths[rows]
    series = np.concatenate([np.arange(len(rows)), np.flatnonzero(panel.is_positive[rows] & logs)])
    log = np.arange(len(series)) >= len(rows)
    series, log = (each[np.argsort(-counts[series], kind="stable")] for each in (series, log))
    plain = values[:, series]
    plain[:, log] = np.log(plain[:, log])
    jacobian = np.where(log, 2 * np.nansum(plain, axis=0), 0.0)
    offset = np.nanmean(plain[: panel.season], axis=0)
    plain = plain - offset
    scale = np.sqrt(np.nanmean(plain**2, axis=0))
    scale = np.where(scale > 1e-12, scale, 1.0)
    columns = EtsColumns(np.nan_to_num(plain / scale), counts[series], seen, panel.season)
    return columns, Scaling(rows[series], log, offset, scale, jacobian)


@dataclass(frozen=True)
class _FittedChunk:
    """The fitted columns of some series."""

    columns: EtsColumns
    scaling: Scaling
    form: Ints
    state: EtsState


def _fit_chunk(columns: EtsColumns, scaling: Scaling, responses: Mapping[int, EtsGridResponses]) -> _FittedChunk:
    """Every form of the columns that are long enough for it, by its place in `FORMS`, searched and refined."""
    asked, states, inverses, forms = [], [], [], []
    for place, response in responses.items():
        form = FORMS[place]
        barred = scaling.is_log & form.is_explosive(columns.season)
        enough = np.flatnonzero((columns.n_observed >= form.min_periods(columns.season)) & ~barred)
        if len(enough):
            state, inverse = search_ets(form, columns.take(enough), response)
            asked.append(enough)
            states.append(state)
            inverses.append(inverse)
            forms.append(np.full(len(enough), place))
    column = np.concatenate(asked)
    order = np.argsort(-columns.n_periods[column], kind="stable")
    column, form_of = column[order], np.concatenate(forms)[order]
    chosen, free = columns.take(column), np.array([form.is_estimated for form in FORMS])[form_of].T
    state = refine_ets(chosen, concatenate_states(states).take(order), np.concatenate(inverses)[order], free)
    return _FittedChunk(chosen, scaling.take(column), form_of, state)


def _weigh_forms(panel: Panel, parts: Sequence[_FittedChunk]) -> FittedEtsPanel:
    """The parts as one, with Akaike weights."""
    errors, last = zip(*(filter_columns(part.columns, part.state, derivatives=False) for part in parts), strict=True)
    scaling = Scaling.concatenate([part.scaling for part in parts])
    form = np.concatenate([part.form for part in parts])
    known = np.concatenate([part.columns.n_observed for part in parts])
    sse = np.concatenate([sum_of_squares(each) for each in errors])
    return FittedEtsPanel(
        panel=panel,
        scaling=scaling,
        form=form,
        state=concatenate_states([part.state for part in parts]),
        last_states=np.concatenate(last, axis=1),
        n_periods=np.concatenate([part.columns.n_periods for part in parts]),
        n_observed=known,
        sse=sse,
        weight=_akaike_weights(_aicc(sse, known, parameter_counts(form, panel.season) + 1, scaling), scaling.series),
    )


def _aicc(sse: Floats, known: Ints, freedom: Ints, scaling: Scaling) -> Floats:
    """(columns,): AIC corrected for short series (Hurvich and Tsai 1989), comparable between the scales.

    `freedom` counts the variance too.
    """
    variance = np.maximum(sse / known, MIN_SCALED_VARIANCE)
    fit = known * (np.log(variance) + 2 * np.log(scaling.scale)) + scaling.jacobian
    return np.asarray(fit + 2 * freedom + 2 * freedom * (freedom + 1) / np.maximum(known - freedom - 1, 1))


def _akaike_weights(aicc: Floats, series: Ints) -> Floats:
    """(columns,): weights by the likelihoods to a power, which sum to 1 over the columns of a series."""
    count = int(series.max()) + 1
    least = np.full(count, np.inf)
    np.minimum.at(least, series, aicc)
    weight = np.exp(-LIKELIHOOD_POWER * (aicc - least[series]) / 2)
    return np.asarray(weight / np.bincount(series, weight, count)[series])
