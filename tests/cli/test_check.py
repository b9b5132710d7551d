"""`forecast check`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.undrawn import draw_only

LOSSY_PLAN = """\
name: A loss
currency: EUR
horizon: {from: 2021-01, months: 12}
services:
  a: {baseline: {method: given, annual: 100 EUR, shape: flat}}
costs: {rent: {of_revenue: {a: 10% to 20%}}}
shocks:
  s: {kind: event, from: 2021-01, until: 2021-12, effect: {volume: {a: -20% to -0.1%}}}
targets:
  revenue: {measure: revenue, period: 2021, at_least: 95 EUR}
"""


def values_of(out: str) -> dict[str, str]:
    """Name of a value -> its text, place and remark, whose lines are set in."""
    joined = re.sub(r"\n {4,}", " ", out)
    return {line.partition(": ")[0]: re.sub(" +", " ", line) for line in joined.splitlines()}


def warnings_in(text: str) -> list[str]:
    """The warnings, but for those on labels, of a printed text."""
    return [part for part in text.split("warning: ")[1:] if "has no label" not in part]


def test_check_shows_values_with_their_location(call: Any, plan: Path) -> None:
    (plan.parent / "child.yaml").write_text(
        "extends: bakery.yaml\nname: x\ntargets: {revenue: {at_least: 61 million VND}}\n"
    )
    done = call("check", plan.parent / "child.yaml")
    assert done.code == 0
    line = values_of(done.out)["targets.revenue.at_least"]
    assert "61 million VND" in line
    assert "child.yaml:3" in line
    assert "60 million VND" in line
    assert "bakery.yaml:7" in line


@pytest.fixture
def lossy_plan(tmp_path: Path) -> Path:
    (tmp_path / "loss.yaml").write_text(LOSSY_PLAN)
    return tmp_path / "loss.yaml"


@pytest.mark.parametrize("high", ["-5%", "-0.1%", "0%", "0.1%", "5%"])
def test_check_prints_the_middle_of_an_effect(call: Any, lossy_plan: Path, high: str) -> None:
    effect = f"shocks.s.effect.volume.a=-20% to {high}"
    middle = {"-5%": "12.5%", "5%": "7.5%"}.get(high, "10%")
    for language, words in (("en", f"median −{middle}"), ("vi", f"trung vị −{middle.replace('.', ',')}")):
        done = call("check", lossy_plan, "--set", effect, "--lang", language)
        assert done.code == 0
        assert words in values_of(done.out)["shocks.s.effect.volume.a"]
    answer = json.loads(call("check", lossy_plan, "--set", effect, "--json").out)
    (value,) = [value for value in answer["values"] if value["name"] == "shocks.s.effect.volume.a"]
    assert value["p50"] == pytest.approx((-0.2 + float(high[:-1]) / 100) / 2)
    assert f"median −{middle}" in value["meaning"]
    assert value["warning"] == ""


def test_check_warns_of_a_middle_far_from_halfway(call: Any, lossy_plan: Path) -> None:
    share = "costs.rent.of_revenue.a=1% to 50%"
    done = call("check", lossy_plan, "--set", share, "--lang", "en")
    assert done.code == 0
    (warning,) = warnings_in(done.text)
    for part in ("costs.rent.of_revenue.a", "--set:1", "9%", "pert(1%, 26%, 50%)", "uniform(1%, 50%)"):
        assert part in warning
    assert "cảnh báo: costs.rent.of_revenue.a" in call("check", lossy_plan, "--set", share, "--lang", "vi").out
    answer = json.loads(call("check", lossy_plan, "--set", share, "--json").out)
    assert [value["name"] for value in answer["values"] if value["warning"]] == ["costs.rent.of_revenue.a"]
    for instead in ("pert(1%, 26%, 50%)", "uniform(1%, 50%)"):
        done = call("check", lossy_plan, "--set", f"costs.rent.of_revenue.a={instead}", "--lang", "en")
        assert done.code == 0
        assert warnings_in(done.text) == []


@pytest.mark.parametrize(("language", "middle"), [("en", "median"), ("vi", "trung vị")])
def test_the_report_and_its_summary_have_the_middle(
    call: Any, lossy_plan: Path, monkeypatch: pytest.MonkeyPatch, language: str, middle: str
) -> None:
    share = "costs.rent.of_revenue.a=1% to 50%"
    draw_only(monkeypatch, "report.html")
    done = call("run", lossy_plan, "--set", share, "--paths", "2_000", "--lang", language, "--json")
    assert done.code == 0
    answer = json.loads(done.out)
    by_name = {assumption["name"]: assumption for assumption in answer["summary"]["assumptions"]}
    effect = by_name["shocks.s.effect.volume.a"]
    assert [effect["p10"], effect["p50"], effect["p90"]] == pytest.approx([-0.2, -0.1005, -0.001])
    page = (Path(answer["run_dir"]) / "report.html").read_text(encoding="utf-8")
    assert re.search(
        rf'title="80%: −20% \w+ −0[.,]1%, {middle} −10%">−20% to −0.1%<|title="80%: [^"]*{middle} −10%"', page
    )
    assert page.count("△ 1<") == 2  # one a language
    assert f"{middle} 9%<small" in page
    assert "uniform(1%, 50%)" in page


def test_a_sure_value_that_nobody_graded_has_no_grade(call: Any, tmp_path: Path) -> None:
    plan = tmp_path / "graded.yaml"
    plan.write_text(GRADED_PLAN)
    lines = values_of(call("check", plan, "--lang", "en").out)
    assert "grade C" in lines["services.bread.baseline.annual"]
    assert "grade A" in lines["targets.revenue.at_least"]
    for name in ("services.bread.baseline.noise", "targets.revenue.required_chance", "shocks.strike.from"):
        assert "; grade" not in lines[name], name
    values = {value["name"]: value["grade"] for value in json.loads(call("check", plan, "--json").out)["values"]}
    assert [values[name] for name in ("services.bread.baseline.annual", "targets.revenue.required_chance")] == ["C", ""]


def test_report_and_summary_count_the_numbers_that_are_drawn(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "report.html")
    plan = tmp_path / "graded.yaml"
    plan.write_text(GRADED_PLAN)
    answer = json.loads(call("run", plan, "--paths", "2_000", "--json", "--lang", "en").out)
    assert answer["summary"]["grades"] == {"A": 0, "B": 1, "C": 1, "drawn": 2}
    page = (Path(answer["run_dir"]) / "report.html").read_text()
    assert "Of 2 assumptions with a range, 0 are on record (A), 1 derived from a record (B), 1 judgement (C)." in page
    assert "2 of them are sampled again in every simulation" in page


GRADED_PLAN = """\
name: A bakery
horizon: {from: 2026-01, months: 12}
services:
  bread: {baseline: {method: given, annual: 50 million VND to 70 million VND, shape: flat, noise: 4%}}
