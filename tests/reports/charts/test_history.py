"""History and forecast on one axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.analysis.findings import Months
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.charts import CHARTS
from forecast.reports.charts.history import with_breaks
from forecast.reports.charts.style import add_axes, chart_style, new_figure
from tests.support import report_fixture
from tests.support.figures import layout_faults

YEAR = report_fixture.make_months()
PAST = tuple(
    (f"{year}-{month:02d}", 20e9 + month * 1e8, "actual") for year in (2018, 2019, 2020) for month in range(1, 13)
)
QUANTILES = ("p5", "p10", "p25", "p75", "p90", "p95")
CASES = {
    "before the year": replace(YEAR, history=PAST),
    "closed": replace(
        YEAR,
        history=PAST,
        last_closed="2021-06",
        bars=tuple(replace(b, **dict.fromkeys(QUANTILES, b.p50)) if n < 6 else b for n, b in enumerate(YEAR.bars)),
    ),
    "reconstructed, with a gap": replace(YEAR, history=tuple((m, v, "reconstructed") for m, v, _ in PAST[:20])),
    "losses": replace(YEAR, history=tuple((m, v - 25e9, s) for m, v, s in PAST)),
    "three years": replace(report_fixture.make_months(count=36), history=PAST),
}


@pytest.mark.parametrize("name", CASES)
def test_past_and_forecast_stand_on_one_axis_from_zero(name: str) -> None:
    months: Months = CASES[name]
    draw, margin = CHARTS["history"]
    with chart_style(9.5):
        figure = new_figure(4.4, 2.5)
        axes = add_axes(figure, (0, 0, 4.4, 2.5), margin)
        scale = choose_scale("revenue", [20e9], "VND", Translator("en"))
        draw(axes, finding=months, t=Translator("en"), scale=scale, year_totals={2018: 241e9, 2020: 250e9, 2021: 258e9})
        assert layout_faults(figure) == []
    low, high = axes.get_ylim()
    assert low == 0 or name == "losses"
    assert high > max(bar.p90 for bar in months.bars)
    ticks = axes.get_xticks()
    assert all(tick % 12 == 0 for tick in ticks)
    texts = {text.get_text() for text in axes.texts}
    assert {"241.0", "258.0"} <= texts


def test_a_line_is_broken_where_months_are_missing() -> None:
    months, values = with_breaks(np.array([1, 2, 5, 6]), np.array([10.0, 11.0, 12.0, 13.0]))
    assert np.isnan(months).tolist() == [False, False, True, False, False]
    assert np.isnan(values).tolist() == [False, False, True, False, False]
