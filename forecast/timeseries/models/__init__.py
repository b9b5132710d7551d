"""The drawer of models: one a file, one line each in `MODELS`. None wins: their outlooks are blended."""

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
"""Those of a history of three years and more."""


def preload() -> None:
    """Import what the models stand on: a second or two, once."""
    import statsmodels.tsa.statespace.sarimax
    import statsmodels.tsa.statespace.structural  # noqa: F401


__all__ = ["MODELS", "preload"]
