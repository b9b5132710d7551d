"""The drawer of figures: one a file, one line a figure in `FIGURES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from forecast.reports.charts import bridge, calibration, districts, exceedance, fan, tornado
from forecast.reports.charts import cases as readings
from forecast.reports.charts import fan_with_actuals as fan_actual
from forecast.reports.charts import monthly as months
from forecast.reports.charts.style import Margin


class Drawn(NamedTuple):
    """How a figure is drawn, and the white that it needs around its axes."""

    draw: Callable[..., None]
    """(Axes, finding, Words, Scale) -> None; of `readings` (Axes, rows, target, Words)."""
    margin: Margin


FIGURES: Mapping[str, Drawn] = {
    "months": Drawn(months.months, months.MARGIN),
    "bridge": Drawn(bridge.bridge, bridge.MARGIN),
    "exceedance": Drawn(exceedance.exceedance, exceedance.MARGIN),
    "tornado": Drawn(tornado.tornado, tornado.MARGIN),
    "readings": Drawn(readings.readings, readings.MARGIN),
    "districts": Drawn(districts.districts, districts.MARGIN),
    "fan": Drawn(fan.fan, fan.MARGIN),
    "exceedances": Drawn(exceedance.exceedances, exceedance.MARGIN_OF_SEVERAL),
    "calibration": Drawn(calibration.calibration, calibration.MARGIN),
    "fan_actual": Drawn(fan_actual.fan_actual, fan_actual.MARGIN),
}
