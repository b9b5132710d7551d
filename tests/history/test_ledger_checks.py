"""Months of a ledger that are doubled, missing or out of order, and measures that do not go together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.history.test_ledger_figures import LONG, problems_of, read_text

AS_OF = date(2025, 3, 31)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["2025-01,volume.a,1,actual,,"],
            "2:9: measure: 2025-01 of 'a' have a volume and no price; write 'price.a' for them, or 'revenue.a'",
        ),
        (
            ["2025-01,volume.a,1,actual,,", "2025-01,price.a,1,actual,,", "2025-02,price.a,1,actual,,"],
            "4:9: measure: 2025-02 of 'a' have a price and no volume; write 'volume.a'",
        ),
        (
            ["2025-01,revenue.a,1,actual,,", "2025-02,volume.a,1,actual,,", "2025-02,price.a,1,actual,,"],
            "3:9: measure: 'a' has revenue of 2025-01 in line 2 and volume or price here; write revenue in all months",
        ),
        (
            ["2025-01,revenue.a,1,actual,,", "2025-01,price.a,1,actual,,", "2025-01,volume.a,1,actual,,"],
            "3:9: measure: 'a' has revenue of 2025-01 in line 2",
        ),
        (
            ["2025-01,revenue.a,1,actual,,", "2025-03,revenue.a,1,actual,2025-04-04,"],
            "3:1: month: 'revenue.a' has no 2025-02; write these months",
        ),
        (
            ["2025-01,revenue.a,1,actual,,", "2025-01,revenue.b,1,actual,,", "2025-02,revenue.b,1,actual,2025-03-04,"],
            "2:1: month: 'revenue.a' ends in 2025-01 and others go on; write 2025-02",
        ),
        (
            ["2025-02,headcount,1,actual,,", "2025-01,headcount,1,actual,,", "2025-01,revenue.a,1,actual,,"],
            "3:1: month: 2025-01 of 'headcount' stands after 2025-02",
        ),
        (
            ["2025-01,revenue.a,1,actual,,", "2025-01,cost.x,1,actual,,", "2025-01,cost.x,1,actual,,"],
            "4:1: month: 2025-01 of 'cost.x' stands already in line 3",
        ),
    ],
)
def test_a_problem_has_its_place_and_says_what_to_write(tmp_path: Path, rows: list[str], message: str) -> None:
    (problem,) = problems_of(tmp_path, LONG + "\n".join(rows))
    assert message in problem


def test_a_month_without_a_day_of_booking_stands_once(tmp_path: Path) -> None:
    rows = ["2025-01,revenue.a,1,actual,,", "2025-01,revenue.a,2,actual,2025-03-04,", "2025-01,revenue.a,3,actual,,"]
    (problem,) = problems_of(tmp_path, LONG + "\n".join(rows))
    assert "ledger.csv:4:1: month: 2025-01 of 'revenue.a' stands already in line 2" in problem


def test_months_with_a_day_of_booking_stand_in_any_order(tmp_path: Path) -> None:
    rows = ["2025-03,revenue.a,3,actual,2025-04-04,", "2025-01,revenue.a,1,actual,,",
            "2025-02,revenue.a,2,actual,2025-03-04,"]  # fmt: skip
    assert read_text(tmp_path, LONG + "\n".join(rows)).revenue["a"].tolist() == [1, 2, 3]


def test_a_month_that_became_known_later_is_named_with_its_day(tmp_path: Path) -> None:
    rows = ["2025-01,revenue.a,1,actual,,", "2025-01,revenue.b,1,actual,,", "2025-02,revenue.b,1,actual,,",
            "2025-02,revenue.a,1,actual,2025-04-20,"]  # fmt: skip
    (problem,) = problems_of(tmp_path, LONG + "\n".join(rows), AS_OF)
    assert (
        "ledger.csv:2:1: month: on 2025-03-31 'revenue.a' was known to 2025-01 and others further; 2025-02 became "
        "known by 2025-04-20: write a later day of the plan"
    ) in problem
    rows[-1] = "2025-03,revenue.a,1,actual,,"
    rows += ["2025-03,revenue.b,1,actual,,", "2025-02,revenue.a,1,actual,2025-04-20,"]
    (problem,) = problems_of(tmp_path, LONG + "\n".join(rows), AS_OF)
    assert "ledger.csv:5:1: month: 'revenue.a' has no 2025-02 that was known on 2025-03-31" in problem
    assert read_text(tmp_path, LONG + "\n".join(rows)).calendar.count == 3


@pytest.mark.parametrize(("known", "other"), [("volume", "price"), ("price", "volume")])
def test_a_price_or_volume_that_became_known_later_is_named(tmp_path: Path, known: str, other: str) -> None:
    rows = f"2025-03,{known}.a,1,estimate,2025-03-16,\n2025-03,{other}.a,1,actual,2025-04-20,\n"
    (problem,) = problems_of(tmp_path, LONG + rows, AS_OF)
    assert f"on 2025-03-31 a {known} of 'a' was known for 2025-03 and its {other} only by 2025-04-20" in problem
