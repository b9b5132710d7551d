"""Theta of many series at once: the model that won the M3 competition, its dynamic optimised form, and an average.

Standard (Assimakopoulos and Nikolopoulos 2000) and dynamic (Fiorucci and others 2016) as in `theta_recursion`.
Weighted: the dynamic form with each alpha of the grid, on the raw and on the log scale, weighed by its likelihood with
the Jacobian of the logs, for all have as many parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Floats
from forecast.timeseries.panel.decomposition import Season, season_of
from forecast.timeseries.panel.panel import Panel, PanelForecast, inner_products, off_logs
from forecast.timeseries.panel.theta_recursion import (
    BURN,
    Lines,
    State,
    lines_of,
    means_ahead,
    means_with_drift,
    responses_ahead,
    state_of,
)
from forecast.timeseries.panel.theta_search import GRID, TINY, Kind, Solved, sd_of, search, solve


@dataclass(frozen=True)
class Member:
    """One alpha a series on one scale, and how likely it is."""

    log: bool
    """Whether the values of the series that have logs are logs."""
    solved: Solved
    sd: Floats
    """(series,) of one step."""
    weight: Floats
    """(series,)."""


@dataclass(frozen=True)
class FittedThetas:
    """Theta of the series of a panel."""

    kind: Kind
    panel: Panel
    members: tuple[Member, ...]

    def forecast(self, horizon: int) -> PanelForecast:
        """The weighted mean of the members, and the spread of their mixture; that of the logs where they exist."""
        season = _season(self.panel, self.kind)
        mean, spread = self._ahead(season, horizon)
        sd = np.array([each.sd for each in self.members])[..., None] * spread
        log = np.array([each.log for each in self.members])[:, None, None] & self.panel.positive[:, None]
        mean, sd = off_logs(mean, sd, log, self.panel.ceiling[:, None])
        weight = np.array([each.weight for each in self.members])
        middle = np.einsum("ks,ksh->sh", weight, mean)
        variance = np.einsum("ks,ksh->sh", weight, sd**2 + (mean - middle) ** 2)
        return season.restored(middle, np.sqrt(variance))

    def _ahead(self, season: Season, horizon: int) -> tuple[Floats, Floats]:
        """Mean on its scale and spread in errors of one step of each member, (members, series, horizon)."""
        calm = season.removed()
        scales = {log: lines_of(_on_scale(calm, self.panel, log)) for log in {each.log for each in self.members}}
        state = State.stacked(
            [state_of(scales[each.log], each.solved.alpha, each.solved.first) for each in self.members]
        )
        alpha = np.array([each.solved.alpha for each in self.members])
        if self.kind == "standard":
            return means_with_drift(state, alpha, horizon), np.sqrt(1 + np.arange(horizon) * alpha[..., None] ** 2)
        share = np.array([each.solved.share for each in self.members])
        responses = responses_ahead(alpha, share, state.lengths, horizon)
        return means_ahead(state, alpha, share, horizon), np.sqrt(np.cumsum(responses**2, axis=-1))

    def at(self, panel: Panel) -> FittedThetas:
        """The same parameters over another panel of the same series; the seasons are found anew."""
        return replace(self, panel=panel)


def theta_panel(panel: Panel, horizon: int, kind: Kind = "weighted") -> PanelForecast:
    """What theta says of the periods ahead of each series."""
    return fit_theta(panel, kind).forecast(horizon)


def fit_theta(panel: Panel, kind: Kind = "weighted") -> FittedThetas:
    """Fit every series of a panel at once, its season taken out first by classical decomposition."""
    calm = _season(panel, kind).removed()
    if kind == "weighted":
        return FittedThetas(kind, panel, _weighted(calm, panel))
    lines = lines_of(calm, burn=0 if kind == "standard" else BURN)
    solved = search(lines, kind)
    return FittedThetas(kind, panel, (Member(False, solved, sd_of(lines, solved, kind), np.ones(len(calm))),))


def _season(panel: Panel, kind: Kind) -> Season:
    """The standard form believes a season or not; the others shrink it."""
    return season_of(panel, tested=kind == "standard")


def _weighted(calm: Floats, panel: Panel) -> tuple[Member, ...]:
    """Each alpha of the grid on both scales of the values without their season, (series, periods)."""
    members, criteria = [], []
    for log in (False, True):
        lines = lines_of(_on_scale(calm, panel, log))
        jacobian = 2 * (lines.values * lines.counted).sum(axis=1) if log else np.zeros(len(calm))
        for alpha in GRID:
            solved = solve(lines, np.full(len(calm), alpha), "weighted")
            criterion = _minus_twice_log_likelihood(lines, solved) + jacobian
            criteria.append(np.where(panel.positive, criterion, np.inf) if log else criterion)
            members.append((log, solved, sd_of(lines, solved, "weighted")))
    weights = np.exp(-0.5 * (np.array(criteria) - np.min(criteria, axis=0)))
    weights /= weights.sum(axis=0)
    return tuple(Member(*each, weight) for each, weight in zip(members, weights, strict=True))


def _minus_twice_log_likelihood(lines: Lines, solved: Solved) -> Floats:
    """(series,): of normal errors at their likeliest variance, but for a constant."""
    counts = lines.counts
    sse = np.maximum(solved.sse, TINY * inner_products(lines.values, lines.values))
    return np.asarray(counts * np.log(np.maximum(sse, 1e-300) / np.maximum(counts, 1)))


def _on_scale(calm: Floats, panel: Panel, log: bool) -> Floats:
    """Logs of the series that have some, where they are asked for, or the values as they are."""
    positive = panel.positive[:, None] & log
    return np.where(positive, np.log(np.where(positive, calm, 1.0)), calm)
