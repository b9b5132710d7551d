"""Rows of a ledger that were known on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forecast.history.accounts import Accounts
from forecast.history.known_rows import known_figure_differences, known_rows

HEADER = "month,service,revenue,status,booked,source"
ROWS = (
    "2025-01,bread,100,actual,2025-02-04,a.xlsx",
    "2025-02,bread,110,actual,2025-03-04,",
    "2025-03,bread,120,actual,2025-04-04,",
)
MARCH = date(2025, 3, 31)


def ledger(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def changes(tmp_path: Path, *rows: str, header: str = HEADER, as_of: date | None = MARCH) -> list[tuple[object, ...]]:
    old = ledger(tmp_path / "old.csv", *(ROWS[:2] if as_of else ROWS))
    new = ledger(tmp_path / "new.csv", *rows, header=header)
    differences = known_figure_differences(old, new, "VND", Accounts(), as_of)
    return [(each.name, each.old, each.new, each.location.line) for each in differences]


def test_rows_that_were_known_are_returned_as_written(tmp_path: Path) -> None:
    path = ledger(tmp_path / "ledger.csv", *ROWS)
    assert known_rows(str(path), "VND", Accounts(), MARCH) == (HEADER, *ROWS[:2])
    assert known_rows(str(path), "VND", Accounts(), None) == (HEADER, *ROWS)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_line_ends_and_encodings_do_not_matter(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "ledger.csv"
    path.write_bytes(("\r\n".join(["sep=,", HEADER, "", *ROWS]) + "\r\n").encode(encoding))
    assert known_rows(str(path), "VND", Accounts(), MARCH) == ("sep=,", HEADER, *ROWS[:2])


def test_later_rows_and_restatements_are_no_difference(tmp_path: Path) -> None:
    restated = "2025-02,bread,111,actual,2025-04-10,adjusting entry"
    assert changes(tmp_path, *ROWS, restated) == []
    assert changes(tmp_path, *ROWS, restated, as_of=None) == []


def test_a_changed_figure_has_both_values_and_its_line(tmp_path: Path) -> None:
    changed = ROWS[1].replace("110", "111")
    assert changes(tmp_path, ROWS[0], changed) == [("revenue.bread 2025-02", "110 (actual)", "111 (actual)", 3)]
    status = ROWS[1].replace("actual", "estimate")
    assert changes(tmp_path, ROWS[0], status) == [("revenue.bread 2025-02", "110 (actual)", "110 (estimate)", 3)]


def test_a_row_that_is_gone_is_named(tmp_path: Path) -> None:
    assert changes(tmp_path, ROWS[0]) == [("revenue.bread 2025-02", "110 (actual)", None, 1)]
    rebooked = ROWS[1].replace("2025-03-04", "2025-04-05")  # as if it had not been known
    assert changes(tmp_path, ROWS[0], rebooked) == [("revenue.bread 2025-02", "110 (actual)", None, 1)]


def test_a_row_booked_into_the_past_is_named(tmp_path: Path) -> None:
    backdated = "2025-02,bread,111,actual,2025-03-20,"
    assert changes(tmp_path, *ROWS[:2], backdated) == [("revenue.bread 2025-02", None, "111 (actual)", 4)]


def test_order_sources_and_the_form_of_the_ledger_do_not_matter(tmp_path: Path) -> None:
    header = "month,measure,value,status,booked"
    rows = ("2025-02,revenue.bread,110.0,actual,2025-03-04", "2025-01,revenue.bread,100,actual,2025-02-04")
    assert changes(tmp_path, *rows, header=header) == []
