"""The drawer of models: one a file, one line each in `MODELS`. None wins: their outlooks are blended."""

from __future__ import annotations

from collections.abc import Mapping

from forecast.models.ets import Ets
from forecast.models.model import Fitted, Forecast, Model, ModelFailed, Outlook, Past
from forecast.models.regression import Regression
from forecast.models.sarimax import Sarimax
from forecast.models.seasonal_naive import SeasonalNaive
from forecast.models.structural import Structural
from forecast.models.theta import Theta

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
