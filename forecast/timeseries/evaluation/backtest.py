"""The baseline forecast again from past months, against the actuals.

At each origin the ledger is cut: later rows are dropped before anything is read from it, so that no model, weight,
width, mask or scale can have seen them. All is fitted again at every origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecast.arrays import Floats
from forecast.engines.background import run_in_background
from forecast.history.booked_months import BookedMonth
from forecast.history.ledger import History
from forecast.i18n import Note
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.scenario import Scenario
from forecast.stats.scoring import seasonal_scale
from forecast.timeseries.baseline import fit_tasks, history_kind
from forecast.timeseries.censored_months import month_scale
from forecast.timeseries.ensemble.ensemble import MIN_MONTHS_FOR_MODELS, Fit, forecast_by_model
from forecast.timeseries.ensemble.sum_scores import SumScore, score_sums
from forecast.timeseries.evaluation.scores import (
    BACKTEST_HORIZON_MONTHS,
    COMBINATION,
    MarginalNormals,
    Origin,
    Score,
    mean_scores,
    score_models,
)
from forecast.timeseries.evaluation.sums import SumAccuracy, assess_sums
from forecast.timeseries.interventions import build_intervention, modelled_drivers
from forecast.timeseries.models.base import PredictiveNormal
from forecast.timeseries.models.recent_shift import RecentShift, recent_shift

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEFAULT_ORIGINS", "Backtest", "backtest_baseline"]

ORIGIN_STEP_MONTHS = 3
"""Months from one origin to the next; 1 where the actuals would be less than a year."""
DEFAULT_ORIGINS = 12
"""Number of origins by default."""


@dataclass(frozen=True)
class ServiceBacktest:
    """One service at every origin."""

    service: str
    measured: str
    """`volume` or `revenue`."""
    origins: tuple[Origin, ...]
    scores: Mapping[str, Score]
    """Model -> score, the combination first; empty where the service is not scored."""
    reason: Note | None
    """The note that says why it is not scored."""
    actual: Floats
    """(months,), as measured, dated shocks removed; NaN where masked."""
    masked_actual: Floats
    """(months,), as booked where masked, else NaN."""
    calendar: Calendar

    def sum_scores(self, model: str = COMBINATION) -> list[SumScore]:
        """Scores of a model's months and of sums of them, at all origins."""
        return [score for origin in self.origins for score in origin.sums.get(model, ())]

    def sum_accuracy(self, model: str = COMBINATION) -> tuple[SumAccuracy, ...]:
        """Accuracy of a model's single months, of sums of 3, 6 and 12, and of calendar years.

        Parameters
        ----------
        model : str
            Name among the scores.

        Returns
        -------
        tuple of SumAccuracy
            One a length.
        """
        return assess_sums({self.service: self.sum_scores(model)})


@dataclass(frozen=True)
class Backtest:
    """The services of a plan at every origin."""

    services: Mapping[str, ServiceBacktest]
    mean_scores: Mapping[str, Score]
    """Model -> mean of its scores over the services that it was fitted to; empty under two services."""

    @property
    def mean_sums(self) -> tuple[SumAccuracy, ...]:
        """Accuracy of the combination's months and sums over all services; empty under two scored services."""
        scored = {name: service.sum_scores() for name, service in self.services.items() if service.scores}
        return assess_sums(scored) if self.mean_scores else ()

    @property
    def is_scored(self) -> bool:
        """True where any service has scores."""
        return any(service.scores for service in self.services.values())

    def to_frame(self) -> pd.DataFrame:
        """Scores of every service and model, the rows of scores.csv.

        Returns
        -------
        DataFrame
            One row a service and model: service, model, mase, crps, msis95, coverage80, coverage95, bias, months and
            masked.
        """
        from forecast.timeseries.evaluation.frames import scores_frame

        return scores_frame({name: service.scores for name, service in self.services.items()})

    def sums_to_frame(self) -> pd.DataFrame:
        """Scores of single months and of sums of them, the rows of sums.csv.

        Returns
        -------
        DataFrame
            One row a service, model and length: service, model, length, coverage80, coverage95, scaled_crps, wql and
            sums.
        """
        from forecast.timeseries.evaluation.frames import sums_frame

        return sums_frame(
            {
                name: {model: service.sum_accuracy(model) for model in service.scores}
                for name, service in self.services.items()
            }
        )


