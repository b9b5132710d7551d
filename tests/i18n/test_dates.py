"""Months and days inside a text are written as each language does; names of files stay."""

from __future__ import annotations

import pytest

from forecast.i18n import Translator
from forecast.i18n.dates import localize_dates
from forecast.reports.content.text import range_text


@pytest.mark.parametrize(
    ("text", "vi", "en"),
    [
        ("2021-03 to 2021-09", "tháng 3 đến tháng 9/2021", "March to September 2021"),
        ("2020-12..2021-08", "tháng 12/2020 đến tháng 8/2021", "December 2020 to August 2021"),
        ("2025-01, 2025-02", "tháng 1/2025, tháng 2/2025", "January 2025, February 2025"),
        ("on 2021-03-15.", "on 15/03/2021.", "on 15 March 2021."),
        ("scenarios/2025-01.yaml", "scenarios/2025-01.yaml", "scenarios/2025-01.yaml"),
        ("2025-13", "2025-13", "2025-13"),
    ],
)
def test_months_and_days_of_a_text(text: str, vi: str, en: str) -> None:
    assert (localize_dates(text, Translator("vi")), localize_dates(text, Translator("en"))) == (vi, en)


@pytest.mark.parametrize(
    ("text", "vi", "en"),
    [
        ("0.32 to 1.12", "0,32 đến 1,12", "0.32 to 1.12"),
        ("0.125", "0,125", "0.125"),
        ("1.234,5 tỷ", "1.234,5 tỷ", "1.234,5 billion"),
        ("-40% to -0.5%", "−40% đến −0,5%", "−40% to −0.5%"),
        ("2021-03", "tháng 3/2021", "March 2021"),
        ("pert(0%, 0.5%, 2%)", "0% đến 2%, dễ xảy ra nhất 0,5%", "0% to 2%, likeliest 0.5%"),
        (
            "normal(60 thousand EUR, 12 thousand EUR)",
            "bình quân 60 nghìn EUR, độ lệch chuẩn 12 nghìn EUR",
            "mean 60 thousand EUR, standard deviation 12 thousand EUR",
        ),
        ("136 triệu/người/năm", "136 triệu/người/năm", "136 million/person/year"),
        ("8 to 12 tỷ đồng", "8 đến 12 tỷ đồng", "8 to 12 billion VND"),
        ("1 tháng", "1 tháng", "1 month"),
        ("11 people", "11 người", "11 people"),
    ],
)
def test_a_range_of_a_plan_in_each_language(text: str, vi: str, en: str) -> None:
    assert (range_text(text, Translator("vi")), range_text(text, Translator("en"))) == (vi, en)
