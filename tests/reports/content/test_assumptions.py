"""Assumptions as a report explains them."""

from __future__ import annotations

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
