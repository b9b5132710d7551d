"""A ledger names services as the accountant does; the plan says which text is which service."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecast.errors import InputError
from forecast.history.ledger import History, read_history
from forecast.periods import format_month
from forecast.plan.accounts import ledger_accounts
from forecast.plan.loading.loader import read_text
from forecast.timeseries.checks import check_history

PLAN = """\
name: x
horizon: {from: 2020-03, months: 12}
history: ledger.csv
services:
  parcels: PARCELS
  mail: {}
costs:
  wages: {per_month: 1 tỷ, account: [Lương, 622]}
"""
LEDGER = """\
month,service,revenue,status
2020-01,Bưu kiện,100,actual
2020-02,Bưu kiện,110,actual
2020-01,EMS,7,estimate
2020-02,EMS,8,actual
2020-01,mail,50,actual
2020-02,MAIL ,60,actual
2020-01,lương,3,actual
2020-02,LUONG,3,actual
"""


def read_ledger(folder: Path, parcels: str, ledger: str = LEDGER) -> tuple[History, list[str]]:
    """The history of the plan, and the codes of the problems of the two together."""
    (folder / "ledger.csv").write_text(ledger, encoding="utf-8")
    scenario = read_text(PLAN.replace("PARCELS", parcels), folder)
    history = read_history(str(folder / "ledger.csv"), "VND", ledger_accounts(scenario))
    return history, [problem.code for problem in check_history(scenario, history)]


@pytest.mark.parametrize("account", ["[Bưu kiện, EMS]", "[buu kien, ems]", "['BƯU  KIỆN', EMS, never seen]"])
def test_the_accounts_of_a_service_are_added_up_month_by_month(tmp_path: Path, account: str) -> None:
    ledger = LEDGER.replace("MAIL ", "mail").replace("LUONG", "lương")
    history, problems = read_ledger(tmp_path, f"{{account: {account}}}", ledger)
    assert problems == []
    assert history.services == ("mail", "parcels")
    assert np.array_equal(history.revenue["parcels"], [107, 118])
    assert history.status["parcels"] == ("estimate", "actual")


def test_a_label_is_an_account_where_none_is_written(tmp_path: Path) -> None:
    ledger = LEDGER.replace("EMS,7", "x,7").replace("EMS,8", "x,8").replace("MAIL ", "mail")
    history, problems = read_ledger(tmp_path, "{label: {vi: Bưu kiện, en: Parcels}}", ledger.replace("LUONG", "lương"))
    assert "parcels" in history.services
    assert problems == ["plan_lacks_service"]


def test_rows_of_costs_are_kept_for_later_with_a_note(tmp_path: Path) -> None:
    history, problems = read_ledger(tmp_path, "{account: [Bưu kiện, EMS]}")
    assert problems == []
    notes = [("history_kept_rows", (("count", "2"), ("names", "cost.wages")))]
    assert list(history.notes) == notes
    assert {format_month(month): value for month, value in history.costs["wages"].items()} == {
        "2020-01": (3, "actual"),
        "2020-02": (3, "actual"),
    }


def test_texts_of_one_account_are_one_series(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_ledger(tmp_path, "{account: [Bưu kiện, EMS]}", LEDGER + "2020-02,Mail,61,actual\n")
    assert [problem.code for problem in refused.value.problems] == ["history_month_twice"]


def test_one_complaint_names_the_line_and_what_to_write(tmp_path: Path) -> None:
    ledger = "\n".join(line for line in LEDGER.splitlines() if "EMS" not in line).replace("MAIL ", "mail")
    (tmp_path / "ledger.csv").write_text(ledger, encoding="utf-8")
    scenario = read_text(PLAN.replace("PARCELS", "{}"), tmp_path)
    history = read_history(str(tmp_path / "ledger.csv"), "VND", ledger_accounts(scenario))
    (problem,) = check_history(scenario, history)
    assert problem.location.line == 2
    assert "write account: 'Bưu kiện' under services.parcels" in problem.message("en")


@pytest.mark.parametrize(
    ("parcels", "code"),
    [
        ("{account: []}", "not_an_account"),
        ("{account: {a: b}}", "not_an_account"),
        ("{account: [x, '']}", "not_an_account"),
        ("{account: luong}", "account_twice"),
    ],
)
def test_an_account_that_is_none_or_of_two_is_refused(tmp_path: Path, parcels: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read_ledger(tmp_path, parcels)
    assert [problem.code for problem in refused.value.problems] == [code]
