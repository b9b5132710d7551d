"""Early warning: its levels, their figures and its scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.i18n import LANGUAGES, Language, Translator
from forecast.reports.charts.chart import PAGE_TYPE_POINTS
from forecast.reports.charts.style import chart_style
from forecast.reports.content.charts import run_charts
from forecast.reports.content.context import RunView
from tests.support import report_fixture
from tests.support.figures import layout_faults


def small_steps() -> RunView:
    """Levels that lie so near the median that the axis has tenths."""
    view = report_fixture.covid_view()
    warning = view.decisions.warning
    assert warning is not None
    months = []
    for month in warning.months:
        p10, p50, p90 = month.outlook
        levels = tuple(
            replace(level, level=type(level.level)(*(p50 + 0.05 * (value - p50) for value in level.level)))
            for level in month.levels
            if level.level is not None
        )
        months.append(replace(month, levels=levels, outlook=(p50 + 0.05 * (p10 - p50), p50, p50 + 0.05 * (p90 - p50))))
    return replace(view, decisions=replace(view.decisions, warning=replace(warning, months=tuple(months))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_ticks_have_one_name(language: Language) -> None:
    with chart_style(PAGE_TYPE_POINTS):
        figure = run_charts(small_steps(), Translator(language))["early_warning"].figure()
        (axes,) = figure.axes
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert len(names) == len(set(names)) > 2
        assert layout_faults(figure) == []


def test_a_level_that_is_not_told_breaks_the_line() -> None:
    view = report_fixture.covid_view()
    warning = view.decisions.warning
    assert warning is not None
    first = warning.months[0]
    hidden = replace(first, levels=tuple(replace(level, level=None) for level in first.levels))
    months = (hidden, *warning.months[1:])
    view = replace(view, decisions=replace(view.decisions, warning=replace(warning, months=months)))
    with chart_style(PAGE_TYPE_POINTS):
        (axes,) = run_charts(view, Translator("en"))["early_warning"].figure().axes
        drawn = [line for line in axes.lines if len(line.get_xdata()) == len(months)]
    assert len(drawn) == 2  # a line a chance
    assert all(np.isnan(np.asarray(line.get_ydata(), float)[0]) for line in drawn)
