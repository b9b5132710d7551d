"""`forecast stress`: ways to fail for a person and a program, plans of failing futures, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecast
from forecast.cli.text_table import display_width
from forecast.workflows import stress as workflow
from tests.support.failing_plans import RISKS, TWO_NORMALS
from tests.support.plans import ROOT


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A project whose plan has every kind of risk."""
    (tmp_path / "scenarios").mkdir()
    file = tmp_path / "scenarios" / "plan.yaml"
    file.write_text(RISKS, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        ("vi", ["không đạt", "nhiều nhất do", "Sửa đường (10/3 đến 18/6)", "Các phần:", "dễ xảy ra nhất"]),
        ("en", ["missed in", "most often through", "Street works 10 March to 18 June", "Pieces:", "most plausible"]),
    ],
)
def test_the_ways_are_told_with_their_days(call: Any, plan_file: Path, language: str, phrases: list[str]) -> None:
    result = call("stress", plan_file, "--paths", "8192", "--lang", language)
    assert result.code == 0
    for phrase in phrases:
        assert phrase in " ".join(result.out.split())
    assert max(map(display_width, result.out.splitlines())) <= 80


def story_of(out: str, way: str) -> str:
    """Text about the typical future of a way, in one line."""
    of_way = next(part for part in out.split("\n\n") if part.partition(". ")[2].startswith(f"{way}: "))
    return " ".join(of_way.partition("One typical future")[2].split())


@pytest.mark.parametrize(
    ("target", "way", "first", "numbers"),
    [
        ("revenue", "Shop", "the year 2026: ", ["Shop 8", "Post "]),
        (
            "revenue",
            "Street works",
            "events: Street works 10 March to 18 June",
            ["drawn: Street works: volume, Shop −6"],
        ),
        ("spending", "Goods", "drawn: Goods: share of revenue, Shop 5", ["the year 2026: "]),
    ],
)
def test_a_story_begins_with_what_its_cause_did(
    call: Any, plan_file: Path, target: str, way: str, first: str, numbers: list[str]
) -> None:
    result = call("stress", plan_file, "--target", target, "--paths", "8192", "--lang", "en")
    story = story_of(result.out, way)
    assert story.partition("VND: ")[2].startswith(first)
    for number in numbers:
        assert number in story


SEVERAL_YEARS = """\
name: Several years
currency: VND
horizon: {from: 2026-01, months: 36}
services: {a: {baseline: {method: given, annual: 9 tỷ to 11 tỷ, noise: 2%}, growth: 2% to 8%}}
shocks:
  early: {kind: event, chance: 50%, from: 2026-02-01, until: 2026-03-31, effect: {volume: {a: -20%}}}
  late: {kind: event, chance: 50%, from: 2028-02-01, until: 2028-03-31, effect: {volume: {a: -20%}}}
initiatives:
  never: {chance: 0%, start: 2026-02, effect: {revenue: {a: 5%}}}
  soon: {chance: 10%, start: 2026-02 to 2026-06, effect: {revenue: {a: 5%}}}
  afterwards: {chance: 10%, start: 2027-02 to 2027-06, effect: {revenue: {a: 5%}}}
  at_last: {chance: 10%, start: 2028-02 to 2028-06, effect: {revenue: {a: 5%}}}
targets:
  first: {measure: revenue, period: 2026, at_least: 10 tỷ}
  second: {measure: revenue, period: 2027, at_least: 10 tỷ}
"""


