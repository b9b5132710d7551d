"""Early warning: how far the year to date may fall before the chance of a target does, month by month."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Bools, Floats
from forecast.periods import format_month
from forecast.plan.targets import book_measure
from forecast.simulation.compiled import FigureKey
from forecast.simulation.results import Simulation
from forecast.stats.bins import meets
from forecast.stats.intervals import Z975, Estimate, binomial_interval

__all__ = [
    "MIN_PATHS_BEYOND",
    "EarlyWarning",
    "TriggerLevel",
    "TriggerMonth",
    "chance_at",
    "early_warning",
    "level_at",
    "trigger_levels",
]

DEFAULT_CHANCES = (0.5, 0.2)
"""Chances whose levels are printed."""
OUTLOOK_QUANTILES = (0.1, 0.5, 0.9)
PATHS_AT_LEVEL = 400
"""Paths that are taken to stand at a level: those nearest to it."""
MIN_PATHS_BEYOND = 200
"""Paths that must lie beyond a level for it to be told."""
GROUPS = 10
"""Groups of paths whose levels tell the simulation error of the whole."""
GROUP_ERROR = GROUPS ** (-1 / 3)
"""Error of all paths over that of one group: the error of a monotone regression falls as n^(-1/3)."""


@dataclass(frozen=True)
class TriggerLevel:
    """Level of the year to date at which the target has a chance."""

    chance: float
    level: Estimate | None
    """In the unit of the measure, with its simulation error; None where too few paths lie beyond it, or where the error
    is wider than the measure itself."""
    is_all_clear: bool
    """True where the target is less likely than that today: from the level on it is as likely again."""
    sounds: Estimate | None = None
    """Share of futures in which it sounds: the year to date lies beyond the level."""
    is_right: Estimate | None = None
    """Share of the futures in which it sounds that miss the target."""
    catches: Estimate | None = None
    """Share of all misses in which it sounds."""

    @property
    def tells(self) -> bool:
        """True where a future in which it sounds misses the target more often than any does."""
        return self.is_all_clear or self.is_right is None or self._base_rate < self.is_right.low

    _base_rate: float = 0.0
    reforecast: tuple[float, float] | None = None
    """P10 and P90 of the chances that a re-forecast gives when the year to date stands at the level: what it came by
    tells more than its amount. None where no level is told."""


@dataclass(frozen=True)
class TriggerMonth:
    """Levels at the end of one month."""

    month: str
    levels: tuple[TriggerLevel, ...]
    known: float
    """Share of the variance of the outcome that the year to date tells by then."""
    outlook: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    """P10, P50 and P90 of the year to date by then, in the unit of the measure."""


@dataclass(frozen=True)
class EarlyWarning:
    """Early warning of one target."""

    target: str
    measure: str
    """Measure whose year to date is watched."""
    period: str
    chance: Estimate
    first_month: str
    """Month from which the measure is cumulated."""
    is_below: bool
    """True where the alarm sounds below a level: more of the measure is better."""
    months: tuple[TriggerMonth, ...]
    paths: int


def early_warning(run: Simulation, target: str, chances: Sequence[float] = DEFAULT_CHANCES) -> EarlyWarning | None:
    """Find the levels of the year to date at which a target has some chances.

    Parameters
    ----------
    run : Simulation
        With a sample of its paths.
    target : str
        Name of the target.
    chances : sequence of float
        Chances, 0 to 1.

    Returns
    -------
    EarlyWarning or None
        Months to come but the last; None where no paths are kept, the target is of a place, or no month of its measure
        is recorded.

    References
    ----------
    Barlow et al. (1972), Statistical Inference under Order Restrictions (isotonic regression).
    """
    books = _books(run, target)
    if books is None:
        return None
    by_month, hits, rises = books
    record = run.scenario.targets[target]
    calendar, measure = record.period.calendar, book_measure(record.measure)
    months = [format_month(month) for month in range(calendar.first, calendar.last + 1)]
    levels = _with_reforecasts(run, target, books, trigger_levels(by_month, hits, chances, rises=rises))
    is_open = np.ptp(by_month, axis=1) > 0
    outlooks = np.quantile(np.cumsum(by_month, axis=0)[:-1], OUTLOOK_QUANTILES, axis=1).T.tolist()
    rows = tuple(
        TriggerMonth(month, of_month, known, (p10, p50, p90))
        for month, (of_month, known), (p10, p50, p90), opens in zip(months, levels, outlooks, is_open, strict=False)
        if opens
    )
    return EarlyWarning(target, measure, record.period.text, run.chance(target), months[0], rises, rows, len(hits))


def _books(run: Simulation, target: str) -> tuple[Floats, Bools, bool] | None:
    """Months (months, paths) of the measure that a target is booked in, (paths,) whether it is met, and the side."""
    record, sample = run.scenario.targets[target], run.path_sample
    calendar, measure = record.period.calendar, book_measure(record.measure)
    months = [format_month(month) for month in range(calendar.first, calendar.last + 1)]
    if sample is None or record.place is not None or not measure or (measure, months[0]) not in sample.figures:
        return None
    outcome = sample.figures[run.target_figure(record)]
    hits = meets(outcome, record.threshold.value, record.at_least is not None)
    by_month = np.array([sample.figures[measure, month] for month in months])
    return by_month, hits, record.at_least is not None


def _books_until(run: Simulation, target: str, month: int) -> tuple[Floats, Bools, bool, int] | None:
    """The books of a target, and how many of its months there are up to one, from year 0."""
    books = _books(run, target)
    return None if books is None else (*books, month - run.scenario.targets[target].period.calendar.first + 1)


def _with_reforecasts(
    run: Simulation,
    target: str,
    books: tuple[Floats, Bools, bool],
    levels: list[tuple[tuple[TriggerLevel, ...], float]],
) -> list[tuple[tuple[TriggerLevel, ...], float]]:
    """The levels of each month with the chances of re-forecasts at them.

    What a re-forecast knows at the end of a month are the months of each line up to it: the outcome is regressed on
    them, and the chance of a path rises with what it is expected to be, as the outcomes of all paths do.
    """
    record, sample = run.scenario.targets[target], run.path_sample
    if sample is None or not levels:  # a period of one month has no month before its last
        return levels
    by_month, hits, rises = books
    outcome = sample.figures[run.target_figure(record)]
    calendar = record.period.calendar
    lines = sorted(name for name in {key[0] for key in sample.figures} if name.startswith("revenue."))
    known = [
        row
        for number, month in enumerate(range(calendar.first, calendar.last))
        for row in (by_month[number], *_lines_of_month(sample.figures, lines, format_month(month)))
    ]
    per_month = len(known) // max(1, len(levels))
    design = np.array(known)
    design -= design.mean(axis=1, keepdims=True)
    products, with_outcome = design @ design.T, design @ (outcome - outcome.mean())
    with_chances, to_date = [], np.cumsum(by_month, axis=0)
    for number, (of_month, share) in enumerate(levels):
        rows = per_month * (number + 1)
        coefficients = np.linalg.lstsq(products[:rows, :rows], with_outcome[:rows], rcond=None)[0]
        expected = coefficients @ design[:rows]
        order = np.argsort(expected if rises else -expected, kind="stable")
        met = np.empty(len(order))
        met[order] = _fit(hits[order])
        with_reforecast = tuple(_with_reforecast(level, to_date[number], met) for level in of_month)
        with_chances.append((with_reforecast, share))
    return with_chances


def _lines_of_month(figures: Mapping[FigureKey, Floats], lines: Sequence[str], month: str) -> list[Floats]:
    return [figures[line, month] for line in lines if (line, month) in figures]


def _with_reforecast(level: TriggerLevel, to_date: Floats, met: Floats) -> TriggerLevel:
    """A level with P10 and P90 of the chances (paths,) of the paths that stand nearest to it."""
    if level.level is None:
        return level
    count = min(len(to_date), PATHS_AT_LEVEL)
    nearest = np.argpartition(np.abs(to_date - level.level.value), count - 1)[:count]
    low, high = np.quantile(met[nearest], (0.1, 0.9)).tolist()
    return replace(level, reforecast=(low, high))


def level_at(run: Simulation, target: str, month: int, chance: float) -> tuple[TriggerLevel, bool] | None:
    """Find the level of the year to date at the end of one month at which a target has a chance.

    Parameters
    ----------
    run : Simulation
        With a sample of its paths.
    target : str
        Name of the target.
    month : int
        The month, from year 0, before the last of the target's period.
    chance : float
        0 to 1.

    Returns
    -------
    tuple of TriggerLevel and bool, or None
        That of `early_warning`, and whether the alarm sounds below it; None where the months are closed or not kept.
    """
    books = _books_until(run, target, month)
    if books is None:
        return None
    months, hits, rises, count = books
    if np.ptp(months[count - 1]) == 0:
        return None
    both = np.array([months[:count].sum(axis=0), months[count:].sum(axis=0)])
    ((levels, _known),) = trigger_levels(both, hits, (chance,), rises=rises)
    return levels[0], rises


def chance_at(run: Simulation, target: str, month: int, amount: float) -> float | None:
    """Find the chance of a target when the year to date has an amount at the end of a month.

    Parameters
    ----------
    run : Simulation
        With a sample of its paths.
    target : str
        Name of the target.
    month : int
        The month, from year 0.
    amount : float
        Of the measure that the target is booked in, since the first month of its period.

    Returns
    -------
    float or None
        0 to 1; None where `early_warning` has no levels, or no path lies on one side of the amount.
    """
    books = _books_until(run, target, month)
    if books is None:
        return None
    months, hits, rises, count = books
    to_date = months[:count].sum(axis=0) * (1 if rises else -1)
    order = np.argsort(to_date, kind="stable")
    row = int(np.searchsorted(to_date[order], amount if rises else -amount))
    return float(_fit(hits[order])[row]) if 0 < row < len(order) else None


def trigger_levels(
    months: Floats, hits: Bools, chances: Sequence[float], *, rises: bool = True
) -> list[tuple[tuple[TriggerLevel, ...], float]]:
    """Find the levels of cumulated months at which an outcome has some chances.

    Parameters
    ----------
    months : ndarray
        (months, paths) amounts.
    hits : ndarray
        (paths,) whether the outcome is the wanted one.
    chances : sequence of float
        Chances, 0 to 1.
    rises : bool
        Whether more makes the outcome likelier.

    Returns
    -------
    list of tuple of tuple of TriggerLevel and float
        For each month but the last, the level of each chance and the share of the outcome's variance that is known.
    """
    to_date = np.cumsum(months, axis=0)[:-1]
    return [_month_levels(amounts if rises else -amounts, hits, chances, rises=rises) for amounts in to_date]


def _month_levels(
    amounts: Floats, hits: Bools, chances: Sequence[float], *, rises: bool
) -> tuple[tuple[TriggerLevel, ...], float]:
    """Levels of one month; the amounts are such that more is better."""
    order = np.argsort(amounts, kind="stable")
    sorted_amounts, sorted_hits = amounts[order], hits[order]
    fitted = _fit(sorted_hits)
    base = float(hits.mean())
    spread = base * (1 - base)
    known = 1 - float((fitted * (1 - fitted)).mean()) / spread if spread else 0.0
    groups = [_sorted_fit(amounts[first::GROUPS], hits[first::GROUPS]) for first in range(GROUPS)]
    levels = []
    for chance in chances:
        level = _crossing(sorted_amounts, fitted, chance)
        beyond = int(np.searchsorted(sorted_amounts, level)) if level is not None else 0
        is_all_clear = base < chance
        few = min(beyond, len(amounts) - beyond) if is_all_clear else beyond
        if level is None or few < MIN_PATHS_BEYOND:
            levels.append(TriggerLevel(chance, None, is_all_clear))
            continue
        of_groups = [_crossing(*group, chance) for group in groups]
        group_levels = [each for each in of_groups if each is not None]
        half = Z975 * float(np.std(group_levels, ddof=1)) * GROUP_ERROR if len(group_levels) > 2 else math.inf
        if half > float(amounts.std()):
            levels.append(TriggerLevel(chance, None, is_all_clear))
            continue
        sign = 1 if rises else -1
        ends = sorted((sign * (level - half), sign * (level + half)))
        levels.append(_judged(TriggerLevel(chance, Estimate(sign * level, *ends), is_all_clear), sorted_hits, beyond))
    return tuple(levels), known


def _fit(sorted_hits: Bools) -> Floats:
    """(paths,) chances that rise with the amount, of outcomes in order of the amounts."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(sorted_hits.astype(float)).x)


def _sorted_fit(amounts: Floats, hits: Bools) -> tuple[Floats, Floats]:
    """(paths,) amounts in order, and the chances that rise with them."""
    order = np.argsort(amounts, kind="stable")
    return amounts[order], _fit(hits[order])


def _crossing(sorted_amounts: Floats, fitted: Floats, chance: float) -> float | None:
    """Amount at which the fitted chance passes a chance: half way between the last below and the first not below."""
    row = int(np.searchsorted(fitted, chance))
    if not 0 < row < len(fitted):
        return None
    return float(sorted_amounts[row - 1] + sorted_amounts[row]) / 2


def _judged(level: TriggerLevel, sorted_hits: Bools, beyond: int) -> TriggerLevel:
    """The level with how often it sounds, how often it is right, and what share of the misses it catches."""
    paths, misses = len(sorted_hits), int(np.count_nonzero(~sorted_hits))
    missed_beyond = int(np.count_nonzero(~sorted_hits[:beyond]))
    return TriggerLevel(
        level.chance,
        level.level,
        level.is_all_clear,
        binomial_interval(beyond, paths),
        binomial_interval(missed_beyond, beyond) if beyond else None,
        binomial_interval(missed_beyond, misses) if misses else None,
        misses / paths,
    )
