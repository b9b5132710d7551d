"""Time before the horizon that still counts in it: how far back events may begin, and whose losses still come back.

What is known on the day of the plan did not happen by chance, so no random event begins before that day is over.
Without such a day events begin as long before the horizon as they may reach into it (docs/model.md, section 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import lambertw

from forecast.periods import DAYS_PER_MONTH, Calendar, first_day
from forecast.plan.assumption import Assumption
from forecast.plan.shocks import DEFAULT_RECOVERY_DAYS, AnyShock, Epidemic, Event, Shock

__all__ = ["EarlierTime", "LookBack", "compile_earlier_time", "months_still_recovered"]

TAIL = 1e-4
"""Chance of a longer event, a slower recovery or an earlier date, which is not looked back for: a first month of waves
of `4 to 10 weeks` misses 3e-5 of its loss, a hundredth of the simulation error of 100,000 paths."""

OUTBREAK_TAIL = 0.01
"""Share of what long outbreaks give back that is not looked back for: their losses come back after their last day."""

DAYS_PER_YEAR = 365.25

MAX_EARLIER_MONTHS = 120
"""Months that are looked back for at most, as many as a horizon has."""


@dataclass(frozen=True)
class LookBack:
    """Time before the horizon, as one shock needs it."""

    months: int
    """Months before the horizon whose losses to it are still recovered in the horizon."""
    first_moment: float
    """Ordinal day from which on it may begin by chance."""
    longest: float
    """Days after which an event is over that began before the horizon; infinite for a shock with dates."""


@dataclass(frozen=True)
class EarlierTime:
    """Time before the horizon, as the shocks of a plan need it."""

    months: int
    """Months before the horizon that are simulated for what is recovered of their losses."""
    by_shock: Mapping[str, LookBack]
    """By shock that acts in the horizon; one that looks back further than others changes nothing in them."""
    past_shocks: Mapping[str, Event]
    """By dotted name, events of the history that are under way in the horizon or still recovered there."""

    def calendar(self, horizon: Calendar) -> Calendar:
        """The horizon with the months before it."""
        return Calendar(horizon.first - self.months, horizon.count + self.months)


def compile_earlier_time(
    shocks: Mapping[str, AnyShock],
    past_shocks: Mapping[str, Event],
    horizon: Calendar,
    known_until: float,
    gives_back: bool,
) -> EarlierTime:
    """Look back from a horizon.

    Parameters
    ----------
    shocks, past_shocks : mapping of str to shock
        Of the plan and of its history, by name.
    horizon : Calendar
        Months of the plan.
    known_until : float
        First moment, an ordinal day, of which nothing is known; minus infinity where no day is.
    gives_back : bool
        Whether what the past shocks took before the horizon may come back in it; not where growth is over the year as
        it stands, because that growth includes it.

    Returns
    -------
    EarlierTime
        What counts of the time before.
    """
    opening = first_day(horizon.first)
    past = {
        f"history.shocks.{name}": event
        for name, event in sorted(past_shocks.items())
        if _last_end(event) > opening or (gives_back and _is_recovered_after(event, opening))
    }
    months = {
        name: months_still_recovered((event,), horizon.first) if gives_back else 0 for name, event in past.items()
    }
    for name, shock in shocks.items():
        if isinstance(shock, Event):
            months[name] = months_still_recovered((shock,), horizon.first)
        else:
            months[name] = _months_of_random_losses(shock, horizon.first, known_until)
    longest_of_all = max(months.values(), default=0)
    first = first_day(horizon.first - longest_of_all)
    by_shock = {name: _look_back(shock, months[name], first, known_until) for name, shock in shocks.items()}
    by_shock |= {name: LookBack(months[name], -math.inf, math.inf) for name in past}
    return EarlierTime(longest_of_all, by_shock, past)


def _look_back(shock: Shock, months: int, first: float, known_until: float) -> LookBack:
    """Look back for a shock of the plan; `first` is the first day of all months that are simulated."""
    if not shock.event_lengths:
        return LookBack(months, known_until, math.inf)
    return LookBack(months, max(known_until, first - _longest(shock)), _longest(shock))


def months_still_recovered(events: Iterable[Event], month: int) -> int:
    """Count the months before one whose losses to dated events are still recovered from that month on.

    Parameters
    ----------
    events : iterable of Event
        Dated events.
    month : int
        A month from year 0.

    Returns
    -------
    int
        0 to 120.
    """
    opening = first_day(month)
    starts = (_quantile(event.from_, TAIL) for event in events if _is_recovered_after(event, opening))
    return _months_back(min(starts, default=opening), month)


def _months_of_random_losses(shock: Shock, month: int, known_until: float) -> int:
    """Months before one whose losses to random events are still recovered from that month on."""
    if not shock.event_lengths or not _is_recovered(shock):
        return 0
    longest = max(_longest(shock), _longest_outbreak(shock)) if isinstance(shock, Epidemic) else _longest(shock)
    return _months_back(max(known_until, first_day(month) - longest - _longest_recovery(shock)), month)


def _months_back(day: float, month: int) -> int:
    """Months from the one that holds an ordinal day to another, 0 to 120."""
    held = date.fromordinal(max(1, int(day)))
    return int(np.clip(month - (12 * held.year + held.month - 1), 0, MAX_EARLIER_MONTHS))


def _is_recovered(shock: Shock) -> bool:
    return any(not (share.is_constant and share.value == 0) for share in shock.recovered.values())


def _is_recovered_after(event: Event, day: float) -> bool:
    return _is_recovered(event) and _last_end(event) + _longest_recovery(event) > day


def _last_end(event: Event) -> float:
    return _quantile(event.until, 1 - TAIL) + 1


def _longest(shock: Shock) -> float:
    """Days of the longest random event, up to the months that are looked back for."""
    return min(max(_quantile(length, 1 - TAIL) for length in shock.event_lengths), MAX_EARLIER_MONTHS * DAYS_PER_MONTH)


def _longest_outbreak(shock: Epidemic) -> float:
    """Days of a long outbreak of waves that overlap, at a high rate.

    With a = rate x length, outbreaks longer than x are as rare as exp(-y x / length) for large x, where y is the other
    number with y exp(-y) = a exp(-a).
    """
    length = shock.length.value
    overlapping = _quantile(shock.waves_per_year, 0.9) * length / DAYS_PER_YEAR
    if overlapping == 0:
        return length
    y = 1.0 if math.isclose(overlapping, 1) else _conjugate(overlapping)
    limit = MAX_EARLIER_MONTHS * DAYS_PER_MONTH
    return limit if y == 0 else min(length - math.log(OUTBREAK_TAIL) * length / y, limit)


def _conjugate(a: float) -> float:
    """The other number y with y exp(-y) = a exp(-a); 0 where it is too small to be told from 0."""
    return -float(lambertw(-a * math.exp(-a), -1 if a < 1 else 0).real)


def _longest_recovery(shock: Shock) -> float:
    return DEFAULT_RECOVERY_DAYS if shock.within is None else _quantile(shock.within, 1 - TAIL)


def _quantile(assumption: Assumption, p: float) -> float:
    return float(assumption.distribution.ppf(np.array([p]))[0])
