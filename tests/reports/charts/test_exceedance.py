"""The exceedance curve."""

from __future__ import annotations

import warnings
from dataclasses import replace

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.charts import CHARTS
from forecast.reports.charts.style import chart_style, new_figure
from tests.support import report_fixture


def test_a_certain_figure_has_a_curve_and_productivity_is_per_year() -> None:
    at, t = (12e9,) * 3, Translator("en")
    finding = replace(report_fixture.make_exceedance(12e9, 1e9, 12e9), amounts=at, chances=(1.0,) * 3)
    with chart_style(12), warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = new_figure(5, 4).add_axes((0.1, 0.1, 0.8, 0.8))
        CHARTS["exceedance"][0](axes, finding=finding, t=t, scale=choose_scale("revenue", at, "VND", t))
    low, high = axes.get_xlim()
    assert low < 12e9 < high
    scale = report_fixture.covid_view().scale_for("productivity", "2021-Q2", [136e6], t)
    assert scale.exact_amount(136e6) == "136 million VND per person and year"
