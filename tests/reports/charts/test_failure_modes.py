"""Ways to fail as bars: pieces that add up, names and shares above them, and texts that keep apart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from matplotlib.legend import Legend

import forecast
from forecast.analysis.failure_line import failure_line
from forecast.analysis.failure_modes import FailureModes, failure_modes
from forecast.i18n import LANGUAGES, Language, Translator
from forecast.i18n.amounts import choose_scale, whole_percent
from forecast.reports.charts.chart import PAGE_TYPE_POINTS, Chart
from forecast.reports.charts.failure_modes import (
    FAILURE_MODES_MARGIN,
    MAX_PIECES,
    draw_failure_modes,
    drawn_causes,
    drawn_ways,
    failure_modes_height,
    way_pieces,
)
from forecast.reports.charts.style import chart_style
from forecast.stats.intervals import Estimate
from tests.support.failing_plans import RISKS
from tests.support.figures import layout_faults


@pytest.fixture(scope="module", params=["revenue", "profit", "spending"])
def modes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FailureModes:
    """Ways to fail of a revenue, of a profit with costs, and of a cost that may not rise."""
    file = tmp_path_factory.mktemp("plan") / "plan.yaml"
    file.write_text(RISKS, encoding="utf-8")
    scenario = forecast.read(file)
    run = forecast.simulate(scenario, paths=8_192, keep=8_192)
    told_modes = failure_modes(run, failure_line(scenario, request.param))
    assert told_modes is not None
    return told_modes


def drawn(modes: FailureModes, language: Language) -> Chart:
    t = Translator(language)
    scale = choose_scale(modes.line.measure, [modes.mean], "VND", t)
    draw = partial(draw_failure_modes, finding=modes, t=t, scale=scale)
    return Chart("failure_modes", "x", "x", draw, FAILURE_MODES_MARGIN, failure_modes_height(modes, t))


def test_the_pieces_of_a_bar_are_those_of_its_way(modes: FailureModes) -> None:
    causes = drawn_causes(modes)
    assert len(causes) <= MAX_PIECES
    for row in way_pieces(modes):
        assert len(row.amounts) == len(causes) + 1
        assert sum(row.amounts) == pytest.approx(sum(piece.value for piece in row.way.pieces.values()))
        assert row.amounts[0] == row.way.pieces[causes[0]].value
    assert [way.cause for way in drawn_ways(modes)] == [way.cause for way in modes.ways if way.cause != "other"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_way_has_its_name_its_share_and_its_total(modes: FailureModes, language: Language) -> None:
    t = Translator(language)
    with chart_style(PAGE_TYPE_POINTS):
        figure = drawn(modes, language).figure()
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert layout_faults(figure) == []
    scale = choose_scale(modes.line.measure, [modes.mean], "VND", t)
    for row in way_pieces(modes):
        assert row.way.label.in_language(language) in texts
        assert t("stress_chart_share", share=whole_percent(row.way.share.value, t)) in texts
        assert scale.signed_number(sum(row.amounts), 1) in texts
        assert scale.signed_number(max(row.amounts, key=abs), 1) in texts


def test_the_legend_has_the_pieces_that_can_be_seen(modes: FailureModes) -> None:
    small = replace(modes.ways[0], pieces={cause: Estimate(-1e6, 0, 0) for cause in modes.labels})
    first = replace(modes.ways[0], pieces={**small.pieces, modes.ways[0].cause: Estimate(-1e9, 0, 0)})
    with chart_style(PAGE_TYPE_POINTS):
        (legend,) = drawn(replace(modes, ways=(first,)), "en").figure().findobj(Legend)
    assert [text.get_text() for text in legend.get_texts()] == [first.label.en]


def test_totals_stand_at_the_bad_end(modes: FailureModes) -> None:
    with chart_style(PAGE_TYPE_POINTS):
        axes = drawn(modes, "en").figure().axes[0]
    totals = [text for text in axes.texts if text.get_ha() in ("left", "right") and text.get_va() == "center"]
    assert len(totals) == len(drawn_ways(modes))
    for total, row in zip(totals, way_pieces(modes), strict=True):
        low, high = sum(min(a, 0) for a in row.amounts), sum(max(a, 0) for a in row.amounts)
        x = float(total.get_position()[0])
        assert x < low if modes.line.is_below else x > high
