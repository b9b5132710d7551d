"""Books of a ledger on earlier days."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.history.accounts import Accounts
from forecast.history.books_by_day import BooksByDay
from forecast.periods import first_day, parse_month

HEAD = "month,measure,value,status,booked\n"
JANUARY, MARCH = parse_month("2025-01"), parse_month("2025-03")


def read_books(folder: Path, *rows: str) -> BooksByDay:
    ledger = folder / "ledger.csv"
    ledger.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return BooksByDay.read(str(ledger), "EUR", Accounts(), None, JANUARY)


def day(text: str) -> int:
    """Ordinal of a day of 2025, `02-05`."""
    month, number = map(int, text.split("-"))
    return first_day(JANUARY + month - 1) + number - 1


def test_a_month_is_closed_when_its_last_service_is_first_booked(tmp_path: Path) -> None:
    books = read_books(
        tmp_path,
        "2025-01,revenue.a,100,actual,2025-02-05",
        "2025-01,revenue.b,50,actual,2025-02-11",
        "2025-01,revenue.a,101,actual,2025-03-04",
        "2025-01,cost.c,5,actual,2025-04-20",
        "2025-02,revenue.a,110,actual,",
        "2025-03,revenue.a,90,estimate,2025-03-20",
    )
    months = (JANUARY, JANUARY + 1, MARCH)
    assert books.closing_days(months) == {JANUARY: day("02-11"), JANUARY + 1: day("02-28")}


def test_on_a_day_the_last_row_known_counts(tmp_path: Path) -> None:
    books = read_books(
        tmp_path,
        "2024-12,revenue.a,90,actual,2025-01-05",
        "2025-01,revenue.a,95,estimate,2025-01-20",
        "2025-01,revenue.a,100,actual,2025-02-05",
        "2025-01,revenue.a,101,actual,2025-03-04",
    )
    known = {text: books.on_day(day(text)) for text in ("01-10", "01-20", "02-05", "03-03", "03-04")}
    assert known["01-10"] == {}
    figures = {text: booked["revenue.a"][JANUARY] for text, booked in known.items() if booked}
    assert {text: (figure.value, figure.status) for text, figure in figures.items()} == {
        "01-20": (95, "estimate"),
        "02-05": (100, "actual"),
        "03-03": (100, "actual"),
        "03-04": (101, "actual"),
    }


@pytest.mark.parametrize(("on", "expected"), [("02-06", False), ("02-10", True)])
def test_a_volume_counts_from_the_day_of_its_price_on(tmp_path: Path, on: str, expected: bool) -> None:
    books = read_books(tmp_path, "2025-01,volume.a,10,actual,2025-02-05", "2025-01,price.a,3,actual,2025-02-10")
    booked = books.on_day(day(on))
    assert ("revenue.a" in booked) is expected
    assert not expected or booked["revenue.a"][JANUARY].value == 30
