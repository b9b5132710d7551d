"""Units a planner writes, in Vietnamese and in English: money, percent, people, time.

A quantity is kept as a plain float in base units: đồng (or the plan's currency), a share of one, persons, days.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from forecast.errors import closest_match
from forecast.periods import DAYS_PER_MONTH

__all__ = [
    "SCALES",
    "Dimension",
    "Quantity",
    "QuantityError",
    "join_unit",
    "normalize_text",
    "read_number",
    "read_quantity",
    "read_unit",
    "split_unit",
    "suggest_unit",
]

Dimension = Literal["money", "money_per_person", "percent", "people", "days", "day", "none"]

SCALES = {
    "tỷ": 1e9, "tỉ": 1e9, "billion": 1e9, "bn": 1e9,
    "triệu": 1e6, "million": 1e6,
    "nghìn": 1e3, "ngàn": 1e3, "thousand": 1e3,
}  # fmt: skip
UNIT_FACTORS: dict[str, tuple[Dimension, float]] = {
    "%": ("percent", 0.01),
    **dict.fromkeys(("người", "people", "persons", "person"), ("people", 1.0)),
    **dict.fromkeys(("day", "days", "ngày"), ("days", 1.0)),
    **dict.fromkeys(("week", "weeks", "tuần"), ("days", 7.0)),
    **dict.fromkeys(("month", "months", "tháng"), ("days", DAYS_PER_MONTH)),
    **dict.fromkeys(("year", "years", "năm"), ("days", 365.0)),
}
DONG_WORDS = ("đồng", "đ", "VND")
PER_PERSON = ("người/năm", "person/year", "people/year", "worker/year")
SHORTHAND: dict[str, dict[str, tuple[str, str]]] = {
    "money": {"b": ("tỷ", "billion"), "t": ("tỷ", "billion"), "tr": ("triệu", "million"), "m": ("triệu", "million"),
              "mn": ("triệu", "million"), "k": ("nghìn", "thousand"), "n": ("nghìn", "thousand")},
    "days": {"d": ("ngày", "days"), "w": ("tuần", "weeks"), "m": ("tháng", "months"), "y": ("năm", "years")},
}  # fmt: skip
"""Unit that a short form may mean, by dimension: in a plan in đồng, in any other. Short forms are refused."""
MAX_NUMBER_CHARACTERS = 40
"""Characters of a number."""
MAX_QUANTITY = 1e30
"""Size of a quantity in base units; sums and products of such quantities stay far from the limit of 64 bits."""
MAX_DIGITS_WITHOUT_UNIT = 6
"""Digits up to which an amount of đồng without a unit is one of tỷ or triệu; one of more digits is written out."""
_UNIT_BY_DIMENSION: dict[str, str] = {"percent": "%", "people": "people", "days": "days"}

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBERLIKE = re.compile(r"[+-]?[0-9][0-9.,_]*(?:[eE][+-]?[0-9]+)?")


class QuantityError(ValueError):
    """A quantity that cannot be read.

    Parameters
    ----------
    code : str
        Key of the sentence in `i18n/messages/`.
    **params : str
        Texts of its placeholders.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Quantity:
    """A number with its unit."""

    value: float
    """In base units: the currency, a share of one, persons, days."""
    dimension: Dimension
    unit: str
    """As it is written."""


def normalize_text(text: str) -> str:
    """Return a text in composed Unicode with single spaces and a plain minus.

    Parameters
    ----------
    text : str
        As it is written.

    Returns
    -------
    str
        Without a space at either end.
    """
    return " ".join(unicodedata.normalize("NFC", text).replace("\N{MINUS SIGN}", "-").split())


