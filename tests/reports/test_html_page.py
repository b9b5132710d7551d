"""The HTML page: offline, harmless, complete, readable on a phone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from forecast.i18n import LANGUAGES, Translator
from forecast.reports.html_page import render_run_page
from forecast.reports.pdf_page import render_run_pdf
from tests.support import report_fixture
from tests.support.pages import ALLOWED_ELEMENTS, PageElements
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
            if name in ("src", "srcset"):
                assert (value or "").startswith("data:image/svg+xml;base64,")
            assert name != "href"
    assert b"default-src &#39;none&#39;" in hostile[language] or b"default-src 'none'" in hostile[language]
    assert b"{{" not in hostile[language].replace(b"{{ 7*7 }}", b"")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_drawings_in_a_page_are_harmless(hostile: dict[str, bytes], language: str) -> None:
    import base64

    for _, attributes in PageElements(hostile[language]).found:
        for key in ("src", "srcset"):
            if key in attributes:
                drawing = base64.b64decode((attributes[key] or "").partition(",")[2])
                assert b"<script" not in drawing
                assert not re.search(rb"<(a|image|foreignObject|iframe)[ >]", drawing)
                assert not re.search(rb'href="(?!#)', drawing)


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
    pictures = [attributes for tag, attributes in PageElements(covid["vi"]).found if tag == "img"]
    assert len(pictures) == 5
    assert all(attributes["alt"] for attributes in pictures)


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
    section = covid["en"].decode().partition('<section id="chance">')[2].partition("</section>")[0]
    rows = re.findall(r'<th scope="row">([^<]*)</th>', section)
    assert rows == ["20%", "10%", "5%", "Mean of the worst 5% (expected shortfall, CVaR)"]


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
