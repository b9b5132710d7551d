"""Growth that has no year to be a share of, or whose year has begun, is refused by `check` and `run` with a way out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecast
from forecast.cli import main
from forecast.errors import InputError
from tests.support.signed_ledgers import LEDGERS, PLAN, ledger_rows, write_plan

AGE = np.arange(66)
SALES = 100 + 20 * np.sin(2 * np.pi * AGE / 12) + np.random.default_rng(3).normal(0, 2, 66)
LOST_YEAR = np.concatenate([SALES[:48], [-100.0, -200, 10, 5, -3, -8, 4, -20, -9, 5, 3, 4]])
ZERO_YEAR = np.concatenate([SALES[:48], np.zeros(12)])
CORRECTED_YEAR = np.concatenate([SALES[:52], [-9_000.0], SALES[:7]])
MID_YEAR = PLAN.replace("from: 2026-01, months: 12", "from: 2026-07, months: 6")


@pytest.mark.parametrize(
    "values",
    [LEDGERS["all_negative"], LOST_YEAR, ZERO_YEAR, CORRECTED_YEAR],
    ids=["all negative", "a lost year", "a year of zeros", "one large correction"],
)
@pytest.mark.parametrize("level", ["", ", baseline: {level: mixture(50%)}"])
def test_growth_over_a_year_that_is_not_above_zero_is_refused(tmp_path: Path, values: np.ndarray, level: str) -> None:
    services = f"{{b: {{growth: 1%}}, a: {{growth: 5%{level}}}}}"
    assert codes_of_run(write_plan(tmp_path, {"a": values, "b": SALES[:60]}, services)) == ["growth_over_nothing"]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(("language", "words"), [("en", "sums to -309"), ("vi", "cộng lại là -309")])
def test_both_commands_name_the_line_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, command: str, language: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    services = "\n  b: {growth: 1%}\n  a: {growth: 5%}"
    plan = write_plan(tmp_path / "scenarios", {"a": LOST_YEAR, "b": SALES[:60]}, services).relative_to(tmp_path)
    assert main([command, str(plan), "--lang", language]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("scenarios/plan.yaml:8:15: services.a.growth: ")
    for part in (words, "'baseline: {level: history}'", "'baseline: {method: given, annual: …}'"):
        assert part in line


@pytest.mark.parametrize("settings", ["", "growth: 5%, baseline: {level: history}"])
def test_the_way_out_of_growth_over_a_lost_year_is_open(tmp_path: Path, settings: str) -> None:
    scenario = forecast.read(write_plan(tmp_path, {"a": LOST_YEAR}, f"{{a: {{{settings}}}}}"))
    assert np.isfinite(forecast.simulate(scenario, paths=500).tally("revenue", "2026").mean)


@pytest.mark.parametrize(
    ("over", "effect", "codes"),
    [
        ("underlying", "40%", ["growth_over_underlying_nothing"]),
        ("stated", "40%", []),
        ("underlying", "5%", []),
    ],
)
def test_growth_over_a_year_that_a_past_gain_alone_lifts_above_zero_is_refused(
    tmp_path: Path, over: str, effect: str, codes: list[str]
) -> None:
    values = np.concatenate([LEDGERS["all_negative"][:48], np.tile([-90.0, 110.0], 6)])
    shocks = f"{{x: {{kind: event, from: 2025-01-01, until: 2025-12-31, effect: {{volume: {{all: {effect}}}}}}}}}"
    plan = write_plan(tmp_path, {"a": values}, "{a: {growth: 5%}}", f"growth_over: {over}\n")
    text = plan.read_text(encoding="utf-8").replace("ledger.csv", f"{{file: ledger.csv, shocks: {shocks}}}")
    plan.write_text(text, encoding="utf-8")
    assert codes_of_run(plan) == codes


def test_growth_over_a_stated_year_of_nothing_is_refused(tmp_path: Path) -> None:
    rows = ledger_rows({"a": SALES[:60]}, "reconstructed")
    plan = write_plan(
        tmp_path,
        {"a": SALES[:60]},
        "{a: {growth: 5%, baseline: {noise: 5%}}}",
        "stated: {2025: {services: {a: 0 EUR}}}\n",
    )
    (tmp_path / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")
    assert codes_of_run(plan) == ["growth_over_stated_nothing"]


def codes_of_run(plan: Path) -> list[str]:
    """Codes of the problems of a short run; none where it can be simulated."""
    try:
        forecast.simulate(forecast.read(plan), paths=200)
    except InputError as error:
        return [problem.code for problem in error.problems]
    return []


def write_mid_year_plan(folder: Path, services: str, status: Mapping[str, str] | None = None) -> Path:
    """A plan from July 2026 on with services `a` and `b` of 66 months, and the status of those of 2026."""
    plan = write_plan(folder, {}, services, plan=MID_YEAR)
    rows = ledger_rows({"a": SALES, "b": 2 * SALES}, start="2026-07")
    for service, other in (status or {}).items():
        is_other = other == "reconstructed"
        rows = [
            row.replace("actual", other) if f",{service}," in row and (is_other or row.startswith("2026")) else row
            for row in rows
        ]
    (folder / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")
    return plan


GIVEN = "{a: {growth: 5%, baseline: {method: given, annual: 900 EUR}}, b: {}}"
RECONSTRUCTED = "{a: {growth: 5%, baseline: {noise: 5%}}, b: {}}"


@pytest.mark.parametrize(
    ("services", "status", "codes"),
    [
        pytest.param("{a: {}, b: {}}", {}, [], marks=pytest.mark.slow),
        ("{a: {growth: 5%, baseline: {level: history}}, b: {}}", {}, []),
        pytest.param(GIVEN, {}, [], marks=pytest.mark.slow),
        pytest.param(RECONSTRUCTED, {"a": "reconstructed"}, [], marks=pytest.mark.slow),
        ("{a: {growth: 5%}, b: {}}", {"a": "estimate"}, ["estimate_without_error"]),
        ("{a: {growth: 5%, baseline: {level: planner}}, b: {}}", {}, []),
    ],
)
def test_growth_of_a_year_whose_first_months_are_booked_is_accepted(
    tmp_path: Path, services: str, status: dict[str, str], codes: list[str]
) -> None:
    assert codes_of_run(write_mid_year_plan(tmp_path, services, status)) == codes


@pytest.mark.slow
def test_growth_of_a_year_that_begins_with_the_plan_is_accepted(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, {"a": SALES[:60], "b": SALES[:60]}, "{a: {growth: 0%, baseline: {noise: 0%}}, b: {}}")
    run = forecast.simulate(forecast.read(plan), paths=500)
    assert run.tally("revenue.a", "2026").mean == pytest.approx(SALES[48:60].round(2).sum())
