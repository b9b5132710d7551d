"""Rows that became known after the day of the plan move no figure, and rows in another order say the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.errors import InputError
from forecast.history.ledger import History, read_history
from forecast.periods import format_month, parse_month
from forecast.plan.accounts import read_plan_history
from forecast.runs.manifest import run_inputs

MONTHS, FIRST = 26, parse_month("2023-11")
PLAN = """\
name: {en: Water, vi: Nước}
as_of: 2026-01-12
horizon: {from: 2026-01, months: 12}
history: ledger.csv
services:
  water: {growth: 1% to 4%, baseline: {noise: 3%}, account: [Nước]}
  meters: {growth: 0% to 9%, baseline: {noise: 5%}}
costs: {power: {per_month: 1 triệu, account: [Điện]}}
targets: {year: {measure: revenue, period: 2026, at_least: 5 triệu}}
"""
HEADER = {"long": "month,measure,value,status,booked", "short": "month,service,revenue,status,booked"}
POISON = {
    "long": (
        "2025-12,revenue.Nước,1,actual,2026-01-13", "2024-03,revenue.Nước,-9e9,actual,2026-02-04",
        "2026-01,revenue.Nước,7,actual,2026-02-04", "2026-01,revenue.meters,7,estimate,2026-01-20",
        "2025-12,revenue.ghost,7,actual,2026-03-04", "2025-12,volume.meters,7,actual,2026-03-04",
        "2025-12,nonsense,1.234.5,actual,2026-03-04", "2023-11,revenue.meters,\"7,5\",example,2026-03-04",
        "2025-11,cost.Điện,9,actual,2026-01-20", "2025-12,headcount,-3,actual,2026-01-13",
        "2026-01,revenue.Nước,5,actual,", "2022-01,revenue.Nước,5,actual,2026-01-13",
    ),
    "short": (
        "2025-12,Nước,1,actual,2026-01-13", "2024-03,Nước,-9e9,actual,2026-02-04", "2026-01,Nước,7,actual,2026-02-04",
        "2026-01,meters,7,estimate,2026-01-20", "2025-12,ghost,7,actual,2026-03-04",
        "2025-12,meters,x,actual,2026-03-04",
        "2023-11,meters,\"7,5\",example,2026-03-04", "2025-11,Điện,9,actual,2026-01-20", "2026-01,meters,5,actual,",
        "2022-01,meters,5,actual,2026-01-13",
    ),
}  # fmt: skip
"""Rows that nobody knew on the day of the plan, some of them impossible."""


def ledger_rows(form: str) -> list[str]:
    """A ledger of two services and a cost as it was known; two months were restated and December is an estimate."""
    rng = np.random.default_rng(3)
    rows = []
    for name, level in (("Nước", 300_000), ("meters", 90_000), ("Điện", 40_000)):
        measure = name if form == "short" else f"cost.{name}" if name == "Điện" else f"revenue.{name}"
        for month in range(FIRST, FIRST + MONTHS):
            value = level * (1 + 0.1 * rng.standard_normal())
            text = format_month(month)
            booked = "" if month < FIRST + 6 else f"{format_month(month + 1)}-08"
            status = "estimate" if month == FIRST + MONTHS - 1 else "actual"
            rows.append(f"{text},{measure},{value:.2f},{status},{booked}")
            if month % 11 == 0:
                rows.append(f"{text},{measure},{1.01 * value:.2f},actual,{format_month(month + 1)}-09")
    return rows


def write_ledger(folder: Path, form: str, rows: list[str]) -> Path:
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    (folder / "ledger.csv").write_text("\n".join([HEADER[form], *rows]) + "\n", encoding="utf-8")
    return folder / "plan.yaml"


def read_ledger(folder: Path, form: str, rows: list[str]) -> History:
    history = read_plan_history(forecast.read(write_ledger(folder, form, rows)))
    assert history is not None
    return history


def content(history: History) -> list[object]:
    """Everything of a history that may move a figure, to the bit."""
    columns = [
        {name: values.tobytes() for name, values in mapping.items()}
        for mapping in (history.revenue, history.volume, history.price)
    ]
    notes = [note for note in history.notes if note[0] != "history_known_later"]
    parts = (history.status, history.costs, history.headcount, history.leading_zero_months, history.row_count)
    return [history.calendar, history.services, *columns, *parts, notes]


@pytest.mark.parametrize("form", ["long", "short"])
def test_rows_known_later_are_as_if_absent_wherever_they_stand(tmp_path: Path, form: str) -> None:
    rows = ledger_rows(form)
    clean = content(read_ledger(tmp_path, form, rows))
    rng = np.random.default_rng(8)
    for _ in range(12):
        poisoned = list(rows)
        drawn = rng.permutation(len(POISON[form]))[: rng.integers(1, len(POISON[form]) + 1)]
        for index in drawn:
            poisoned.insert(int(rng.integers(len(poisoned) + 1)), POISON[form][index])
        history = read_ledger(tmp_path, form, poisoned)
        assert content(history) == clean
        assert [dict(params) for key, params in history.notes if key == "history_known_later"] == [
            {"as_of": "2026-01-12", "count": str(len(drawn))}
        ]
    with pytest.raises(InputError):  # without a day all of them count
        read_history(str(tmp_path / "ledger.csv"), "VND")


@pytest.mark.parametrize("form", ["long", "short"])
def test_the_order_of_booked_rows_is_no_matter(tmp_path: Path, form: str) -> None:
    rows = ledger_rows(form)
    clean = content(read_ledger(tmp_path, form, rows))
    without_day = [row for row in rows if row.endswith(",")]
    booked = [row for row in rows if not row.endswith(",")]
    rng = np.random.default_rng(9)
    for _ in range(8):
        shuffled = [booked[index] for index in rng.permutation(len(booked))]
        for place, row in zip(
            sorted(rng.integers(0, len(booked), len(without_day)))[::-1], without_day[::-1], strict=True
        ):
            shuffled.insert(int(place), row)
        assert content(read_ledger(tmp_path, form, shuffled)) == clean


def test_poisoned_rows_change_no_byte_of_the_figures_of_a_plan(tmp_path: Path) -> None:
    answers, run_ids = [], []
    for more in ((), POISON["long"]):
        scenario = forecast.read(write_ledger(tmp_path, "long", [*more, *ledger_rows("long")]))
        run = forecast.simulate(scenario, paths=400)
        year = run.values("revenue", "2026").tobytes()
        answers.append((year, run.to_frame().to_csv(), run.baseline.data_status, run.baseline.last_known_month))
        run_ids.append(run_inputs(scenario, seed=1, paths=400, language="vi").run_id)
    assert answers[0] == answers[1]
    assert run_ids[0] != run_ids[1]  # the file is another one


def test_the_day_of_the_plan_is_part_of_the_run_id(tmp_path: Path) -> None:
    plan = write_ledger(tmp_path, "long", ledger_rows("long"))
    days = ({}, {"as_of": "2026-01-12"}, {"as_of": "2026-01-13"})
    ids = [run_inputs(forecast.read(plan, set=day), seed=1, paths=400, language="vi").run_id for day in days]
    assert ids[0] == ids[1] != ids[2]
