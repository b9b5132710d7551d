"""Amounts as people read them: units, digits, and rounding that keeps a sum."""

from __future__ import annotations

import pytest

from forecast.i18n import Translator
from forecast.i18n.amounts import (
    choose_scale,
    exact_percent,
    interval_text,
    round_preserving_sum,
    whole_percent,
)


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


@pytest.mark.parametrize(
    ("chance", "required", "shown"),
    [
        (0.789, None, "79%"),
        (0.785, None, "79%"),  # halves upwards
        (0.57, None, "57%"),
        (0.796, None, "80%"),
        (0.796, 0.80, "79%"),
        (0.79999, 0.80, "79%"),
        (0.80, 0.80, "80%"),
        (0.802, 0.805, "80%"),
        (0.8049, 0.805, "80%"),
        (0.805, 0.805, "81%"),
        (0.803, 0.802, "81%"),  # 80% would be below what is required
        (0.5504, 0.55, "55%"),
        (0.5496, 0.55, "54%"),
        (0.28999, 0.29, "28%"),
        (0.0, None, "0%"),
        (0.0004, None, "<1%"),
        (0.004, 0.003, "<1%"),
        (0.006, 0.007, "<1%"),
        (0.006, None, "1%"),
        (1.0, None, "100%"),
        (1.0, 1.0, "100%"),
        (0.99999, None, ">99%"),
        (0.994, 0.993, ">99%"),
        (0.995, 0.999, ">99%"),
        (0.99996, 1.0, ">99%"),
        (0.994, None, "99%"),
    ],
)
def test_a_chance_is_a_whole_percent_on_its_side_of_the_required_one(
    chance: float, required: float | None, shown: str
) -> None:
    for language in ("en", "vi"):
        assert whole_percent(chance, Translator(language), required) == shown  # type: ignore[arg-type]


def test_no_chance_is_printed_across_a_required_one_or_as_certain() -> None:
    t = Translator("en")
    for hits in range(1, 1000):
        chance = hits / 1000
        for required in (0.2, 0.295, 0.5, 0.57, 0.7, 0.801, 0.95, 0.999):
            shown = whole_percent(chance, t, required)
            number = float(shown.strip("<>%"))
            assert abs(number - 100 * chance) < 1 + 1e-9
            if shown[0] not in "<>":
                assert 0 < number < 100
                assert (number >= round(100 * required, 9)) == (chance >= required)


@pytest.mark.parametrize(
    ("low", "high", "en", "vi"),
    [
        (0.787, 0.792, "78.7% to 79.2%", "78,7% đến 79,2%"),
        (0.7871, 0.7872, "78.71% to 78.72%", "78,71% đến 78,72%"),
        (0.0, 0.0000369, "0.000% to 0.004%", "0,000% đến 0,004%"),
        (0.999963, 1.0, "99.996% to 100.000%", "99,996% đến 100,000%"),
        (0.5, 0.5, "50.0% to 50.0%", "50,0% đến 50,0%"),
    ],
)
def test_an_interval_of_a_chance_tells_its_ends_apart(low: float, high: float, en: str, vi: str) -> None:
    assert interval_text(low, high, Translator("en")) == en
    assert interval_text(low, high, Translator("vi")) == vi


def test_a_required_chance_is_printed_as_it_is_written() -> None:
    assert [exact_percent(share, Translator("en")) for share in (0.8, 0.805, 0.57, 0.9999, 1.0)] == [
        "80%",
        "80.5%",
        "57%",
        "99.99%",
        "100%",
    ]
    assert exact_percent(0.805, Translator("vi")) == "80,5%"


@pytest.mark.parametrize(
    ("low", "chance", "high", "required", "text"),
    [
        (0.792, 0.7944, 0.797, None, "79.0% to 79.7%"),
        (0.787, 0.7894, 0.792, None, "78.7% to 79.2%"),
        (0.7958, 0.796, 0.7962, 0.8, "79.0% to 79.6%"),
        (0.7958, 0.796, 0.7962, None, "79.6% to 80.0%"),
        (0.9981, 0.9985, 0.9989, None, "99.8% to 99.9%"),
    ],
)
def test_an_interval_reaches_to_the_percent_that_is_printed(
    low: float, chance: float, high: float, required: float | None, text: str
) -> None:
    assert interval_text(low, high, Translator("en"), chance, required) == text
