"""The chart of months."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from forecast.analysis.findings import Months
from forecast.i18n import LANGUAGES, Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.charts import CHARTS
from forecast.reports.charts.monthly import month_changes
from forecast.reports.charts.style import BAD, GOOD, add_axes, chart_style, new_figure
from forecast.reports.content import tables
from tests.support import report_fixture
from tests.support.figures import layout_faults


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
        drawn = {bars.get_facecolor(): len(bars.get_path().codes) // 5 for bars in axes.patches[:3]}
    assert [drawn[face] for face in faces] == [9, 2, 1]
    view = report_fixture.covid_view()
    table = tables.monthly_table(replace(view, findings=replace(view.findings, months=mixed)), t)
    filled = {head: sum(bool(row[at]) for row in table.rows) for at, head in enumerate(table.heads)}
    assert [filled[name] for name in names] == [9, 2, 1]


def drawn_months(months: Months, width: float = 4.4, height: float = 3.9) -> tuple[Figure, Axes]:
    """The chart of months at the size of a page."""
    t = Translator("vi")
    sizes = [abs(bar.p90) for bar in months.bars]
    draw, margin = CHARTS["months"]
    figure = new_figure(width, height)
    axes = add_axes(figure, (0, 0, width, height), margin)
    draw(axes, finding=months, t=t, scale=choose_scale("revenue", sizes, "VND", t))
    return figure, axes


QUANTILES = ("p5", "p10", "p25", "p50", "p75", "p90", "p95")
YEAR = report_fixture.make_months()
LOSSES = tuple(
    replace(bar, plan=None, previous_year=None, **{name: getattr(bar, name) - 21e9 for name in QUANTILES})
    for bar in YEAR.bars
)
CLOSED = tuple(replace(bar, **dict.fromkeys(QUANTILES, bar.p50)) for bar in YEAR.bars[:6])
MONTHS = {
    "plan": YEAR,
    "no plan": report_fixture.make_months(target=None),
    "no last year": replace(YEAR, history=(), bars=tuple(replace(bar, previous_year=None) for bar in YEAR.bars)),
    "neither": Months("profit", (), LOSSES),
    "loss and plan": Months("profit", (), tuple(replace(bar, plan=(-1) ** n * 1e9) for n, bar in enumerate(LOSSES))),
    "two years": report_fixture.make_months(count=24),
    "three years": report_fixture.make_months(count=36),
    "one month": report_fixture.make_months(count=1),
    "closed": replace(YEAR, last_closed="2021-06", bars=(*CLOSED, *YEAR.bars[6:])),
}


@pytest.mark.parametrize("name", MONTHS)
def test_months_of_every_kind_have_no_text_across_a_line(name: str) -> None:
    for width, height, size in ((4.4, 3.9, 9.5), (4.6, 2.1, 7.2), (7.4, 2.0, 7.2)):
        with chart_style(size):
            figure, _ = drawn_months(MONTHS[name], width, height)
            assert layout_faults(figure) == []


def test_differences_to_the_plan_have_a_scale_of_their_own_with_signed_labels() -> None:
    with chart_style(9.5):
        _, axes = drawn_months(MONTHS["loss and plan"])
        _, alone = drawn_months(MONTHS["neither"])
    texts = [text.get_text() for text in axes.texts]
    assert "Chênh lệch so với kế hoạch (ΔKH), tỷ đồng" in texts
    changes = [text for text in axes.texts if text.get_text()[0] in "+−" and same_color(text.get_color(), BAD)]
    rises = [text for text in axes.texts if text.get_text()[0] in "+−" and same_color(text.get_color(), GOOD)]
    assert {text.get_text()[0] for text in changes} == {"−"}
    assert {text.get_text()[0] for text in rises} == {"+"}
    assert len(changes) + len(rises) == 12
    assert not any("ΔKH" in text.get_text() or "ΔNT" in text.get_text() for text in alone.texts)


def test_months_without_a_plan_are_compared_with_last_year() -> None:
    changes, is_of_plan = month_changes(MONTHS["no plan"])
    bar = MONTHS["no plan"].bars[0]
    assert not is_of_plan
    assert bar.previous_year is not None
    assert changes[0] == bar.p50 - bar.previous_year
