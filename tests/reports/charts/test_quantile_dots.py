"""Fifty dots: whole ones, on their side of the target, told apart by more than colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import same_color

from forecast.analysis.findings import QuantileDots
from forecast.i18n import LANGUAGES, Language, Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.charts import CHARTS
from forecast.reports.charts.quantile_dots import dot_amounts
from forecast.reports.charts.style import PAPER, add_axes, chart_style, new_figure
from forecast.reports.content.charts import dots_note
from tests.support import report_fixture
from tests.support.figures import layout_faults

FINDINGS = {
    "normal": report_fixture.make_dots(258e9, 12.5e9, 250e9),
    "at most": replace(report_fixture.make_dots(258e9, 12.5e9, 250e9), higher_is_better=False, reached=13),
    "no target": replace(report_fixture.make_dots(258e9, 12.5e9, 250e9), target=None, chance=None, reached=0),
    "constant": QuantileDots("revenue", "2021", (250e9,) * 50, 250e9, report_fixture.make_chance(1.0), True, 50),
    "far target": replace(report_fixture.make_dots(258e9, 12.5e9, 250e9), target=400e9, reached=0),
    "two values": QuantileDots("profit", "2021", (-4e9,) * 20 + (6e9,) * 30, 0.0, None, True, 30),
}


@pytest.mark.parametrize("name", FINDINGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_is_a_dot_inside_the_axes(name: str, language: Language) -> None:
    finding, t = FINDINGS[name], Translator(language)
    draw, margin = CHARTS["dots"]
    with chart_style(9.5):
        figure = new_figure(4.4, 2.3)
        draw(
            add_axes(figure, (0, 0, 4.4, 2.3), margin),
            finding=finding,
            t=t,
            scale=choose_scale("revenue", finding.amounts, "VND", t),
        )
        assert layout_faults(figure) == []
    axes = figure.axes[0]
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    points = np.concatenate([line.get_xydata() for line in marks])
    assert len(points) == 50
    (x_low, x_high), (y_low, y_high) = axes.get_xlim(), axes.get_ylim()
    assert ((points >= (x_low, y_low)) & (points <= (x_high, y_high))).all()
    if finding.target is None:
        return
    hollow = sum(len(line.get_xydata()) for line in marks if same_color(line.get_markerfacecolor(), PAPER))
    assert hollow == 50 - finding.reached
    for line in marks:
        is_reached = not same_color(line.get_markerfacecolor(), PAPER)
        beyond = line.get_xydata()[:, 0] - finding.target
        assert (beyond > 0).all() if is_reached == finding.higher_is_better else (beyond < 0).all()


def test_an_outcome_on_both_sides_of_the_target_is_drawn_where_it_counts() -> None:
    finding = replace(FINDINGS["normal"], reached=36)
    amounts, is_reached = dot_amounts(finding)
    assert is_reached.sum() == 36
    assert (amounts[is_reached] >= 250e9).all()
    assert (amounts[~is_reached] <= 250e9).all()


def test_the_note_counts_the_dots_and_names_the_chance() -> None:
    view = report_fixture.covid_view()
    note = dots_note(view, Translator("en"))
    assert note.startswith("37 of 50 dots reach at least 250 billion VND.")
    assert note.endswith("the chance itself is 74%.")
    alone = replace(view, findings=replace(view.findings, targets=(), main_target=""))
    assert dots_note(alone, Translator("en")) == "50 dots, each with a chance of 2%."
