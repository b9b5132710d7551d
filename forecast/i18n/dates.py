"""Months and days inside a text, as a reader of each language writes them."""

from __future__ import annotations

import re

from forecast.i18n import Translator

__all__ = ["MONTH_NAMES", "localize_dates"]

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
"""English names of the months."""
_MONTH = r"(?<![\w./-])([12][0-9]{3})-(0[1-9]|1[0-2])(?![\w/-]|\.\w)"
_DAY = r"(?<![\w./-])([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(?![\w/-]|\.\w)"
_LAST_MONTH = _MONTH.replace(r"(?<![\w./-])", "")
_SPAN = re.compile(_MONTH.replace(r"|\.\w", "") + r"(?: (?:to|đến) |\.\.)" + _LAST_MONTH)


def localize_dates(text: str, t: Translator) -> str:
    """Write the months and days of a text as the language does.

    Parameters
    ----------
    text : str
        With months such as `2021-03`, spans such as `2021-03 to 2021-09` or `2021-03..2021-09`, and days such as
        `2021-03-15`; those in the names of files stay.
    t : Translator
        The language.

    Returns
    -------
    str
        Such as `tháng 3 đến tháng 9/2021`, `March to September 2021`, `15/03/2021`.
    """
    text = re.sub(_DAY, lambda day: _day(int(day[1]), int(day[2]), int(day[3]), t), text)
    text = _SPAN.sub(lambda span: _span(int(span[1]), int(span[2]), int(span[3]), int(span[4]), t), text)
    return re.sub(_MONTH, lambda month: _month(int(month[1]), int(month[2]), t), text)


def _day(year: int, month: int, day: int, t: Translator) -> str:
    return f"{day:02d}/{month:02d}/{year}" if t.language == "vi" else f"{day} {MONTH_NAMES[month - 1]} {year}"


def _month(year: int, month: int, t: Translator) -> str:
    return t("period_month", month=month, name=MONTH_NAMES[month - 1], year=year)


def _span(first_year: int, first: int, last_year: int, last: int, t: Translator) -> str:
    if first_year != last_year:
        return t("span_from_to", low=_month(first_year, first, t), high=_month(last_year, last, t))
    return t(
        "span_from_to", low=t("month_alone", month=first, name=MONTH_NAMES[first - 1]), high=_month(last_year, last, t)
    )
