"""What the baseline would have said from months of the past, and how good that was.

At each origin the ledger is cut: the rows from there on are gone before anything is read from it, so that no model, no
weight, no width, no mask and no scale can have seen them. All is fitted anew at every origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecast.arrays import Floats
from forecast.engines.background import run_in_background
from forecast.history.ledger import History
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.scenario import Scenario
from forecast.stats.scoring import seasonal_scale
from forecast.timeseries.baseline import fit_tasks, history_kind
from forecast.timeseries.ensemble.ensemble import MIN_MONTHS_FOR_MODELS, Fit, Note, forecast_by_model
from forecast.timeseries.evaluation.scores import (
    BACKTEST_HORIZON_MONTHS,
    COMBINATION,
    MarginalNormals,
    Origin,
    Score,
    mean_scores,
    score_models,
)
from forecast.timeseries.interventions import build_intervention
from forecast.timeseries.models.base import PredictiveNormal

if TYPE_CHECKING:
    import pandas as pd

ORIGIN_STEP_MONTHS = 3
"""Months from one origin to the next; 1 where less than a year could be judged."""
DEFAULT_ORIGINS = 12
"""How many origins there are where nobody says how many."""


@dataclass(frozen=True)
class ServiceBacktest:
    """One service, asked at every origin."""

    service: str
    measured: str
    """`volume` or `revenue`."""
    origins: tuple[Origin, ...]
    scores: Mapping[str, Score]
    """Model -> score, the blend first; empty where the service cannot be judged."""
    reason: Note | None
    """Why it cannot: key of a sentence, with its facts."""
    actual: Floats
    """(months,), what was measured, dated shocks taken out; NaN where masked."""
    calendar: Calendar


@dataclass(frozen=True)
class Backtest:
    """The services of a plan."""

    services: Mapping[str, ServiceBacktest]
    mean_scores: Mapping[str, Score]
    """Model -> mean of its scores over the services where it was asked; empty under two services."""

    @property
    def is_scored(self) -> bool:
        """Whether any service was."""
        return any(tested.scores for tested in self.services.values())

    def to_frame(self) -> pd.DataFrame:
        """Scores of every service and model, the rows of scores.csv.

        Returns
        -------
        DataFrame
            One row a service and model: service, model, mase, crps, msis95, coverage80, coverage95, bias and months.
        """
        from forecast.timeseries.evaluation.frames import scores_frame

        return scores_frame({name: service.scores for name, service in self.services.items()})


def backtest_baseline(
    scenario: Scenario,
    history: History,
    origins: int = DEFAULT_ORIGINS,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Backtest:
    """Ask the baseline of a plan at so many origins; `on_progress` hears how many are done.

    Three years must be known at each, so that every model is asked; a service that never had them is not scored, nor is
    one whose history is reconstructed, for its months echo how they were made.
    """
    names = [task.service for task in fit_tasks(scenario, history)]
    refused = {name: _refusal_note(history, name) for name in names}
    starts = {name: _origin_months(history.service_calendar(name), origins) for name in names if refused[name] is None}
    every = sorted({month for months in starts.values() for month in months})
    ask = partial(_forecast_origins, scenario, history, starts)
    with run_in_background(partial(ask, every[1::2])) as other_half:
        half = ask(every[::2], lambda done: on_progress(min(2 * done, len(every) - 1), len(every)))
        asked = half | (other_half.result() if len(every) > 1 else {})
    found = {name: [asked[month][name] for month in every if name in asked[month]] for name in names}
    services = {name: _service_backtest(scenario, history, name, found[name], refused[name]) for name in names}
    return Backtest(services, mean_scores([tested.scores for tested in services.values() if tested.scores]))


def _forecast_origins(
    scenario: Scenario,
    history: History,
    starts: Mapping[str, Sequence[int]],
    months: Sequence[int],
    on_progress: Callable[[int], None] = lambda done: None,
) -> dict[int, dict[str, Origin]]:
    """Origin -> service -> what was said there, of these months alone."""
    found: dict[int, dict[str, Origin]] = {}
    for done, month in enumerate(months):
        on_progress(done)
        said = forecast_by_model(fit_tasks(scenario, history_before(history, month)))
        names = (name for name in starts if month in starts[name])
        found[month] = {name: _evaluate_origin(scenario, history, name, month, *said[name]) for name in names}
    return found


def history_before(history: History, month: int) -> History:
    """The ledger as it stood when `month` began: later rows are not there, nor services that had not begun."""
    left = {name: month - history.service_calendar(name).first for name in history.services}
    services = tuple(name for name in history.services if left[name] > 0)

    def cut(columns: Mapping[str, Floats]) -> dict[str, Floats]:
        return {name: columns[name][: left[name]] for name in services if name in columns}

    return replace(
        history,
        calendar=Calendar(history.calendar.first, month - history.calendar.first),
        services=services,
        revenue=cut(history.revenue),
        volume=cut(history.volume),
        price=cut(history.price),
        status={name: history.status[name][: left[name]] for name in services},
        row_count=sum(left[name] for name in services),
    )


def _refusal_note(history: History, service: str) -> Note | None:
    count = history.service_calendar(service).count
    if history_kind(history, service) == "reconstructed":
        return "backtest_reconstructed", (("service", service),)
    if count <= MIN_MONTHS_FOR_MODELS:
        return "backtest_short", (
            ("count", str(count)),
            ("needed", str(MIN_MONTHS_FOR_MODELS + 1)),
            ("service", service),
        )
    return None


def _origin_months(months: Calendar, origins: int) -> list[int]:
    """The first months ahead of the origins of one service, oldest first."""
    step = ORIGIN_STEP_MONTHS if months.count >= MIN_MONTHS_FOR_MODELS + SEASON_MONTHS else 1
    starts = (months.last + 1 - step * back for back in range(origins, 0, -1))
    return [start for start in starts if start - months.first >= MIN_MONTHS_FOR_MODELS]


def history_without_shocks(scenario: Scenario, history: History, service: str) -> Floats:
    """What was measured with the dated shocks taken out, NaN in the months that they or the planner mask."""
    months = history.service_calendar(service)
    events = scenario.history.shocks if scenario.history else {}
    drivers = ("volume",) if service in history.volume else ("volume", "price", "revenue")
    shocks = build_intervention(events, service, months, drivers)
    by_planner = np.isin(np.array(months.months), list(scenario.baseline_for(service).mask))
    return np.where(shocks.masked | by_planner, np.nan, shocks.remove_from(history.modelled_series(service)))


def _evaluate_origin(
    scenario: Scenario, history: History, service: str, month: int, models: Mapping[str, PredictiveNormal], fit: Fit
) -> Origin:
    known = history_before(history, month)
    task = next(task for task in fit_tasks(scenario, known) if task.service == service)
    months = history.service_calendar(service)
    came = history_without_shocks(scenario, history, service)[month - months.first :][:BACKTEST_HORIZON_MONTHS]
    ahead = len(came)
    said = {COMBINATION: MarginalNormals(fit.mean[:ahead], np.sqrt(np.sum(fit.cholesky[:ahead] ** 2, axis=1)))}
    for name in sorted(models):
        said[name] = MarginalNormals(models[name].mean[:ahead], np.sqrt(np.diag(models[name].covariance)[:ahead]))
    usual = float(seasonal_scale(history_without_shocks(scenario, known, service)))
    return Origin(month, task.scale, said, came, usual)


def _service_backtest(
    scenario: Scenario, history: History, service: str, origins: list[Origin], why: Note | None
) -> ServiceBacktest:
    scores = score_models(origins)
    if why is None and not scores:
        why = ("backtest_nothing_came", (("service", service),))
    measured = "volume" if service in history.volume else "revenue"
    past = history_without_shocks(scenario, history, service)
    return ServiceBacktest(service, measured, tuple(origins), scores, why, past, history.service_calendar(service))
