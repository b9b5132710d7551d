"""The tornado: both ends of a range in words, and which side is good."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.colors import same_color

from forecast.analysis.findings import SensitivityBar
from forecast.i18n import LANGUAGES, Language, Translator
from forecast.reports.charts.chart import PAGE_TYPE_POINTS
from forecast.reports.charts.style import BAD, GOOD, chart_style
from forecast.reports.content.charts import range_ends, run_charts
from forecast.reports.content.context import RunView
from forecast.stats.intervals import Estimate
from tests.support import report_fixture


def make_bar(name: str, text: str, grade: str = "") -> SensitivityBar:
    """A bar of which only the ends matter."""
    share, chance = Estimate(0.2, 0.1, 0.3), Estimate(0.5, 0.4, 0.6)
    return SensitivityBar(name, None, text, grade, "", -1e9, 1e9, 0.1e9, share, chance, chance)


@pytest.mark.parametrize(
    ("name", "text", "grade", "vi", "en"),
    [
        (
            "shocks.covid_waves.events",
            "1 / 5",
            "",
            ("ít đợt (1)", "nhiều đợt (5)"),
            ("few waves (1)", "many waves (5)"),
        ),
        ("shocks.covid_waves.happens", "0 / 1", "", ("không xảy ra", "xảy ra"), ("does not", "happens")),
        ("services.postal.growth", "0% to 20%", "C", ("0%", "20%"), ("0%", "20%")),
        ("initiatives.commune_level.start", "", "C", ("T3/2021", "T9/2021"), ("Mar 2021", "Sep 2021")),
        ("services.postal.growth.years", "", "C", ("thấp", "cao"), ("low", "high")),
    ],
)
def test_ends_are_words_of_the_language(
    name: str, text: str, grade: str, vi: tuple[str, str], en: tuple[str, str]
) -> None:
    view = report_fixture.covid_view()
    assert tuple(range_ends(make_bar(name, text, grade), view, Translator("vi"))) == vi
    assert tuple(range_ends(make_bar(name, text, grade), view, Translator("en"))) == en


def test_an_amount_of_money_has_its_size_in_the_language() -> None:
    bar = make_bar("services.lunch.baseline.annual", "normal(60 thousand EUR, 12 thousand EUR)", "C")
    assert tuple(range_ends(bar, report_fixture.shop_view(), Translator("vi"))) == ("45 nghìn EUR", "75 nghìn EUR")


def tornado_texts(view: RunView, language: Language) -> dict[str, str]:
    """Texts of the chart and their colours."""
    with chart_style(PAGE_TYPE_POINTS):
        axes = run_charts(view, Translator(language))["tornado"].figure().axes[0]
    return {text.get_text().replace("\n", " "): text.get_color() for text in axes.texts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_label_is_whole_on_two_lines_with_its_grade(language: Language) -> None:
    texts = tornado_texts(report_fixture.covid_view(), language)
    labels = [text for text in texts if text.startswith(("Kinh doanh phân phối", "Distribution and media"))]
    assert labels
    assert not any("…" in label for label in labels)
    assert all(label.endswith(" C") for label in labels)


def test_sides_change_where_less_is_better() -> None:
    view = report_fixture.covid_view()
    assert view.findings.sensitivity is not None
    cost = replace(view.findings, sensitivity=replace(view.findings.sensitivity, measure="cost"))
    for findings in (view.findings, cost):
        texts = tornado_texts(replace(view, findings=findings), "en")
        assert same_color(texts["unfavourable"], BAD)
        assert same_color(texts["favourable"], GOOD)
    names = list(tornado_texts(replace(view, findings=cost), "en"))
    assert names.index("favourable") < names.index("unfavourable")
