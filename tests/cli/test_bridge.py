"""`forecast bridge`: what a planner reads, in both languages, what a program reads, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.analysis.plan_bridge import CauseBar, PlanBridge
from forecast.analysis.plan_causes import PlanCause
from forecast.cli.bridge_summary import bridge_lines
from forecast.i18n import LANGUAGES, Translator
from forecast.plan.targets import measure_as_target
from forecast.stats.intervals import Estimate
from forecast.workflows.bridge import BridgeQuestion, BridgeResult
from tests.support.plans import FULL_PLAN, read_plan_text

SECOND = """
extends: first.yaml
name: {vi: Phương án hai có tên rất dài để thử bề rộng của bảng, en: A second plan with a long name of its own}
shocks: {works: null}
services: {a: {growth: null}}
initiatives: {market: {label: {vi: Chợ phiên, en: Market day}, start: 2021-04, effect: {volume: {a: 2% to 6%}}}}
targets: {revenue: {at_least: 255 tỷ}}
"""


@pytest.fixture
def plans(tmp_path: Path) -> tuple[Path, Path]:
    """A plan and an overlay of it that differs in a shock, an initiative and the level of the target."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(FULL_PLAN, encoding="utf-8")
    second.write_text(SECOND.replace("services: {a: {growth: null}}\n", ""), encoding="utf-8")
    return first, second


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        ("vi", ["Từ ", "Được nhiều nhất nhờ: ", "Kế hoạch đầu", "Nhiệm vụ mới", "Mức chỉ tiêu", "điểm phần trăm"]),
        ("en", ["From ", "Most is gained by: ", "First plan", "Initiatives", "Level of the target", "points"]),
    ],
)
def test_a_person_reads_the_answer_first_then_the_causes(
    call: Any, plans: tuple[Path, Path], language: str, phrases: list[str]
) -> None:
    result = call("bridge", *plans, "--paths", "2048", "--lang", language)
    assert (result.code, result.err) == (0, "")
    for phrase in phrases:
        assert phrase in " ".join(result.out.split()), phrase
    assert result.out.startswith(phrases[0])
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.parametrize(("of", "seed"), [("mean", 3), ("chance", 7)])
def test_the_answer_and_the_table_print_the_same_figures(
    call: Any, plans: tuple[Path, Path], of: str, seed: int
) -> None:
    text = call("bridge", *plans, "--paths", "1024", "--of", of, "--seed", str(seed), "--lang", "en").out
    answer, table, *_ = text.split("\n\n")
    amounts = re.findall(r"by: .*? \((\S+?)(?: points)?\)", " ".join(answer.split()))
    assert amounts
    for amount in amounts:
        assert amount in table.split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_printed_figures_add_up(call: Any, plans: tuple[Path, Path], language: str) -> None:
    text = call("bridge", *plans, "--paths", "2048", "--of", "chance", "--lang", language).out
    _, table, *_ = text.split("\n\n")
    rows = [line.split("±")[0].split()[-1] for line in table.splitlines()[1:]]
    texts = [row.replace(",", ".").replace("−", "-").rstrip("%") for row in rows]
    start, *steps, end = (float(text) for text in texts)
    assert len(steps) >= 3
    assert start + sum(steps) == pytest.approx(end, abs=1e-9)


def test_a_program_reads_totals_and_rows(call: Any, plans: tuple[Path, Path]) -> None:
    answer = json.loads(call("bridge", *plans, "--paths", "2048", "--seed", "7", "--json").out)
    assert {"plan", "to", "seed", "paths", "target", "measure", "period", "of", "first", "last", "total"} <= set(answer)
    assert (answer["seed"], answer["paths"], answer["of"], answer["target"]) == (7, 2048, "mean", "revenue")
    rows = {row["name"]: row for row in answer["rows"]}
    assert set(rows) == {"shocks.works", "initiatives", "target"}
    for key in ("value", "low", "high", "p10", "p90", "chance"):
        assert all(key in row for row in rows.values())
    total = answer["last"]["value"] - answer["first"]["value"]
    assert sum(row["value"] for row in rows.values()) == pytest.approx(total, rel=1e-9)
    of_chance = json.loads(call("bridge", *plans, "--paths", "2048", "--seed", "7", "--of", "chance", "--json").out)
    total = of_chance["last"]["value"] - of_chance["first"]["value"]
    assert sum(row["value"] for row in of_chance["rows"]) == pytest.approx(total, abs=1e-12)
    assert {row["name"]: row["value"] for row in of_chance["rows"]} == {
        name: row["chance"]["value"] for name, row in rows.items()
    }


