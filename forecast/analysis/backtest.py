"""What the baseline would have said from months of the past, and how good that was.

At each origin the ledger is cut: the rows from there on are gone before anything is read from it, so that no model, no
weight, no width, no mask and no scale can have seen them. All is fitted anew at every origin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.special import ndtr

from forecast.baseline import kind_of, tasks_of
from forecast.chance import Z90, Floats
from forecast.engines.aside import beside
from forecast.fit import Fit, Note, Scale
from forecast.fits import ENOUGH, said_of
from forecast.history import History
from forecast.models.model import SEASON, Outlook
from forecast.months import Calendar
from forecast.past_shocks import disturbance
from forecast.plan import Scenario
from forecast.scores import crps_lognormal, crps_normal, interval_score, seasonal_scale

AHEAD = SEASON
"""Months that are asked of each origin, where so many came."""
EVERY = 3
"""Months from one origin to the next; 1 where less than a year could be judged."""
ORIGINS = 12
"""How many origins there are where nobody says how many."""
BLEND, NAIVE = "blend", "seasonal_naive"
TENTHS = 10
Z95 = 1.959963984540054
"""Half the width of the central 95% of a standard normal."""


@dataclass(frozen=True)
class Said:
    """What one model said: a normal for each month ahead, on the scale of the origin."""

    mean: Floats
    """(months ahead,)."""
    sd: Floats
    """(months ahead,)."""


@dataclass(frozen=True)
class Origin:
    """One month of the past from which one service was forecast."""

    first: int
    """The first month ahead."""
    scale: Scale
    said: Mapping[str, Said]
    """Model -> what it said; `blend` is what a plan would have stood on."""
    came: Floats
    """(months ahead,), as measured, dated shocks taken out; NaN where masked."""
    usual: float
    """Mean change on the same month a year before, of the months that were known: what errors are scaled by."""

    def middle(self, model: str) -> Floats:
        """Median of each month, as measured."""
        return _plain(self.said[model].mean, self.scale)

    def edge(self, model: str, z: float) -> Floats:
        """The quantile of each month that lies `z` standard deviations from the middle, as measured."""
        return _plain(self.said[model].mean + z * self.said[model].sd, self.scale)

    def reached(self, model: str) -> Floats:
        """Probability integral transform: the share of what the model thought possible that lies below what came."""
        came = self.came
        if self.scale == "log":
            came = np.log(came, out=np.full(came.shape, -np.inf), where=came > 0)
            came = np.where(np.isnan(self.came), np.nan, came)
        apart, sd = came - self.said[model].mean, self.said[model].sd
        sure = np.where(apart > 0, np.inf, np.where(apart < 0, -np.inf, apart))
        return np.asarray(ndtr(np.divide(apart, sd, out=sure, where=sd > 0)))


@dataclass(frozen=True)
class Fan:
    """What was said at one origin, as measured, each (months ahead,)."""

    first: int
    low95: Floats
    low80: Floats
    middle: Floats
    high80: Floats
    high95: Floats


def fans_of(origins: Sequence[Origin], model: str = BLEND) -> tuple[Fan, ...]:
    """Fans that do not overlap, the last one first sought where a whole year came after it; oldest first."""
    chosen: list[Origin] = []
    for origin in sorted(origins, key=lambda one: -one.first):
        whole = len(origin.came) == AHEAD or len(origin.came) == max(len(one.came) for one in origins)
        if whole and (not chosen or origin.first + len(origin.came) <= chosen[-1].first):
            chosen.append(origin)
    edges = (-Z95, -Z90, 0.0, Z90, Z95)
    return tuple(Fan(one.first, *(one.edge(model, z) for z in edges)) for one in reversed(chosen))


@dataclass(frozen=True)
class Calibration:
    """How the chances that were said fitted what came."""

    shares: tuple[float, ...]
    """Share of the months in each tenth of what was thought possible, from the lowest; 0.1 each would be right."""
    coverage80: float
    coverage95: float
    months: int


def calibration_of(origins: Iterable[Origin], model: str = BLEND) -> Calibration | None:
    """Of the months of all origins together; None where nothing came."""
    reached = _joined(one.reached(model) for one in origins)
    reached = reached[~np.isnan(reached)]
    if not len(reached):
        return None
    counts = np.bincount(np.minimum((TENTHS * reached).astype(int), TENTHS - 1), minlength=TENTHS)
    inside80, inside95 = (float(np.mean(np.abs(reached - 0.5) <= ndtr(z) - 0.5)) for z in (Z90, Z95))
    return Calibration(tuple(float(n) for n in counts / len(reached)), inside80, inside95, len(reached))


@dataclass(frozen=True)
class Score:
    """How good one model was; None where there is nothing to divide by."""

    mase: float | None
    """Mean absolute error in changes on the same month a year before."""
    crps: float | None
    """Continuous ranked probability score in the same unit."""
    msis95: float | None
    """Score of the 95% interval in the same unit."""
    coverage80: float | None
    coverage95: float | None
    bias: float | None
    """What the forecasts were too high by, as a share of what came."""
    months: int
    """Months that were judged."""

    def facts(self) -> dict[str, float | int | None]:
        """As JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


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
    return Backtest(services, _mean_of([tested.scores for tested in services.values() if tested.scores]))


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


