"""Rows are appended to a ledger in its own form; what stands there is never changed, and nothing is written twice."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from forecast.errors import InputError, Location, OutputError
from forecast.history.accounts import Accounts
from forecast.history.actuals.records import ActualFigure
from forecast.history.ledger import read_history
from forecast.history.ledger_entries import open_ledger
from forecast.history.ledger_update import LedgerUpdate, plan_update, write_update

ACCOUNTS = Accounts((("a", "a"), ("nuoc", "a"), ("b", "b")), (("dien", "dien"), ("power", "dien")))
SHORT = "month,service,revenue,status,booked,source\n2025-01,a,100,actual,2025-02-04,x.xlsx!S!B3\n"


def figure(
    month: int, value: str, measure: str = "revenue.a", booked: str = "2025-04-04", **more: object
) -> ActualFigure:
    fields = {"status": "actual", "tolerance": Decimal(0), **more}
    return ActualFigure(
        12 * 2025 + month - 1, measure, Decimal(value), booked=date.fromisoformat(booked), source="y.xlsx!S!B4",
        location=Location("y.xlsx"), **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def update_of(path: Path, *figures: ActualFigure, convert: bool = False) -> LedgerUpdate:
    return plan_update(open_ledger(path, "VND", ACCOUNTS), figures, convert)


def ledger(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ledger.csv"
    path.write_bytes(text.encode(encoding))
    return path


def refusal(path: Path, *figures: ActualFigure, convert: bool = False) -> str:
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        update_of(path, *figures, convert=convert)
    assert path.read_bytes() == before
    return caught.value.problems[0].code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"Sổ doanh thu 2025\n{SHORT}", "csv_title_rows"),
        ("tháng,dịch vụ,doanh thu,trạng thái\n2025-01,a,100,actual\n", "csv_columns_vietnamese"),
    ],
)
def test_a_title_and_vietnamese_columns_are_one_problem(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        open_ledger(ledger(tmp_path, text), "VND", ACCOUNTS)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_new_months_and_restatements_are_later_rows(tmp_path: Path) -> None:
    path = ledger(tmp_path, SHORT)
    update = update_of(path, figure(1, "101.5"), figure(2, "110"))
    write_update(update)
    assert path.read_text() == SHORT + (
        "2025-01,a,101.5,actual,2025-04-04,y.xlsx!S!B4\n2025-02,a,110,actual,2025-04-04,y.xlsx!S!B4\n"
    )
    assert [(old.value, new.value) for old, new in update.restated] == [(100, Decimal("101.5"))]
    assert read_history(str(path), "VND").revenue["a"].tolist() == [101.5, 110]


def test_a_figure_that_is_known_adds_nothing(tmp_path: Path) -> None:
    path = ledger(tmp_path, SHORT + "2025-01,a,101,actual,2025-04-04,\n")
    same = figure(1, "101.4", tolerance=Decimal("0.5"))
    estimate = figure(1, "150", status="estimate")
    assert [update_of(path, entry).row_count for entry in (same, estimate)] == [0, 0]
    assert update_of(path, figure(1, "100", booked="2025-02-04")).row_count == 0  # the first booking again
    assert update_of(path, figure(1, "101.6", tolerance=Decimal("0.5"))).row_count == 1
    assert refusal(path, figure(1, "99", booked="2025-03-01")) == "ledger_booked_later"


def test_actual_figures_follow_estimates_and_reconstructions(tmp_path: Path) -> None:
    path = ledger(tmp_path, SHORT.replace("actual", "estimate"))
    assert update_of(path, figure(1, "100")).row_count == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("separator", "newline"), [(";", "\r\n"), ("\t", "\n"), (",", "\r\n")])
def test_encoding_separator_and_line_ends_are_kept(tmp_path: Path, encoding: str, separator: str, newline: str) -> None:
    mark = "." if separator == "," else ","
    text = f'Month|Service|Revenue|Status|Booked|Source\n2025-01|nước|100{mark}5|actual||"a {separator} b"'
    text = text.replace("|", separator).replace("\n", newline)
    path = ledger(tmp_path, text, encoding)
    before = path.read_bytes()
    write_update(update_of(path, figure(2, "7.125")))
    assert path.read_bytes().startswith(before)
    added = path.read_bytes().decode(encoding)[len(text) :]
    number = "7.1250" if mark == "." else "7,1250"
    assert (
        added == newline + separator.join(["2025-02", "nước", number, "actual", "2025-04-04", "y.xlsx!S!B4"]) + newline
    )
    assert read_history(str(path), "VND", ACCOUNTS).revenue["a"].tolist() == [100.5, 7.125]


def test_columns_are_added_on_request_alone(tmp_path: Path) -> None:
    text = 'month;service;revenue;status;note;;\n2025-01;a;100;actual;"x; y";;\n\n2025-02;a;110;actual;;;\n'
    path = ledger(tmp_path, text)
    assert refusal(path, figure(3, "120")) == "ledger_lacks_columns"
    update = update_of(path, figure(3, "120"), convert=True)
    assert update.converted_to == "booked"
    assert update.content.decode() == (
        'month;service;revenue;status;note;booked;source\n2025-01;a;100;actual;"x; y";;\n\n2025-02;a;110;actual;;;\n'
        "2025-03;a;120;actual;;2025-04-04;y.xlsx!S!B4\n"
    )


def test_a_short_ledger_becomes_long_on_request(tmp_path: Path) -> None:
    path = ledger(
        tmp_path, "month,service,volume,price,status,grade\n2025-01,a,20,2.90,actual,B\n2025-01,Dien,1,5,actual,\n"
    )
    costs = figure(1, "3150000000", "cost.dien"), figure(1, "758", "headcount")
    assert refusal(path, *costs) == "ledger_must_be_long"
    assert open_ledger(path, "VND", ACCOUNTS).values()["cost.dien", 12 * 2025] == 5
    update = update_of(path, *costs, convert=True)
    assert update.converted_to == "long"
    assert update.content.decode().splitlines() == [
        "month,measure,value,status,booked,source,grade",
        "2025-01,volume.a,20,actual,,,B",
        "2025-01,price.a,2.90,actual,,,B",
        "2025-01,cost.dien,5,actual,,,",
        "2025-01,cost.dien,3150000000,actual,2025-04-04,y.xlsx!S!B4,",
        "2025-01,headcount,758,actual,2025-04-04,y.xlsx!S!B4,",
    ]
    write_update(update)
    history = read_history(str(path), "VND", ACCOUNTS)
    assert (history.revenue["a"].tolist(), history.costs["dien"], history.headcount) == (
        [58],
        {12 * 2025: (3_150_000_000, "actual")},
        {12 * 2025: (758, "actual")},
    )
    assert update_of(path, *costs).row_count == 0


def test_restated_costs_keep_their_amounts_in_a_long_ledger(tmp_path: Path) -> None:
    rows = "2025-01,a,1,actual,\n2025-01,Dien,5,actual,2025-02-04\n2025-01,dien,6,actual,2025-03-04\n"
    path = ledger(tmp_path, "month,service,revenue,status,booked\n" + rows.replace("Dien", "dien"))
    lines = update_of(path, figure(1, "758", "headcount"), convert=True).content.decode().splitlines()
    assert lines[2:4] == ["2025-01,cost.dien,5,actual,2025-02-04,", "2025-01,cost.dien,6,actual,2025-03-04,"]


LONG = "month,measure,value,status,booked,source\n"


def test_a_long_ledger_keeps_its_texts_and_its_measures(tmp_path: Path) -> None:
    path = ledger(
        tmp_path, LONG + "2025-01,volume.Nước,20,actual,2025-02-04,\n2025-01,price.Nước,3,actual,2025-02-04,\n"
    )
    figures = figure(2, "30", "volume.a"), figure(2, "93", "revenue.a"), figure(1, "21", "volume.a")
    with pytest.raises(InputError):
        update_of(path, figure(2, "30", "volume.a"))
    write_update(update_of(path, *figures))
    assert path.read_text().splitlines()[3:] == [
        "2025-01,volume.Nước,21,actual,2025-04-04,y.xlsx!S!B4",
        "2025-02,price.Nước,3.1,actual,2025-04-04,y.xlsx!S!B4",
        "2025-02,volume.Nước,30,actual,2025-04-04,y.xlsx!S!B4",
    ]
    assert read_history(str(path), "VND", ACCOUNTS).revenue["a"].tolist() == [63, pytest.approx(93)]
    assert update_of(path, *figures).row_count == 0
    assert open_ledger(path, "VND", ACCOUNTS).values()["revenue.a", 12 * 2025] == 63


@pytest.mark.parametrize(
    ("rows", "entry", "code"),
    [
        (["2025-01,revenue.a,20"], ("30", "volume.a"), "ledger_holds_revenue"),
        (["2025-01,volume.a,20", "2025-01,price.a,20"], ("30", "volume.a"), "ledger_needs_price"),
        (["2025-01,volume.a,20", "2025-01,price.a,20"], ("30", "price.a"), "ledger_needs_volume"),
        (["2025-01,volume.a,20", "2025-01,price.a,20"], ("30", "revenue.a"), "ledger_needs_volume"),
        (["2025-01,revenue.a,20", "2025-01,revenue.nuoc,20"], ("30", "revenue.a"), "ledger_many_accounts"),
        (["2025-01,cost.dien,20", "2025-01,cost.power,20"], ("30", "cost.dien"), "ledger_many_accounts"),
    ],
)
def test_a_long_ledger_takes_no_rows_that_cannot_be_read(
    tmp_path: Path, rows: list[str], entry: tuple[str, str], code: str
) -> None:
    path = ledger(tmp_path, LONG + "".join(f"{row},actual,2025-02-04,\n" for row in rows))
    assert refusal(path, figure(2, *entry), convert=True) == code


def test_volume_and_price_are_one_row(tmp_path: Path) -> None:
    path = ledger(tmp_path, "month,service,volume,price,status,booked,source\n2025-01,a,20,2.90,actual,2025-02-04,\n")
    figures = figure(2, "30", "volume.a"), figure(2, "93", "revenue.a")
    write_update(update_of(path, *figures))
    assert path.read_text().splitlines()[-1] == "2025-02,a,30,3.1,actual,2025-04-04,y.xlsx!S!B4"
    assert update_of(path, *figures).row_count == 0
    assert refusal(path, figure(3, "93", "revenue.a")) == "ledger_needs_volume"


def test_an_empty_ledger_needs_its_row_of_headings_alone(tmp_path: Path) -> None:
    path = ledger(tmp_path, "month,measure,value,status,booked,source\n")
    write_update(update_of(path, figure(1, "758", "headcount")))
    assert path.read_text().splitlines()[1] == "2025-01,headcount,758,actual,2025-04-04,y.xlsx!S!B4"


def test_several_accounts_of_a_service_cannot_take_its_total(tmp_path: Path) -> None:
    path = ledger(tmp_path, SHORT + "2025-01,nước,5,actual,2025-02-04,\n")
    assert open_ledger(path, "VND", ACCOUNTS).values()["revenue.a", 12 * 2025] == 105
    assert refusal(path, figure(2, "110")) == "ledger_many_accounts"


def test_of_two_imports_at_once_the_second_is_told(tmp_path: Path) -> None:
    path = ledger(tmp_path, SHORT)
    first, second = update_of(path, figure(2, "110")), update_of(path, figure(3, "120"))
    write_update(first)
    with pytest.raises(OutputError) as caught:
        write_update(second)
    assert caught.value.code == "ledger_changed"
    assert path.read_bytes() == first.content


def test_mode_is_kept_and_a_locked_file_refused(tmp_path: Path) -> None:
    path = ledger(tmp_path, SHORT)
    path.chmod(0o640)
    write_update(update_of(path, figure(2, "110")))
    assert path.stat().st_mode & 0o777 == 0o640
    update = update_of(path, figure(3, "110"))
    path.chmod(0o440)
    if not os.access(path, os.W_OK):  # the superuser may write anything
        with pytest.raises(OutputError, match="may not be written"):
            write_update(update)
