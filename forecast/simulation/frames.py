"""Figures of a simulation as frames, which load pandas when they are asked for, and the rows of quantiles.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from forecast.plan.geography import Geography
from forecast.simulation.compiled import FigureKey
from forecast.simulation.places.histograms import PlaceTally
from forecast.stats.intervals import Estimate
from forecast.stats.tally import Tally

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FRAME_QUANTILE_LEVELS", "QuantileRow", "figures_frame", "places_frame", "quantile_rows"]

FRAME_QUANTILE_LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_COLUMNS = ["measure", "period", "place", "statistic", "value", "low", "high"]
_MEAN = "mean"


class QuantileRow(NamedTuple):
    """A row of quantiles.csv."""

    measure: str
    """`revenue@442` is the revenue of place 442."""
    period: str
    p: float
    value: float
    """In units of the measure, as low and high."""
    low: float
    """95% interval of the simulation error."""
    high: float


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
    import pandas as pd

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
    import pandas as pd

    rows = []
    for row, code in enumerate(geography.places):
        rows += _rows(("revenue", period, code), places.mean(row), partial(places.quantile, row))
    return pd.DataFrame(rows, columns=_COLUMNS)


def quantile_rows(tallies: Mapping[FigureKey, Tally], figures: Iterable[FigureKey]) -> list[QuantileRow]:
    """Quantiles of some figures, in their order.

    Parameters
    ----------
    tallies : mapping of (measure, period) to Tally
        The figures of a simulation.
    figures : iterable of (measure, period)
        Those to list.

    Returns
    -------
    list of QuantileRow
        One row a figure and level of `FRAME_QUANTILE_LEVELS`.
    """
    return [
        QuantileRow(measure, period, p, *tallies[measure, period].quantile(p))
        for measure, period in figures
        for p in FRAME_QUANTILE_LEVELS
    ]


def _rows(
    figure: tuple[str, str, str], mean: Estimate, quantile: Callable[[float], Estimate]
) -> list[tuple[object, ...]]:
    """The rows of one figure: its mean, then its quantiles."""
    quantiles = {_quantile_name(p): quantile(p) for p in FRAME_QUANTILE_LEVELS}
    return [(*figure, statistic, *estimate) for statistic, estimate in {_MEAN: mean, **quantiles}.items()]


def _quantile_name(p: float) -> str:
    return f"p{100 * p:g}"
