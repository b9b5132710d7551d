"""Months, quarters and years as people and spreadsheets write them, recognised for what they mean."""

from __future__ import annotations

import re
from datetime import date

from forecast.periods import format_month
from forecast.units import fold_text

__all__ = ["normalize_period", "recognize_month"]

_QUARTER_FORMS = (
    re.compile(r"(?:quy|q|quarter) ?(?P<quarter>[1-4]) ?[-/. ] ?(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4}) ?[-/. ]? ?(?:quy |q|quarter )(?P<quarter>[1-4])", re.ASCII),
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_FORMS = (
    re.compile(r"(?P<year>\d{4})(?:[-/. ]|[-/. ]?(?:m|t|thang ?|thg ?))(?P<month>\d{1,2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})", re.ASCII),
    re.compile(r"(?:m|t|thang ?|thg ?)?(?P<month>\d{1,2}) ?(?:[-/. ]|nam) ?(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<name>[a-z]{3,9})[-/., ]{1,2}(?P<year>\d{4}|\d{2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})[-/., ]{1,2}(?P<name>[a-z]{3,9})", re.ASCII),
)
_SERIAL_DAYS = range(20_000, 80_000)
"""Days as spreadsheets count them, from 1954 to 2119."""
_SERIAL_ORIGIN = 693_594
"""Ordinal of day 0 of spreadsheets, 1899-12-30."""


def recognize_month(text: str) -> tuple[int, bool] | None:
    """Recognise a month that is not written as the program writes it.

    Parameters
    ----------
    text : str
        Such as `T1/2018`, `01/2018`, `201801`, `2018M01`, `Jan-18`, `Tháng 1/2018` or the number of a day in a
        spreadsheet, `43101`.

    Returns
    -------
    tuple of int and bool, optional
        The month from year 0, and whether the text can mean nothing else; None where it is no month.
    """
    plain = fold_text(text)
    if re.fullmatch(r"[0-9]{5}", plain) and int(plain) in _SERIAL_DAYS:
        day = date.fromordinal(_SERIAL_ORIGIN + int(plain))
        return 12 * day.year + day.month - 1, False
    for form in _MONTH_FORMS:
        if match := form.fullmatch(plain):
            parts = match.groupdict()
            month = _month_by_name(parts["name"]) if "name" in parts else int(parts["month"])
            is_short = len(parts["year"]) == 2
            year = int(parts["year"]) + (2000 if is_short else 0)
            if 1 <= month <= 12:
                return 12 * year + month - 1, not is_short
    return None


def _month_by_name(name: str) -> int:
    """Number of an English month from its first letters; 0 where it is none."""
    full = date(2000, _MONTH_NAMES.index(name[:3]) + 1, 1).strftime("%B").lower() if name[:3] in _MONTH_NAMES else ""
    return _MONTH_NAMES.index(name[:3]) + 1 if full.startswith(name) or name == "sept" else 0


def normalize_period(text: str) -> str:
    """Return a period as the program writes it.

    Parameters
    ----------
    text : str
        Such as `quý 2/2025`, `Q2/2025` or `T6/2025`.

    Returns
    -------
    str
        Such as `2025-Q2`; a text that is no other form of a quarter or a month stays as it is.
    """
    plain = fold_text(text)
    if match := next(filter(None, (form.fullmatch(plain) for form in _QUARTER_FORMS)), None):
        return f"{match['year']}-Q{match['quarter']}"
    if match := re.fullmatch(r"(?:nam|year) (\d{4})", plain):
        return match[1]
    month = None if re.fullmatch(r"\d{4}", plain) else recognize_month(text)
    return format_month(month[0]) if month and month[1] else text
