"""The pages: offline, harmless, readable on a phone, one sheet of paper."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from pypdf import PdfReader

from forecast.i18n import LANGUAGES, Translator, message_catalog
from forecast.reports import compare
from forecast.reports.content import assumptions, headline, tables
from forecast.reports.content.charts import run_charts
from forecast.reports.content.text import period_text, range_text, tenths_text
from forecast.reports.html_page import render_run_page
from forecast.reports.pdf_page import render_run_pdf
from forecast.stats.intervals import Estimate
from tests.support import report_fixture as fixture

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "section",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "b",
    "i",
    "span",
    "small",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "picture",
    "source",
    "img",
}


class Elements(HTMLParser):
    """The elements and attributes of a page, as a browser would see them."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    return {language: render_run_page(fixture.hostile_view(), Translator(language)) for language in LANGUAGES}


@pytest.fixture(scope="module")
def covid() -> dict[str, bytes]:
    return {language: render_run_page(fixture.covid_view(), Translator(language)) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_asks_for_nothing_and_runs_nothing(hostile: dict[str, bytes], language: str) -> None:
    for tag, attributes in Elements(hostile[language]).found:
        assert tag in ALLOWED
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("src", "srcset"):
                assert (value or "").startswith("data:image/svg+xml;base64,")
            assert name != "href"
    assert b"default-src &#39;none&#39;" in hostile[language] or b"default-src 'none'" in hostile[language]
    assert b"{{" not in hostile[language].replace(b"{{ 7*7 }}", b"")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_drawings_in_a_page_are_harmless(hostile: dict[str, bytes], language: str) -> None:
    import base64

    for _, attributes in Elements(hostile[language]).found:
        for key in ("src", "srcset"):
            if key in attributes:
                drawing = base64.b64decode((attributes[key] or "").partition(",")[2])
                assert b"<script" not in drawing
                assert not re.search(rb"<(a|image|foreignObject|iframe)[ >]", drawing)
                assert not re.search(rb'href="(?!#)', drawing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_is_there(covid: dict[str, bytes], language: str) -> None:
    ids = {attributes.get("id") for tag, attributes in Elements(covid[language]).found if tag == "section"}
    assert ids >= {
        "decisions",
        "months",
        "why",
        "chance",
        "matters",
        "cases",
        "targets",
        "judged",
        "data",
        "gap",
        "shocks",
        "initiatives",
        "baseline",
        "assumptions",
        "how",
        "provenance",
    }


def test_every_assumption_stands_with_its_source_grade_and_line(covid: dict[str, bytes]) -> None:
    text = covid["en"].decode()
    for assumption in fixture.covid_view().assumptions():
        assert f">{assumption.name}</small>" in text
        assert f">scenarios/{Path(assumption.location.file).name}:{assumption.location.line}<" in text
    assert str(ROOT) not in text


def test_pictures_have_a_text_for_those_who_do_not_see_them(covid: dict[str, bytes]) -> None:
    pictures = [attributes for tag, attributes in Elements(covid["vi"]).found if tag == "img"]
    assert len(pictures) == 5
    assert all(attributes["alt"] for attributes in pictures)


@pytest.mark.parametrize(("view", "language"), [("covid_view", "vi"), ("hostile_view", "en")])
def test_the_report_is_one_sheet_of_paper_with_its_fonts_inside(view: str, language: str) -> None:
    reader = PdfReader(BytesIO(render_run_pdf(getattr(fixture, view)(), Translator(language))))  # type: ignore[arg-type]
    assert len(reader.pages) == 1
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    _assert_embedded(reader)


def _assert_embedded(reader: PdfReader) -> None:
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert fonts
    for font in fonts.values():
        each = font.get_object()
        each = each["/DescendantFonts"][0].get_object() if "/DescendantFonts" in each else each
        assert each["/Subtype"] != "/Type3"
        assert "/FontFile2" in each["/FontDescriptor"].get_object()


def test_the_sheet_can_be_searched_in_vietnamese() -> None:
    text = PdfReader(BytesIO(render_run_pdf(fixture.covid_view(), Translator("vi")))).pages[0].extract_text()
    assert "Khoảng 7 phần 10 khả năng" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_runs_stand_side_by_side(language: str) -> None:
    views, t = [fixture.other_view(), fixture.covid_view()], Translator(language)  # type: ignore[arg-type]
    made = compare.render_comparison_page(views, fixture.make_differences(), t)
    assert {tag for tag, _ in Elements(made).found} <= ALLOWED
    reader = PdfReader(BytesIO(compare.render_comparison_pdf(views, fixture.make_differences(), t)))
    assert len(reader.pages) == 1
    _assert_embedded(reader)
    paired = compare.difference_table(views, fixture.make_differences(), t)
    assert paired is not None
    assert t.number(-1.52, 2) in paired.rows[0][1]


def test_a_plan_with_nothing_but_a_forecast_still_has_a_page() -> None:
    view = fixture.covid_view()
    bare = replace(
        view.findings,
        targets=(),
        main_target="",
        bridge=None,
        exceedance={},
        sensitivity=None,
        cases=(),
        joint_chance=None,
    )
    empty = replace(view, findings=bare)
    assert b"</html>" in render_run_page(empty, Translator("en"))
    assert render_run_pdf(empty, Translator("vi"))


def test_the_title_is_the_message() -> None:
    view = fixture.covid_view()
    assert (
        headline.run_title(view, Translator("vi"))
        == "Khoảng 7 phần 10 khả năng doanh thu năm 2021 đạt từ 250 tỷ đồng trở lên"
    )
    assert headline.run_title(view, Translator("en")) == "About 7 in 10: revenue of 250 billion VND or more in 2021"


def test_a_wide_spread_is_said_beside_the_title() -> None:
    assert "between 5 and 9 in 10" in " ".join(headline.headline_notes(fixture.covid_view(), Translator("en")))


def test_no_chance_is_ever_certain() -> None:
    t = Translator("en")
    assert [tenths_text(c, t) for c in (0.0, 0.03, 0.25, 0.74, 0.97, 1.0)] == [
        "Less than 1 in 100",
        "Less than 1 in 10",
        "About 3 in 10",
        "About 7 in 10",
        "More than 9 in 10",
        "More than 99 in 100",
    ]


def test_the_three_kinds_of_doubt_stand_apart() -> None:
    table = tables.target_table(fixture.covid_view(), Translator("en"))
    row = table.rows[0]
    assert row[2].startswith("About 7 in 10")
    assert row[3].startswith("±0.3 points")
    assert row[4] == "52% to 89%"


def test_the_gap_is_an_item_of_its_own() -> None:
    view = fixture.covid_view()
    sentence, table = tables.gap_table("2020", view.summary["history"]["2020"], view, Translator("vi"))
    assert ("Bưu chính chuyển phát", "trên 61 tỷ đồng") in table.rows
    assert "trung bình là −2,0 tỷ đồng, 80% khả năng từ −2,5 tỷ đồng đến −1,5 tỷ đồng" in sentence
    assert ("Chênh lệch giữa tổng công bố và tổng các dịch vụ", "−1 tỷ đồng") in table.rows


def test_what_was_known_only_later_is_marked() -> None:
    groups = assumptions.assumption_groups(fixture.covid_view(), Translator("en"))
    late = {row.name for group in groups for row in group.assumptions if row.hindsight}
    assert "shocks.covid_waves.waves_per_year" in late
    assert "services.postal.growth" not in late


def test_a_range_is_explained_in_the_unit_of_its_planner() -> None:
    found = {assumption.name: assumption for assumption in fixture.covid_view().assumptions()}
    length, postal = found["shocks.covid_waves.length"], found["shocks.covid_waves.upstream.effect.volume.postal"]
    assert assumptions.describe_range(length, Translator("vi")) == "80% khả năng nằm giữa 4 tuần và 10 tuần"
    assert assumptions.describe_range(postal, Translator("en")) == "80% chance between −40% and −5%"


def test_a_productivity_that_restates_the_plan_says_so(covid: dict[str, bytes]) -> None:
    text = covid["en"].decode()
    assert "is the one that the plan itself implies, so this target is no second test" in text
    assert re.search(r"the headcount, [0-9,]+ to [0-9,]+ people,", text)


def test_a_trigger_comes_with_its_chance(covid: dict[str, bytes]) -> None:
    assert "In the forecast the chance of that is 4.8% (simulation error ±0.2 points)." in covid["en"].decode()


def test_a_reconstructed_history_claims_no_quality(covid: dict[str, bytes]) -> None:
    text = covid["en"].decode()
    assert "MASE" not in text
    assert "36 of 36 months of the history are reconstructed" in text


def test_a_near_miss_is_neither_good_nor_bad_news() -> None:
    view = fixture.covid_view()
    assert view.main_target is not None
    row = replace(view.main_target, chance=Estimate(0.79, 0.787, 0.793))
    near = replace(view, findings=replace(view.findings, targets=(row, *view.findings.targets[1:])))
    assert headline.headline_numbers(near, Translator("en"))[0].mood == ""
    assert "close to" in headline.headline_notes(near, Translator("en"))[0]


def test_periods_are_said_as_people_say_them() -> None:
    vi, en = Translator("vi"), Translator("en")
    assert [period_text(p, vi) for p in ("2021", "2021-Q2", "2021-06")] == ["năm 2021", "quý 2/2021", "tháng 6/2021"]
    assert period_text("2021-01 to 2021-06", en) == "January 2021 to June 2021"


def test_ranges_are_said_in_the_language_of_the_reader() -> None:
    assert range_text("4 to 10 weeks", Translator("vi")) == "4 đến 10 tuần"
    assert range_text("uniform(2021-01, 2021-12)", Translator("en")) == "any of 2021-01 to 2021-12"
    assert range_text("pert(0%, 2%, 5%)", Translator("vi")) == "0% đến 5%, dễ xảy ra nhất 2%"


def test_every_sentence_has_both_languages_and_the_same_facts() -> None:
    for key, sentence in message_catalog().items():
        assert set(sentence) == set(LANGUAGES), key
        facts = [{name for _, name, _, _ in Formatter().parse(sentence[language]) if name} for language in LANGUAGES]
        allowed = facts[0] ^ facts[1]
        assert allowed <= {"name", "month", "year"}, key


def test_every_sentence_that_a_page_asks_for_exists() -> None:
    sources = [
        *ROOT.glob("forecast/reports/**/*.py"),
        *ROOT.glob("forecast/reports/templates/*"),
        ROOT / "forecast/i18n/amounts.py",
    ]
    asked = {
        key
        for path in sources
        if path.is_file()
        for key in re.findall(r'\b(?:t|words)\(\s*"([a-z_0-9]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 100
    assert asked <= set(message_catalog())


def test_figures_are_pictures() -> None:
    made = {name: chart.png() for name, chart in run_charts(fixture.shop_view(), Translator("en")).items()}
    assert set(made) == {"months", "bridge", "exceedance"}
    assert all(png.startswith(b"\x89PNG") for png in made.values())


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_scrolls_one_way_only(
    hostile: dict[str, bytes], covid: dict[str, bytes], language: str, tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        asked: list[str] = []
        for name, content in (("hostile", hostile), ("covid", covid)):
            (tmp_path / f"{name}.html").write_bytes(content[language])
            screen = browser.new_page(viewport={"width": 390, "height": 844})
            screen.on("request", lambda request: asked.append(request.url))
            screen.on("dialog", lambda dialog: asked.append("dialog"))
            screen.goto((tmp_path / f"{name}.html").as_uri())
            screen.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert screen.evaluate("document.documentElement.scrollWidth") <= 390
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        browser.close()
