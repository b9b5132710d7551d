"""Pages in Chromium: languages, tables to copy, length on a phone and on paper, nothing that axe complains of."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from forecast.i18n import LANGUAGES, Translator
from forecast.reports import compare
from forecast.reports.backtest import BacktestView, render_backtest_page
from forecast.reports.html_page import render_run_page
from forecast.reports.index_page import write_index
from forecast.timeseries.evaluation.backtest import backtest_baseline
from tests.support import report_fixture
from tests.support.backtests import write_backtest_plan
from tests.support.closed_plans import ClosedPlan
from tests.support.stored_runs import publish_example

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MAX_PHONE_SCREENS, PHONE = 8, {"width": 390, "height": 844}
MAX_PRINTED_PAGES = 8


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def covid_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_bytes(render_run_page(report_fixture.covid_view(), Translator("vi")))
    return file


def opened(browser: Browser, file: Path, fragment: str = "", **options: Any) -> Page:
    """A page that fails the test where its script fails or anything is requested."""
    page = browser.new_context(**options).new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda message: pytest.fail(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if request.url.startswith(("file:", "blob:")) else pytest.fail(request.url))
    page.goto(file.as_uri() + fragment)
    return page


def heading(page: Page) -> str:
    return page.locator("h1").inner_text().strip()


def test_the_switch_changes_all_that_is_read_and_tables_are_copied(browser: Browser, covid_file: Path) -> None:
    page = opened(browser, covid_file, permissions=["clipboard-read", "clipboard-write"], accept_downloads=True)
    titles = {}
    for language in LANGUAGES:
        page.click(f"[data-language={language}]")
        titles[language] = heading(page)
        assert page.evaluate("[document.documentElement.lang, document.title]") == [language, titles[language]]
        body = page.locator("body").inner_text()
        for each in LANGUAGES:
            t = Translator(each)
            for key in ("months_head", "cases_head", "figure_copy", "assumptions_head"):
                assert (t(key) in body) == (each == language), key
        label = page.locator("[data-name=bridge] svg").get_attribute("aria-label") or ""
        assert label == page.locator("[data-name=bridge] svg").get_attribute(f"data-label-{language}")
        march_name = page.locator("[data-name=months] text", has_text=Translator(language)("month_3"))
        assert march_name.first.is_visible()

        page.click("[data-name=bridge] [data-copy]")
        page.wait_for_function("document.querySelector('.status').textContent !== ''")
        rows = [line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").splitlines()]
        assert len(rows) > 10
        assert {len(row) for row in rows} == {3}
        decimal = "," if language == "vi" else "."
        amounts = [row[1] for row in rows[1:]]
        assert [text for text in amounts if not re.fullmatch(rf"-?\d+{re.escape(decimal)}\d+", text)] == []

        with page.expect_download() as download:
            page.click("[data-name=bridge] [data-csv]")
        assert download.value.suggested_filename == f"bridge-{language}.csv"
        content = Path(download.value.path()).read_bytes().decode()
        assert content.startswith("\ufeff")
        table = csv.reader(content[1:].splitlines(), delimiter=";" if language == "vi" else ",")
        assert [row[:2] for row in table][1:] == [row[:2] for row in rows[1:]]
    assert titles["vi"] != titles["en"]
    page.reload()
    assert heading(page) == titles["en"]  # the choice is remembered
    page.context.close()


@pytest.mark.slow
def test_a_link_chooses_the_language_and_opens_a_section(browser: Browser, covid_file: Path) -> None:
    page = opened(browser, covid_file, "#en", viewport=PHONE)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert not page.locator("#how ul").first.is_visible()
    page.locator("nav summary").click()
    page.locator("nav a[href='#how']").click()
    assert page.locator("#how .en li >> nth=0").is_visible()
    page.keyboard.press("Home")
    page.context.close()


@pytest.mark.slow
def test_without_a_script_the_page_opens_in_its_language_and_reads(browser: Browser, covid_file: Path) -> None:
    page = opened(browser, covid_file, java_script_enabled=False)
    assert page.locator("h1 .vi").is_visible()
    assert not page.locator("h1 .en").is_visible()
    assert page.locator("#how .vi li >> nth=0").is_visible()
    assert not page.locator("[data-copy]").first.is_visible()
    assert not page.locator("[data-language=en]").is_visible()
    page.context.close()


@pytest.mark.slow
def test_where_the_clipboard_is_refused_the_table_is_chosen(browser: Browser, covid_file: Path) -> None:
    page = opened(browser, covid_file)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    page.click("[data-name=tornado] [data-copy]")
    page.wait_for_function("getSelection().toString() !== ''")
    assert page.locator("[data-name=tornado] details").get_attribute("open") is not None
    assert Translator("vi")("assumption_grade") in page.evaluate("getSelection().toString()")
    page.context.close()


@pytest.mark.slow
def test_the_first_key_leads_to_the_content(browser: Browser, covid_file: Path) -> None:
    page = opened(browser, covid_file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_short_on_a_phone_and_on_paper(browser: Browser, covid_file: Path, language: str) -> None:
    page = opened(browser, covid_file, f"#{language}", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollHeight") <= MAX_PHONE_SCREENS * PHONE["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sizes = page.evaluate(
        "[...document.querySelectorAll('.chart')].map(chart => 9.5 * chart.clientWidth / chart.viewBox.baseVal.width)"
    )
    assert min(sizes) >= 11
    page.context.close()
    page = opened(browser, covid_file, f"#{language}")
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) <= MAX_PRINTED_PAGES
    text = " ".join(sheet.extract_text() for sheet in printed.pages)
    assert Translator(language)("months_head") in text
    assert Translator(language)("figure_copy") not in text
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_a_drawing_covers_another(browser: Browser, covid_file: Path, language: str) -> None:
    """As the browser sets them, in a font as wide as that of the charts and in a narrower one."""
    page = opened(browser, covid_file, f"#{language}")
    for font in ("DejaVu Sans", "sans-serif"):
        page.evaluate("font => document.body.style.setProperty('font-family', font)", font)
        overlaps = page.evaluate(
            """() => [...document.querySelectorAll('.chart')].flatMap(chart => {
              const boxes = [...chart.querySelectorAll('text')]
                .filter(text => text.getClientRects().length > 0).map(text => [text.textContent, text.getBBox()]);
              return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
                .filter(([b, q]) => Math.min(p.x + p.width, q.x + q.width) - Math.max(p.x, q.x) > 1.5
                  && Math.min(p.y + p.height, q.y + q.height) - Math.max(p.y, q.y) > 0.4 * Math.min(p.height, q.height))
                .map(([b]) => `${a} / ${b}`));
            })"""
        )
        assert overlaps == [], font
    page.context.close()


@pytest.fixture(scope="module")
def every_page(tmp_path_factory: pytest.TempPathFactory, march: ClosedPlan, covid_file: Path) -> dict[str, Path]:
    """One page of each kind."""
    folder, t = tmp_path_factory.mktemp("pages"), Translator("vi")
    publish_example(folder, "aaaa1111", scenario="shop")
    write_index(folder)
    views = [report_fixture.other_view(), report_fixture.covid_view()]
    (folder / "plan").mkdir()
    scenario, history = write_backtest_plan(folder / "plan")
    manifest = {"run_id": "77", "scenario_hash": "ab" * 32, "code": "cd" * 32, "versions": {}, "data": []}
    backtest = BacktestView(scenario, backtest_baseline(scenario, history, origins=2), manifest)
    pages = {
        "backtest": render_backtest_page(backtest, t),
        "compare": compare.render_comparison_page(views, report_fixture.make_differences(), t),
        "closed": render_run_page(march.view, t),
        "shop": render_run_page(report_fixture.shop_view(), t),
    }
    for name, content in pages.items():
        (folder / f"{name}.html").write_bytes(content)
    return {"run": covid_file, "index": folder / "index.html", **{name: folder / f"{name}.html" for name in pages}}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["run", "index", "compare", "backtest", "closed", "shop"])
def test_axe_has_no_complaint(browser: Browser, every_page: dict[str, Path], kind: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark")):
        page = opened(browser, every_page[kind], viewport={"width": width, "height": 844}, color_scheme=scheme)
        for language in LANGUAGES:
            page.click(f"[data-language={language}]")
            faults = Axe().run(page).response["violations"]
            assert [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in faults] == [], (width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()
