"""Charts: one a file, one line a chart in `CHARTS`.

For other packages: `style` (type and paper) and `chart` (a chart with its sizes). The rest serves the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from forecast.reports.charts import (
    bridge,
    calibration,
    cases,
    chance_by_month,
    districts,
    early_warning,
    exceedance,
    failure_modes,
    fan,
    fan_with_actuals,
    fifths,
    history,
    levers,
    monthly,
    plan_differences,
    quantile_dots,
    tornado,
)
from forecast.reports.charts.style import Margin


class ChartSpec(NamedTuple):
    """Function that draws a chart, and the white around its axes."""

    draw: Callable[..., None]
    """Called as (axes, finding, t, scale); `cases` as (axes, rows, target, t), `chance_by_month` with the months."""
    margin: Margin


CHARTS: Mapping[str, ChartSpec] = {
    "dots": ChartSpec(quantile_dots.draw_quantile_dots, quantile_dots.QUANTILE_DOTS_MARGIN),
    "months": ChartSpec(monthly.draw_monthly, monthly.MONTHLY_MARGIN),
    "history": ChartSpec(history.draw_history, history.HISTORY_MARGIN),
    "bridge": ChartSpec(bridge.draw_bridge, bridge.BRIDGE_MARGIN),
    "exceedance": ChartSpec(exceedance.draw_exceedance, exceedance.EXCEEDANCE_MARGIN),
    "tornado": ChartSpec(tornado.draw_tornado, tornado.TORNADO_MARGIN),
    "cases": ChartSpec(cases.draw_cases, cases.CASES_MARGIN),
    "chance_by_month": ChartSpec(chance_by_month.draw_chance_by_month, chance_by_month.CHANCE_BY_MONTH_MARGIN),
    "districts": ChartSpec(districts.draw_districts, districts.DISTRICTS_MARGIN),
    "fifths": ChartSpec(fifths.draw_fifths, fifths.FIFTHS_MARGIN),
    "levers": ChartSpec(levers.draw_levers, levers.LEVERS_MARGIN),
    "failure_modes": ChartSpec(failure_modes.draw_failure_modes, failure_modes.FAILURE_MODES_MARGIN),
    "early_warning": ChartSpec(early_warning.draw_early_warning, early_warning.EARLY_WARNING_MARGIN),
    "fan": ChartSpec(fan.draw_fan, fan.FAN_MARGIN),
    "ranked": ChartSpec(plan_differences.draw_ranked_chances, plan_differences.RANKED_MARGIN),
    "month_differences": ChartSpec(plan_differences.draw_month_differences, plan_differences.MONTH_DIFFERENCES_MARGIN),
    "plan_steps": ChartSpec(plan_differences.draw_plan_steps, plan_differences.PLAN_STEPS_MARGIN),
    "exceedances": ChartSpec(exceedance.draw_exceedances, exceedance.EXCEEDANCES_MARGIN),
    "calibration": ChartSpec(calibration.draw_calibration, calibration.CALIBRATION_MARGIN),
    "fan_actual": ChartSpec(fan_with_actuals.draw_fan_with_actuals, fan_with_actuals.FAN_WITH_ACTUALS_MARGIN),
}
