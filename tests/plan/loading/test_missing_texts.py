"""Labels and languages that a plan lacks are asked for, and hold nothing up."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.i18n import Translator
from forecast.plan.loading.effective import read_effective_plan
from tests.support.plans import ROOT

PLAN = """\
name: {en: A shop, vi: Cửa hàng}
horizon: {from: 2026-01, months: 12}
services:
  bread:
    baseline: {method: given, annual: {value: 1 to 2 bn VND, note: {vi: theo năm trước}}, shape: flat}
shocks:
  storms:
    label: {en: Storms}
    kind: storm
    per_year: 1 to 2
    season: {9: 1}
    classes:
      strong: {weight: 1, reach: 10% to 20%, days: 1 to 2, loss_share: {all: 20% to 40%}}
targets:
  revenue: {label: Postmart, measure: revenue, period: 2026, at_least: 1 bn VND}
"""


def test_each_missing_text_is_asked_for_with_its_place(tmp_path: Path) -> None:
    plan = tmp_path / "shop.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    warnings = read_effective_plan(plan).warnings(Translator("en"))
    assert [warning.partition(": ")[2].partition(" (")[0] for warning in warnings] == [
        "services.bread",
        "shocks.storms.classes.strong",
        "services.bread.baseline.annual.note",
        "shocks.storms.label",
    ]
    assert "shop.yaml:4): has no label" in warnings[0]
    assert "shop.yaml:5): has no 'en', so reports in that language print 'theo năm trước'" in warnings[2]


@pytest.mark.parametrize(
    "plan", [path for folder in ("scenarios", "scenarios/months") for path in sorted((ROOT / folder).glob("*.yaml"))]
)
def test_a_shipped_plan_lacks_no_text(plan: Path) -> None:
    warnings = read_effective_plan(plan).warnings(Translator("en"))
    assert [warning for warning in warnings if "has no" in warning] == []
