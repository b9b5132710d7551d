"""The chart of months."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.i18n import LANGUAGES, Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.charts import CHARTS
from forecast.reports.charts.style import chart_style, new_figure
from forecast.reports.content import tables
from tests.support import report_fixture


@pytest.mark.parametrize("language", LANGUAGES)
def test_actual_estimated_and_reconstructed_months_are_distinguished(language: str) -> None:
    t, months = Translator(language), report_fixture.make_months()  # type: ignore[arg-type]
    known = ["actual"] * 9 + ["estimate"] * 2 + ["reconstructed"]
    history = tuple((month, value, status) for (month, value, _), status in zip(months.history, known, strict=True))
    mixed = replace(months, history=history)
    names = [t(f"months_{status}") for status in ("actual", "estimate", "reconstructed")]
    assert len(set(names)) == 3
    with chart_style(12):
        figure = new_figure(11, 4)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        CHARTS["months"][0](axes, finding=mixed, t=t, scale=choose_scale("revenue", [20e9], "VND", t))
        assert [text.get_text() for text in axes.get_legend().get_texts()][:3] == names
        patches = axes.get_legend().get_patches()[:3]
        faces = [patch.get_facecolor() for patch in patches]
        drawn = [bar.get_facecolor() for bar in axes.patches[:12]]
    assert [drawn.count(face) for face in faces] == [9, 2, 1]
    view = report_fixture.covid_view()
    table = tables.monthly_table(replace(view, findings=replace(view.findings, months=mixed)), t)
    filled = {head: sum(bool(row[at]) for row in table.rows) for at, head in enumerate(table.heads)}
    assert [filled[name] for name in names] == [9, 2, 1]