def test_a_story_ends_with_the_period_of_its_measure(call: Any, plan_file: Path) -> None:
    plan_file.write_text(SEVERAL_YEARS, encoding="utf-8")
    first, second = (
        json.loads(call("stress", plan_file, "--target", target, "--paths", "4096", "--json").out)
        for target in ("first", "second")
    )
    futures = [row["future"] for answer in (first, second) for row in answer["rows"] if row["future"] is not None]
    assert {event["shock"] for future in futures for event in future["events"]} <= {"shocks.early"}
    assert {year for row in first["rows"] if row["future"] for year in row["future"]["growth"]["a"]} == set()
    assert {year for row in second["rows"] if row["future"] for year in row["future"]["growth"]["a"]} == {"2027"}
    text = " ".join(call("stress", plan_file, "--target", "second", "--paths", "4096", "--lang", "en").out.split())
    assert "% (2027)" in text
    assert "(2028)" not in text
    assert "Soon" in text
    assert "Never" not in text
    assert "Afterwards" in text
    assert "At last" not in text


def test_a_plan_that_stands_at_the_line_has_no_empty_table(call: Any, plan_file: Path) -> None:
    plan_file.write_text(TWO_NORMALS.replace("17 tỷ", "19.99 tỷ"), encoding="utf-8")
    result = call("stress", plan_file, "--paths", "8192", "--lang", "en", "--seed", "3")
    assert "none has to go wrong by more than a quarter" in " ".join(result.out.split())
    assert "deviations" not in result.out.splitlines()[-1]


def test_the_first_sentence_is_the_answer(call: Any, plan_file: Path) -> None:
    result = call("stress", plan_file, "--paths", "8192", "--lang", "en", "--below", "115 tỷ", "--target", "revenue")
    first = " ".join(result.out.split("\nEach failing")[0].split())
    assert first.startswith("Revenue 2026 below 115 billion VND: in 1")
    assert first.endswith("of these)")


def test_a_program_reads_a_row_for_each_way(call: Any, plan_file: Path) -> None:
    result = call("stress", plan_file, "--target", "profit", "--paths", "8192", "--json")
    answer = json.loads(result.out)
    assert answer["plan"].endswith("plan.yaml")
    assert (answer["target"], answer["line"], answer["side"]) == ("profit", 60e9, "below")
    assert answer["paths"] == 8192
    row = answer["rows"][0]
    assert row["low"] < row["value"] < row["high"]
    assert row["share"]["low"] < row["share"]["value"] < row["share"]["high"]
    assert sum(piece["value"] for piece in row["pieces"].values()) < 0
    assert row["future"]["value"] < 60e9
    assert {"name", "value", "deviations"} == answer["design_point"]["rows"][0].keys()


def simulated(file: Path) -> np.ndarray:
    run = forecast.simulate(forecast.read(file), paths=4_096, keep=4_096)
    return run.draws("revenue", "2026").to_numpy()


def test_plans_of_failing_futures_come_out_where_these_did(call: Any, plan_file: Path) -> None:
    folder = plan_file.parent / "failing"
    result = call("stress", plan_file, "--target", "revenue", "--paths", "8192", "--write", folder, "--json")
    answer = json.loads(result.out)
    files = sorted(folder.iterdir())
    ways = [row for row in answer["rows"] if row["future"] is not None]
    assert len(files) == len(ways) >= 2
    assert [Path(each["file"]).name for each in answer["scenarios"]] == [file.name for file in files]
    for file, row in zip(files, ways, strict=True):
        assert file.name.isascii()
        revenue = simulated(file)
        assert np.median(revenue) == pytest.approx(row["future"]["value"], abs=0.5e9)
        assert (revenue < 125e9).mean() >= 0.95
        scenario = forecast.read(file)
        assert scenario.name.vi.startswith("Rủi ro: cách không đạt")
        happens = row["future"]["initiatives"]["site"]["happens"]
        assert scenario.initiatives["site"].chance is not None
        assert scenario.initiatives["site"].chance.value == float(happens)
        assert scenario.shocks["floods"].events_per_year == 0
    kinds = [shock.kind for file in files for shock in forecast.read(file).shocks.values()]
    assert kinds.count("event") > len(files)


