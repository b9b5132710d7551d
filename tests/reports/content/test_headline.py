"""The headline of a report."""

from __future__ import annotations

from dataclasses import replace

from forecast.i18n import Translator
from forecast.reports.content import headline
from forecast.stats.intervals import Estimate
from tests.support import report_fixture


def test_the_title_states_the_chance_of_the_main_target() -> None:
    view = report_fixture.covid_view()
    assert headline.run_title(view, Translator("vi")) == "Khả năng doanh thu năm 2021 đạt từ 250 tỷ đồng trở lên: 74%"
    assert headline.run_title(view, Translator("en")) == "Chance that revenue in 2021 reaches 250 billion VND: 74%"


def test_a_wide_range_of_cases_is_noted_beside_the_title() -> None:
    assert ": 52% to 89%." in " ".join(headline.headline_notes(report_fixture.covid_view(), Translator("en")))


def test_a_chance_near_the_required_one_is_neutral() -> None:
    view = report_fixture.covid_view()
    assert view.main_target is not None
    row = replace(view.main_target, chance=Estimate(0.79, 0.787, 0.793))
    borderline_view = replace(view, findings=replace(view.findings, targets=(row, *view.findings.targets[1:])))
    assert headline.headline_numbers(borderline_view, Translator("en"))[0].mood == ""
    assert "Just below" in headline.headline_notes(borderline_view, Translator("en"))[0]
