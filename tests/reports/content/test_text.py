"""Chances, periods and ranges in words."""

from __future__ import annotations

from forecast.i18n import Translator
from forecast.reports.content.text import period_text, range_text, tenths_text


def test_chances_are_never_stated_as_certain() -> None:
    t = Translator("en")
    assert [tenths_text(c, t) for c in (0.0, 0.03, 0.25, 0.74, 0.97, 1.0)] == [
        "Less than 1 in 100",
        "Less than 1 in 10",
        "About 3 in 10",
        "About 7 in 10",
        "More than 9 in 10",
        "More than 99 in 100",
    ]


def test_periods_are_written_in_words() -> None:
    vi, en = Translator("vi"), Translator("en")
    assert [period_text(p, vi) for p in ("2021", "2021-Q2", "2021-06")] == ["năm 2021", "quý 2/2021", "tháng 6/2021"]
    assert period_text("2021-01 to 2021-06", en) == "January 2021 to June 2021"


def test_ranges_are_written_in_the_language_of_the_reader() -> None:
    assert range_text("4 to 10 weeks", Translator("vi")) == "4 đến 10 tuần"
    assert range_text("uniform(2021-01, 2021-12)", Translator("en")) == "any of 2021-01 to 2021-12"
    assert range_text("pert(0%, 2%, 5%)", Translator("vi")) == "0% đến 5%, dễ xảy ra nhất 2%"
