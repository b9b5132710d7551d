"""Frames of findings: tidy, and the same figures that a report prints."""

from __future__ import annotations

from dataclasses import replace

import pytest

import forecast
from forecast.analysis.frames import findings_frames
from tests.support.plans import FULL_PLAN, read_plan_text, simulate_plan
from tests.support.report_fixture import make_findings

YEAR = {"months_table", "variance", "chance_by_month"}
QUESTIONS = {"targets", "cases", "months", "bridge", "exceedance", "sensitivity", "districts"} | YEAR


def test_every_question_has_a_frame_of_complete_columns() -> None:
    frames = findings_frames(make_findings())
    assert set(frames) == QUESTIONS
    for name in QUESTIONS - YEAR - {"districts"}:
        assert len(frames[name])
        assert (
            not frames[name]
            .drop(columns=["required_chance", "previous_year", "plan"], errors="ignore")
            .isna()
            .any(axis=None)
        ), name


def test_frames_hold_the_figures_of_the_findings() -> None:
    findings = make_findings()
    frames = findings_frames(findings)
    target = findings.targets[0]
    row = frames["targets"].set_index("target").loc[target.name]
    assert (row["chance"], row["low"], row["high"]) == target.chance
    assert (row["spread_low"], row["spread_high"]) == target.spread
    assert len(frames["cases"]) == sum(len(case.chances) for case in findings.cases)
    assert findings.bridge is not None
    assert frames["bridge"]["kind"].tolist() == ["start", *["step"] * len(findings.bridge.steps), "end"]
    assert frames["bridge"]["value"].iloc[-1] == findings.bridge.end.amount
    assert findings.sensitivity is not None
    assert frames["sensitivity"]["assumption"].tolist() == [bar.name for bar in findings.sensitivity.bars]
    assert frames["months"]["p50"].tolist() == [bar.p50 for bar in findings.months.bars]
    curve = findings.exceedance["revenue"]
    assert frames["exceedance"].query("target == 'revenue'")["chance"].tolist() == list(curve.chances)


def test_a_question_without_an_answer_has_a_frame_with_columns() -> None:
    empty = replace(make_findings(), bridge=None, sensitivity=None, cases=())
    frames = findings_frames(empty)
    full = findings_frames(make_findings())
    for name in ("bridge", "sensitivity", "cases", "districts", *sorted(YEAR)):
        assert frames[name].empty
        assert list(frames[name].columns) == list(full[name].columns)


def test_analyse_answers_every_question_of_a_run() -> None:
    frames = forecast.analyse(simulate_plan(FULL_PLAN, paths=4_096, keep=4_096))
    assert set(frames) == QUESTIONS
    assert set(frames["targets"]["target"]) == {"revenue", "march"}
    assert len(frames["months"]) == 12
    bridge = frames["bridge"]
    steps = bridge.loc[bridge["kind"] != "end", "value"].sum()
    assert steps == pytest.approx(bridge["value"].iloc[-1], rel=1e-9)


def test_cases_of_a_plan_are_simulated_as_plans() -> None:
    scenario = read_plan_text(FULL_PLAN + "cases:\n  calm: {shocks: null}\n  no_shop: {initiatives: null}\n")
    run = forecast.simulate(scenario, paths=2_000, seed=3)
    cases = forecast.analyse(run)["cases"].set_index(["case", "target"])
    for name, case in scenario.cases.items():
        plain = forecast.simulate(case, paths=2_000, seed=3)
        for target in case.targets:
            assert tuple(cases.loc[name, target]) == plain.chance(target)
