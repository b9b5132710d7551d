"""An entry that would change nothing is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from tests.support.plan_texts import SMALL_PLAN, problems_in
from tests.support.plans import ROOT

MARCH = "kind: event, from: 2021-03-01, until: 2021-03-31"


WAVES = "kind: epidemic, waves_per_year: 2, length: 3 weeks"


UNUSED = [
    (f"shocks: {{e: {{{MARCH}, effect: {{unit_cost: {{postal: 5%}}}}}}}}", "shocks.e.effect.unit_cost.postal: no cost"),
    (f"shocks: {{e: {{{MARCH}, effect: {{unit_cost: {{all: 5%}}}}}}}}", "shocks.e.effect.unit_cost.all: no cost"),
    (
        f"shocks: {{w: {{{WAVES}, mild: {{effect: {{unit_cost: {{postal: 5%}}}}}}}}}}",
        "shocks.w.mild.effect.unit_cost.postal: no",
    ),
    (
        f"shocks: {{w: {{{WAVES}, mild: {{effect: {{headcount: -5%}}}}}}}}",
        "shocks.w.mild.effect.headcount: a change of",
    ),
    (
        "initiatives: {i: {start: 2021-02, effect: {unit_cost: {postal: -5%}}}}",
        "write 'per_unit' under 'costs:', or take",
    ),
    ("initiatives: {i: {start: 2021-02, effect: {}, takes_from: {all: 5%}}}", "'all' does not say which service loses"),
    ("shocks: {d: {kind: drift, over: 3 months, recovered: {postal: 5%}, effect: {}}}", "shocks.d.recovered: a drift"),
    (
        "costs: {c: {per_person_month: 5 triệu}}",
        "a cost of each person needs 'workforce:'; add it, or write 'per_month'",
    ),
    ("costs: {c: {per_unit: {postal: 5 nghìn đồng}}}", "costs.c.per_unit.postal: a cost of each piece needs pieces"),
    ("costs: {c: {per_unit: {all: 5 nghìn đồng}}}", "costs.c.per_unit.all: a cost of each piece needs pieces"),
    ("  b: {baseline: {method: given, annual: 5000}}", "services.b.baseline.annual: '5000' has no unit"),
    ("  b: {baseline: {method: given, annual: 5 tỷ, level: history}}", "services.b.baseline.level: 'level' needs"),
    ("  b: {baseline: {method: given, annual: 5 tỷ, mask: [2020-01]}}", "services.b.baseline.mask: 'mask' needs a"),
]


@pytest.mark.parametrize(("text", "expected"), UNUSED)
def test_an_entry_without_effect_is_rejected_with_its_line(text: str, expected: str, tmp_path: Path) -> None:
    complaints = problems_in(f"{SMALL_PLAN}{text}\n", tmp_path)
    assert len(complaints) == 1
    assert complaints[0].startswith("a.yaml:6:")
    assert expected in complaints[0]


def test_a_year_may_come_from_a_column_of_figures(tmp_path: Path) -> None:
    (tmp_path / "years.csv").write_text("sold\n4000000000\n5000000000\n", encoding="utf-8")
    assert (
        problems_in(
            f'{SMALL_PLAN}  b: {{baseline: {{method: given, annual: "empirical(years.csv, sold)"}}}}\n', tmp_path
        )
        == []
    )


def test_unit_cost_may_change_where_there_is_a_unit_cost(tmp_path: Path) -> None:
    assert forecast.read(ROOT / "scenarios" / "shop-chain.yaml").initiatives["new_oven"].effect.unit_cost
    drivers = {"price": "-5%", "unit_cost": "5%"}
    for driver, change in drivers.items():
        past = f"shocks: {{e: {{{MARCH}, effect: {{{driver}: {{bread: {change}}}}}}}}}"
        wrong = f"extends: shop-chain.yaml\nhistory: {{file: ../data/shop-chain.csv, {past}}}\n"
        assert f"history.shocks.e.effect.{driver}: growth is over the year" in problems_in(wrong, ROOT / "scenarios")[0]