def score_of(origins: Sequence[Origin]) -> dict[str, Score]:
    """Model -> score over the origins where it was asked, the blend first, then from the best to the worst."""
    names = sorted({name for origin in origins for name in origin.said} - {BLEND})
    scores = {name: _score(name, [one for one in origins if name in one.said]) for name in (BLEND, *names)}
    found = {name: score for name, score in scores.items() if score is not None}
    missed = {name: np.inf if score.mase is None else score.mase for name, score in found.items()}
    rest = sorted((name for name in found if name != BLEND), key=lambda name: (missed[name], name))
    return {name: found[name] for name in (BLEND, *rest) if name in found}


def _score(model: str, origins: list[Origin]) -> Score | None:
    came = _joined(one.came for one in origins)
    seen = ~np.isnan(came)
    if not seen.any():
        return None
    usual = _joined(np.full(len(one.came), one.usual) for one in origins)[seen]
    middle = _joined(one.middle(model) for one in origins)[seen]
    low, high = (_joined(one.edge(model, z) for one in origins)[seen] for z in (-Z95, Z95))
    crps = _joined(_crps(one, model) for one in origins)[seen]
    reached = _joined(one.reached(model) for one in origins)[seen]
    came = came[seen]
    return Score(
        mase=_number(np.mean(np.abs(middle - came) / usual)),
        crps=_number(np.mean(crps / usual)),
        msis95=_number(np.mean(interval_score(came, low, high, 0.05) / usual)),
        coverage80=_number(np.mean(np.abs(reached - 0.5) <= ndtr(Z90) - 0.5)),
        coverage95=_number(np.mean(np.abs(reached - 0.5) <= ndtr(Z95) - 0.5)),
        bias=_number(np.sum(middle - came) / np.sum(came)) if np.sum(came) != 0 else None,
        months=len(came),
    )


def _crps(origin: Origin, model: str) -> Floats:
    said = origin.said[model]
    return (crps_lognormal if origin.scale == "log" else crps_normal)(origin.came, said.mean, said.sd)


def _mean_of(tables: list[Mapping[str, Score]]) -> dict[str, Score]:
    """The mean of each model's scores over the tables that have it; months are summed."""
    if len(tables) < 2:
        return {}
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: _mean([table[name] for table in tables if name in table]) for name in names}


def _mean(scores: list[Score]) -> Score:
    found: dict[str, float | None] = {}
    for key in ("mase", "crps", "msis95", "coverage80", "coverage95", "bias"):
        values = [getattr(score, key) for score in scores if getattr(score, key) is not None]
        found[key] = float(np.mean(values)) if values else None
    return Score(**found, months=sum(score.months for score in scores))


def _joined(parts: Iterable[Floats]) -> Floats:
    return np.concatenate([np.zeros(0), *parts])


def _number(value: np.floating[Any]) -> float | None:
    return float(value) if np.isfinite(value) else None


def _plain(values: Floats, scale: Scale) -> Floats:
    return np.exp(values) if scale == "log" else values