def unit_words(currency: str, dimensions: Iterable[Dimension]) -> list[str]:
    """Return every word that may stand in a unit of these dimensions."""
    wanted = set(dimensions)
    words = [word for word, (dimension, _) in UNIT_FACTORS.items() if dimension in wanted]
    if wanted & {"money", "money_per_person"}:
        words += [*SCALES, currency, *(DONG_WORDS if currency == "VND" else ())]
    if "money_per_person" in wanted:
        words += [
            f"{money}/{per_person}" for money in ("triệu", f"million {currency}", currency) for per_person in PER_PERSON
        ]
    return words


def suggest_unit(dimension: Dimension, currency: str, number: str = "") -> str:
    """Return the unit to propose where one is missing.

    Parameters
    ----------
    dimension : Dimension
        Dimension that the key takes.
    currency : str
        Currency of the plan.
    number : str
        The number as it is written: a short amount of đồng is one of tỷ or triệu.

    Returns
    -------
    str
        Empty for a plain number.
    """
    money, people = ("đồng", "người/năm") if currency == "VND" else (currency, "person/year")
    if currency == "VND" and len(number.lstrip("+-").partition(".")[0]) <= MAX_DIGITS_WITHOUT_UNIT:
        return {"money": "tỷ", "money_per_person": f"triệu/{people}", **_UNIT_BY_DIMENSION}.get(dimension, "")
    return {"money": money, "money_per_person": f"{money}/{people}", **_UNIT_BY_DIMENSION}.get(dimension, "")


def join_unit(number: str, unit: str) -> str:
    """Join a number and its unit as they are written.

    Parameters
    ----------
    number : str
        Such as `5`.
    unit : str
        Such as `%` or `tỷ`; may be empty.

    Returns
    -------
    str
        `5%`, `5 tỷ` or `5`.
    """
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}".strip()


def read_unit(text: str, currency: str, dimensions: Iterable[Dimension] = ()) -> tuple[Dimension, float]:
    """Return the dimension of a unit and its factor to base units.

    Parameters
    ----------
    text : str
        The unit as it is written.
    currency : str
        Currency of the plan.
    dimensions : iterable of Dimension
        Dimensions that the key takes: an unknown unit is answered with one of theirs.

    Returns
    -------
    tuple of Dimension and float
        Dimension, and the base units that one of the unit is.

    Raises
    ------
    QuantityError
        The unit is unknown.
    """
    if text in UNIT_FACTORS:
        return UNIT_FACTORS[text]
    amount, _, per_person = text.partition("/")
    scale, currency_word = 1.0, amount.strip()
    for word, factor in SCALES.items():
        if currency_word == word or currency_word.startswith(word + " "):
            scale, currency_word = factor, currency_word[len(word) :].strip()
            break
    money = (
        currency_word == currency
        or (currency == "VND" and currency_word in DONG_WORDS)
        or (currency_word == "" and scale != 1.0)
    )
    if money and per_person.replace(" ", "") in PER_PERSON:
        return "money_per_person", scale
    if money and not per_person:
        return "money", scale
    raise QuantityError(
        "unknown_unit",
        unit=text[:MAX_NUMBER_CHARACTERS],
        instead=_suggest_similar_unit(text, currency, tuple(dimensions)),
    )


def _suggest_similar_unit(text: str, currency: str, dimensions: tuple[Dimension, ...]) -> str:
    for dimension in dimensions:
        short = SHORTHAND.get(dimension.partition("_")[0], {}).get(text.lower())
        if short:
            return short[0] if currency == "VND" and dimension != "days" else short[1]
    words = unit_words(currency, dimensions) or unit_words(currency, ("money", "percent", "people", "days"))
    plain = {_strip_marks_and_case(word): word for word in reversed(words)}
    if closest := closest_match(_strip_marks_and_case(text), plain, 0.4):
        return plain[closest]
    return next((unit for dimension in dimensions if (unit := suggest_unit(dimension, currency))), words[0])


def _strip_marks_and_case(word: str) -> str:
    """Return a word without marks and capitals, as a hurried hand types it."""
    without_marks = "".join(
        character for character in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(character)
    )
    return without_marks.replace("đ", "d")


