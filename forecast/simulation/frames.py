"""Figures of a simulation as pandas frames; `Simulation.to_frame` and quantiles.csv load it when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import pandas as pd

from forecast.plan.geography import Geography
from forecast.simulation.compiled import FigureKey
from forecast.simulation.places.histograms import PlaceTally
from forecast.stats.intervals import Estimate
from forecast.stats.tally import Tally

__all__ = ["FRAME_QUANTILE_LEVELS", "figures_frame", "places_frame", "quantiles_table"]

FRAME_QUANTILE_LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_COLUMNS = ["measure", "period", "place", "statistic", "value", "low", "high"]
_MEAN = "mean"


def figures_frame(tallies: Mapping[FigureKey, Tally], figures: Iterable[FigureKey]) -> pd.DataFrame:
    """Mean and quantiles of some figures, in their order.

    Parameters
    ----------
    tallies : mapping of (measure, period) to Tally
        The figures of a simulation; `revenue@442` is the revenue of place 442.
    figures : iterable of (measure, period)
        Those to list.

    Returns
    -------
    DataFrame
        One row a figure and statistic (`mean`, `p1` to `p99`): measure, period, place (empty for the whole), statistic,
        value in units of the measure, low and high (95% interval of the simulation error).
    """
    rows = []
    for key, period in figures:
        measure, _, place = key.partition("@")
        tally = tallies[key, period]
        rows += _rows((measure, period, place), tally.mean_estimate(), tally.quantile)
    return pd.DataFrame(rows, columns=_COLUMNS)


def places_frame(places: PlaceTally, geography: Geography, period: str) -> pd.DataFrame:
    """Mean and quantiles of the revenue of every listed place.

    Parameters
    ----------
    places : PlaceTally
        The histogram of each place.
    geography : Geography
        Their codes.
    period : str
        The period in which they are counted.

    Returns
    -------
    DataFrame
        One row a place and statistic, with the columns of `figures_frame`.
    """
    rows = []
    for row, code in enumerate(geography.places):
        rows += _rows(("revenue", period, code), places.mean(row), partial(places.quantile, row))
    return pd.DataFrame(rows, columns=_COLUMNS)


def quantiles_table(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of quantiles.csv.

    Parameters
    ----------
    frame : DataFrame
        Rows of `figures_frame`.

    Returns
    -------
    DataFrame
        The quantiles alone: measure (`revenue@442` of a place), period, p, value, low and high.
    """
    levels = {_quantile_name(p): p for p in FRAME_QUANTILE_LEVELS}
    rows = frame[frame["statistic"] != _MEAN]
    place = rows["place"].where(rows["place"] == "", "@" + rows["place"])
    table = rows.assign(measure=rows["measure"] + place, p=rows["statistic"].map(levels))
    return table[["measure", "period", "p", "value", "low", "high"]]


def _rows(
    figure: tuple[str, str, str], mean: Estimate, quantile: Callable[[float], Estimate]
) -> list[tuple[object, ...]]:
    """The rows of one figure: its mean, then its quantiles."""
    quantiles = {_quantile_name(p): quantile(p) for p in FRAME_QUANTILE_LEVELS}
    return [(*figure, statistic, *estimate) for statistic, estimate in {_MEAN: mean, **quantiles}.items()]


def _quantile_name(p: float) -> str:
    return f"p{100 * p:g}"
