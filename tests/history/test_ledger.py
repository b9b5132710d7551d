"""A ledger is read strictly: an ambiguous row is rejected, with its line and a correction."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forecast.errors import MAX_FILE_PROBLEMS, InputError
from forecast.history.accounts import Accounts
from forecast.history.ledger import BookedMonth, LedgerPlaces, read_history
from forecast.periods import parse_month

HEADER = "month,service,revenue,status\n"


def write(folder: Path, text: str | bytes) -> str:
    path = folder / "ledger.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def complaints(folder: Path, text: str | bytes) -> list[str]:
    path = write(folder, text)
    with pytest.raises(InputError) as raised:
        read_history(path, "VND")
    return [line.replace(path, "ledger.csv") for line in str(raised.value).splitlines()]


def test_a_ledger_of_two_services_is_read_completely(tmp_path: Path) -> None:
    rows = "2020-01,b,5,actual\n2020-01,a,1,actual\n2020-02,b,6,estimate\n2020-02,a,2,actual\n"
    history = read_history(write(tmp_path, HEADER + rows), "VND")
    assert history.services == ("a", "b")
    assert list(history.revenue["b"]) == [5, 6]
    assert history.row_count == 4
    assert history.months_by_status() == {"actual": 1, "reconstructed": 0, "estimate": 1, "example": 0}
    assert len(history.digest) == 64


def test_a_service_that_starts_later_has_fewer_months(tmp_path: Path) -> None:
    history = read_history(
        write(tmp_path, HEADER + "2020-01,a,1,actual\n2020-02,a,2,actual\n2020-02,b,3,actual\n"), "VND"
    )
    assert history.service_calendar("a").first == parse_month("2020-01")
    assert history.service_calendar("b").first == parse_month("2020-02")


def test_volume_and_price_make_revenue(tmp_path: Path) -> None:
    text = "month,service,volume,price,status\n2020-01,a,10,2.5,example\n"
    history = read_history(write(tmp_path, text), "EUR")
    assert history.modelled_series("a")[0] == 10
    assert history.revenue["a"][0] == 25


def test_to_frame_has_a_row_for_each_service_and_month(tmp_path: Path) -> None:
    rows = "2020-01,b,5,actual\n2020-02,b,6,estimate\n2020-02,a,2,actual\n"
    frame = read_history(write(tmp_path, HEADER + rows), "VND").to_frame()
    assert list(frame.columns) == ["month", "service", "status", "revenue"]
    assert [(str(month), *row) for month, *row in frame.itertuples(index=False)] == [
        ("2020-02", "a", "actual", 2),
        ("2020-01", "b", "actual", 5),
        ("2020-02", "b", "estimate", 6),
    ]
    text = "month,service,volume,price,status\n2020-01,a,10,2.5,example\n"
    counted = read_history(write(tmp_path, text), "EUR").to_frame()
    assert counted[["volume", "price", "revenue"]].to_numpy().tolist() == [[10, 2.5, 25]]


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    text = (HEADER + "2020-01,a,1,actual\n").replace("\n", "\r\n").encode("utf-8-sig")
    assert read_history(write(tmp_path, text), "VND").row_count == 1


@pytest.mark.parametrize("name", ["NA", "null", "None", "nan"])
def test_a_service_named_like_a_missing_value_is_kept(tmp_path: Path, name: str) -> None:
    assert read_history(write(tmp_path, f"{HEADER}2020-01,{name},1,actual\n"), "VND").services == (name,)


def test_a_negative_correction_is_kept(tmp_path: Path) -> None:
    assert read_history(write(tmp_path, HEADER + "2020-01,a,-3,actual\n"), "VND").revenue["a"][0] == -3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2020-01,a,1,actual,5", "ledger.csv:2:20: 5 fields where the header has 4"),
        ("2020-01,a,1", "ledger.csv:2:12: 3 fields where the header has 4"),
        ('2020-01,"a,1,actual', "ledger.csv:2:1: a quote is left open"),
        ("2020-01,a,9007199254740993,actual", "ledger.csv:2:11: revenue: '9007199254740993' is above"),
        ('2020-01,a,"1.234.567,89",actual', "ledger.csv:2:11: revenue: '1.234.567,89'"),
        ("2020-01,a,1.000,actual", "ledger.csv:2:11: revenue: '1.000' may have a thousands separator"),
        ("2020-01,a,,actual", "ledger.csv:2:11: revenue: no number"),
        ("2020-01,a,61 tỷ,actual", "ledger.csv:2:11: revenue: '61 tỷ' is not a plain number"),
        ("2020-01,a,nan,actual", "ledger.csv:2:11: revenue: 'nan' is not a plain number"),
        (
            "01/02/2020,a,1,actual",
            "ledger.csv:2:1: month: '01/02/2020' may be day/month or month/day; write '2020-02' / '2020-01'",
        ),
        ("2020-01-31,a,1,actual", "ledger.csv:2:1: month: '2020-01-31' is a day"),
        ("31/1/2020,a,1,actual", "ledger.csv:2:1: month: '31/1/2020' is a day"),
        *(
            (f"{text},a,1,actual", f"ledger.csv:2:1: month: '{text}' seems to be the month 2022-01; write '2022-01'")
            for text in ("T1-22", "Th1-22", "1/22", "44562.0", "Tháng Giêng 2022", "Jan-22")
        ),
        *(
            (f"{text},a,1,actual", f"ledger.csv:2:1: month: '{text}' is longer than a month")
            for text in ("Quý II/2026", "2026-H1", "Q1/22", "2026")
        ),
        ("1/12,a,1,actual", "ledger.csv:2:1: month: '1/12' is not a month"),
        ("2020-Q1,a,1,actual", "ledger.csv:2:1: month: '2020-Q1' is longer than a month"),
        ("2020-13,a,1,actual", "ledger.csv:2:1: month: '2020-13' is not a month"),
        ("0000-01,a,1,actual", "ledger.csv:2:1: month: '0000-01' is not a month"),
        ("9999-12,a,1,actual", "ledger.csv:2:1: month: '9999-12' is not a month"),
        ("２０２２-01,a,1,actual", "ledger.csv:2:1: month: '２０２２-01' seems to be the month 2022-01"),
        ("2020-01,a,1,atual", "ledger.csv:2:13: status: unknown status 'atual'; write 'actual'"),
        ("2020-01,,1,actual", "ledger.csv:2:9: service: no service"),
    ],
)
def test_an_ambiguous_row_is_rejected_with_its_position(tmp_path: Path, row: str, message: str) -> None:
    first = complaints(tmp_path, HEADER + row + "\n")[0]
    assert first.startswith(message)
    assert ";" in first


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["2020-01", "2020-02", "2020-02"], "ledger.csv:4:1: month: 2020-02 of 'a' stands already in line 3"),
        (["2020-01", "2020-04"], "ledger.csv:3:1: month: 'a' has no 2020-02, 2020-03; write these months"),
        (["2020-02", "2020-01"], "ledger.csv:3:1: month: 2020-01 of 'a' stands after 2020-02"),
    ],
)
def test_repeated_missing_and_unordered_months_are_named(tmp_path: Path, rows: list[str], message: str) -> None:
    assert complaints(tmp_path, HEADER + "".join(f"{month},a,1,actual\n" for month in rows))[0].startswith(message)


def test_a_service_that_stops_before_the_others_is_named(tmp_path: Path) -> None:
    rows = "2020-01,a,1,actual\n2020-01,b,1,actual\n2020-02,b,1,actual\n"
    assert "'a' ends in 2020-01" in complaints(tmp_path, HEADER + rows)[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no header"),
        (HEADER, "there is a header and no row"),
        ("month;service;revenue;status\n", "there is a header and no row"),
        ("month,service,revenu,status\n2020-01,a,1,actual\n", "unknown column; did you mean 'revenue'?"),
        (
            "month,service,revenue,volume,price,status\n2020-01,a,1,1,1,actual\n",
            "revenue stands beside volume and price",
        ),
        ("month,service,month,status\n", "'month' stands twice"),
        (",".join(["x"] * 200_000), "200000 columns"),
        (HEADER.encode("utf-16"), "there is a header and no row"),
        ("month,service,revenue,status\n2020-01,B\xad\xb4ng,1,actual\n".encode("latin-1"), "TCVN3"),
        ("month,service,revenue,status\n2020-01,chuyê\u0301n,1,actual\n".encode("cp1258"), "1258"),
    ],
)
def test_a_file_that_is_no_ledger_is_rejected(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert any(message in line for line in complaints(tmp_path, text))


@pytest.mark.parametrize(
    ("header", "written", "instead"),
    [
        (
            "tháng;dịch vụ;doanh thu;trạng thái",
            "tháng, dịch vụ, doanh thu, trạng thái",
            "month, service, revenue, status",
        ),
        ("Thang;service;Doanh Thu;status", "thang, doanh thu", "month, revenue"),
        (
            "tháng;sản phẩm;số lượng;đơn giá;trạng thái",
            "tháng, sản phẩm, số lượng, đơn giá, trạng thái",
            "month, service, volume, price, status",
        ),
    ],
)
def test_vietnamese_names_of_columns_are_one_problem_with_the_names_to_write(
    tmp_path: Path, header: str, written: str, instead: str
) -> None:
    (problem,) = complaints(tmp_path, f"{header}\n2020-01{';1' * header.count(';')}\n")
    assert problem == (f"ledger.csv:1:1: the columns have English names; write '{instead}' in place of '{written}'")


def test_a_missing_column_is_named_beside_vietnamese_ones(tmp_path: Path) -> None:
    problems = complaints(tmp_path, "tháng;dịch vụ;doanh thu\n2020-01;a;1\n")
    assert len(problems) == 2
    assert "the column 'status' is missing" in problems[1]


def test_all_problems_of_a_ledger_are_reported_at_once(tmp_path: Path) -> None:
    problems = complaints(tmp_path, HEADER + "2020-1,a,x,actual\n2020-02,a,1,atual\n")
    assert [line.split(": ")[0] for line in problems] == ["ledger.csv:2:1", "ledger.csv:2:10", "ledger.csv:3:13"]


def test_the_number_of_reported_problems_is_limited(tmp_path: Path) -> None:
    problems = complaints(tmp_path, HEADER + "2020-01,a,x,actual\n" * 1000)
    assert len(problems) == MAX_FILE_PROBLEMS + 1
    assert problems[-1].endswith("and at least 150 more; correct these first")


def test_amounts_in_another_currency_are_rejected(tmp_path: Path) -> None:
    text = "month,service,revenue,status,currency\n2020-01,a,1,actual,EUR\n"
    assert "write amounts in 'VND'" in complaints(tmp_path, text)[0]


def test_a_folder_and_a_missing_file_are_rejected(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError):
            read_history(str(path), "VND")


def test_a_later_row_with_a_day_of_booking_is_a_restatement(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    rows = ["2025-01,a,100,actual,", "2025-02,a,110,estimate,2025-02-20", "2025-01,a,101,actual,2025-03-04",
            "2025-02,a,112,actual,2025-03-04"]  # fmt: skip
    path.write_text("\n".join(["month,service,revenue,status,booked", *rows]) + "\n")
    history = read_history(str(path), "VND")
    assert history.revenue["a"].tolist() == [101, 112]
    assert history.status["a"] == ("actual", "actual")
    for row, code in (
        ("2025-01,a,9,actual,", "history_month_twice"),
        ("2025-03,a,9,actual,4/3/2025", "history_booked"),
        ("2025-03,a,9,actual,2025-02-30", "history_booked"),
    ):
        path.write_text("\n".join(["month,service,revenue,status,booked", *rows, row]) + "\n")
        with pytest.raises(InputError) as caught:
            read_history(str(path), "VND")
        assert [problem.code for problem in caught.value.problems] == [code]


def test_headcount_and_costs_are_read_by_month(tmp_path: Path) -> None:
    rows = [
        "2025-01,revenue.a,100,actual,,", "2025-01,headcount,758.5,actual,,", "2025-03,cost.power,-5,estimate,,",
        "2025-02,revenue.a,110,actual,,", "2025-03,cost.power,7,actual,2025-04-20,",
    ]  # fmt: skip
    path = write(tmp_path, "\n".join(["month,measure,value,status,booked,source", *rows]))
    history = read_history(path, "VND")
    assert history.services == ("a",)
    assert history.costs == {"power": {parse_month("2025-03"): (7, "actual")}}
    assert history.headcount == {parse_month("2025-01"): BookedMonth(758.5, "actual")}
    assert list(history.to_frame().columns) == ["month", "service", "status", "revenue"]
    assert {key: dict(params) for key, params in history.notes} == {
        "history_kept_rows": {"count": "3", "names": "cost.power, headcount"},
    }


def test_a_cost_that_the_plan_does_not_have_is_noted(tmp_path: Path) -> None:
    rows = "2025-01,revenue.a,1,actual\n2025-01,cost.Điện,5,actual\n2025-01,cost.fuel,5,actual\n"
    accounts = Accounts((("a", "a"),), (("dien", "power"), ("power", "power")))
    history = read_history(write(tmp_path, "month,measure,value,status\n" + rows), "VND", accounts)
    assert sorted(history.costs) == ["fuel", "power"]
    assert ("history_costs_unknown", (("names", "fuel"),)) in history.notes


def test_places_are_those_of_the_rows_that_count(tmp_path: Path) -> None:
    rows = [
        "2025-01,revenue.a,100,actual,", "2025-01,revenue.a,101,actual,2025-03-04", "2025-02,revenue.a,9,actual,",
        "2025-02,cost.x,9,actual,", "2025-01,revenue.a,99,actual,2025-05-04",
    ]  # fmt: skip
    path = write(tmp_path, "\n".join(["month,measure,value,status,booked", *rows]))
    places = LedgerPlaces(path, "VND", Accounts(), date(2025, 4, 1))
    lines = [places.locate("a", "value", parse_month(month)) for month in ("2025-01", "2025-02", "2025-03")]
    assert [(place.line, place.column) if place else None for place in lines] == [(3, 19), (4, 19), None]
    first = places.locate("cost.x", places.name_column)
    assert first is not None
    assert (first.line, first.column) == (5, 9)
    assert places.locate("b", "month") is None
