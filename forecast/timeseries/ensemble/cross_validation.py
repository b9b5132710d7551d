"""Rolling origins: each model is asked what it would have said, and weighed by how far it was off.

No origin sees a later month: masks and estimates are those of the months known to it, and parameters are fitted at the
first origin and again every `REFIT` origins, never later than the origin that uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON
from forecast.stats.scoring import mase
from forecast.timeseries.ensemble.interval_calibration import Check, Misses, widths_of
from forecast.timeseries.models.base import Fitted, Model, ModelFailed, Outlook, Past
from forecast.timeseries.models.combination import mixture
from forecast.timeseries.models.outliers import known_until

LAST = 24
"""Months at the end of the history from which the models are asked, where two years stand before them."""
AHEAD = SEASON
"""Months that are asked of each origin, where so many came."""
REFIT = 12
"""Origins over which the parameters are held."""
TRUST = 0.5
"""Share of a weight that follows the errors; the rest is shared alike, for few origins say little."""
FLOOR = 1e-8
"""Least mean squared error, so that a perfect past does not divide by zero."""
Z80 = 1.2815515655446004
Z95 = 1.959963984540054
"""Half-widths of the central intervals of a standard normal."""

BROKEN = (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError)
"""What a model's fit may raise when a history does not suit it."""


@dataclass(frozen=True)
class Asked:
    """One origin: what each model said, and what came."""

    said: Mapping[str, Outlook]
    came: Floats
    """(months,), NaN where masked."""
    known: int = 0
    """Months that were known."""

    def squares(self, model: str) -> Floats:
        """Squared errors of a model, without the masked months."""
        found = (self.said[model].mean - self.came) ** 2
        return found[~np.isnan(found)]

    def apart_from(self, other: Asked) -> bool:
        """Whether the months that were asked of the two have none in common."""
        first, second = sorted((self, other), key=lambda asked: asked.known)
        return first.known + len(first.came) <= second.known


def origins_of(count: int) -> range:
    """Months known at each origin of a history of so many months: two years and more, the last 24 at most."""
    return range(max(2 * SEASON, count - LAST), count)


def ask(models: Mapping[str, Model], past: Past) -> list[Asked]:
    """What the models would have said at each origin, up to a year ahead."""
    held: dict[str, Fitted] = {}
    found = []
    for place, known in enumerate(origins_of(past.calendar.count)):
        then = known_until(past, known)
        came = _came(past, known)
        said = {}
        for name, model in models.items():
            try:
                fitted = held.get(name)
                fitted = model.fit(then) if fitted is None or place % REFIT == 0 else _at(fitted, model, then)
                outlook = fitted.forecast(len(came))
            except (ModelFailed, *BROKEN):
                continue
            if np.all(np.isfinite(outlook.mean)) and np.all(np.isfinite(outlook.covariance)):
                held[name], said[name] = fitted, outlook
        if said:
            found.append(Asked(said, came, known))
    return found


def _came(past: Past, known: int) -> Floats:
    """Up to a year after the months known, NaN where masked and from where the level moved for good: no model could
    know, and such a risk is the scenario's."""
    values = (past.source or past).values
    came = np.where(past.masked, np.nan, values)[known : known + AHEAD]
    for row, _step in past.moved:
        if row >= known:
            came[row - known :] = np.nan
    return came


def _at(fitted: Fitted, model: Model, past: Past) -> Fitted:
    return fitted.at(past) if hasattr(fitted, "at") else model.fit(past)


def weights_of(names: list[str], origins: Sequence[Asked]) -> dict[str, float]:
    """Weights of the models by their mean squared errors, half of the way from equal; they sum to 1.

    A model that no origin could ask gets the median of the others.
    """
    errors = {}
    for name in names:
        squares = [asked.squares(name) for asked in origins if name in asked.said]
        joined = np.concatenate(squares) if squares else np.array([])
        if len(joined):
            errors[name] = max(float(joined.mean()), FLOOR)
    if not errors:
        return dict.fromkeys(names, 1 / len(names))
    middle = float(np.median(list(errors.values())))
    inverse = {name: 1 / errors.get(name, middle) for name in names}
    total = sum(inverse.values())
    return {name: (1 - TRUST) / len(names) + TRUST * inverse[name] / total for name in names}


def blends_of(origins: Sequence[Asked]) -> list[Outlook]:
    """The blend at each origin, weighed by the origins that share no month with it."""
    found = []
    for asked in origins:
        apart = [other for other in origins if other.apart_from(asked)]
        found.append(mixture(asked.said, weights_of(sorted(asked.said), apart)))
    return found


def misses_of(origins: Sequence[Asked], blends: Sequence[Outlook], past: Past) -> Misses:
    """How many of its standard deviations each month ahead of each origin came away from the blend."""
    rows = np.full((len(origins), AHEAD), np.nan)
    for row, asked, blend in zip(rows, origins, blends, strict=True):
        sd = np.sqrt(np.diag(blend.covariance))
        row[: len(asked.came)] = (asked.came - blend.mean) / np.where(sd > 0, sd, np.nan)
    return Misses(past.calendar.first + np.array([asked.known for asked in origins], int), rows)


@dataclass(frozen=True)
class Judgement:
    """How the blend did at the origins; None where nothing came or there is nothing to scale by."""

    mase: float | None = None
    coverage80: float | None = None
    coverage95: float | None = None
    checks: tuple[Check, ...] = ()


def judge(origins: Sequence[Asked], past: Past, scale: str, siblings: Sequence[Misses] = ()) -> Judgement:
    """MASE in the unit of the history, and the share of months inside the 80% and the 95% interval.

    Every origin is judged by weights and widths of origins, its own and those of the `siblings`, that share no month
    with it.
    """
    blends = blends_of(origins)
    misses = misses_of(origins, blends, past)
    scaled = np.full_like(misses.rows, np.nan)
    checks = []
    for row, (start, asked, blend) in enumerate(zip(misses.starts, origins, blends, strict=True)):
        widths = widths_of([each.apart_from(int(start), AHEAD) for each in (misses, *siblings)])
        scaled[row] = misses.rows[row] / widths
        sd = np.sqrt(np.diag(blend.covariance)) * widths[: len(asked.came)]
        came = tuple(None if np.isnan(value) else float(value) for value in asked.came)
        checks.append(Check(int(start), tuple(map(float, blend.mean)), tuple(map(float, sd)), came))
    seen = np.abs(scaled[~np.isnan(scaled)])
    if not len(seen):
        return Judgement(checks=tuple(checks))
    errors = [_plain(b.mean, scale) - _plain(a.came, scale) for a, b in zip(origins, blends, strict=True)]
    off = float(mase(np.concatenate(errors), _plain(past.seen, scale)))
    inside80, inside95 = (float(np.mean(seen <= z)) for z in (Z80, Z95))
    return Judgement(off if np.isfinite(off) else None, inside80, inside95, tuple(checks))


def _plain(values: Floats, scale: str) -> Floats:
    return np.exp(values) if scale == "log" else values