def test_profit_of_such_a_plan_has_the_repairs_in_their_month(call: Any, plan_file: Path) -> None:
    folder = plan_file.parent
    result = call("stress", plan_file, "--target", "profit", "--paths", "8192", "--write", folder, "--json")
    answer = json.loads(result.out)
    repaired = 0
    for each, row in zip(answer["scenarios"], answer["rows"], strict=False):
        scenario = forecast.read(folder / Path(each["file"]).name)
        run = forecast.simulate(scenario, paths=500)
        assert run.values("profit", "2026").mean() == pytest.approx(row["future"]["value"], abs=0.3e9)
        repaired += any(name.startswith("repair_floods_2026") for name in scenario.initiatives)
    assert repaired


def test_a_quarter_is_that_of_the_future_though_its_months_were_noisy(call: Any, plan_file: Path) -> None:
    folder = plan_file.parent
    result = call("stress", plan_file, "--target", "summer", "--paths", "8192", "--write", folder, "--json")
    answer = json.loads(result.out)
    assert answer["scenarios"]
    for each, row in zip(answer["scenarios"], answer["rows"], strict=False):
        run = forecast.simulate(forecast.read(folder / Path(each["file"]).name), paths=500)
        assert run.values("profit", "2026-Q3").mean() == pytest.approx(row["future"]["value"], abs=0.03e9)


def test_a_file_that_is_there_is_never_replaced(call: Any, plan_file: Path) -> None:
    folder = plan_file.parent / "failing"
    folder.mkdir()
    first = call("stress", plan_file, "--paths", "8192", "--json")
    cause = json.loads(first.out)["rows"][1]["name"].rpartition(".")[2]
    kept = folder / f"fails-2-{cause}.yaml"
    kept.write_text("mine")
    result = call("stress", plan_file, "--paths", "8192", "--write", folder, "--lang", "en")
    assert result.code == 2
    assert "is there already and is never replaced" in result.err
    assert [file.name for file in folder.iterdir()] == [kept.name]
    assert kept.read_text() == "mine"


def test_an_interrupted_write_leaves_nothing(call: Any, plan_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, write = plan_file.parent / "failing", workflow.write_new_file

    def interrupted(path: Path, content: bytes) -> bool:
        if path.name.startswith("fails-2"):
            write(path, content)
            raise KeyboardInterrupt
        return write(path, content)

    monkeypatch.setattr(workflow, "write_new_file", interrupted)
    result = call("stress", plan_file, "--paths", "8192", "--write", folder, "--lang", "en")
    assert result.code == 130
    assert not folder.exists()


def test_too_few_failures_say_how_many_paths_would_do(call: Any, plan_file: Path) -> None:
    arguments = ("stress", plan_file, "--paths", "8192", "--lang", "en", "--target", "revenue")
    result = call(*arguments, "--below", "100 tỷ")
    assert result.code == 3
    assert "fewer than 400 the ways cannot be told apart" in " ".join(result.out.split())
    needed = int(result.err.split("--paths ")[1])
    assert f"--paths {needed:_}" in result.out  # as a person types it
    enough = call("stress", plan_file, "--paths", needed, "--target", "revenue", "--below", "100 tỷ", "--json")
    assert enough.code == 0
    assert json.loads(enough.out)["failures"] >= 400
    none = call(*arguments, "--below", "5 tỷ")
    assert none.code == 3
    assert "none of 8,192 futures fails" in none.err
    written = call(*arguments, "--below", "5 tỷ", "--write", plan_file.parent / "failing")
    assert written.code == 3
    assert not (plan_file.parent / "failing").exists()


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (["--target", "profits"], ["the plan has no target 'profits'; write 'profit'"]),
        (["--below", "240"], ["'240' is not an amount of the plan's currency"]),
        (["--below", "12%"], ["'12%' is not an amount of the plan's currency"]),
        (["--below", "240 thousand EUR"], ["'240 thousand EUR' is not an amount of the plan's currency"]),
        (["--target", "profits", "--below", "x"], ["no target 'profits'", "'x' is not an amount"]),
        (["--target", "margin"], ["'margin' is a ratio", "ask for --target revenue"]),
        (["--target", "shop"], ["'revenue.shop' is one part of the accounts", "ask for --target revenue"]),
        (["--target", "people"], ["'headcount' is no amount of money", "ask for --target revenue"]),
        (["--write", "x", "--set", "paths=500"], ["which does not know --set"]),
    ],
)
def test_what_cannot_be_told_is_refused(call: Any, plan_file: Path, arguments: list[str], phrases: list[str]) -> None:
    result = call("stress", plan_file, *arguments, "--paths", "500", "--lang", "en")
    assert result.code == 2
    for phrase in phrases:
        assert phrase in result.err


