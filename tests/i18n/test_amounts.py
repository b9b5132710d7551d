"""Amounts as people read them: units, digits, and rounding that keeps a sum."""

from __future__ import annotations

import pytest

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, round_preserving_sum


@pytest.mark.parametrize(
    ("measure", "value", "currency", "en", "vi"),
    [
        ("revenue", 12.6e9, "VND", "12.6 billion VND", "12,6 tỷ đồng"),
        ("revenue", 250e9, "VND", "250 billion VND", "250 tỷ đồng"),
        ("revenue", 12.3456789e9, "VND", "12.3456789 billion VND", "12,3456789 tỷ đồng"),
        ("revenue", 1_012_345_678, "VND", "1.012345678 billion VND", "1,012345678 tỷ đồng"),
        ("profit", -0.7, "EUR", "−0.7 EUR", "−0,7 EUR"),
        ("profit", 0.0, "EUR", "0 EUR", "0 EUR"),
        ("margin", 7.25 / 100, "EUR", "7.25%", "7,25%"),
        ("headcount", 1838.5, "VND", "1,838.5 people", "1.838,5 người"),
    ],
)
def test_a_threshold_is_shown_with_all_its_digits(measure: str, value: float, currency: str, en: str, vi: str) -> None:
    for t, shown in ((Translator("en"), en), (Translator("vi"), vi)):
        assert choose_scale(measure, [value], currency, t).exact_amount(value) == shown


def test_rounding_preserves_the_sum_and_each_step() -> None:
    steps = [0.04, 0.04, 0.04, -1.26, 3.333]
    start, rounded, end = round_preserving_sum(10.04, steps, 10.04 + sum(steps), 1)
    assert round_preserving_sum(0.0, [1e100, -1e100], 1e99, 2)[2] == 1e99  # ends, though nothing adds up there
    assert round(start + sum(rounded), 1) == end
    assert all(abs(a - b) < 0.1 for a, b in zip(steps, rounded, strict=True))


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        (250e9, "VND", "vi", "250 tỷ đồng"),
        (250e9, "VND", "en", "250 billion VND"),
        (60_000, "EUR", "en", "60.0 thousand EUR"),
        (60_000, "EUR", "vi", "60,0 nghìn EUR"),
        (-1.5e6, "EUR", "en", "\N{MINUS SIGN}1.50 million EUR"),
        (12, "EUR", "en", "12 EUR"),
    ],
)
def test_money_is_written_in_a_unit_that_fits(amount: float, currency: str, language: str, shown: str) -> None:
    assert choose_scale("revenue", [amount], currency, Translator(language)).amount(amount) == shown  # type: ignore[arg-type]


def test_a_threshold_keeps_the_digits_of_the_plan() -> None:
    scale = choose_scale("revenue", [250.5e9], "VND", Translator("vi"))
    assert scale.exact_amount(250e9) == "250 tỷ đồng"
    assert scale.exact_amount(250.5e9) == "250,5 tỷ đồng"
    assert (
        choose_scale("productivity", [136e6], "VND", Translator("vi")).exact_amount(136e6) == "136 triệu đồng/người/năm"
    )
