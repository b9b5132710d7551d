"""A long ledger says the same as a short one, and rows that became known after a day are as if absent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.history.accounts import Accounts
from forecast.history.ledger import History, read_history
from forecast.history.ledger_figures import day_known, parse_month_cell, read_figures
from forecast.periods import parse_month

ACCOUNTS = Accounts((("water", "water"), ("nuoc", "water"), ("may", "water"), ("other", "other")))
LONG = "month,measure,value,status,booked,source\n"
SHORT = "month,service,revenue,status,booked\n"


def read_text(folder: Path, text: str, accounts: Accounts | None = None, as_of: date | None = None) -> History:
    path = folder / "ledger.csv"
    path.write_text(text, encoding="utf-8")
    return read_history(str(path), "VND", accounts, as_of)


def problems_of(folder: Path, text: str, as_of: date | None = None) -> list[str]:
    with pytest.raises(InputError) as refused:
        read_text(folder, text, as_of=as_of)
    path = str(folder / "ledger.csv")
    return [problem.message("en").replace(path, "ledger.csv") for problem in refused.value.problems]


def figures(history: History) -> list[list[object]]:
    return [[service, history.status[service], history.revenue[service].tolist()] for service in history.services]


def test_a_long_ledger_says_what_the_short_one_says(tmp_path: Path) -> None:
    months = ("2025-01", "2025-02")
    short = read_text(
        tmp_path,
        "month,service,volume,price,status\n"
        + "".join(f"{month},{name},{9 + n},{n}.25,actual\n" for name in "ba" for n, month in enumerate(months, 1)),
    )
    long_rows = (
        f"{month},{measure},actual,,\n"
        for name in "ba"
        for n, month in enumerate(months, 1)
        for measure in (f"volume.{name},{9 + n}", f"price.{name},{n}.25")
    )
    long = read_text(tmp_path, LONG + "".join(long_rows))
    assert figures(short) == figures(long)
    assert long.volume["b"].tolist() == short.volume["b"].tolist() == [10, 11]
    assert long.price["b"].tolist() == [1.25, 2.25]
    assert long.calendar == short.calendar


def test_services_may_differ_in_their_measures(tmp_path: Path) -> None:
    rows = "2025-01,revenue.a,7,actual,,\n2025-01,price.b,3,estimate,,\n2025-01,volume.b,2,actual,,\n"
    history = read_text(tmp_path, LONG + rows)
    assert figures(history) == [["a", ("actual",), [7]], ["b", ("estimate",), [6]]]
    assert list(history.volume) == list(history.price) == ["b"]
    frame = history.to_frame()
    assert frame["volume"].isna().tolist() == [True, False]


def test_accounts_of_a_service_are_added_up_in_a_long_ledger(tmp_path: Path) -> None:
    rows = "2025-01,revenue.Nước,7,actual,,\n2025-01,revenue.Máy,2,estimate,,\n2025-01,revenue.other,1,actual,,\n"
    assert figures(read_text(tmp_path, LONG + rows, ACCOUNTS)) == [
        ["other", ("actual",), [1]],
        ["water", ("estimate",), [9]],
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2025-01,revenu.a,1,actual,,", "2:9: measure: 'revenu.a' is not a measure of a ledger; write 'revenue.a'"),
        ("2025-01,Volume.a b,1,actual,,", "write 'volume.a b'"),
        ("2025-01,revenue,1,actual,,", "write 'revenue.SERVICE'"),
        ("2025-01,cost. ,1,actual,,", "write 'cost.SERVICE'"),
        ("2025-01,Headcount,1,actual,,", "write 'headcount'"),
        ("2025-01,headcount.x,1,actual,,", "write 'headcount'"),
        ("2025-01,,1,actual,,", "2:9: measure: '' is not a measure"),
        ("2025-01,headcount,-1,actual,,", "2:19: value: a headcount of '-1'"),
        ("2025-01,price.a,0,actual,,", "2:17: value: a price of '0'"),
        ("2025-01,revenue.a,1.000,actual,,", "2:19: value: '1.000' may have a thousands separator"),
        ("2025-01,revenue.a,1,actual,2025-1-1,", "2:28: booked: '2025-1-1' is not a day"),
        ("2025-01-01,revenue.a,x,atual,,", "2:1: month: '2025-01-01' is a day"),
    ],
)
def test_a_wrong_row_of_a_long_ledger_has_its_place(tmp_path: Path, row: str, message: str) -> None:
    first = problems_of(tmp_path, f"{LONG}{row}\n")[0]
    assert first.startswith("ledger.csv:2:")
    assert message in first


def test_a_long_ledger_has_no_column_of_services(tmp_path: Path) -> None:
    text = "month,measure,service,value,status\n2025-01,revenue.a,a,1,actual\n"
    assert "ledger.csv:1:1: service: unknown column" in problems_of(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("booked", "status", "known"),
    [
        ("", "actual", "2025-02-28"),
        ("", "example", "2025-02-28"),
        ("2025-03-04", "actual", "2025-03-04"),
        ("2025-02-16", "estimate", "2025-02-16"),
    ],
)
def test_a_row_is_known_from_its_booking_or_the_end_of_its_month(booked: str, status: str, known: str) -> None:
    day = date.fromisoformat(booked).toordinal() if booked else 0
    assert date.fromordinal(day_known(parse_month("2025-02"), day, status)).isoformat() == known


@pytest.mark.parametrize("status", ["estimate", "reconstructed"])
def test_what_no_books_hold_is_known_whenever_it_is_written(tmp_path: Path, status: str) -> None:
    rows = f"2025-01,a,5,actual,\n2025-02,a,6,{status},\n"
    assert read_text(tmp_path, SHORT + rows, as_of=date(2025, 2, 10)).revenue["a"].tolist() == [5, 6]
    assert read_text(tmp_path, SHORT + rows.replace(status, "actual"), as_of=date(2025, 2, 10)).calendar.count == 1


def test_one_ledger_answers_as_it_was_known_on_each_day(tmp_path: Path) -> None:
    rows = (
        "2025-01,a,5,actual,\n2025-02,a,6,estimate,2025-02-16\n2025-01,a,4,actual,2025-03-04\n"
        "2025-02,a,7,actual,2025-03-04\n2025-03,a,8,actual,2025-04-04\n"
    )
    answers = {
        "2025-01-31": ([5.0], ("actual",), "4"),
        "2025-02-16": ([5.0, 6.0], ("actual", "estimate"), "3"),
        "2025-03-04": ([4.0, 7.0], ("actual", "actual"), "1"),
        "2025-04-04": ([4.0, 7.0, 8.0], ("actual",) * 3, None),
    }
    for day, (revenue, status, later) in answers.items():
        history = read_text(tmp_path, SHORT + rows, as_of=date.fromisoformat(day))
        assert (history.revenue["a"].tolist(), history.status["a"]) == (revenue, status)
        counts = [dict(params)["count"] for key, params in history.notes if key == "history_known_later"]
        assert counts == ([later] if later else [])
    assert read_text(tmp_path, SHORT + rows).revenue["a"].tolist() == [4, 7, 8]


def test_the_decimal_mark_is_that_of_the_rows_that_were_known(tmp_path: Path) -> None:
    text = f"{SHORT}2025-01,a,1.018,actual,\n2025-02,a,2.5,actual,2025-03-04\n"
    assert read_text(tmp_path, text).revenue["a"].tolist() == [1.018, 2.5]
    assert "'1.018' may have a thousands separator" in problems_of(tmp_path, text, date(2025, 2, 28))[0]


def test_a_ledger_of_which_nothing_was_known_is_refused(tmp_path: Path) -> None:
    rows = "2025-01,revenue.a,5,actual,,\n2025-01,headcount,5,actual,2025-01-02,\n"
    message = "no row of a service was known on 2025-01-15; write a later day"
    assert message in problems_of(tmp_path, LONG + rows, date(2025, 1, 15))[0]
    assert "no row is of a service" in problems_of(tmp_path, f"{LONG}2025-01,headcount,5,actual,,\n")[0]


def test_reading_counts_rows_and_not_figures(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("month,service,volume,price,status\n2025-01,a,5,2,actual\n2025-02,a,5,2,actual\n")
    result = read_figures(str(path), "VND", Accounts(), date(2025, 1, 31), [])
    assert [(series.kind, len(series.figures)) for series in result.series] == [("volume", 1), ("price", 1)]
    assert (result.later_count, len(result.table.rows), result.name_column) == (1, 1, "service")
    problems: list[object] = []
    assert parse_month_cell(result.table.rows[0]["month"], problems) == parse_month("2025-01")  # type: ignore[arg-type]
    assert problems == []
