"""`forecast score`: what a planner reads, in both languages, and how it ends where there is nothing to score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from forecast.runs.locks import lock_file, locks_folder
from tests.support.locked_years import PLAN, LockedYear, locked_year, months_of, normal_figures, quantiles


@pytest.fixture
def year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockedYear:
    """A project in which one stands."""
    monkeypatch.chdir(tmp_path)
    return locked_year(tmp_path)


def full_year(year: LockedYear) -> None:
    """Everything that may be said: a restatement, a revised plan, a second version, the history alone, no costs."""
    year.later_rows.append("2025-02,revenue.bread,104000000,actual,2025-07-10,adjusting entry")
    alone = {"revenue.bread": {month: quantiles(97e6, 6e6) for month in [*months_of(2025), "2025"]}}
    for fields in year.locks:
        fields["history_alone"] = alone
        fields["quantiles"] = {**normal_figures(), "profit": {"2025": quantiles(9e6, 1e6)}}
        fields["effective"] = {**fields["effective"], "costs.wages.annual": "1 tỷ"}
    year.locks[6] |= {"revises": "plan-2025", "approved_by": "board"}
    second = {**year.locks[3], "name": "2025-03-v2", "version": 2, "supersedes": "2025-03"}
    year.locks.insert(4, second)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_line_fits_a_terminal(call: Any, year: LockedYear, language: str) -> None:
    full_year(year)
    long_plan = PLAN.replace(
        "en: Bread, vi: Bánh mì", "en: Bread of every kind and size, vi: Bánh mì các loại và các cỡ"
    )
    for fields in year.locks:
        fields["sources"] = dict.fromkeys(fields["sources"], long_plan)
    year.locks[-1]["name"] = "the-last-lock-of-the-year-2025"
    year.write()
    result = call("score", "--lang", language)
    assert result.code == 0
    assert result.err == ""
    assert max(map(len, result.out.splitlines())) <= 80


def test_the_scores_in_vietnamese(call: Any, year: LockedYear) -> None:
    full_year(year)
    year.write()
    out = " ".join(call("score").out.split())  # the language of the plan
    assert "12 bản chốt (plan-2025 đến 2025-11) đối chiếu data/ledger.csv" in out
    assert "khoảng dự báo 80% chứa số thực hiện ở 12/12 lần dự báo" in out
    assert (
        "số lần nêu: 12, số kết quả độc lập: 1 Còn quá ít để kết luận các khả năng đúng hay sai: cần khoảng 20" in out
    )
    assert "doanh thu Bánh mì tháng 2/2025: 104,5 -> 104,0 triệu đồng (−0,44%)" in out
    assert "Kế hoạch: plan-2025; kế hoạch điều chỉnh: 2025-06." in out
    assert "bỏ qua: 2025-03 (đã có phiên bản sau)" in out
    assert "không chấm: profit; sổ không có dòng nào của cost.wages" in out


def test_the_scores_in_english(call: Any, year: LockedYear) -> None:
    full_year(year)
    year.write()
    out = " ".join(call("score", "--lang", "en", "--as-of", "2025-08-31").out.split())
    assert "8 locks (plan-2025 to 2025-07) scored by data/ledger.csv as known on 2025-08-31" in out
    assert "No chance of a target can be scored yet" in out
    assert "left out: 2025-08, 2025-09, 2025-10, 2025-11 (locked after 2025-08-31)" in out
    assert "not scored: 2025; not booked: Aug 2025" in out.replace("August", "Aug")
    assert "provisional: July 2025; the 60 days of the first booking are not over on 2025-08-31" in out


def test_what_was_not_restated_is_not_printed_twice(call: Any, year: LockedYear) -> None:
    year.write()
    out = call("score", "--lang", "en").out
    assert "No figure was restated" in out
    assert "Accuracy on the last booking" not in out


def test_few_outcomes_have_no_verdict(call: Any, year: LockedYear) -> None:
    year.write()
    out = call("score", "--lang", "en").out
    assert "too few to say whether the chances are right" in " ".join(out.split())
    assert "Reliability" not in out


def test_an_example_is_no_firm(call: Any, year: LockedYear) -> None:
    year.write()
    ledger = year.folder / "data" / "ledger.csv"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("actual", "example"), encoding="utf-8")
    assert "no scores of a firm" in call("score", "--lang", "en").out


def test_json_has_every_figure(call: Any, year: LockedYear) -> None:
    full_year(year)
    year.write()
    summary = json.loads(call("score", "--json").out)
    (ledger,) = summary["ledgers"]
    assert ledger["plans"] == ["plan-2025"]
    assert ledger["superseded"] == ["2025-03"]
    assert ledger["first"]["months_ahead"][0]["month"] == "2025-01"
    assert call("score", "--quiet").out == ""


def test_how_it_ends(call: Any, year: LockedYear) -> None:
    result = call("score", "--lang", "en")
    assert result.code == 2
    assert "forecast lock PLAN" in result.err
    year.write()
    result = call("score", "--lang", "en", "--as-of", "2025-01-31")
    assert result.code == 2
    assert "forecast data actuals SHEET" in result.err
    assert call("score", "--as-of", "tomorrow").code == 2
    path = lock_file(locks_folder(year.folder), "2025-03")
    path.write_text(path.read_text(encoding="utf-8").replace('"seed": 1', '"seed": 2'), encoding="utf-8")
    result = call("score", "--lang", "en")
    assert result.code == 3
    assert "2025-03.json" in result.err
