"""Assumptions as a report explains them."""

from __future__ import annotations

from dataclasses import replace

from forecast.i18n import Translator
from forecast.reports.content import assumptions
from tests.support import report_fixture


def test_assumptions_known_later_are_marked() -> None:
    groups = assumptions.assumption_groups(report_fixture.covid_view(), Translator("en"))
    late = {row.name for group in groups for row in group.assumptions if row.hindsight}
    assert "shocks.covid_waves.waves_per_year" in late
    assert "services.postal.growth" not in late


def test_ranges_are_explained_in_the_unit_of_the_plan() -> None:
    by_name = {assumption.name: assumption for assumption in report_fixture.covid_view().assumptions()}
    length, postal = by_name["shocks.covid_waves.length"], by_name["shocks.covid_waves.upstream.effect.volume.postal"]
    assert assumptions.describe_range(length, Translator("vi")) == "80%: 4 tuần đến 10 tuần, trung vị 6,3 tuần"
    assert assumptions.describe_range(postal, Translator("en")) == "80%: −40% to −5%, median −22.5%"


def test_large_numbers_have_no_decimals_and_small_ones_keep_theirs() -> None:
    assumption = next(a for a in report_fixture.covid_view().assumptions() if a.dimension == "money")
    yen = replace(assumption, unit="JPY")
    assert assumptions.quantity_text(yen, 9_652_070.2, Translator("en")) == "9,652,070 JPY"
    assert assumptions.quantity_text(yen, -9_652_070.2, Translator("vi"), 2) == "−9.652.070 JPY"
    assert assumptions.quantity_text(yen, 995.04, Translator("en")) == "995.0 JPY"
