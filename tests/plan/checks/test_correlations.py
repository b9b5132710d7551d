"""Correlations that cannot be are refused; an impossible matrix can be repaired."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.checks.correlations import repair_correlations
from forecast.plan.loading.loader import read_plan
from tests.support.correlated_plans import correlated_plan
from tests.support.plan_texts import SMALL_PLAN, problems_in
from tests.support.plans import read_plan_text


def test_per_event_assumptions_cannot_be_correlated(tmp_path: Path) -> None:
    text = f"""{SMALL_PLAN}    growth: 1% to 3%
shocks:
  w: {{kind: epidemic, waves_per_year: 1 to 2, length: 2 to 3 weeks, mild: {{effect: {{}}}}}}
correlations:
  fine: {{between: [services.postal.growth, shocks.w.waves_per_year], rank: 0.3}}
  not: {{between: [services.postal.growth, shocks.w.length], rank: 0.3}}
"""
    problems = problems_in(text, tmp_path)
    assert problems == [
        "a.yaml:11:18: correlations.not.between: "
        "'shocks.w.length' is sampled again in each event and cannot be correlated; take it out"
    ]


IMPOSSIBLE = f"""{SMALL_PLAN}  b: {{baseline: {{method: given, annual: 5 tỷ}}}}
  c: {{baseline: {{method: given, annual: 5 tỷ}}}}
correlations:
  k: {{between: [services.postal, services.b], rank: 0.9}}
  l: {{between: [services.postal, services.c], rank: 0.9}}
  m: {{between: [services.b, services.c], rank: -0.9}}
"""


def test_impossible_correlations_are_named_and_can_be_repaired(tmp_path: Path) -> None:
    problems = problems_in(IMPOSSIBLE, tmp_path)
    assert len(problems) == 1
    assert "these correlations cannot all hold" in problems[0]
    plan = read_plan(tmp_path / "a.yaml", IMPOSSIBLE, repair=True)
    assert plan.repairs
    assert repair_correlations(plan.scenario)[1] == ()


@pytest.mark.parametrize(
    "name",
    ["initiatives.shop.happen", "initiatives.nothing.happens", "shocks.floods.happens", "climate.2030", "climate"],
)
def test_only_per_path_draws_can_be_correlated(name: str) -> None:
    with pytest.raises(InputError, match=r"correlations\.c\.between"):
        read_plan_text(correlated_plan(("services.a.growth", name), 0.5))


def test_monthly_noise_and_an_occurrence_cannot_be_correlated() -> None:
    with pytest.raises(InputError, match="is a service and"):
        read_plan_text(correlated_plan(("services.a", "initiatives.shop.happens"), 0.5))


def test_a_deleted_initiative_leaves_its_correlations() -> None:
    text = correlated_plan(("initiatives.shop.happens", "services.a.growth", "services.b.baseline.annual"), 0.5)
    scenario = read_plan_text(text, initiatives__shop="null")
    assert scenario.correlations["c"].between == ("services.a.growth", "services.b.baseline.annual")
