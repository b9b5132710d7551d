"""Numbers of a sheet: cells that are numbers, and texts such as `1.234.567,5`, `(1.234)` and `-`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from forecast.files.csv_numbers import DecimalMark, shown_decimal_marks
from forecast.units import QuantityError

__all__ = ["decimals_of", "is_dash", "looks_like_number", "normalize_number", "number_mark", "parse_sheet_number"]

_SPACES = re.compile("[\u00a0\u2007\u2009\u202f' ]+")
_NUMBER_TEXT = re.compile(r"[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]{1,3})?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_PLAIN = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_DASHES = ("-", "--", "---", "–", "—", "\N{MINUS SIGN}")
MAX_DECIMALS = 9
"""Decimals of a number that count: more are noise of binary fractions."""


def is_dash(value: object) -> bool:
    """Return whether a cell holds the dash that stands for nothing.

    Parameters
    ----------
    value : object
        Value of the cell.

    Returns
    -------
    bool
        True for a hyphen or a dash alone.
    """
    return isinstance(value, str) and value.strip() in _DASHES


def normalize_number(text: str) -> str:
    """Return the text of a number without spaces, brackets and currency, with its sign in front.

    Parameters
    ----------
    text : str
        Such as `(1.234)`, `1 234 567 đ` or `1.234-`.

    Returns
    -------
    str
        Such as `-1.234`; a text that is no number comes back in a form that is none either.
    """
    plain = _SPACES.sub("", text).replace("\N{MINUS SIGN}", "-")
    plain = re.sub(r"(?i)(?:₫|đ|vnđ|vnd|đồng)$", "", plain)
    if match := re.fullmatch(r"\((.+)\)|(.+)-", plain):
        return f"-{match[1] or match[2]}"
    return plain


def looks_like_number(value: object) -> bool:
    """Return whether a cell holds a number, as a number or as a text.

    Parameters
    ----------
    value : object
        Value of the cell.

    Returns
    -------
    bool
        False for a blank cell, a dash, a date and a truth value.
    """
    if isinstance(value, str):
        return bool(value) and value[-1] in "0123456789)đĐdD₫-" and _is_number_text(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_number_text(text: str) -> bool:
    return _NUMBER_TEXT.fullmatch(normalize_number(text)) is not None


def number_mark(texts: Iterable[str]) -> tuple[DecimalMark, str]:
    """Return the decimal mark of the texts of a file.

    Parameters
    ----------
    texts : iterable of str
        Numbers as they are written.

    Returns
    -------
    tuple of DecimalMark and str
        The mark, empty where none is shown or both are; and the first number that it alone decides, empty where there
        is none.
    """
    numbers = list(dict.fromkeys(map(normalize_number, texts)))
    marks = shown_decimal_marks(numbers)
    ambiguous = next((number for number in numbers if _AMBIGUOUS.fullmatch(number)), "")
    return (marks.pop() if len(marks) == 1 else ""), ambiguous


def parse_sheet_number(value: object, mark: DecimalMark) -> Decimal:
    """Read the number of a cell.

    Parameters
    ----------
    value : object
        A number, the text of one, or a dash.
    mark : DecimalMark
        Decimal mark of the texts of the file.

    Returns
    -------
    Decimal
        Without the noise of binary fractions.

    Raises
    ------
    QuantityError
        The cell holds no number, or one that may be read in two ways.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(format(value, ".15g"), str(value))
    if is_dash(value):
        return Decimal(0)
    text = normalize_number(str(value))
    if not _NUMBER_TEXT.fullmatch(text):
        raise QuantityError("sheet_not_a_number", text=str(value)[:40])
    if _AMBIGUOUS.fullmatch(text):
        if not mark:
            raise QuantityError("sheet_thousands_or_decimals", text=str(value)[:40])
        return _finite(_with_point(text, mark), text)
    if "e" in text.lower():
        return _finite(text.replace(",", "."), text)
    shown: DecimalMark = next(iter(shown_decimal_marks([text])), "")
    if not (shown or _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
        raise QuantityError("sheet_not_a_number", text=str(value)[:40])
    return _finite(_with_point(text, shown or mark or "."), text)


def _with_point(text: str, mark: DecimalMark) -> str:
    return text.replace(".", "").replace(",", ".") if mark == "," else text.replace(",", "")


def _finite(text: str, written: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise QuantityError("sheet_not_a_number", text=written[:40]) from None
    if not value.is_finite() or abs(value) > Decimal(10) ** 18:
        raise QuantityError("sheet_not_a_number", text=written[:40])
    return round(value, MAX_DECIMALS)


def decimals_of(value: Decimal) -> int:
    """Return the decimals that a number has.

    Parameters
    ----------
    value : Decimal
        Any number.

    Returns
    -------
    int
        Without zeros at the end.
    """
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
