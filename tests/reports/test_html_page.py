"""The HTML page: offline, harmless, complete, readable on a phone."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from forecast.i18n import LANGUAGES, Translator
from forecast.plan.bilingual import Label
from forecast.reports.content.charts import run_charts
from forecast.reports.content.figure_tables import run_figure_tables
from forecast.reports.content.headline import run_title
from forecast.reports.html_page import render_run_page
from forecast.reports.pdf_page import render_run_pdf
from tests.support import report_fixture
from tests.support.pages import ALLOWED_ELEMENTS, PageElements, visible_tables
from tests.support.plans import ROOT


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    return {language: render_run_page(report_fixture.hostile_view(), Translator(language)) for language in LANGUAGES}


@pytest.fixture(scope="module")
def covid() -> dict[str, bytes]:
    return {language: render_run_page(report_fixture.covid_view(), Translator(language)) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_requests_and_executes_nothing(hostile: dict[str, bytes], language: str) -> None:
    for tag, attributes in PageElements(hostile[language]).found:
        assert tag in ALLOWED_ELEMENTS
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            assert name not in ("src", "srcset", "action", "formaction")
            assert name != "href" or (value or "").startswith("#")
    assert b"default-src &#39;none&#39;" in hostile[language]
    assert b"img-src" not in hostile[language]
    assert b"{{" not in hostile[language].replace(b"{{ 7*7 }}", b"")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_policy_lets_in_one_style_and_one_script(covid: dict[str, bytes], language: str) -> None:
    policy = re.search(rb'Content-Security-Policy" content="([^"]*)"', covid[language])
    assert policy is not None
    for tag in (b"style", b"script"):
        [content] = re.findall(rb"<%b>(.*?)</%b>" % (tag, tag), covid[language], re.S)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert f"{tag.decode()}-src &#39;sha256-{digest}&#39;;" in policy[1].decode()
    assert b"unsafe" not in policy[1]


def test_a_page_holds_both_languages_in_few_bytes(covid: dict[str, bytes]) -> None:
    for language, content in covid.items():
        assert len(content) <= 400_000
        assert f'<html lang="{language}" data-lang="{language}">'.encode() in content
        for each in LANGUAGES:
            title = run_title(report_fixture.covid_view(), Translator(each))
            assert f'<span class="{each}" lang="{each}">{title}</span>' in content.decode()


def test_a_text_in_one_language_alone_says_which() -> None:
    view = report_fixture.covid_view()
    decisions = {
        name: d.model_copy(update={"action": Label(vi="Họp giao ban")}) for name, d in view.scenario.decisions.items()
    }
    scenario = view.scenario.model_copy(update={"decisions": decisions})
    page = render_run_page(replace(view, scenario=scenario), Translator("en")).decode()
    assert page.count('<b lang="vi">Họp giao ban</b>') == page.count("<b>Họp giao ban</b>") == len(decisions) > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_its_table(covid: dict[str, bytes], language: str) -> None:
    view, t = report_fixture.covid_view(), Translator(language)
    shown = visible_tables(covid["vi"], language)
    for name, chart in run_charts(view, t).items():
        assert shown[chart.title][0] == list(run_figure_tables(view, t)[name].heads)
        assert len(shown[chart.title]) > 2, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_drawings_in_a_page_are_harmless(hostile: dict[str, bytes], language: str) -> None:
    drawings = re.findall(rb"<svg.*?</svg>", hostile[language], re.S)
    assert len(drawings) == len(run_charts(report_fixture.hostile_view(), Translator(language))) > 4
    for drawing in drawings:
        assert not re.search(rb"<(a|script|style|image|foreignObject|iframe)[ >]", drawing)
        assert not re.search(rb'href="(?!#)', drawing)
        assert not re.search(rb"url\((?!#)", drawing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_every_section(covid: dict[str, bytes], language: str) -> None:
    ids = {attributes.get("id") for tag, attributes in PageElements(covid[language]).found if tag == "section"}
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


def test_every_assumption_has_its_location(covid: dict[str, bytes]) -> None:
    text = covid["en"].decode()
    for assumption in report_fixture.covid_view().assumptions():
        assert f">{assumption.name}</small>" in text
        assert f">scenarios/{Path(assumption.location.file).name}:{assumption.location.line}<" in text
    assert str(ROOT) not in text


def test_pictures_have_alternative_text(covid: dict[str, bytes]) -> None:
    pictures = [attributes for tag, attributes in PageElements(covid["vi"]).found if tag == "svg"]
    assert len(pictures) == len(run_charts(report_fixture.covid_view(), Translator("vi"))) > 4
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert attributes["aria-label"] == attributes["data-label-vi"] != attributes["data-label-en"]


def test_a_plan_without_targets_has_a_page() -> None:
    view = report_fixture.covid_view()
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


def test_a_productivity_implied_by_the_plan_is_noted(covid: dict[str, bytes]) -> None:
    text = covid["en"].decode()
    assert "is derived from the plan, so this target is not an independent check" in text
    assert re.search(r"the headcount of [0-9,]+ to [0-9,]+ people", text)


def test_a_trigger_has_its_chance(covid: dict[str, bytes]) -> None:
    assert "Chance of that in the forecast: 5% (simulation error 4.6% to 5.0%)." in covid["en"].decode()


def test_the_worst_outcomes_stand_on_the_page(covid: dict[str, bytes]) -> None:
    for page in covid.values():
        rows = visible_tables(page, "en")[Translator("en")("tail_head")][1:]
        assert [row[0] for row in rows] == ["20%", "10%", "5%", "Mean of the worst 5% (expected shortfall, CVaR)"]


def test_a_reconstructed_history_shows_no_accuracy(covid: dict[str, bytes]) -> None:
    text = covid["en"].decode()
    assert "MASE" not in text
    assert "36 of 36 months of the history are spread from annual totals" in text


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_fits_the_width_of_a_phone(
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
