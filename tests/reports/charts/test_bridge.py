"""The bridge: printed steps add up."""

from __future__ import annotations

import pytest

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.charts.bridge import group_small_steps, rounded_amounts
from tests.support import report_fixture


def test_printed_bridge_steps_add_up() -> None:
    finding = report_fixture.covid_bridge()
    t = Translator("vi")
    scale = choose_scale("revenue", [250e9], "VND", t)
    for max_rows in (3, 7, 99):
        figures, decimals = rounded_amounts(finding, group_small_steps(finding.steps, max_rows, t), scale)
        assert round(sum(figures[:-1]), decimals) == figures[-1]


def test_the_smallest_steps_are_grouped_but_never_the_gap() -> None:
    steps = group_small_steps(report_fixture.covid_bridge().steps, 5, Translator("en"))
    assert len(steps) == 5
    assert any(step.name == "gap" for step in steps)
    assert sum(step.amount for step in steps) == pytest.approx(8e9)