def backtest_baseline(
    scenario: Scenario,
    history: History,
    origins: int = DEFAULT_ORIGINS,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Backtest:
    """Forecast the baseline of a plan from past origins.

    Each origin has three years of history or more, so that every model is fitted. A service that never has them is not
    scored, nor is one whose history is reconstructed, for its months echo how they were made.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger.
    origins : int
        Number of origins of each service.
    on_progress : callable
        Called with the number of origins done and in all.

    Returns
    -------
    Backtest
        Forecasts, actuals and scores of each service, and their mean.
    """
    names = [task.service for task in fit_tasks(scenario, history)]
    reasons = {name: _refusal_note(history, name) for name in names}
    starts = {name: _origin_months(history.service_calendar(name), origins) for name in names if reasons[name] is None}
    months = sorted({month for of_service in starts.values() for month in of_service})
    forecast_half = partial(_forecast_origins, scenario, history, starts)
    with run_in_background(partial(forecast_half, months[1::2])) as other_half:
        half = forecast_half(months[::2], lambda done: on_progress(min(2 * done, len(months) - 1), len(months)))
        by_month = half | (other_half.result() if len(months) > 1 else {})
    by_service = {name: [by_month[month][name] for month in months if name in by_month[month]] for name in names}
    services = {name: _service_backtest(scenario, history, name, by_service[name], reasons[name]) for name in names}
    return Backtest(services, mean_scores([service.scores for service in services.values() if service.scores]))


def _forecast_origins(
    scenario: Scenario,
    history: History,
    starts: Mapping[str, Sequence[int]],
    months: Sequence[int],
    on_progress: Callable[[int], None] = lambda done: None,
) -> dict[int, dict[str, Origin]]:
    """First month ahead -> service -> its origin, for these months alone."""
    origins: dict[int, dict[str, Origin]] = {}
    for done, month in enumerate(months):
        on_progress(done)
        fits = forecast_by_model(fit_tasks(scenario, history_before(history, month)))
        names = (name for name in starts if month in starts[name])
        origins[month] = {name: _evaluate_origin(scenario, history, name, month, *fits[name]) for name in names}
    return origins


def history_before(history: History, month: int) -> History:
    """The months of the ledger before `month`, without services that began later."""
    counts = {name: month - history.service_calendar(name).first for name in history.services}
    services = tuple(name for name in history.services if counts[name] > 0)

    def cut(columns: Mapping[str, Floats]) -> dict[str, Floats]:
        """The columns of these services, each with its months before `month`."""
        return {name: columns[name][: counts[name]] for name in services if name in columns}

    return replace(
        history,
        calendar=Calendar(history.calendar.first, month - history.calendar.first),
        services=services,
        revenue=cut(history.revenue),
        volume=cut(history.volume),
        price=cut(history.price),
        status={name: history.status[name][: counts[name]] for name in services},
        row_count=sum(counts[name] for name in services),
        costs={name: _months_before(months, month) for name, months in history.costs.items()},
        headcount=_months_before(history.headcount, month),
    )


def _months_before(figures: Mapping[int, BookedMonth], month: int) -> dict[int, BookedMonth]:
    return {each: figure for each, figure in figures.items() if each < month}


def _refusal_note(history: History, service: str) -> Note | None:
    """The note that says why a service is not scored; None where it is."""
    count = history.service_calendar(service).count
    if history_kind(history, service) == "reconstructed":
        return "backtest_reconstructed", (("service", service),)
    if count <= MIN_MONTHS_FOR_MODELS:
        needed = str(MIN_MONTHS_FOR_MODELS + 1)
        return "backtest_short", (("count", str(count)), ("needed", needed), ("service", service))
    return None


def _origin_months(months: Calendar, origins: int) -> list[int]:
    """First months ahead of the origins of one service, oldest first."""
    step = ORIGIN_STEP_MONTHS if months.count >= MIN_MONTHS_FOR_MODELS + SEASON_MONTHS else 1
    starts = (months.last + 1 - step * back for back in range(origins, 0, -1))
    return [start for start in starts if start - months.first >= MIN_MONTHS_FOR_MODELS]


def history_without_shocks(scenario: Scenario, history: History, service: str) -> Floats:
    """(months,): the measure without the dated shocks, NaN in the months that they or the planner mask."""
    months = history.service_calendar(service)
    events = scenario.history.shocks if scenario.history else {}
    shocks = build_intervention(events, service, months, modelled_drivers(history, service))
    by_planner = np.isin(np.array(months.months), list(scenario.baseline_for(service).mask))
    return np.where(shocks.masked | by_planner, np.nan, shocks.remove_from(history.modelled_series(service)))


def _evaluate_origin(
    scenario: Scenario, history: History, service: str, month: int, models: Mapping[str, PredictiveNormal], fit: Fit
) -> Origin:
    """One origin of a service: the forecasts of its models and their combination, and the actual."""
    known = history_before(history, month)
    task = next(task for task in fit_tasks(scenario, known) if task.service == service)
    months = history.service_calendar(service)
    actual = history_without_shocks(scenario, history, service)[month - months.first :][:BACKTEST_HORIZON_MONTHS]
    ahead = len(actual)
    joint = {COMBINATION: _combination(fit, recent_shift(task.series), ahead)}
    joint |= {name: models[name] for name in sorted(models)}
    forecasts = {
        name: MarginalNormals(forecast.mean[:ahead], np.sqrt(np.diag(forecast.covariance)[:ahead]))
        for name, forecast in joint.items()
    }
    error_scale = float(seasonal_scale(history_without_shocks(scenario, known, service)))
    scale = month_scale(task, known.modelled_series(service))
    sums = {name: score_sums(forecast, task.scale, actual, month, error_scale) for name, forecast in joint.items()}
    return Origin(month, scale, forecasts, actual, error_scale, sums)


def _combination(fit: Fit, shift: RecentShift | None, ahead: int) -> PredictiveNormal:
    """The combination of the months ahead, with the moments of the doubt about a recent level shift."""
    factor = fit.cholesky[:ahead, :ahead]
    combination = PredictiveNormal(fit.mean[:ahead], factor @ factor.T)
    if shift is None:
        return combination
    move, doubt = shift.moments(ahead)
    return PredictiveNormal(combination.mean + move, combination.covariance + doubt)


def _service_backtest(
    scenario: Scenario, history: History, service: str, origins: list[Origin], reason: Note | None
) -> ServiceBacktest:
    """The backtest of one service from its origins, with a reason where there is no actual."""
    scores = score_models(origins)
    actual = history_without_shocks(scenario, history, service)
    if reason is None and not scores:
        reason = ("backtest_nothing_came", (("service", service),))
    return ServiceBacktest(
        service=service,
        measured="volume" if service in history.volume else "revenue",
        origins=tuple(origins),
        scores=scores,
        reason=reason,
        actual=actual,
        masked_actual=np.where(np.isnan(actual), history.modelled_series(service), np.nan),
        calendar=history.service_calendar(service),
    )
