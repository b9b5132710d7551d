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
"""What short forms may mean, by dimension: in a plan in đồng, in any other. They are refused."""
MAX_NUMBER_CHARACTERS = 40
"""Characters of a number."""
MAX_QUANTITY = 1e30
"""Size of a quantity in base units; what is worked out of it stays far from what 64 bits hold."""
MAX_DIGITS_WITHOUT_UNIT = 6
"""Digits up to which an amount of đồng without a unit is one of tỷ or triệu; one of more digits is written out."""
_UNIT_BY_DIMENSION: dict[str, str] = {"percent": "%", "people": "people", "days": "days"}

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBERLIKE = re.compile(r"[+-]?[0-9][0-9.,_]*(?:[eE][+-]?[0-9]+)?")


class QuantityError(ValueError):
    """A quantity that cannot be read: a code of `i18n/messages/messages.toml` and its facts."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = facts


@dataclass(frozen=True)
class Quantity:
    """A number in base units, its dimension, and the unit as it was written."""

    value: float
    dimension: Dimension
    unit: str


def normalize_text(text: str) -> str:
    """Composed Unicode, single spaces, no space at the ends, a plain minus."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\N{MINUS SIGN}", "-").split())


def unit_words(currency: str, dimensions: Iterable[Dimension]) -> list[str]:
    """Every word that may stand in a unit of these dimensions, for a near miss."""
    asked = set(dimensions)
    words = [word for word, (dimension, _) in UNIT_FACTORS.items() if dimension in asked]
    if asked & {"money", "money_per_person"}:
        words += [*SCALES, currency, *(DONG_WORDS if currency == "VND" else ())]
    if "money_per_person" in asked:
        words += [f"{money}/{per}" for money in ("triệu", f"million {currency}", currency) for per in PER_PERSON]
    return words


def suggest_unit(dimension: Dimension, currency: str, number: str = "") -> str:
    """The unit to propose for a number where one is missing; nothing for a plain number."""
    money, people = ("đồng", "người/năm") if currency == "VND" else (currency, "person/year")
    if currency == "VND" and len(number.lstrip("+-").partition(".")[0]) <= MAX_DIGITS_WITHOUT_UNIT:
        return {"money": "tỷ", "money_per_person": f"triệu/{people}", **_UNIT_BY_DIMENSION}.get(dimension, "")
    return {"money": money, "money_per_person": f"{money}/{people}", **_UNIT_BY_DIMENSION}.get(dimension, "")


def join_unit(number: str, unit: str) -> str:
    """`5` and `%` -> `5%`; `5` and `tỷ` -> `5 tỷ`."""
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}".strip()


def read_unit(text: str, currency: str, dimensions: Iterable[Dimension] = ()) -> tuple[Dimension, float]:
    """Dimension and factor of a unit; QuantityError `unknown_unit` offers one of `dimensions` when it is none."""
    if text in UNIT_FACTORS:
        return UNIT_FACTORS[text]
    amount, _, per = text.partition("/")
    scale, rest = 1.0, amount.strip()
    for word, factor in SCALES.items():
        if rest == word or rest.startswith(word + " "):
            scale, rest = factor, rest[len(word) :].strip()
            break
    money = rest == currency or (currency == "VND" and rest in DONG_WORDS) or (rest == "" and scale != 1.0)
    if money and per.replace(" ", "") in PER_PERSON:
        return "money_per_person", scale
    if money and not per:
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
    if near := closest_match(_strip_marks_and_case(text), plain, 0.4):
        return plain[near]
    return next((unit for dimension in dimensions if (unit := suggest_unit(dimension, currency))), words[0])


def _strip_marks_and_case(word: str) -> str:
    """Without marks and capitals: what a hurried hand types."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    return bare.replace("đ", "d")


def read_number(text: str) -> float:
    """A number that cannot be misread; QuantityError names what is wrong with any other."""
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
    """`12.5 tỷ` -> (`12.5`, `tỷ`); the number is empty when the text does not begin with one."""
    found = _NUMBERLIKE.match(text)
    return (text[: found.end()], text[found.end() :].strip()) if found else ("", text)


def read_quantity(text: str, currency: str, unit_of_all: str = "", dimensions: tuple[Dimension, ...] = ()) -> Quantity:
    """A number and its unit; `unit_of_all` is the unit written last, for numbers that have none."""
    number, unit = split_unit(normalize_text(text))
    if not number:
        raise QuantityError("not_a_number", text=text[:MAX_NUMBER_CHARACTERS], example="3")
    unit = unit or unit_of_all
    dimension, factor = read_unit(unit, currency, dimensions) if unit else ("none", 1.0)
    try:
        value = read_number(number)
    except QuantityError as wrong:
        number = wrong.params.get("instead", "")
        wrong.params = _params_with_units(
            wrong.params, unit, unit or suggest_unit((*dimensions, "none")[0], currency, number)
        )
        raise
    if abs(value) * factor > MAX_QUANTITY:
        raise QuantityError("too_large", text=text[:MAX_NUMBER_CHARACTERS], most=f"{MAX_QUANTITY:g}")
    # a percentage is divided, which keeps 7% at the double nearest to 0.07
    return Quantity(value / 100 if factor == 0.01 else value * factor, dimension, unit)


def _params_with_units(facts: dict[str, str], written: str, needed: str) -> dict[str, str]:
    found = {key: join_unit(fact, written) for key, fact in facts.items() if key != "instead"}
    if "thousands" in facts:
        found["instead"] = join_unit(facts["thousands"], needed)
    elif "instead" in facts:
        found["instead"] = join_unit(facts["instead"], needed)
    return found