def read_number(text: str) -> float:
    """Read a number that cannot be misread.

    Parameters
    ----------
    text : str
        Digits with a decimal point, a sign and an exponent if wanted.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    QuantityError
        The text is no number, or one that may be read in two ways; its parameters hold what to write instead.
    """
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise QuantityError("too_long", number=text[:12] + "…")
    if "_" in text:
        raise QuantityError("underscore", number=text, instead=text.replace("_", ""))
    if re.fullmatch(r"[+-]?0[0-9]+(\.[0-9]+)?", text):
        sign = text[0] if text[0] in "+-" else ""
        raise QuantityError("leading_zero", number=text, instead=sign + (re.sub(r"^[+-]?0+(?=[0-9])", "", text)))
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", text):
        raise QuantityError(
            "thousands_or_decimals", number=text,
            thousands=re.sub(r"[.,]", "", text), instead=re.sub(r"[.,]", "", text),
            decimals=f"{float(text.replace(',', '.')):.1f}".removesuffix(".0"),
        )  # fmt: skip
    if not _NUMBER.fullmatch(text):
        raise _locale_error(text)
    value = float(text)
    if not math.isfinite(value):
        raise QuantityError("too_long", number=text)
    return value


def _locale_error(text: str) -> QuantityError:
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
        return QuantityError("comma", number=text, instead=text.replace(",", "."))
    if re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?", text):
        return QuantityError("vietnamese_grouping", number=text, instead=text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        return QuantityError("english_grouping", number=text, instead=text.replace(",", ""))
    return QuantityError("not_a_number", text=text, example="3")


def split_unit(text: str) -> tuple[str, str]:
    """Split `12.5 tỷ` into `12.5` and `tỷ`.

    Parameters
    ----------
    text : str
        A quantity.

    Returns
    -------
    tuple of str and str
        Number and unit; the number is empty when the text does not begin with one.
    """
    match = _NUMBERLIKE.match(text)
    return (text[: match.end()], text[match.end() :].strip()) if match else ("", text)


def read_quantity(text: str, currency: str, unit_of_all: str = "", dimensions: tuple[Dimension, ...] = ()) -> Quantity:
    """Read a number and its unit.

    Parameters
    ----------
    text : str
        Such as `12.5 tỷ`.
    currency : str
        Currency of the plan.
    unit_of_all : str
        Unit that is written last in a range or a list, for numbers without a unit.
    dimensions : tuple of Dimension
        Dimensions that the key takes, for what to write instead.

    Returns
    -------
    Quantity
        In base units.

    Raises
    ------
    QuantityError
        The number or the unit cannot be read.
    """
    number, unit = split_unit(normalize_text(text))
    if not number:
        raise QuantityError("not_a_number", text=text[:MAX_NUMBER_CHARACTERS], example="3")
    unit = unit or unit_of_all
    dimension, factor = read_unit(unit, currency, dimensions) if unit else ("none", 1.0)
    try:
        value = read_number(number)
    except QuantityError as error:
        number = error.params.get("instead", "")
        error.params = _params_with_units(
            error.params, unit, unit or suggest_unit((*dimensions, "none")[0], currency, number)
        )
        raise
    if abs(value) * factor > MAX_QUANTITY:
        raise QuantityError("too_large", text=text[:MAX_NUMBER_CHARACTERS], most=f"{MAX_QUANTITY:g}")
    # a percentage is divided, which keeps 7% at the double nearest to 0.07
    return Quantity(value / 100 if factor == 0.01 else value * factor, dimension, unit)


def _params_with_units(params: dict[str, str], written_unit: str, needed_unit: str) -> dict[str, str]:
    completed = {key: join_unit(fact, written_unit) for key, fact in params.items() if key != "instead"}
    if "thousands" in params:
        completed["instead"] = join_unit(params["thousands"], needed_unit)
    elif "instead" in params:
        completed["instead"] = join_unit(params["instead"], needed_unit)
    return completed