def test_a_measure_and_a_period_stand_in_place_of_a_target(call: Any, plans: tuple[Path, Path]) -> None:
    arguments = ("--measure", "revenue.a", "--period", "2021-Q2", "--paths", "1024", "--json")
    answer = json.loads(call("bridge", *plans, *arguments).out)
    assert "target" not in answer
    assert (answer["measure"], answer["period"]) == ("revenue.a", "2021-Q2")
    assert {row["name"] for row in answer["rows"]} == {"shocks.works", "initiatives"}
    each = json.loads(call("bridge", *plans, *arguments, "--each").out)
    assert {row["name"] for row in each["rows"]} == {"shocks.works", "initiatives.market"}


def test_a_plan_and_itself_have_no_causes(call: Any, plans: tuple[Path, Path]) -> None:
    result = call("bridge", plans[0], plans[0], "--paths", "1024", "--lang", "en")
    assert result.code == 0
    assert "there is no cause to name" in " ".join(result.out.split())
    assert call("bridge", plans[0], plans[0], "--paths", "1024", "--quiet").out == ""


OTHER = """
name: Another company
currency: EUR
horizon: {from: 2022-01, months: 6}
services: {z: {baseline: {method: given, annual: 1 million EUR, shape: flat}}}
targets: {revenue: {measure: revenue, period: 2022-Q1, at_least: 100 thousand EUR}}
"""


def test_plans_that_cannot_be_mixed_are_refused_with_every_reason(call: Any, plans: tuple[Path, Path]) -> None:
    other = plans[0].parent / "other.yaml"
    other.write_text(OTHER, encoding="utf-8")
    result = call("bridge", plans[0], other, "--target", "revenu", "--lang", "en")
    assert result.code == 2
    for phrase in (
        "plans of one currency",
        "only one of this plan",
        "a, b, z",
        "plans of the same months",
        "'revenue'",
    ):
        assert phrase in result.err, phrase


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (("--target", "revenue", "--measure", "revenue"), "leave out --target"),
        (("--measure", "revenue", "--of", "chance"), "a chance needs a target"),
        (("--measure", "profit"), "the nearest that both plans have is"),
        (("--measure", "revenue.aa"), "'revenue.a'"),
        (("--measure", "revenue", "--period", "2022"), "not inside the plan's months"),
        (("--period", "sometime"), "'sometime'"),
        (("--of", "chances"), "did you mean 'chance'"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    call: Any, plans: tuple[Path, Path], arguments: tuple[str, ...], phrase: str
) -> None:
    result = call("bridge", *plans, *arguments, "--lang", "en")
    assert result.code == 2
    assert phrase in " ".join(result.err.split())


def test_a_target_of_another_figure_is_refused(call: Any, plans: tuple[Path, Path]) -> None:
    third = plans[0].parent / "third.yaml"
    third.write_text("extends: first.yaml\ntargets: {revenue: {period: 2021-Q1, at_least: 60 tỷ}}\n", encoding="utf-8")
    result = call("bridge", plans[0], third, "--lang", "en")
    assert result.code == 2
    assert "another measure, period, place, basis or direction" in result.err


def test_the_sentence_has_the_figures_of_the_table() -> None:
    """Three equal causes of 0.444 are printed as 0.45, 0.44 and 0.44, so that they add up to 1.33."""
    level, change = Estimate(100e9, 100e9, 100e9), Estimate(0.444e9, 0.424e9, 0.464e9)
    last, total = Estimate(101.332e9, 101.33e9, 101.34e9), Estimate(1.332e9, 1.33e9, 1.34e9)
    bars = [CauseBar(PlanCause((name,)), change, 0.0, 1e9, None, True) for name in ("volume", "price", "people")]
    in_all = CauseBar(PlanCause(("total",)), total, 0.0, 3e9, None, True)
    bridge = PlanBridge(level, last, None, None, in_all, tuple(bars), np.zeros((3, 100)), 100, 8, 0)
    question = BridgeQuestion(measure_as_target("revenue", "2021"), "", None, "mean", False, 100)
    plan = read_plan_text(FULL_PLAN)
    text = "\n".join(bridge_lines(BridgeResult(question, bridge, 1), plan, plan, Translator("en")))
    assert "Most is gained by: Volume and growth (+0.45)." in " ".join(text.split())
    assert [line.split("±")[0].split()[-1] for line in text.splitlines() if "±0.02" in line] == [
        "+0.45",
        "+0.44",
        "+0.44",
    ]
