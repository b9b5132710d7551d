"""SVG of a chart in a page: text that can be read and chosen, colours of the page, two languages in one drawing."""

from __future__ import annotations

import re
from io import BytesIO
from math import dist, isnan
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.patheffects import withStroke

from forecast.i18n import LANGUAGES, Translator
from forecast.reports.charts.chart import PAGE_TYPE_POINTS, Chart
from forecast.reports.charts.style import BAD, CSS_COLOURS, Margin, chart_style
from forecast.reports.charts.svg import render_inline_svg
from forecast.reports.content.charts import run_charts
from forecast.reports.templating import TEMPLATES_FOLDER
from tests.support import report_fixture
from tests.support.closed_plans import ClosedPlan


def drawings_of(view: object) -> dict[str, str]:
    charts = {language: run_charts(view, Translator(language)) for language in LANGUAGES}  # type: ignore[arg-type]
    return {
        name: render_inline_svg({language: charts[language][name] for language in LANGUAGES}, name)
        for name in charts["vi"]
    }


@pytest.fixture(scope="module")
def covid() -> dict[str, str]:
    return drawings_of(report_fixture.covid_view())


def texts_of(drawing: str, language: str) -> list[str]:
    """Texts that a reader of one language sees, in the order in which they are painted."""
    other = next(each for each in LANGUAGES if each != language)
    root = ElementTree.fromstring(drawing)
    for group in list(root):
        if group.get("class") == other:
            root.remove(group)
    return [element.text or "" for element in root.iter("text")]


def test_letters_are_text_in_each_language(covid: dict[str, str]) -> None:
    for language in LANGUAGES:
        months = texts_of(covid["months"], language)
        names = [Translator(language)(f"month_{month}") for month in range(1, 13)]
        assert [text for text in months if text in names] == names
    assert Translator("en")("month_2") not in texts_of(covid["months"], "vi")


BY_LABELS = {"bridge", "tornado", "cases", "fifths", "levers"}
"""Charts whose bars begin where the labels of a language end."""


def test_what_is_equal_in_both_languages_stands_once(covid: dict[str, str]) -> None:
    shared = {name: [part.tag for part in ElementTree.fromstring(drawing)] for name, drawing in covid.items()}
    assert all("path" in shared[name] for name in covid.keys() - BY_LABELS)
    for name, drawing in covid.items():
        alone = {
            language: render_inline_svg(
                {language: run_charts(report_fixture.covid_view(), Translator(language))[name]}, "a"
            )
            for language in LANGUAGES
        }
        assert len(drawing) < sum(map(len, alone.values()))
        for language in LANGUAGES:
            assert texts_of(drawing, language) == texts_of(alone[language], language)


def test_every_colour_is_a_variable_of_the_page(covid: dict[str, str], march: ClosedPlan) -> None:
    all_drawings = {**covid, **drawings_of(march.view), **drawings_of(report_fixture.shop_view())}
    for name, drawing in all_drawings.items():
        values = set(re.findall(r'(?:fill|stroke)="([^"]*)"', drawing))
        assert {value for value in values if not value.startswith(("var(--", "url(#"))} <= {"none"}, name
        assert {value[6:-1] for value in values if value.startswith("var(")} <= set(CSS_COLOURS.values())


def test_the_page_has_every_colour_for_a_light_and_a_dark_screen() -> None:
    style = (TEMPLATES_FOLDER / "page.css").read_text()
    light, dark = re.findall(r":root \{([^}]*)\}", style)[:2]
    for colour, name in CSS_COLOURS.items():
        assert f"--{name}: {colour};" in light
        assert re.search(rf"--{name}: #[0-9a-f]{{6}};", dark)


def test_ids_are_those_of_one_drawing(covid: dict[str, str]) -> None:
    ids = [(name, key) for name, drawing in covid.items() for key in re.findall(r' id="([^"]*)"', drawing)]
    assert len({key for _, key in ids}) == len(ids) > 0
    assert all(key.startswith(f"{name}-") for name, key in ids)
    for drawing in covid.values():
        assert set(re.findall(r"(?:url\(|href=.)#([a-z_0-9-]+)", drawing)) == set(re.findall(r' id="([^"]*)"', drawing))


def test_a_drawing_is_short(covid: dict[str, str]) -> None:
    assert max(map(len, covid.values())) < 16_000
    assert not re.search(r"\d\.\d{3}", "".join(covid.values()))


def test_texts_are_escaped_anchored_and_haloed() -> None:
    def draw(axes: object) -> None:
        halo = [withStroke(linewidth=3, foreground="white")]
        axes.text(0.9, 0.5, '<b>&"', ha="right", color=BAD, path_effects=halo)  # type: ignore[attr-defined]
        axes.text(0.5, 0.2, "", ha="center")  # type: ignore[attr-defined]
        axes.set_axis_off()  # type: ignore[attr-defined]

    chart = Chart("x", "title", 'alt "<', draw, Margin(0, 0, 0, 0), 1.0)
    root = ElementTree.fromstring(render_inline_svg({"en": chart}, "x"))
    assert root.get("aria-label") == 'alt "<'
    [text] = list(root.iter("text"))
    assert text.text == '<b>&"'
    assert (text.get("text-anchor"), text.get("class"), text.get("fill")) == ("end", "halo", "var(--bad)")
    assert 0.88 < float(text.get("x") or 0) / (4.4 * 72) < 0.92


def test_texts_stand_where_the_svg_of_matplotlib_has_them() -> None:
    """Within 2.5 points: it measures each text, we the letters, and no line of ours moves by an accent."""
    charts = run_charts(report_fixture.covid_view(), Translator("vi"))
    for name in ("months", "exceedance", "tornado"):
        buffer = BytesIO()
        with chart_style(PAGE_TYPE_POINTS), matplotlib.rc_context({"svg.fonttype": "none"}):
            charts[name].plain_figure().savefig(buffer, format="svg")
        theirs = [
            (element.text, *(float(element.get(key, "nan")) for key in ("x", "y")))
            for element in ElementTree.fromstring(buffer.getvalue()).iter("{http://www.w3.org/2000/svg}text")
        ]
        ours = [
            (element.text, *(float(element.get(key, "nan")) for key in ("x", "y")))
            for element in ElementTree.fromstring(render_inline_svg({"vi": charts[name]}, name)).iter("text")
        ]
        assert [text for text, *_ in ours] == [text for text, *_ in theirs]
        placed = [(a[1:], b[1:]) for a, b in zip(ours, theirs, strict=True) if not isnan(b[1])]
        assert len(placed) > 5
        assert all(dist(a, b) < 2.5 for a, b in placed)
