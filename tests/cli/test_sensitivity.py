"""`forecast sensitivity` and `--fail-above`: what a planner reads, what a program reads, and how they end."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

PLAN = """
name: What it hangs on
currency: VND
horizon: {from: 2026-01, months: 12}
services:
  post:
    label: {vi: Bưu chính, en: Post}
    baseline: {method: given, annual: {value: 90 tỷ to 110 tỷ, grade: C}, noise: 4%}
  bank: {label: {vi: Tài chính, en: Bank}, baseline: {method: given, annual: {value: 45 tỷ to 55 tỷ, grade: C}}}
  shop: {baseline: {method: given, annual: {value: 30 tỷ to 50 tỷ, grade: A, source: a ledger}, noise: 3%}}
shocks:
  strike: {kind: event, chance: 8%, from: 2026-03, until: 2026-04, effect: {volume: {post: -60%}}}
correlations: {economy: {between: [services.post.baseline.annual, services.bank.baseline.annual], rank: 0.4}}
targets: {revenue: {measure: revenue, period: 2026, at_least: 185 tỷ, required_chance: 80%}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan with a correlation, a rare event, judgement and a record."""
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        ("vi", ["dựa vào đánh giá (loại C)", "Hiếm, nên xét riêng:", "Biến động hằng tháng", "Tài chính + Bưu chính"]),
        ("en", ["rests on judgement (grade C)", "Rare, so shown apart:", "Monthly surprises", "Bank + Post"]),
    ],
)
def test_a_planner_reads_what_it_hangs_on(call: Any, plan: Path, language: str, phrases: list[str]) -> None:
    result = call("sensitivity", plan, "--paths", "8192", "--lang", language, "--each")
    assert result.code == 0
    text = " ".join(result.out.split())
    for phrase in phrases:
        assert phrase in text
    assert max(map(len, result.out.splitlines())) <= 80


def test_a_program_reads_rows_groups_grades_and_heads(call: Any, plan: Path) -> None:
    answer = json.loads(call("sensitivity", plan, "--paths", "8192", "--json", "--each").out)
    assert {"plan", "seed", "paths", "target", "measure", "period", "chance"} <= answer.keys()
    assert sum(grade["value"] for grade in answer["grades"].values()) == pytest.approx(1)
    row = next(row for row in answer["rows"] if row["name"] == "services.post.baseline.annual")
    assert row["shared_with"] == ["services.bank.baseline.annual"]
    assert row["lowest"]["chance"]["value"] < row["highest"]["chance"]["value"]
    assert answer["groups"][0]["names"] == ["services.bank.baseline.annual", "services.post.baseline.annual"]
    assert answer["rare"][0]["name"] == "shocks.strike.happens"
    assert {"months", "services.bank, services.post", "shocks.strike"} <= {head["name"] for head in answer["heads"]}
    assert answer["each"][0]["value"] >= answer["each"][-1]["value"]


def test_the_gate_of_judgement_names_what_carries_it(call: Any, plan: Path) -> None:
    refused = call("sensitivity", plan, "--paths", "8192", "--fail-above", "C=20%", "--lang", "en")
    assert refused.code == 3
    assert "rests on judgement, more than 20%" in refused.err
    assert "services.post.baseline.annual" in refused.err
    assert call("sensitivity", plan, "--paths", "8192", "--fail-above", "C=0.9", "--quiet").code == 0


def test_run_takes_the_gate_too(call: Any, plan: Path, tmp_path: Path) -> None:
    arguments = ("--paths", "4096", "--out", tmp_path / "reports", "--lang", "en")
    refused = call("run", plan, *arguments, "--fail-above", "C=20%")
    assert refused.code == 3
    assert "more than 20%" in refused.err
    summary = json.loads((tmp_path / "reports" / "plan" / "summary.json").read_text(encoding="utf-8"))
    sensitivity = summary["sensitivity"]
    assert sum(grade["value"] for grade in sensitivity["grades"].values()) == pytest.approx(1)
    assert {"levers", "fifths", "groups", "rare", "grades"} <= sensitivity.keys()
    assert call("run", plan, *arguments, "--fail-above", "C=90%").code == 0  # the stored run is asked


@pytest.mark.parametrize(("language", "unit"), [("en", "points"), ("vi", "điểm %")])
def test_changes_of_a_ratio_are_points_and_nothing_is_required_unasked(
    call: Any, plan: Path, language: str, unit: str
) -> None:
    text = plan.read_text(encoding="utf-8")
    targets = "targets: {margin: {measure: margin, period: 2026, at_least: 30%}, "
    costs = "costs: {goods: {of_revenue: {all: 40% to 60%}}}\n"
    plan.write_text(text.replace("targets: {", f"{costs}{targets}"), encoding="utf-8")
    result = call("sensitivity", plan, "--target", "margin", "--paths", "2048", "--lang", language)
    lines = " ".join(result.out.split())
    assert result.code == 0
    assert f", {unit}: " in lines or f"in {unit}: " in lines
    title = lines.partition(")")[0]
    assert title.startswith("Margin: ")
    assert lines.partition(")")[2].strip()[0].isupper()  # no chance is required


def test_all_gates_of_all_plans_are_told_at_once(call: Any, plan: Path, tmp_path: Path) -> None:
    second = plan.with_name("second.yaml")
    second.write_bytes(plan.read_bytes())
    gates = ("--fail-above", "C=20%", "--fail-under", "99%")
    refused = call("run", plan, second, "--paths", "1024", "--out", tmp_path / "reports", "--lang", "en", *gates)
    assert refused.code == 3
    assert "plan 'revenue'" in refused.err
    assert "second 'revenue'" in refused.err
    for name in ("plan", "second"):
        assert re.search(rf"; {name}: \d+% of the uncertainty rests on judgement, more than 20%", refused.err)


@pytest.mark.parametrize("text", ["60%", "B=60%", "C=160%", "C=", "C=abc"])
def test_a_gate_that_is_none_is_refused(call: Any, plan: Path, text: str) -> None:
    result = call("sensitivity", plan, "--fail-above", text, "--lang", "en")
    assert result.code == 2
    assert "write for instance C=60%" in result.err


def test_what_cannot_be_asked_is_refused_with_the_way_out(call: Any, plan: Path, tmp_path: Path) -> None:
    unknown = call("sensitivity", plan, "--target", "revenu", "--lang", "en")
    assert unknown.code == 2
    assert "write 'revenue'" in unknown.err
    without = tmp_path / "without.yaml"
    without.write_text(PLAN[: PLAN.index("targets:")], encoding="utf-8")
    assert call("sensitivity", without, "--lang", "en").code == 2
    for option in (("--fail-above", "C=50%"), ("--decide",)):
        result = call("run", without, *option, "--out", tmp_path / "reports", "--lang", "en")
        assert result.code == 2
        assert option[0] in result.err
    assert not (tmp_path / "reports").exists()


def test_run_decides_in_a_run_of_its_own(call: Any, plan: Path, tmp_path: Path) -> None:
    arguments = ("--paths", "4096", "--out", tmp_path / "reports", "--lang", "en")
    shown = tmp_path / "reports" / "plan"
    summaries = []
    for options in ((), ("--decide",)):
        assert call("run", plan, *arguments, *options).code == 0
        summaries.append(json.loads((shown / "summary.json").read_text(encoding="utf-8")))
    plain, decided = summaries
    assert plain["run_id"] != decided["run_id"]
    assert "seek" not in plain
    assert decided["seek"]["target"] == "revenue"
    assert {row["whose"] for row in decided["seek"]["rows"]} <= {"decide", "earn", "outside"}
    assert decided["sensitivity"]["heads"][0]["value"] > 0
    for summary in summaries:
        assert summary["early_warning"]["rows"][0]["name"] == "2026-01"
        assert summary["failure_modes"]["target"] == "revenue"
    assert {key: value for key, value in plain["sensitivity"].items() if key != "heads"} == {
        key: value for key, value in decided["sensitivity"].items() if key != "heads"
    }
    page = (shown / "report.html").read_text(encoding="utf-8")
    assert page.count('data-name="levers"') == 1
