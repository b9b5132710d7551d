"""Rolling origins: each model is asked what it would have said, and weighed by how far it was off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.chance import Floats
from forecast.models.mixture import mixture
from forecast.models.model import SEASON, Model, ModelFailed, Outlook, Past
from forecast.scores import inside_80, mase

ORIGINS = (12, 8, 4)
"""Months before the end of the history from which the models are asked."""
TRUST = 0.5
"""Share of a weight that follows the errors; the rest is shared alike, for few origins say little."""
FLOOR = 1e-8
"""Least mean squared error, so that a perfect past does not divide by zero."""

BROKEN = (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError)
"""What a model's fit may raise when a history does not suit it."""


@dataclass(frozen=True)
class Asked:
    """One origin: what each model said, and what came."""

    said: Mapping[str, Outlook]
    came: Floats
    """(months,), NaN where masked."""

    def squares(self, model: str) -> Floats:
        """Squared errors of a model, without the masked months."""
        found = (self.said[model].mean - self.came) ** 2
        return found[~np.isnan(found)]


def ask(models: Mapping[str, Model], past: Past) -> list[Asked]:
    """What the models would have said at each origin that leaves two years to learn from."""
    count = past.calendar.count
    found = []
    for back in ORIGINS:
        if count - back < 2 * SEASON:
            continue
        known = past.until(count - back)
        said = {}
        for name, model in models.items():
            try:
                said[name] = model.fit(known).forecast(back)
            except (ModelFailed, *BROKEN):
                continue
        if said:
            found.append(Asked(said, past.seen[count - back :]))
    return found


def weights_of(names: list[str], origins: list[Asked]) -> dict[str, float]:
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


@dataclass(frozen=True)
class Judgement:
    """How the blend did at the origins, each weighed by the other origins alone."""

    mase: float | None
    coverage80: float | None


def judge(origins: list[Asked], past: Past, scale: str) -> Judgement:
    """MASE in the unit of the history, and the share of months inside the 80% interval; None where nothing came."""
    errors, inside = [], []
    for place, asked in enumerate(origins):
        weights = weights_of(sorted(asked.said), [*origins[:place], *origins[place + 1 :]])
        blend = mixture(asked.said, weights)
        inside.append(inside_80(asked.came, blend.mean, np.sqrt(np.diag(blend.covariance))))
        errors.append(_plain(blend.mean, scale) - _plain(asked.came, scale))
    joined = np.concatenate(inside) if inside else np.array([np.nan])
    if np.isnan(joined).all():
        return Judgement(None, None)
    scaled = mase(np.concatenate(errors), _plain(past.seen, scale))
    return Judgement(scaled if np.isfinite(scaled) else None, float(np.nanmean(joined)))


def _plain(values: Floats, scale: str) -> Floats:
    return np.exp(values) if scale == "log" else values
