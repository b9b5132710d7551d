"""A plan as a whole: its assumptions."""

from __future__ import annotations

from collections import Counter

import pytest

import forecast
from tests.support.plans import SCENARIOS, read_plan_text

BASE = """
name: A plan
as_of: 2025-12-01
horizon: {from: 2026-01, months: 12}
currency: EUR
services:
  a:
    baseline: {method: given, annual: {value: 1 to 2 million EUR, grade: B, source: an offer}, shape: flat, noise: 4%}
  b: {baseline: {method: given, annual: 500000 EUR, shape: flat}}
targets:
  revenue:
    measure: revenue
    period: 2026
    at_least: {value: 2 million EUR, grade: A, source: the board}
    required_chance: 80%
"""
SHOCKS = """
shocks:
  strike: {kind: event, chance: 10% to 30%, from: 2026-03-01, until: 2026-03-14, effect: {volume: {a: -50%}}}
  rival: {kind: drift, over: 6 months, effect: {volume: {all: -8% to 0%}}}
"""
INITIATIVES = """
initiatives:
  shop: {start: 2026-02 to 2026-05, ramp: 2 months, effect: {revenue: {a: {value: 1% to 4%, grade: A, source: books}}}}
  other: {start: 2026-03, chance: 40% to 60%, active: ACTIVE, effect: {revenue: {a: 2% to 3%}}}
"""
SHARED = """
costs:
  rent: {per_month: 1000 EUR to 2000 EUR}
  power: {per_month: {same_as: costs.rent.per_month}}
  licence: {once: 3000 EUR}
"""
CASES = {
    "a range and sure values": (BASE, {"B": 1}),
    "shocks": (BASE + SHOCKS, {"B": 1, "C": 2}),
    "an initiative and an inactive one": (BASE + INITIATIVES.replace("ACTIVE", "false"), {"B": 1, "C": 1, "A": 1}),
    "two initiatives": (BASE + INITIATIVES.replace("ACTIVE", "true"), {"B": 1, "C": 3, "A": 1}),
    "a draw of two names": (BASE + SHARED, {"B": 1, "C": 1}),
}


@pytest.mark.parametrize("case", CASES)
def test_only_numbers_that_are_drawn_count_by_grade(case: str) -> None:
    """No date on record, ramp, setting, threshold or required chance, whatever grade the plan gives it."""
    text, grades = CASES[case]
    scenario = read_plan_text(text)
    assert Counter(assumption.grade for assumption in scenario.drawn_assumptions()) == grades


@pytest.mark.parametrize(
    ("plan", "grades"),
    [
        ("covid", {"B": 9, "C": 51}),
        ("shop-chain", {"B": 2, "C": 13}),
        ("without-history", {"C": 2}),
        ("competition-series", {}),
    ],
)
def test_shipped_plans_count_what_they_draw(plan: str, grades: dict[str, int]) -> None:
    scenario = forecast.read(SCENARIOS / f"{plan}.yaml")
    assert Counter(assumption.grade for assumption in scenario.drawn_assumptions()) == grades
