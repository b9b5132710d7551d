"""Chances, periods and ranges in words."""

from __future__ import annotations

from forecast.i18n import Translator
from forecast.reports.content.text import chance_range_text, period_text, range_text


def test_a_range_of_chances_has_decimals_where_it_is_narrow() -> None:
    en, vi = Translator("en"), Translator("vi")
    assert chance_range_text(0.58, 0.796, en, 0.8) == "58% to 79%"
    assert chance_range_text(0.58, 0.796, vi) == "58% đến 80%"
    assert chance_range_text(0.787, 0.792, vi, 0.8) == "78,7% đến 79,2%"
    assert chance_range_text(0.001, 0.999, en) == "<1% to >99%"


def test_periods_are_written_in_words() -> None:
    vi, en = Translator("vi"), Translator("en")
    assert [period_text(p, vi) for p in ("2021", "2021-Q2", "2021-06")] == ["năm 2021", "quý 2/2021", "tháng 6/2021"]
    assert period_text("2021-01 to 2021-06", en) == "January 2021 to June 2021"


def test_ranges_are_written_in_the_language_of_the_reader() -> None:
    assert range_text("4 to 10 weeks", Translator("vi")) == "4 đến 10 tuần"
    assert range_text("uniform(2021-01, 2021-12)", Translator("en")) == "January to December 2021, all values alike"
    assert range_text("pert(0%, 2%, 5%)", Translator("vi")) == "0% đến 5%, dễ xảy ra nhất 2%"
