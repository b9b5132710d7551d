"""What the baseline would have said from months of the past, and how good that was.

At each origin the ledger is cut: the rows from there on are gone before anything is read from it, so that no model, no
weight, no width, no mask and no scale can have seen them. All is fitted anew at every origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from forecast.arrays import Floats
from forecast.engines.background import beside
from forecast.history.ledger import History
from forecast.periods import SEASON, Calendar
from forecast.plan.scenario import Scenario
from forecast.stats.scoring import seasonal_scale
from forecast.timeseries.baseline import kind_of, tasks_of
from forecast.timeseries.ensemble.ensemble import ENOUGH, said_of
from forecast.timeseries.ensemble.fit import Fit, Note
from forecast.timeseries.evaluation.scores import AHEAD, BLEND, Origin, Said, Score, mean_of, score_of
from forecast.timeseries.interventions import disturbance
from forecast.timeseries.models.base import Outlook

EVERY = 3
"""Months from one origin to the next; 1 where less than a year could be judged."""
ORIGINS = 12
"""How many origins there are where nobody says how many."""


@dataclass(frozen=True)
class Tested:
    """One service, asked at every origin."""

    service: str
    measured: str
    """`volume` or `revenue`."""
    origins: tuple[Origin, ...]
    scores: Mapping[str, Score]
    """Model -> score, the blend first; empty where the service cannot be judged."""
    why: Note | None
    """Why it cannot: key of a sentence, with its facts."""
    past: Floats
    """(months,), what was measured, dated shocks taken out; NaN where masked."""
    calendar: Calendar


@dataclass(frozen=True)
class Backtest:
    """The services of a plan."""

    services: Mapping[str, Tested]
    every: Mapping[str, Score]
    """Model -> mean of its scores over the services where it was asked; empty under two services."""

    @property
    def judged(self) -> bool:
        """Whether any service was."""
        return any(tested.scores for tested in self.services.values())


def backtest(
    scenario: Scenario,
    history: History,
    origins: int = ORIGINS,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Backtest:
    """Ask the baseline of a plan at so many origins; `tell` hears how many are done.

    Three years must be known at each, so that every model is asked; a service that never had them is not scored, nor is
    one whose history is reconstructed, for its months echo how they were made.
    """
    names = [task.service for task in tasks_of(scenario, history)]
    refused = {name: _refusal(history, name) for name in names}
    starts = {name: _starts(history.calendar_of(name), origins) for name in names if refused[name] is None}
    every = sorted({month for months in starts.values() for month in months})
    ask = partial(_asked, scenario, history, starts)
    with beside(partial(ask, every[1::2])) as other_half:
        half = ask(every[::2], lambda done: tell(min(2 * done, len(every) - 1), len(every)))
        asked = half | (other_half.result() if len(every) > 1 else {})
    found = {name: [asked[month][name] for month in every if name in asked[month]] for name in names}
    services = {name: _tested(scenario, history, name, found[name], refused[name]) for name in names}
    return Backtest(services, mean_of([tested.scores for tested in services.values() if tested.scores]))


def _asked(
    scenario: Scenario,
    history: History,
    starts: Mapping[str, Sequence[int]],
    months: Sequence[int],
    tell: Callable[[int], None] = lambda done: None,
) -> dict[int, dict[str, Origin]]:
    """Origin -> service -> what was said there, of these months alone."""
    found: dict[int, dict[str, Origin]] = {}
    for done, month in enumerate(months):
        tell(done)
        said = said_of(tasks_of(scenario, before(history, month)))
        names = (name for name in starts if month in starts[name])
        found[month] = {name: _origin(scenario, history, name, month, *said[name]) for name in names}
    return found


def before(history: History, month: int) -> History:
    """The ledger as it stood when `month` began: later rows are not there, nor services that had not begun."""
    left = {name: month - history.calendar_of(name).first for name in history.services}
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
        rows=sum(left[name] for name in services),
    )


def _refusal(history: History, service: str) -> Note | None:
    count = history.calendar_of(service).count
    if kind_of(history, service) == "reconstructed":
        return "backtest_reconstructed", (("service", service),)
    if count <= ENOUGH:
        return "backtest_short", (("count", str(count)), ("needed", str(ENOUGH + 1)), ("service", service))
    return None


def _starts(months: Calendar, origins: int) -> list[int]:
    """The first months ahead of the origins of one service, oldest first."""
    step = EVERY if months.count >= ENOUGH + SEASON else 1
    starts = (months.last + 1 - step * back for back in range(origins, 0, -1))
    return [start for start in starts if start - months.first >= ENOUGH]


def undisturbed(scenario: Scenario, history: History, service: str) -> Floats:
    """What was measured with the dated shocks taken out, NaN in the months that they or the planner mask."""
    months = history.calendar_of(service)
    events = scenario.history.shocks if scenario.history else {}
    drivers = ("volume",) if service in history.volume else ("volume", "price", "revenue")
    shocks = disturbance(events, service, months, drivers)
    by_planner = np.isin(np.array(months.months), list(scenario.choice(service).mask))
    return np.where(shocks.masked | by_planner, np.nan, shocks.undo(history.measured(service)))


def _origin(
    scenario: Scenario, history: History, service: str, month: int, models: Mapping[str, Outlook], fit: Fit
) -> Origin:
    known = before(history, month)
    task = next(task for task in tasks_of(scenario, known) if task.service == service)
    months = history.calendar_of(service)
    came = undisturbed(scenario, history, service)[month - months.first :][:AHEAD]
    ahead = len(came)
    said = {BLEND: Said(fit.mean[:ahead], np.sqrt(np.sum(fit.root[:ahead] ** 2, axis=1)))}
    for name in sorted(models):
        said[name] = Said(models[name].mean[:ahead], np.sqrt(np.diag(models[name].covariance)[:ahead]))
    usual = float(seasonal_scale(undisturbed(scenario, known, service)))
    return Origin(month, task.scale, said, came, usual)


def _tested(scenario: Scenario, history: History, service: str, origins: list[Origin], why: Note | None) -> Tested:
    scores = score_of(origins)
    if why is None and not scores:
        why = ("backtest_nothing_came", (("service", service),))
    measured = "volume" if service in history.volume else "revenue"
    past = undisturbed(scenario, history, service)
    return Tested(service, measured, tuple(origins), scores, why, past, history.calendar_of(service))
