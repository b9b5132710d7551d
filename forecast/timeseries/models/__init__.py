"""Models of the history of one service: one a file, and one line each in `MODELS`; their forecasts are combined.

For other packages: `base` (the series, a model, its forecast), `combination`, `moving_holidays`, `outliers`,
`seasonal_profile` and `seasonal_naive`.
"""

from __future__ import annotations

from collections.abc import Mapping

from forecast.timeseries.models.base import Model
from forecast.timeseries.models.ets import EtsModel
from forecast.timeseries.models.regression import RegressionModel
from forecast.timeseries.models.sarimax import SarimaxModel
from forecast.timeseries.models.seasonal_naive import SeasonalNaiveModel
from forecast.timeseries.models.structural import StructuralModel
from forecast.timeseries.models.theta import DynamicThetaModel

MODELS: Mapping[str, Model] = {
    "ets": EtsModel(),
    "regression": RegressionModel(),
    "sarimax": SarimaxModel(),
    "seasonal_naive": SeasonalNaiveModel(),
    "structural": StructuralModel(),
    "theta": DynamicThetaModel(),
}
"""Models of a history of three years and more, by name."""


def preload() -> None:
    """Import the libraries that the models stand on: a second or two, once."""
    import statsmodels.tsa.statespace.sarimax
    import statsmodels.tsa.statespace.structural  # noqa: F401


__all__ = ["MODELS", "preload"]
