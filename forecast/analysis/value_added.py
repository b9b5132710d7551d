"""Forecast value added: how much nearer the planner's growth came to the actual figures than the history alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.analysis.forecast_scores import ForecastErrors
from forecast.analysis.scored_forecasts import ScoredForecasts
from forecast.runs.locks import Lock

__all__ = ["ValueAdded", "score_value_added", "stated_growth"]


@dataclass(frozen=True)
class ValueAdded:
    """Errors with the planner's growth and by the history alone over the same figures, as shares of the actual ones."""

    measure: str
    months: int
    """Months of the periods."""
    growth: str
    """Growth as the newest of the locks writes it."""
    forecasts: int
    outcomes: int
    """Periods; forecasts of the same one count once together."""
    error: float
    """Mean absolute error of the median."""
    error_alone: float
    """The same of the history alone."""
    crps: float
    crps_alone: float

    @property
    def error_added(self) -> float:
        """Value added: error of the history alone less that of the plan; below 0 the growth did harm."""
        return self.error_alone - self.error

    @property
    def crps_added(self) -> float:
        """The same of the CRPS."""
        return self.crps_alone - self.crps


def stated_growth(lock: Lock) -> dict[str, str]:
    """Return the growth that the planner stated for each service.

    Parameters
    ----------
    lock : Lock
        The lock.

    Returns
    -------
    dict of str
        `revenue.SERVICE` -> growth as written, of several years one after the other.
    """
    growth: dict[str, str] = {}
    for name, text in sorted(lock.effective.items()):
        table, _, path = name.partition(".")
        service, _, key = path.partition(".")
        if table == "services" and (key == "growth" or key.startswith("growth.")):
            year = key.partition(".")[2]
            measure, written = f"revenue.{service}", f"{year}: {text}" if year else text
            growth[measure] = f"{growth[measure]}; {written}" if measure in growth else written
    return growth


def score_value_added(table: ScoredForecasts, locks: Sequence[Lock]) -> tuple[ValueAdded, ...]:
    """Compare the forecasts whose growth a planner stated with those of the history alone.

    Parameters
    ----------
    table : ScoredForecasts
        Forecasts and actual figures.
    locks : sequence of Lock
        The locks that they are of, in the order of their chain.

    Returns
    -------
    tuple of ValueAdded
        By service and length, of those with a stated growth and a history of their own. Shocks and initiatives of the
        plan are in the forecast and not in the history alone, so they count as the planner's too.
    """
    growth_by_lock = {lock.name: stated_growth(lock) for lock in locks}
    alone = table.references["history_alone"]
    return tuple(
        value
        for (measure, months), rows in table.rows_by_figure.items()
        if (
            value := _value_of_figure(
                measure, months, table.select(rows[~np.isnan(alone[rows]).any(axis=1)]), growth_by_lock
            )
        )
    )


def _value_of_figure(
    measure: str, months: int, table: ScoredForecasts, growth_by_lock: Mapping[str, Mapping[str, str]]
) -> ValueAdded | None:
    """The value added of one measure and length; None where no growth was stated, or nothing can be divided by."""
    rows = [row for row, key in enumerate(table.keys) if measure in growth_by_lock[key.lock]]
    if not rows:
        return None
    stated = table.select(np.array(rows))
    plan, alone = ForecastErrors.of(stated), ForecastErrors.of(stated, stated.references["history_alone"])
    shares = [errors.share(values) for errors in (plan, alone) for values in (np.abs(errors.errors), errors.crps)]
    error, crps, error_alone, crps_alone = shares
    if error is None or crps is None or error_alone is None or crps_alone is None:
        return None
    growth = growth_by_lock[stated.keys[-1].lock][measure]
    outcomes = round(float(plan.weights.sum()))
    return ValueAdded(measure, months, growth, len(rows), outcomes, error, error_alone, crps, crps_alone)
