"""The effective plan: every value, what it means, and what it replaced."""

from __future__ import annotations

from pathlib import Path

from forecast.i18n import Translator
from forecast.plan.loading.effective import read_effective_plan
from tests.support.plans import SCENARIOS


def test_effective_values_have_meaning_location_and_replaced_text(parent: Path) -> None:
    (parent / "a.yaml").write_text("extends: p.yaml\nservices: {postal: {growth: 'pert(0%, 4%, 10%)'}}\n")
    plan = read_effective_plan(parent / "a.yaml", {"initiatives.a.start": "2021-03"})
    values = {value.name: value for value in plan.values}
    growth = values["services.postal.growth"]
    assert growth.describe(Translator("en")) == "lowest 0%, likeliest 4%, highest 10%, median 4.3%"
    assert growth.describe(Translator("vi")) == "thấp nhất 0%, dễ xảy ra nhất 4%, cao nhất 10%, trung vị 4,3%"
    assert [text for text, _ in growth.replaced] == ["0% to 9%"]
    assert values["initiatives.c.effect.volume.all"].describe(Translator("en")) == "80%: 1% to 2%, median 1.5%"
    assert str(values["initiatives.a.start"].location) == "--set:1:21"
    assert "initiatives.c.needs: [a, b]" in plan.format_text(Translator("en"))


def test_effective_plan_explains_ranges_of_cases() -> None:
    text = read_effective_plan(SCENARIOS / "plan-2021.yaml").format_text(Translator("en"))
    line = next(line for line in text.splitlines() if line.startswith("cases.strong_distribution.services"))
    assert "80%: " in line
