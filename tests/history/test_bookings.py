"""Bookings: what was known on any day, from one reading of the ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.history.accounts import Accounts
from forecast.history.bookings import Bookings, read_bookings
from forecast.periods import parse_month


def read(folder: Path, text: str, accounts: Accounts | None = None, as_of: str = "") -> Bookings:
    path = folder / "ledger.csv"
    path.write_text(text, encoding="utf-8")
    return read_bookings(str(path), "VND", accounts or Accounts(), date.fromisoformat(as_of) if as_of else None)


def value(bookings: Bookings, measure: str, month: str, day: str = "9999-12-31") -> float | None:
    booked = bookings.value(measure, parse_month(month), date.fromisoformat(day).toordinal())
    return None if booked is None else booked.value


def first_day_of(bookings: Bookings, measure: str, month: str) -> str | None:
    day = bookings.first_booked_day(measure, parse_month(month))
    return None if day is None else date.fromordinal(day).isoformat()


RESTATED = """\
month,measure,value,status,booked
2025-02,revenue.bread,105,actual,2025-03-04
2025-02,revenue.bread,104,actual,2025-07-10
2025-03,revenue.bread,98,estimate,2025-04-02
2025-03,revenue.bread,99,actual,2025-04-20
"""


def test_a_restatement_counts_from_its_booking_on(tmp_path: Path) -> None:
    bookings = read(tmp_path, RESTATED)
    assert value(bookings, "revenue.bread", "2025-02", "2025-03-03") is None
    assert value(bookings, "revenue.bread", "2025-02", "2025-03-04") == 105
    assert value(bookings, "revenue.bread", "2025-02", "2025-07-09") == 105
    assert value(bookings, "revenue.bread", "2025-02", "2025-07-10") == 104
    assert first_day_of(bookings, "revenue.bread", "2025-02") == "2025-03-04"


def test_an_estimate_is_not_booked(tmp_path: Path) -> None:
    bookings = read(tmp_path, RESTATED)
    assert value(bookings, "revenue.bread", "2025-03", "2025-04-19") is None
    assert value(bookings, "revenue.bread", "2025-03", "2025-04-20") == 99
    assert first_day_of(bookings, "revenue.bread", "2025-03") == "2025-04-20"


def test_rows_booked_after_the_day_are_not_even_read(tmp_path: Path) -> None:
    poisoned = RESTATED.replace("104,actual,2025-07-10", "not a number,actual,2025-07-10")
    bookings = read(tmp_path, poisoned, as_of="2025-06-30")
    assert value(bookings, "revenue.bread", "2025-02") == 105
    with pytest.raises(InputError):
        read(tmp_path, poisoned)


def test_without_a_day_of_booking_a_month_is_known_at_its_end(tmp_path: Path) -> None:
    bookings = read(tmp_path, "month,service,revenue,status\n2025-02,bread,105,actual\n")
    assert first_day_of(bookings, "revenue.bread", "2025-02") == "2025-02-28"
    booked = bookings.value("revenue.bread", parse_month("2025-02"))
    assert booked is not None
    assert booked.booked == 0


def test_revenue_is_volume_times_price_as_both_were_known(tmp_path: Path) -> None:
    bookings = read(
        tmp_path,
        "month,measure,value,status,booked\n"
        "2025-02,volume.bread,10,actual,2025-03-04\n"
        "2025-02,price.bread,3,actual,2025-03-06\n"
        "2025-02,volume.bread,11,actual,2025-05-01\n"
        "2025-03,volume.bread,12,actual,2025-04-04\n",
    )
    assert value(bookings, "revenue.bread", "2025-02", "2025-03-05") is None
    assert value(bookings, "revenue.bread", "2025-02", "2025-03-06") == 30
    assert value(bookings, "revenue.bread", "2025-02", "2025-05-01") == 33
    assert value(bookings, "volume.bread", "2025-03") == 12
    assert value(bookings, "revenue.bread", "2025-03") is None


def test_a_service_is_booked_when_each_of_its_accounts_is(tmp_path: Path) -> None:
    accounts = Accounts(services=(("5111", "bread"), ("5112", "bread")))
    bookings = read(
        tmp_path,
        "month,measure,value,status,booked\n"
        "2025-01,revenue.5111,7,actual,2025-02-04\n"
        "2025-02,revenue.5111,8,actual,2025-03-04\n"
        "2025-02,revenue.5112,5,actual,2025-03-20\n"
        "2025-03,revenue.5111,9,actual,2025-04-04\n",
        accounts,
    )
    assert value(bookings, "revenue.bread", "2025-01") == 7  # before the second account began
    assert value(bookings, "revenue.bread", "2025-02", "2025-03-19") is None
    assert value(bookings, "revenue.bread", "2025-02", "2025-03-20") == 13
    assert value(bookings, "revenue.bread", "2025-03") is None


def test_costs_and_people_are_booked_too(tmp_path: Path) -> None:
    bookings = read(
        tmp_path,
        "month,measure,value,status,booked\n2025-01,cost.wages,3,actual,\n2025-01,headcount,758,actual,\n",
    )
    assert bookings.measures == {"cost.wages", "headcount"}
    assert value(bookings, "headcount", "2025-01") == 758


def test_a_month_without_a_day_of_booking_stands_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, "month,service,revenue,status\n2025-02,bread,105,actual\n2025-02,bread,104,actual\n")
    assert error.value.problems[0].code == "history_month_twice"


def test_months_of_an_example_are_booked_and_known_as_such(tmp_path: Path) -> None:
    example = read(tmp_path, "month,service,revenue,status\n2025-02,bread,105,example\n")
    assert value(example, "revenue.bread", "2025-02") == 105
    assert example.has_examples
    assert not read(tmp_path, RESTATED).has_examples


RENAMED = """\
month,measure,value,status,booked
2025-01,revenue.old,10,actual,2025-02-04
2025-02,revenue.old,11,actual,2025-03-04
2025-03,revenue.north,7,actual,2025-04-04
2025-03,revenue.south,5,actual,2025-04-06
2025-04,revenue.north,8,actual,2025-05-04
"""


def test_a_service_that_was_split_in_mid_year_goes_on(tmp_path: Path) -> None:
    """Its old account ends where the new ones begin; a month that one of these lacks is not booked."""
    accounts = Accounts(tuple((text, "water") for text in ("old", "north", "south")))
    bookings = read(tmp_path, RENAMED, accounts)
    months = {month: value(bookings, "revenue.water", f"2025-{month:02d}") for month in range(1, 5)}
    assert months == {1: 10, 2: 11, 3: 12, 4: None}
    assert first_day_of(bookings, "revenue.water", "2025-03") == "2025-04-06"


def test_an_account_that_nothing_follows_is_missed(tmp_path: Path) -> None:
    accounts = Accounts(tuple((text, "water") for text in ("old", "north", "south")))
    bookings = read(tmp_path, RENAMED.replace("2025-02,revenue.old,11,actual,2025-03-04\n", ""), accounts)
    assert value(bookings, "revenue.water", "2025-03") is None
