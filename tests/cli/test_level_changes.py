"""A dip that ended, and a collapse that may not have, through `forecast run` and `forecast check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.periods import format_month, parse_month
from tests.support.undrawn import draw_only

PLAN = """
name: {en: A plan, vi: Một kế hoạch}
currency: EUR
horizon: {from: 2021-01, months: 12}
history: ledger.csv
services: {a: {}}
"""


def write_plan(folder: Path, share: float, first: int, stop: int) -> Path:
    """Five years of about 1,000 a month, of which the rows `first` to `stop` have a share left."""
    folder.mkdir()
    age = np.arange(60)
    noise = np.random.default_rng(7).normal(0, 0.025, 60)
    values = 1000 * np.exp(0.1 * np.sin(2 * np.pi * age / 12) + noise)
    values[first:stop] *= share
    rows = [f"{format_month(parse_month('2016-01') + row)},a,{value:.0f},actual" for row, value in enumerate(values)]
    (folder / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *rows, ""]), encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return folder / "plan.yaml"


@pytest.fixture(autouse=True)
def _one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_only(monkeypatch, "report.html")


def run_plan(call: Any, plan: Path, *options: str) -> tuple[list[float], str]:
    """P10, P50 and P90 of 2021, and the report."""
    out = plan.parent / "reports"
    assert call("run", plan, "--paths", "8192", "--lang", "en", "--quiet", "--out", out, *options).code == 0
    (folder,) = (file.parent for file in out.glob("*/summary.json"))
    year = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["measures"]["revenue"]["2021"]
    return [year[key] for key in ("p10", "p50", "p90")], (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("share", "first", "stop"), [(0.05, 50, 53), (0.4, 45, 57)])
def test_a_dip_that_ended_leaves_the_year_as_it_was(
    call: Any, tmp_path: Path, share: float, first: int, stop: int
) -> None:
    low, middle, high = run_plan(call, write_plan(tmp_path / "dip", share, first, stop))[0]
    assert middle == pytest.approx(12_000, rel=0.015)
    assert (high - low) / middle < 0.04
    report = run_plan(call, tmp_path / "dip" / "plan.yaml")[1]
    assert "for good" not in report
    assert "March to May 2020" in report or "October 2019 to September 2020" in report


@pytest.mark.parametrize("months", [1, 3])
def test_a_collapse_of_the_last_months_holds_both_ends(call: Any, tmp_path: Path, months: int) -> None:
    plan = write_plan(tmp_path / "collapse", 0.05, 60 - months, 60)
    (low, _middle, high), report = run_plan(call, plan, "--workers", "1")
    assert low < 1.06 * 600
    assert high > 0.98 * 12_000
    assert "history.shocks" in report
    assert run_plan(call, plan, "--workers", "2", "--seed", "20210111")[0] == [low, _middle, high]
    checked = call("check", plan, "--lang", "en")
    assert checked.code == 0
    assert f"a: the level changed in {format_month(parse_month('2021-01') - months)} (-95%)" in checked.out
    assert "mức thay đổi từ" in call("check", plan, "--lang", "vi").out
    (note,) = json.loads(call("check", plan, "--lang", "en", "--json").out)["notes"]
    assert "'history.shocks'" in note


def test_check_notes_nothing_of_a_calm_history(call: Any, tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "calm", 1.0, 0, 1)
    assert json.loads(call("check", plan, "--lang", "en", "--json").out)["notes"] == []
