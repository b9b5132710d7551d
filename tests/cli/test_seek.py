"""`forecast seek`: what a planner reads, in both languages, what a program reads, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.test_seek import LEVERS, LINEAR


@pytest.fixture
def levers(tmp_path: Path) -> Path:
    """A plan with initiatives, ranges and shocks."""
    file = tmp_path / "plan.yaml"
    file.write_text(LEVERS.replace("  post: {", "  post: {label: {vi: Bưu chính, en: Post}, "), encoding="utf-8")
    return file


@pytest.fixture
def linear(tmp_path: Path) -> Path:
    """A plan of one normal and one sure number."""
    file = tmp_path / "linear.yaml"
    file.write_text(LINEAR, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        ("vi", ["yêu cầu 60%", "Thuộc quyền quyết định", "Cần phấn đấu", "Ngoài tầm quyết định", "Bưu chính"]),
        ("en", ["required 60%", "Ours to decide", "To be earned", "Not ours", "Post"]),
    ],
)
def test_the_table_says_whose_each_lever_is(call: Any, levers: Path, language: str, phrases: list[str]) -> None:
    result = call("seek", levers, "--paths", "8192", "--lang", language)
    assert result.code == 0
    for phrase in phrases:
        assert phrase in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_a_named_number_has_its_value_both_ways(call: Any, levers: Path) -> None:
    result = call(
        "seek", levers, "--paths", "8192", "--by", "services.post.baseline.annual", "--lang", "vi", "--chance", "70%"
    )
    assert result.code == 0
    assert "biết chắc" in result.out
    assert "dời khoảng" in result.out
    assert "70% từ" in result.out


@pytest.mark.parametrize(("language", "phrase"), [("vi", "Không nhiệm vụ"), ("en", "No initiative, growth or risk")])
def test_a_figure_that_no_lever_moves_has_no_empty_table(call: Any, tmp_path: Path, language: str, phrase: str) -> None:
    file = tmp_path / "plan.yaml"
    text = (
        "name: p\ncurrency: VND\nhorizon: {from: 2026-01, months: 12}\n"
        "services: {a: {baseline: {method: given, annual: 9 tỷ to 11 tỷ, noise: 2%}}}\n"
        "workforce: {headcount: 48 people to 52 people}\n"
        "targets: {people: {measure: headcount, period: 2026, at_most: 50 people, required_chance: 80%}}\n"
    )
    file.write_text(text, encoding="utf-8")
    result = call("seek", file, "--paths", "1024", "--lang", language)
    assert result.code == 3
    assert phrase in " ".join(result.out.split())
    assert "±" not in result.out


def test_what_cannot_be_reached_ends_with_the_code_of_a_check(call: Any, linear: Path) -> None:
    name = "services.b.baseline.annual"
    result = call("seek", linear, "--paths", "8192", "--by", name, "--from", "100 tỷ", "--to", "130 tỷ", "--lang", "en")
    assert result.code == 3
    assert "out of reach between 100.00 billion and 130.00 billion; the best is 16% at 130.00 billion" in " ".join(
        result.out.split()
    )
    assert "nothing that was tried gives the required chance" in result.err


def test_a_program_reads_rows(call: Any, linear: Path, levers: Path) -> None:
    name = "services.b.baseline.annual"
    arguments = ("--paths", "8192", "--by", name, "--from", "100 tỷ", "--to", "180 tỷ", "--json")
    answer = json.loads(call("seek", linear, *arguments).out)
    assert {"plan", "seed", "paths", "target", "required_chance", "chance", "rows"} <= answer.keys()
    (row,) = answer["rows"]
    assert row["name"] == name
    assert row["mode"] == "sure"
    assert row["low"] < 139.208e9 < row["high"]
    table = json.loads(call("seek", levers, "--paths", "8192", "--json").out)
    assert {row["whose"] for row in table["rows"]} == {"decide", "earn", "outside"}
    assert set(table["rows"][0]["cases"]) >= {"weak", "no_parcels"}


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (["--target", "revenu"], ["the plan has no target 'revenu'; write 'revenue'"]),
        (["--chance", "120%"], ["'120%' is not a chance above 0% and below 100%"]),
        (["--by", "services.a.baseline.anual"], ["the nearest is 'services.a.baseline.annual'"]),
        (["--by", "services.b.baseline.annual"], ["write --from and --to"]),
        (["--by", "services.b.baseline.annual", "--from", "100 tỷ"], ["write --to as well"]),
        (["--by", "services.b.baseline.annual", "--from", "9 km", "--to", "1 tỷ"], ["'9 km' is not one value"]),
        (["--by", "services.b.baseline.annual", "--from", "9 tỷ", "--to", "1 tỷ"], ["--from must be below --to"]),
        (["--by", "targets.revenue.at_least", "--from", "9 tỷ", "--to", "10 tỷ"], ["a target is what is asked for"]),
        (["--sure", "--from", "1 tỷ"], ["--sure needs --by NAME", "--from needs --by NAME"]),
        (["--target", "x", "--by", "y"], ["no target 'x'", "no such number"]),
    ],
)
def test_wrong_questions_are_refused_all_at_once(
    call: Any, linear: Path, arguments: list[str], phrases: list[str]
) -> None:
    result = call("seek", linear, *arguments, "--lang", "en")
    assert result.code == 2
    assert result.out == ""
    for phrase in phrases:
        assert phrase in result.err


def test_a_plan_without_targets_is_refused(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(LINEAR[: LINEAR.index("targets:")], encoding="utf-8")
    result = call("seek", file, "--lang", "en")
    assert result.code == 2
    assert "the plan has no target; write one" in result.err
