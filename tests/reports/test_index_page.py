"""The index of runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import forecast
from forecast.reports import index_page
from forecast.runs import repository
from tests.support.command_line import BAKERY_PLAN
from tests.support.stored_runs import publish_example
from tests.support.undrawn import draw_only


def test_the_index_lists_every_run_and_escapes_names(tmp_path: Path) -> None:
    publish_example(tmp_path, "aaaa1111", scenario="shop")
    publish_example(tmp_path, "bbbb2222", scenario="<script>alert(1)<script>")
    index_page.write_index(tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert page.count('<li class="run">') == 2
    assert "41%" in page
    assert ".runs/aaaa1111/report.html" in page
    assert page.count("<script") == 1
    assert "<script>alert" not in page
    assert "&lt;script" in page


def test_older_runs_of_a_plan_are_folded_below_the_newest(tmp_path: Path) -> None:
    for run_id in ("aaaa1111", "bbbb2222", "cccc3333"):
        publish_example(tmp_path, run_id, scenario="shop")
    page = index_page.render_index(list(repository.all_runs(tmp_path)), ["bbbb2222"], "vi").decode()
    assert page.count('<li class="run">') == 1
    card = page.partition('<li class="run">')[2]
    newest, _, folded = card.partition("<details>")
    assert ".runs/bbbb2222/" in newest
    assert [".runs/aaaa1111/" in folded, ".runs/cccc3333/" in folded] == [True, True]
    assert "2 lần chạy trước" in folded


def test_plans_are_named_by_their_labels_in_both_languages_and_can_be_ticked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch)
    (tmp_path / "scenarios").mkdir()
    for name, low in (("small", 50), ("great", 55)):
        plan = BAKERY_PLAN.replace("50 million VND to 70", f"{low} million VND to 70").replace(
            "A bakery", f"A {name} bakery"
        )
        label = "{en: Sixty million, vi: Sáu mươi triệu}"
        plan = plan.replace("revenue: {measure", f"revenue: {{label: {label}, measure")
        (tmp_path / "scenarios" / f"{name} plan.yaml").write_text(plan, encoding="utf-8")
    plans = [tmp_path / "scenarios" / f"{name} plan.yaml" for name in ("small", "great")]
    runs = [forecast.simulate(forecast.read(plan), paths=400, keep=400) for plan in plans]
    for run in runs:
        forecast.report(run, tmp_path / "reports")
    forecast.compare(*runs, out=tmp_path / "reports")
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    for text in ("A small bakery", "Tiệm bánh", "Sixty million", "Sáu mươi triệu"):
        assert text in page
    assert re.search(r"<span>Sixty million</span> <b>\d+% ±\d", page)
    assert 'data-plan="&#39;scenarios/small plan.yaml&#39;" data-name="small plan"' in page
    assert 'data-compared="great plan small plan"' in page
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        screen = browser.new_page(viewport={"width": 360, "height": 800})
        screen.goto((tmp_path / "reports" / "index.html").as_uri())
        assert screen.evaluate("document.documentElement.scrollWidth") <= 360
        assert screen.locator("main").count() == 1
        assert not screen.locator(".compare").is_visible()
        boxes = screen.locator("[data-plan]")
        boxes.nth(0).check()
        assert not screen.locator(".compare").is_visible()
        boxes.nth(1).check()
        command = screen.locator(".compare code").inner_text()
        assert command == "forecast compare 'scenarios/great plan.yaml' 'scenarios/small plan.yaml'"
        assert "Open their comparison" in screen.locator(".compare").inner_text()
        assert screen.evaluate("document.documentElement.scrollWidth") <= 360
        browser.close()
