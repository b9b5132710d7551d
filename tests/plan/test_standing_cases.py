"""Standing cases: doubts that every plan has, tried beside its own cases."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.plan.scenario import Scenario
from forecast.plan.standing_cases import STANDING_CASES, standing_cases
from tests.support.plan_texts import problems_in, read_scenario
from tests.support.plans import FULL_PLAN, ONE_SERVICE, SCENARIOS, TWO_SERVICES, read_plan_text

PLAN = """
name: Three services
horizon: {from: 2021-01, months: 36}
baseline: {method: given, shape: flat}
services:
  a: {growth: 2% to 12%, baseline: {annual: 120 tỷ}}
  b: {growth: {value: 0% to 10%, grade: B, source: books}, baseline: {annual: 100 tỷ to 140 tỷ}}
  c: {growth: 3%, baseline: {annual: "uniform(0 tỷ, 4 tỷ)"}}
shocks:
  works: {kind: event, chance: 40% to 60%, from: 2021-05-04, until: 2021-07-31, effect: {volume: {a: -20% to -5%}}}
"""
TOGETHER = {"growths_together", "wider_ranges"}
YEARS = {"independent_years", "same_growth_every_year"}


def ranks(scenario: Scenario) -> dict[tuple[str, ...], float]:
    return {tuple(sorted(entry.between)): entry.rank for entry in scenario.correlations.values()}


def test_a_plan_of_several_years_has_them_all() -> None:
    scenario = read_plan_text(PLAN)
    cases = standing_cases(scenario)
    assert set(cases) == set(STANDING_CASES) == TOGETHER | YEARS
    assert {cases[name].correlation_of_years.value for name in YEARS} == {0.0, 1.0}
    assert ranks(cases["growths_together"]) == {("services.a.growth", "services.b.growth"): 0.6}  # that of c is sure
    for name, case in cases.items():
        assert case.cases == {}
        assert case.name.vi != case.name.en, name


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"horizon.months": 24}, TOGETHER),  # one year grows
        ({"horizon.months": 12}, {"wider_ranges"}),  # none does
        ({"services.b.growth": "4%"}, {"wider_ranges"} | YEARS),
        ({"services.a.growth": "4%", "services.b.growth": "4%"}, {"wider_ranges"}),
        ({"growth_correlation": "0"}, TOGETHER | {"same_growth_every_year"}),
        ({"growth_correlation": "1"}, TOGETHER | {"independent_years"}),
        ({"correlations.c": "{between: [services.a.growth, services.b.growth], rank: 0.6}"}, YEARS | {"wider_ranges"}),
        ({"correlations.c": "{between: [services.a.growth, services.b.growth], rank: 0.5}"}, YEARS | TOGETHER),
    ],
)
def test_a_case_that_would_change_nothing_is_left_out(settings: dict[str, object], names: set[str]) -> None:
    scenario = read_plan_text(PLAN, **{key.replace(".", "__"): value for key, value in settings.items()})
    assert set(standing_cases(scenario)) == names


def test_a_plan_without_ranges_of_judgement_has_none() -> None:
    assert standing_cases(read_plan_text(ONE_SERVICE)) == {}
    on_record = "{value: 100 tỷ to 140 tỷ, grade: A, source: books}"
    assert standing_cases(read_plan_text(ONE_SERVICE, services__a__baseline__annual=on_record)) == {}
    assert set(standing_cases(read_plan_text(TWO_SERVICES))) == {"wider_ranges"}


def test_judgement_alone_is_wider() -> None:
    before = {a.name: a for a in read_plan_text(PLAN).assumptions()}
    after = {a.name: a for a in standing_cases(read_plan_text(PLAN))["wider_ranges"].assumptions()}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "services.a.growth",
        "services.b.baseline.annual",
        "services.c.baseline.annual",
        "shocks.works.chance",
        "shocks.works.effect.volume.a",
    }
    assert after["services.c.baseline.annual"].distribution.bounds == (0.0, 5e9)  # an amount never falls below 0


def test_a_shared_number_has_the_grade_of_its_origin() -> None:
    shared = "{same_as: services.b.growth, grade: C}"
    case = standing_cases(read_plan_text(PLAN, services__a__growth=shared))["wider_ranges"]
    assert case.services["a"].growth == read_plan_text(PLAN, services__a__growth=shared).services["a"].growth


def test_growths_keep_their_correlations_with_other_numbers() -> None:
    between = "[services.a.growth, services.b.growth, shocks.works.chance]"
    scenario = read_plan_text(PLAN, correlations__k=f"{{between: {between}, rank: 0.3}}")
    chance = "shocks.works.chance"
    assert ranks(standing_cases(scenario)["growths_together"]) == {
        ("services.a.growth", "services.b.growth"): 0.6,
        ("services.a.growth", chance): 0.3,
        ("services.b.growth", chance): 0.3,
    }


def test_correlations_that_cannot_stand_beside_it_are_moved_to_the_nearest() -> None:
    opposed = {
        f"correlations__{name}": f"{{between: [services.{name}.growth, shocks.works.chance], rank: {rank}}}"
        for name, rank in (("a", 0.6), ("b", -0.6))
    }
    case = standing_cases(read_plan_text(PLAN, **opposed))["growths_together"]
    assert forecast.simulate(case, paths=500).paths == 500
    assert -0.1 < ranks(case)["services.a.growth", "services.b.growth"] < 0.5


@pytest.mark.parametrize("text", [PLAN, FULL_PLAN], ids=["three services", "everything"])
def test_every_case_is_simulated(text: str) -> None:
    for name, case in standing_cases(read_plan_text(text)).items():
        assert forecast.simulate(case, paths=500).paths == 500, name


@pytest.mark.parametrize("name", STANDING_CASES)
def test_their_names_are_taken(tmp_path: Path, name: str) -> None:
    text = PLAN + f"cases:\n  {name}: {{services: {{a: {{growth: 4%}}}}}}\n"
    (line,) = problems_in(text, tmp_path)
    assert line.endswith(f"cases.{name}: every report has a case '{name}' of its own; give this one another name")
    assert read_scenario(text.replace(f"  {name}:", f"  my_{name}:"), tmp_path).cases


def test_the_shipped_plan_has_both_doubts() -> None:
    """Its growths are 0.3 apart from one another at most, and most of it is judgement."""
    assert set(standing_cases(forecast.read(SCENARIOS / "covid-and-floods.yaml"))) == TOGETHER
