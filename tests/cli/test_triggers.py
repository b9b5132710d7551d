"""`forecast triggers`: the levels that a planner reads, in both languages, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.test_seek import LEVERS


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A plan with a target of the year."""
    file = tmp_path / "plan.yaml"
    people = "  people: {measure: headcount, period: 2026, at_most: 60 people}\n"
    targets = f"workforce: {{headcount: 50 people}}\ntargets:\n{people}"
    file.write_text(LEVERS.replace("targets:\n", targets), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        ("vi", ["Khả năng dưới 50%", "tháng 6/2026", "bắt được"]),
        ("en", ["Chance under 50%", "June 2026", "catches"]),
    ],
)
def test_the_levels_of_each_month_fit_a_terminal(call: Any, plan_file: Path, language: str, phrases: list[str]) -> None:
    result = call("triggers", plan_file, "--target", "revenue", "--paths", "8192", "--lang", language)
    assert result.code == 0
    for phrase in phrases:
        assert phrase in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_a_program_reads_a_row_for_each_month_and_chance(call: Any, plan_file: Path) -> None:
    result = call("triggers", plan_file, "--target", "revenue", "--paths", "8192", "--chance", "60%,30%", "--json")
    answer = json.loads(result.out)
    assert answer["measure"] == "revenue"
    assert len(answer["rows"]) == 2 * 11
    row = next(row for row in answer["rows"] if row["name"] == "2026-09" and row["chance"] == 0.3)
    assert row["low"] < row["value"] < row["high"]
    assert 0 < row["right"]["value"] <= 1


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["--target", "people"], "the months of 'headcount' are not kept"),
        (["--target", "revenu"], "the plan has no target 'revenu'; write 'revenue'"),
        (["--chance", "0%,20%"], "'0%,20%' is not a list of chances"),
    ],
)
def test_what_cannot_be_watched_is_refused(call: Any, plan_file: Path, arguments: list[str], phrase: str) -> None:
    result = call("triggers", plan_file, *arguments, "--paths", "500", "--lang", "en")
    assert result.code == 2
    assert phrase in result.err


@pytest.mark.parametrize(
    ("noise", "target"),
    [
        ("0%", "{measure: revenue, period: 2026, at_least: 8 tỷ}"),
        ("5%", "{measure: revenue, period: 2026-04, at_least: 0.8 tỷ}"),
    ],
)
def test_without_an_uncertain_month_before_the_last_no_books_can_warn(
    call: Any, tmp_path: Path, noise: str, target: str
) -> None:
    file = tmp_path / "plan.yaml"
    service = f"{{baseline: {{method: given, annual: 10.1 tỷ, noise: {noise}}}}}"
    text = f"name: p\ncurrency: VND\nhorizon: {{from: 2026-01, months: 12}}\nservices: {{a: {service}}}\n"
    file.write_text(f"{text}targets: {{t: {target}}}\n", encoding="utf-8")
    result = call("triggers", file, "--paths", "1024", "--lang", "en")
    assert result.code == 2
    assert "no month before the last of its period is both open and uncertain" in " ".join(result.err.split())
