"""Growth, price change and change of a cost: one for all years, or one by year."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forecast.plan.assumption import Assumption
from forecast.plan.json_schema import plan_schema
from tests.support.plan_texts import problems_in, read_scenario

PLAN = """\
name: Five years
horizon: {from: 2021-01, months: 60}
services:
  a:
    growth: {2022: 2% to 12%, 2023: {value: 1% to 8%, grade: B, source: a study}, 2024: 1% to 8%, 2025: 3%}
    baseline: {method: given, annual: 120 tỷ, shape: flat}
  b:
    growth: 0% to 10%
    baseline: {method: given, annual: 120 tỷ, shape: flat}
"""


def test_a_growth_by_year_is_an_assumption_a_year(tmp_path: Path) -> None:
    scenario = read_scenario(PLAN, tmp_path)
    growth = scenario.services["a"].growth
    assert not isinstance(growth, Assumption)
    assert growth is not None
    assert {year: part.name for year, part in growth.items()} == {
        str(year): f"services.a.growth.{year}" for year in range(2022, 2026)
    }
    assert (growth["2023"].grade, growth["2023"].source.plain, growth["2022"].grade) == ("B", "a study", "C")
    assert growth["2025"].is_constant
    assert isinstance(scenario.services["b"].growth, Assumption)


def test_the_years_of_a_change_are_those_in_which_it_counts(tmp_path: Path) -> None:
    costs = "costs: {rent: {per_month: 1 tỷ, change_per_year: 3%}}\n"
    scenario = read_scenario(PLAN + costs, tmp_path)
    assert scenario.changing_years == {
        "services.a.growth": range(2022, 2026),  # 2021 is given
        "services.b.growth": range(2022, 2026),
        "costs.rent.change_per_year": range(2021, 2026),
    }
    short = read_scenario(PLAN + costs, tmp_path, {"horizon.months": 13})
    assert short.changing_years["costs.rent.change_per_year"] == range(2021, 2022)  # nothing follows January 2022
    assert not short.has_correlated_years
    assert read_scenario(PLAN, tmp_path, {"horizon.months": 36}).has_correlated_years
    assert not read_scenario(PLAN, tmp_path, {"services.b.growth": "5%", "horizon.months": 24}).has_correlated_years


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"services.a.growth.2024": None},
            "services.a.growth: the plan also needs 2024 here; name each year, or write",
        ),
        ({"services.b.growth.2022": "3%"}, "services.b.growth: the plan also needs 2023, 2024, 2025 here"),
        ({"horizon.months": 84}, "services.a.growth: the plan also needs 2026, 2027 here"),
        ({"services.a.growth.2023": "26"}, "services.a.growth.2023: 26 means 2600%; write '26%'"),
        ({"services.a.growth": "{2022: 2%, soon: 3%}"}, "services.a.growth.soon: 'soon' is not a year of 1900 to 2200"),
        ({"services.a.growth": "{source: a guess}"}, "services.a.growth: says neither or both of value and same_as"),
        (
            {"services.b.growth": "{same_as: services.a.growth}"},
            "services.b.growth: 'services.a.growth' is given by year; write one line a year, such as 2022: "
            "{same_as: services.a.growth.2022}",
        ),
        ({"growth_correlation": "1.2"}, "growth_correlation: '1.2' is not from 0 to 1; write for example 0.5"),
        ({"growth_correlation": "0.2 to 0.4"}, "growth_correlation: '0.2 to 0.4' is not one sure quantity"),
    ],
)
def test_a_fault_is_told_with_the_way_out(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    assert any(message in line for line in problems_in(PLAN, tmp_path, settings))


def test_a_child_changes_one_year_or_replaces_all(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(PLAN, encoding="utf-8")
    child = "extends: parent.yaml\nname: Child\n"
    merged = read_scenario(f"{child}services: {{a: {{growth: {{2023: 9%}}}}}}\n", tmp_path).services["a"].growth
    assert not isinstance(merged, Assumption)
    assert merged is not None
    assert [part.text for _, part in sorted(merged.items())] == ["2% to 12%", "9%", "1% to 8%", "3%"]
    all_years = read_scenario(f"{child}services: {{a: {{growth: 1% to 2%}}}}\n", tmp_path).services["a"].growth
    assert isinstance(all_years, Assumption)
    lines = problems_in(f"{child}services: {{b: {{growth: {{2023: 9%}}}}}}\n", tmp_path)
    assert any("the plan also needs 2022, 2024, 2025 here" in line for line in lines)


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("0.3", 0.3), ("30%", 0.3), ("1", 1.0)])
def test_the_correlation_of_years_is_a_number_with_its_source(tmp_path: Path, text: str, value: float) -> None:
    scenario = read_scenario(PLAN, tmp_path, {"growth_correlation": f"{{value: {text}, grade: B, source: a study}}"})
    assert scenario.correlation_of_years.value == value
    assert scenario.correlation_of_years.grade == "B"
    default = read_scenario(PLAN, tmp_path).correlation_of_years
    assert (default.value, default.grade, default.name) == (0.5, "C", "growth_correlation")


def test_a_growth_by_year_is_correlated_under_the_name_of_the_growth(tmp_path: Path) -> None:
    correlated = "correlations: {{c: {{between: [services.{}, services.b.growth], rank: 0.5}}}}\n"
    read_scenario(PLAN + correlated.format("a.growth"), tmp_path)
    (line,) = problems_in(PLAN + correlated.format("a.growth.2023"), tmp_path)
    assert "'services.a.growth.2023' is one year of 'services.a.growth'; write 'services.a.growth'" in line
    certain = "{2022: 1%, 2023: 2%, 2024: 3%, 2025: 4%}"
    settled_here = re.sub(r"(?<=growth: )\{2022.*", certain, PLAN)
    (line,) = problems_in(settled_here + correlated.format("a.growth"), tmp_path)
    assert "'services.a.growth' is sure (1%, 2%, 3%, 4%) and cannot be correlated" in line
    assert (
        read_scenario(PLAN + correlated.format("a.growth"), tmp_path, {"services.a.growth": certain}).correlations == {}
    )


def test_the_schema_has_both_forms() -> None:
    schema = plan_schema()
    growth = schema["$defs"]["Service"]["properties"]["growth"]
    forms = [form for part in growth["anyOf"] for form in part.get("anyOf", ())]
    assert {"$ref": "#/$defs/number_change"} in forms
    assert any(part.get("type") == "object" for part in forms)
    assert "number_coefficient" in schema["$defs"]