shocks:
  strike:
    kind: event
    chance: {value: 10% to 20%, grade: B, source: the union}
    from: 2026-03-01
    until: 2026-03-31
    effect: {volume: {bread: -50%}}
targets:
  revenue:
    measure: revenue
    period: 2026
    at_least: {value: 60 million VND, grade: A, source: the bank}
    required_chance: 80%
"""


YEARS_PLAN = """name: Three years
horizon: {from: 2021-01, months: 36}
services:
  a: {growth: {2022: 2% to 12%, 2023: 1% to 8%}, baseline: {method: given, annual: 120 tỷ, shape: flat}}
"""


def test_check_shows_each_year_and_the_correlation_that_no_line_writes(call: Any, tmp_path: Path) -> None:
    plan = tmp_path / "years.yaml"
    plan.write_text(YEARS_PLAN, encoding="utf-8")
    lines = values_of(call("check", plan, "--lang", "en").out)
    correlation = lines["growth_correlation"]
    assert correlation == "growth_correlation: 0.5 exactly 0.5; not written: this is what holds; grade C"
    assert [name for name in lines if ".growth." in name] == [
        "services.a.growth.2022",
        "services.a.growth.2023",
    ]
    correlation = values_of(call("check", plan, "--lang", "vi").out)["growth_correlation"]
    assert "không ghi trong kế hoạch" in correlation
    values = {value["name"]: value for value in json.loads(call("check", plan, "--json").out)["values"]}
    assert (values["growth_correlation"]["p50"], values["growth_correlation"]["where"]) == (0.5, "")
    plan.write_text(YEARS_PLAN + "growth_correlation: 0.2\n", encoding="utf-8")
    correlation = values_of(call("check", plan, "--lang", "en").out)["growth_correlation"]
    assert "years.yaml:5]" in correlation
    assert "not written" not in correlation


def test_check_of_one_grown_year_says_nothing_of_years(call: Any, tmp_path: Path) -> None:
    plan = tmp_path / "years.yaml"
    plan.write_text(YEARS_PLAN, encoding="utf-8")
    done = call("check", plan, "--set", "horizon.months=24")
    assert done.code == 0
    assert "growth_correlation" not in done.out
