"""Estimates of a ledger are paired with the actual figures that followed them."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from forecast.history.accounts import Accounts
from forecast.history.estimates import Estimates
from forecast.history.ledger import read_history
from forecast.periods import parse_month

JANUARY, FEBRUARY, MARCH = (parse_month(f"2025-{month:02d}") for month in (1, 2, 3))


def estimates(folder: Path, rows: list[str], as_of: date | None = None) -> Estimates:
    text = "\n".join(["month,measure,value,status,booked", *rows, ""])
    (folder / "ledger.csv").write_text(text, encoding="utf-8")
    accounts = Accounts((("a", "a"), ("b", "a")))
    return read_history(str(folder / "ledger.csv"), "VND", accounts, as_of).estimates


def test_the_last_estimate_is_paired_with_the_last_actual_figure(tmp_path: Path) -> None:
    rows = [
        "2025-01,revenue.a,80,estimate,2025-01-10", "2025-01,revenue.a,90,estimate,2025-01-18",
        "2025-01,revenue.a,99,actual,2025-02-05", "2025-02,revenue.a,100,actual,2025-03-05",
        "2025-01,revenue.a,100,actual,2025-03-05", "2025-03,revenue.a,70,estimate,2025-03-18",
    ]  # fmt: skip
    result = estimates(tmp_path, rows)
    assert result.months == {"revenue.a": (MARCH,)}
    assert result.log_ratios == {"revenue.a": {JANUARY: pytest.approx(math.log(100 / 90))}}
    early = estimates(tmp_path, rows, date(2025, 2, 28))
    assert early.log_ratios == {"revenue.a": {JANUARY: pytest.approx(math.log(99 / 90))}}


def test_an_estimate_of_a_part_is_compared_with_the_sum(tmp_path: Path) -> None:
    rows = [
        "2025-01,revenue.a,90,estimate,2025-01-18", "2025-01,revenue.a,100,actual,2025-02-05",
        "2025-01,revenue.b,300,actual,2025-02-05",
        "2025-02,revenue.a,90,estimate,2025-02-18", "2025-02,revenue.b,300,actual,2025-03-05",
    ]  # fmt: skip
    result = estimates(tmp_path, rows)
    assert result.log_ratios == {"revenue.a": {JANUARY: pytest.approx(math.log(400 / 390))}}
    assert result.months == {"revenue.a": (FEBRUARY,)}


def test_the_revenue_of_a_counted_service_has_the_errors_of_both_factors(tmp_path: Path) -> None:
    rows = [
        "2025-01,volume.a,90,estimate,2025-01-18", "2025-01,volume.a,100,actual,2025-02-05",
        "2025-01,price.a,4,actual,2025-02-05",
        "2025-02,volume.a,100,actual,2025-03-05", "2025-02,price.a,4,estimate,2025-02-18",
        "2025-02,price.a,5,actual,2025-03-05",
        "2025-03,volume.a,100,estimate,2025-03-18", "2025-03,price.a,5,actual,2025-04-05",
    ]  # fmt: skip
    result = estimates(tmp_path, rows)
    assert result.months == {"revenue.a": (MARCH,), "volume.a": (MARCH,)}
    volume, price = math.log(100 / 90), math.log(5 / 4)
    assert result.log_ratios["revenue.a"] == {JANUARY: pytest.approx(volume), FEBRUARY: pytest.approx(price)}
    assert result.log_ratios["volume.a"] == {JANUARY: pytest.approx(volume)}


def test_figures_without_a_logarithm_and_reconstructed_months_pair_nothing(tmp_path: Path) -> None:
    rows = [
        "2025-01,revenue.a,-90,estimate,2025-01-18", "2025-01,revenue.a,100,actual,2025-02-05",
        "2025-02,revenue.a,90,estimate,2025-02-18", "2025-02,revenue.a,100,reconstructed,2025-03-05",
    ]  # fmt: skip
    assert estimates(tmp_path, rows) == Estimates()
