"""Scores of the locks of a project: what is refused, what is left out and said, and how often the ledger is read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecast.errors import InputError, LockError
from forecast.runs.locks import lock_file, locks_folder
from forecast.workflows import score
from forecast.workflows.score import score_locks, summarise_scores
from tests.support.locked_years import locked_year, months_of, normal_figures, quantiles


def code_of(folder: Path, as_of: date | None = None) -> str:
    with pytest.raises(InputError) as error:
        score_locks(folder, as_of)
    return error.value.problems[0].code


def test_without_a_lock_there_is_a_way_out(tmp_path: Path) -> None:
    assert code_of(tmp_path) == "score_no_lock"


def test_locks_of_a_later_day_do_not_count(tmp_path: Path) -> None:
    locked_year(tmp_path).write()
    assert code_of(tmp_path, date(2024, 12, 19)) == "score_locked_later"


def test_plans_without_a_ledger_are_left_out_and_named(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0, 1])
    year.locks[0]["ledger"] = None
    year.write()
    assert score_locks(tmp_path).without_ledger == ("plan-2025",)
    year.locks.pop()
    lock_file(locks_folder(tmp_path), "2025-01").unlink()
    year.write()
    assert code_of(tmp_path) == "score_no_ledger"


def test_before_a_month_is_booked_the_first_one_is_named(tmp_path: Path) -> None:
    locked_year(tmp_path, closed=[0]).write()
    with pytest.raises(InputError) as error:
        score_locks(tmp_path, date(2025, 1, 31))
    (problem,) = error.value.problems
    assert problem.code == "score_no_actual"
    assert dict(problem.params) == {"month": "2025-01"}
    assert problem.location.file.endswith("ledger.csv")


def test_a_ledger_of_other_services_is_no_score(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    year.history = {"tea": year.history["bread"]}
    year.write()
    assert code_of(tmp_path) == "score_no_actual"


def test_a_lock_of_closed_months_alone_forecast_nothing(tmp_path: Path) -> None:
    locked_year(tmp_path, closed=[12]).write()
    assert code_of(tmp_path) == "score_nothing_open"


def test_an_edited_lock_is_refused(tmp_path: Path) -> None:
    locked_year(tmp_path).write()
    path = lock_file(locks_folder(tmp_path), "2025-03")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["chances"]["revenue"]["value"] = 0.99
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(LockError) as error:
        score_locks(tmp_path)
    assert error.value.exit_code == 3


def test_a_missing_link_of_the_chain_is_refused(tmp_path: Path) -> None:
    locked_year(tmp_path).write()
    lock_file(locks_folder(tmp_path), "2025-03").unlink()
    with pytest.raises(LockError):
        score_locks(tmp_path)


def test_measures_that_the_ledger_lacks_are_named_and_not_scored(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    names = ("cost", "cost.wages", "profit", "headcount", "productivity", "gap")
    extra = {name: {"2025": quantiles(9, 1)} for name in names}
    year.locks[0] |= {
        "quantiles": {**normal_figures(), **extra},
        "effective": {**year.locks[0]["effective"], "costs.wages.annual": "1 tỷ"},
    }
    year.write()
    (scores,) = score_locks(tmp_path).ledgers
    assert scores.without_books == {
        "cost": ("cost.wages",),
        "cost.wages": ("cost.wages",),
        "gap": ("gap",),
        "headcount": ("headcount",),
        "productivity": ("headcount",),
        "profit": ("cost.wages",),
    }
    assert {key.measure for key in scores.first.forecasts.keys} == {"revenue", "revenue.bread", "revenue.coffee"}


def test_a_year_with_open_months_is_named_and_not_scored(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    for months in year.history.values():
        del months["2025-11"], months["2025-12"]
    year.write()
    (scores,) = score_locks(tmp_path).ledgers
    assert {key.period for key in scores.first.forecasts.keys} == set(months_of(2025)[:10])
    assert [len(scores.not_booked[period]) for period in ("2025", "2025-11")] == [2, 1]


def test_the_ledger_is_read_once_however_many_locks_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked_year(tmp_path).write()
    calls: list[Any] = []
    read = score.read_bookings
    monkeypatch.setattr(score, "read_bookings", lambda *arguments: calls.append(arguments) or read(*arguments))
    score_locks(tmp_path)
    assert len(calls) == 1


def test_plans_of_two_ledgers_are_scored_apart(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0, 1])
    year.locks[1]["ledger"] = {**year.locks[1]["ledger"], "file": "data/other.csv"}
    year.locks[1]["sources"] = {
        name: text.replace("data/ledger.csv", "data/other.csv") for name, text in year.locks[1]["sources"].items()
    }
    year.write()
    (tmp_path / "data" / "other.csv").write_text(year.ledger_text(), encoding="utf-8")
    first, second = score_locks(tmp_path).ledgers
    assert (first.ledger, second.ledger) == ("data/ledger.csv", "data/other.csv")
    assert {key.lock for key in second.first.forecasts.keys} == {"2025-01"}
    assert "plan" not in {name for figure in second.first.figures for name in figure.against}


def test_the_summary_is_plain_json(tmp_path: Path) -> None:
    year = locked_year(tmp_path)
    year.later_rows.append("2025-02,revenue.bread,104000000,actual,2025-07-10,")
    locks = year.write()
    summary = summarise_scores(score_locks(tmp_path, date(2026, 6, 30)))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    (ledger,) = summary["ledgers"]
    assert summary["as_of"] == "2026-06-30"
    assert ledger["locks"][0] == {
        "name": "plan-2025", "hash": locks[0].short_hash, "as_of": "2024-12-20", "last_closed": "2024-12",
    }  # fmt: skip
    assert [figure["measure"] for figure in ledger["restated"]] == ["revenue", "revenue.bread"]
    assert ledger["first"]["outcomes"] == 1
    assert ledger["first"]["reliability"] is None
    assert len(ledger["first"]["forecasts"]) == 3 * (78 + 12)
