"""The drawer of models: one a file, one line each in `MODELS`. None wins: their outlooks are blended."""

from __future__ import annotations

from collections.abc import Mapping

from forecast.timeseries.models.base import Fitted, Forecast, Model, ModelFailed, Outlook, Past
from forecast.timeseries.models.ets import Ets
from forecast.timeseries.models.regression import Regression
from forecast.timeseries.models.sarimax import Sarimax
from forecast.timeseries.models.seasonal_naive import SeasonalNaive
from forecast.timeseries.models.structural import Structural
from forecast.timeseries.models.theta import Theta

MODELS: Mapping[str, Model] = {
    "ets": Ets(),
    "regression": Regression(),
    "sarimax": Sarimax(),
    "seasonal_naive": SeasonalNaive(),
    "structural": Structural(),
    "theta": Theta(),
}
"""Those of a history of three years and more."""


def preload() -> None:
    """Import what the models stand on: a second or two, once."""
    import statsmodels.tsa.statespace.sarimax
    import statsmodels.tsa.statespace.structural  # noqa: F401


__all__ = ["MODELS", "Fitted", "Forecast", "Model", "ModelFailed", "Outlook", "Past", "preload"]
