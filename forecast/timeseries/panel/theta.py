"""Theta of many series at once: the model that won the M3 competition, its dynamic optimised form, and an average.

Standard (Assimakopoulos and Nikolopoulos 2000) and dynamic (Fiorucci and others 2016) as in `theta_recursion`.
Weighted: the dynamic form with each alpha of the grid, on the raw and on the log scale, weighed by its likelihood with
the Jacobian of the logs, for all have as many parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Floats
from forecast.timeseries.panel.decomposition import SeasonalIndices, estimate_seasonal_indices
from forecast.timeseries.panel.panel import Panel, PanelForecast, from_logs, inner_products
from forecast.timeseries.panel.theta_recursion import (
    BURN_IN_PERIODS,
    ThetaState,
    TrendLines,
    fit_trend_lines,
    standard_theta_means,
    theta_means,
    theta_responses,
    theta_state,
)
from forecast.timeseries.panel.theta_search import (
    ALPHA_GRID,
    MIN_VARIANCE_SHARE,
    ThetaKind,
    ThetaSolution,
    search_theta,
    solve_theta,
    step_sd,
)


@dataclass(frozen=True)
class ThetaMember:
    """One alpha a series on one scale, and how likely it is."""

    is_log: bool
    """Whether the values of the series that have logs are logs."""
    solution: ThetaSolution
    sd: Floats
    """(series,) of one step."""
    weight: Floats
    """(series,)."""


@dataclass(frozen=True)
class FittedThetaPanel:
    """Theta of the series of a panel."""

    kind: ThetaKind
    panel: Panel
    members: tuple[ThetaMember, ...]

    def forecast(self, horizon: int) -> PanelForecast:
        """The weighted mean of the members, and the spread of their mixture; that of the logs where they exist."""
        season = _seasonal_indices(self.panel, self.kind)
        mean, spread = self._member_forecasts(season, horizon)
        sd = np.array([each.sd for each in self.members])[..., None] * spread
        log = np.array([each.is_log for each in self.members])[:, None, None] & self.panel.is_positive[:, None]
        mean, sd = from_logs(mean, sd, log, self.panel.max_log[:, None])
        weight = np.array([each.weight for each in self.members])
        middle = np.einsum("ks,ksh->sh", weight, mean)
        variance = np.einsum("ks,ksh->sh", weight, sd**2 + (mean - middle) ** 2)
        return season.reseasonalise(middle, np.sqrt(variance))

    def _member_forecasts(self, season: SeasonalIndices, horizon: int) -> tuple[Floats, Floats]:
        """Mean on its scale and spread in errors of one step of each member, (members, series, horizon)."""
        calm = season.deseasonalise()
        scales = {
            log: fit_trend_lines(_to_scale(calm, self.panel, log)) for log in {each.is_log for each in self.members}
        }
        state = ThetaState.stack(
            [
                theta_state(scales[each.is_log], each.solution.alpha, each.solution.initial_level)
                for each in self.members
            ]
        )
        alpha = np.array([each.solution.alpha for each in self.members])
        if self.kind == "standard":
            return standard_theta_means(state, alpha, horizon), np.sqrt(1 + np.arange(horizon) * alpha[..., None] ** 2)
        share = np.array([each.solution.line_weight for each in self.members])
        responses = theta_responses(alpha, share, state.lengths, horizon)
        return theta_means(state, alpha, share, horizon), np.sqrt(np.cumsum(responses**2, axis=-1))

    def with_panel(self, panel: Panel) -> FittedThetaPanel:
        """The same parameters over another panel of the same series; the seasons are found anew."""
        return replace(self, panel=panel)


def forecast_theta(panel: Panel, horizon: int, kind: ThetaKind = "weighted") -> PanelForecast:
    """What theta says of the periods ahead of each series."""
    return fit_theta(panel, kind).forecast(horizon)


def fit_theta(panel: Panel, kind: ThetaKind = "weighted") -> FittedThetaPanel:
    """Fit every series of a panel at once, its season taken out first by classical decomposition."""
    calm = _seasonal_indices(panel, kind).deseasonalise()
    if kind == "weighted":
        return FittedThetaPanel(kind, panel, _weighted_members(calm, panel))
    lines = fit_trend_lines(calm, burn=0 if kind == "standard" else BURN_IN_PERIODS)
    solved = search_theta(lines, kind)
    return FittedThetaPanel(
        kind, panel, (ThetaMember(False, solved, step_sd(lines, solved, kind), np.ones(len(calm))),)
    )


def _seasonal_indices(panel: Panel, kind: ThetaKind) -> SeasonalIndices:
    """The standard form believes a season or not; the others shrink it."""
    return estimate_seasonal_indices(panel, tested=kind == "standard")


def _weighted_members(calm: Floats, panel: Panel) -> tuple[ThetaMember, ...]:
    """Each alpha of the grid on both scales of the values without their season, (series, periods)."""
    members, criteria = [], []
    for log in (False, True):
        lines = fit_trend_lines(_to_scale(calm, panel, log))
        jacobian = 2 * (lines.values * lines.is_counted).sum(axis=1) if log else np.zeros(len(calm))
        for alpha in ALPHA_GRID:
            solved = solve_theta(lines, np.full(len(calm), alpha), "weighted")
            criterion = _minus_twice_log_likelihood(lines, solved) + jacobian
            criteria.append(np.where(panel.is_positive, criterion, np.inf) if log else criterion)
            members.append((log, solved, step_sd(lines, solved, "weighted")))
    weights = np.exp(-0.5 * (np.array(criteria) - np.min(criteria, axis=0)))
    weights /= weights.sum(axis=0)
    return tuple(ThetaMember(*each, weight) for each, weight in zip(members, weights, strict=True))


def _minus_twice_log_likelihood(lines: TrendLines, solved: ThetaSolution) -> Floats:
    """(series,): of normal errors at their likeliest variance, but for a constant."""
    counts = lines.n_counted
    sse = np.maximum(solved.sse, MIN_VARIANCE_SHARE * inner_products(lines.values, lines.values))
    return np.asarray(counts * np.log(np.maximum(sse, 1e-300) / np.maximum(counts, 1)))


def _to_scale(calm: Floats, panel: Panel, log: bool) -> Floats:
    """Logs of the series that have some, where they are asked for, or the values as they are."""
    positive = panel.is_positive[:, None] & log
    return np.where(positive, np.log(np.where(positive, calm, 1.0)), calm)
