"""The drawer of figures: one a file, one line a figure in `FIGURES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from forecast.reports.charts import bridge, calibration, districts, exceedance, fan, tornado
from forecast.reports.charts import cases as cases
from forecast.reports.charts import fan_with_actuals as fan_actual
from forecast.reports.charts import monthly as months
from forecast.reports.charts.style import Margin


class ChartSpec(NamedTuple):
    """How a figure is drawn, and the white that it needs around its axes."""

    draw: Callable[..., None]
    """(Axes, finding, Words, Scale) -> None; of `cases` (Axes, rows, target, Words)."""
    margin: Margin


CHARTS: Mapping[str, ChartSpec] = {
    "months": ChartSpec(months.draw_monthly, months.MONTHLY_MARGIN),
    "bridge": ChartSpec(bridge.draw_bridge, bridge.BRIDGE_MARGIN),
    "exceedance": ChartSpec(exceedance.draw_exceedance, exceedance.EXCEEDANCE_MARGIN),
    "tornado": ChartSpec(tornado.draw_tornado, tornado.TORNADO_MARGIN),
    "cases": ChartSpec(cases.draw_cases, cases.CASES_MARGIN),
    "districts": ChartSpec(districts.draw_districts, districts.DISTRICTS_MARGIN),
    "fan": ChartSpec(fan.draw_fan, fan.FAN_MARGIN),
    "exceedances": ChartSpec(exceedance.draw_exceedances, exceedance.EXCEEDANCES_MARGIN),
    "calibration": ChartSpec(calibration.draw_calibration, calibration.CALIBRATION_MARGIN),
    "fan_actual": ChartSpec(fan_actual.draw_fan_with_actuals, fan_actual.FAN_WITH_ACTUALS_MARGIN),
}
