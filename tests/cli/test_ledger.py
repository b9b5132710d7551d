"""Plans on a long ledger, checked and run as they were known on a day."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

from forecast.i18n import Translator
from forecast.i18n.dates import localize_dates
from forecast.periods import format_month, parse_month

PLAN = """\
name: {en: Water, vi: Nước}
horizon: {from: 2025-04, months: 9}
history: ledger.csv
services:
  water: {label: {en: Water, vi: Nước sạch}, baseline: {level: history}}
targets: {year: {measure: revenue, period: 2025-04 to 2025-12, at_least: 900 triệu}}
"""
FIRST, MONTHS = parse_month("2022-01"), 39


@pytest.fixture
def water_plan(tmp_path: Path) -> Path:
    rows = ["month,measure,value,status,booked,source"]
    for month in range(FIRST, FIRST + MONTHS):
        text = format_month(month)
        rows += [
            f"{text},volume.Nước sạch,{10_000 + 97 * (month % 12)},actual,,",
            f"{text},price.Nước sạch,9500,actual,,",
        ]
    rows += [
        "2025-03,volume.NUOC SACH,9000,actual,2025-04-02,adjusting entry",
        "2025-03,volume.NUOC SACH,11111,actual,2025-04-08,",
        "2025-03,headcount,758,actual,2025-04-04,",
        "2025-02,cost.power,31500000,actual,2025-03-20,",
    ]
    (tmp_path / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return tmp_path / "plan.yaml"


NOTES = {
    "en": {
        "1 rows of the ledger became known only after 2025-04-05 and are left out",
        "figures that were restated, the last one counts (1 in all): volume.water 2025-03 10194 -> 9000",
        "rows of costs and people ('cost.power, headcount'; 2 in all) count in the months of the plan alone",
    },
    "vi": {
        "1 dòng của sổ có sau ngày 2025-04-05 nên không dùng",
        "1 số liệu được điều chỉnh, lấy số sau cùng: volume.water 2025-03 10194 -> 9000",
        "2 dòng chi phí và nhân sự ('cost.power, headcount') chỉ tính trong các tháng của kế hoạch",
    },
}


@pytest.mark.parametrize("language", ["en", "vi"])
def test_check_says_what_counts_of_a_ledger(call: Any, water_plan: Path, language: str) -> None:
    done = call("check", water_plan, "--set", "as_of=2025-04-05", "--lang", language)
    assert done.code == 0
    assert [note for note in NOTES[language] if note not in done.text] == []
    done = call("check", water_plan, "--set", "as_of=2025-03-10", "--lang", language)
    (problem,) = done.complaints
    words = {"en": "the history was known to 2025-02", "vi": "số liệu các năm trước mới biết đến 2025-02"}
    assert problem.startswith(f"{water_plan}:2:17: horizon.from: ")
    assert words[language] in problem


def test_costs_of_the_months_of_a_plan_are_accepted(call: Any, water_plan: Path) -> None:
    ledger = water_plan.parent / "ledger.csv"
    ledger.write_text(ledger.read_text() + "2025-04,cost.power,1,actual,2025-05-20,\n")
    assert call("check", water_plan).code == 0


def test_as_of_of_the_call_is_that_of_the_plan(call: Any, water_plan: Path) -> None:
    done = call("run", water_plan, "--paths", "400", "--as-of", "2025-04-05", "--lang", "vi")
    assert (done.code, [note for note in NOTES["vi"] if note not in done.text]) == (0, [])
    report = (water_plan.parent / "reports" / "plan" / "report.html").read_text(encoding="utf-8")
    notes = [localize_dates(note, Translator("vi")) for note in NOTES["vi"]]
    assert [note for note in notes if note not in html.unescape(report)] == []
    run_dirs = []
    for arguments in (["--as-of", "2025-04-05"], ["--set", "as_of=2025-04-05"]):
        again = call("run", water_plan, "--paths", "400", "--lang", "vi", "--json", *arguments)
        run_dirs.append(json.loads(again.out)["run_dir"])
    assert run_dirs[0] == run_dirs[1]
