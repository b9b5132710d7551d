"""Months, quarters and years as people and spreadsheets write them, recognised for what they mean."""

from __future__ import annotations

import re
from datetime import date

from forecast.periods import Calendar, format_month
from forecast.units import fold_text

__all__ = ["months_of_day", "normalize_period", "recognize_month", "recognize_period"]

_QUARTER_NUMBERS = {"1": 1, "2": 2, "3": 3, "4": 4, "i": 1, "ii": 2, "iii": 3, "iv": 4}
_BEFORE_YEAR = " ?(?:[-/. ]|nam) ?"
_QUARTER_FORMS = (
    re.compile(rf"(?:quy|q|quarter) ?(?P<quarter>[1-4]|iv|i{{1,3}}){_BEFORE_YEAR}(?P<year>\d{{4}})", re.ASCII),
    re.compile(r"(?P<year>\d{4}) ?[-/. ]? ?(?:quy |q|quarter )(?P<quarter>[1-4]|iv|i{1,3})", re.ASCII),
)
_SHORT_QUARTER = re.compile(r"(?:quy|q|quarter) ?(?P<quarter>[1-4]|iv|i{1,3})[-/. ](?P<year>\d{2})", re.ASCII)
_HALF_FORMS = (
    re.compile(r"(?P<year>\d{4}) ?[-/. ]? ?h(?P<half>[12])", re.ASCII),
    re.compile(rf"h(?P<half>[12]){_BEFORE_YEAR}(?P<year>\d{{4}})", re.ASCII),
    re.compile(r"(?:6 thang|nua(?: nam)?) (?P<half>dau|cuoi)(?: nam)? (?P<year>\d{4})", re.ASCII),
)
_FIRST_HALF = ("1", "dau")
_MONTH_WORD = "(?:m|t|th ?|thg ?|thang ?)"
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_FORMS = (
    re.compile(rf"(?P<year>\d{{4}})(?:[-/. ]|[-/. ]?{_MONTH_WORD})(?P<month>\d{{1,2}})", re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})", re.ASCII),
    re.compile(rf"{_MONTH_WORD}?(?P<month>\d{{1,2}}){_BEFORE_YEAR}(?P<year>\d{{4}})", re.ASCII),
    re.compile(r"(?P<name>[a-z]{3,9})[-/., ]{1,2}(?P<year>\d{4}|\d{2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})[-/., ]{1,2}(?P<name>[a-z]{3,9})", re.ASCII),
)
_SHORT_MONTH = re.compile(rf"(?P<word>{_MONTH_WORD})?(?P<month>\d{{1,2}})[-/. ](?P<year>\d{{2}})", re.ASCII)
_VIETNAMESE_MONTHS = (
    ("gieng", "mot"), ("hai",), ("ba",), ("tu",), ("nam",), ("sau",), ("bay",), ("tam",), ("chin",), ("muoi",),
    ("muoi mot",), ("chap", "muoi hai"),
)  # fmt: skip
_VIETNAMESE_MONTH = re.compile(rf"thang (?P<name>[a-z]{{2,5}}(?: mot| hai)?){_BEFORE_YEAR}(?P<year>\d{{4}})", re.ASCII)
_SERIAL_DAYS = range(20_000, 80_000)
"""Days as spreadsheets count them, from 1954 to 2119."""
_SERIAL_ORIGIN = 693_594
"""Ordinal of day 0 of spreadsheets, 1899-12-30."""
_CENTURY_TURN = 70
"""Years of two digits from here on are of the twentieth century."""


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
            if 1 <= month <= 12:
                return 12 * _full_year(parts["year"]) + month - 1, len(parts["year"]) == 4
    return None