def test_a_folder_outside_the_project_is_refused(call: Any, plan_file: Path, tmp_path_factory: Any) -> None:
    result = call(
        "stress", plan_file, "--write", tmp_path_factory.mktemp("elsewhere"), "--paths", "500", "--lang", "en"
    )
    assert result.code == 2
    assert "must lie in its project" in result.err
    file = call("stress", plan_file, "--write", plan_file, "--paths", "500", "--lang", "en")
    assert file.code == 2
    assert "is not a folder" in file.err


def test_a_plan_without_targets_needs_a_line(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(TWO_NORMALS[: TWO_NORMALS.index("targets")], encoding="utf-8")
    refused = call("stress", file, "--paths", "500", "--lang", "en")
    assert refused.code == 2
    assert "the plan has no target" in refused.err
    answered = call("stress", file, "--paths", "40_000", "--below", "17 tỷ", "--json")
    assert answered.code == 0
    assert json.loads(answered.out)["target"] is None
    named = call("stress", file, "--paths", "500", "--target", "x", "--below", "17 tỷ", "--lang", "en")
    assert named.code == 2


def test_a_figure_that_is_sure_is_refused(call: Any) -> None:
    plan = ROOT / "scenarios" / "months" / "2025-06.yaml"
    result = call("stress", plan, "--target", "first_half", "--paths", "500", "--lang", "en")
    assert result.code == 2
    assert "this figure is sure: every month of its period is closed" in result.err


def test_a_target_that_nearly_every_future_misses_is_said(call: Any, plan_file: Path) -> None:
    result = call("stress", plan_file, "--paths", "4096", "--target", "revenue", "--below", "300 tỷ", "--lang", "en")
    assert result.code == 0
    assert "Nearly every future fails" in result.out
    assert "fails at the medians of its assumptions" in result.out


def test_a_target_of_a_place_is_refused_with_another_one(call: Any) -> None:
    result = call("stress", ROOT / "scenarios" / "by-commune.yaml", "--target", "nghi_xuan", "--lang", "en")
    assert result.code == 2
    assert "the target is of a place" in result.err
    assert "ask for --target revenue" in result.err


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_ways_of_the_covid_plan_are_written_within_a_billion(call: Any, tmp_path: Path, workers: str) -> None:
    for folder in ("scenarios", "data"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    plan, folder = tmp_path / "scenarios" / "covid-and-floods.yaml", tmp_path / "failing"
    result = call("stress", plan, "--below", "240 tỷ", "--workers", workers, "--write", folder, "--json")
    answer = json.loads(result.out)
    shares = {row["name"]: row["share"]["value"] for row in answer["rows"]}
    assert answer["chance"]["value"] == pytest.approx(0.049, abs=0.006)
    assert shares["services.distribution"] == pytest.approx(0.61, abs=0.06)
    assert shares["shocks.covid_waves"] == pytest.approx(0.25, abs=0.06)
    assert shares["services.postal"] == pytest.approx(0.13, abs=0.03)
    for each, row in zip(answer["scenarios"], answer["rows"], strict=False):
        run = forecast.simulate(forecast.read(folder / Path(each["file"]).name), paths=4_096, keep=4_096)
        revenue = run.draws("revenue", "2021")
        assert np.median(revenue) == pytest.approx(row["future"]["value"], abs=1e9)
        assert (revenue < 240e9).mean() >= 0.95