def _unsure_month(plain: str) -> tuple[int, bool] | None:
    """A month with a year of two digits, with its name in Vietnamese or as a day with decimals; `1/12` may be a day."""
    if match := re.fullmatch(r"([0-9]{5})\.0+", plain):
        return recognize_month(match[1])
    if match := _SHORT_MONTH.fullmatch(plain):
        month, is_day = int(match["month"]), not match["word"] and int(match["year"]) <= 12
        return (12 * _full_year(match["year"]) + month - 1, False) if 1 <= month <= 12 and not is_day else None
    if match := _VIETNAMESE_MONTH.fullmatch(plain):
        months = (number for number, names in enumerate(_VIETNAMESE_MONTHS) if match["name"] in names)
        return next(((12 * int(match["year"]) + number, False) for number in months), None)
    return None


def _full_year(digits: str) -> int:
    """A year of four digits, or of its last two."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= _CENTURY_TURN else 2000)


def _month_by_name(name: str) -> int:
    """Number of an English month from its first letters; 0 where it is none."""
    full = date(2000, _MONTH_NAMES.index(name[:3]) + 1, 1).strftime("%B").lower() if name[:3] in _MONTH_NAMES else ""
    return _MONTH_NAMES.index(name[:3]) + 1 if full.startswith(name) or name == "sept" else 0


def months_of_day(text: str) -> tuple[str, ...]:
    """List the months in which a date may lie.

    Parameters
    ----------
    text : str
        Such as `2020-01-31`, `31/01/2020` or `01/02/2020`, of which the day or the month may come first.

    Returns
    -------
    tuple of str
        Months as the program writes them; none where the text is no date.
    """
    if match := re.fullmatch(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.]\d{1,2}(?:[ T].*)?", text, re.ASCII):
        numbers = [match["month"]]
    elif match := re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](?P<year>\d{4})(?: .*)?", text, re.ASCII):
        numbers = [match[2], match[1]]
    else:
        return ()
    months = dict.fromkeys(int(number) for number in numbers)
    return tuple(f"{match['year']}-{month:02d}" for month in months if 1 <= month <= 12)


def recognize_period(text: str) -> tuple[Calendar, bool] | None:
    """Recognise a month, a quarter, half a year or a year that is not written as the program writes it.

    Parameters
    ----------
    text : str
        Such as `quý 2/2025`, `Quý II/2025`, `2025-H1`, `6 tháng đầu năm 2025`, `năm 2025`, `Jun-25` or
        `T6-25`.

    Returns
    -------
    tuple of Calendar and bool, optional
        The months, and whether the text can mean nothing else and is read so; None where it is no period.
    """
    plain = fold_text(text)
    if match := next(filter(None, (form.fullmatch(plain) for form in (*_QUARTER_FORMS, _SHORT_QUARTER))), None):
        first = 12 * _full_year(match["year"]) + 3 * (_QUARTER_NUMBERS[match["quarter"]] - 1)
        return Calendar(first, 3), len(match["year"]) == 4
    if match := next(filter(None, (form.fullmatch(plain) for form in _HALF_FORMS)), None):
        return Calendar(12 * int(match["year"]) + (0 if match["half"] in _FIRST_HALF else 6), 6), False
    if match := re.fullmatch(r"(?:(?:nam|year) )?(\d{4})", plain, re.ASCII):
        return Calendar(12 * int(match[1]), 12), True
    month = recognize_month(text) or _unsure_month(plain)
    return (Calendar(month[0], 1), month[1]) if month else None


def normalize_period(text: str, *, is_sure: bool = True) -> str:
    """Return a period as the program writes it.

    Parameters
    ----------
    text : str
        Such as `quý 2/2025`, `Q2/2025` or `T6/2025`.
    is_sure : bool, optional
        Whether only what can mean nothing else is changed.

    Returns
    -------
    str
        Such as `2025-Q2`; a text that is no other form of a period stays as it is.
    """
    period = recognize_period(text)
    if period is None or (is_sure and not period[1]):
        return text
    calendar = period[0]
    year, month = divmod(calendar.first, 12)
    match calendar.count:
        case 1:
            return format_month(calendar.first)
        case 3:
            return f"{year:04d}-Q{month // 3 + 1}"
        case 12:
            return f"{year:04d}"
    return f"{format_month(calendar.first)} to {format_month(calendar.last)}"
