"""Units a planner writes, in Vietnamese and in English: money, percent, people, time.

A quantity is kept as a plain float in base units: đồng (or the plan's currency), a share of one, persons, days.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from forecast.months import DAYS_PER_MONTH

Dimension = Literal["money", "money_per_person", "percent", "people", "days", "day", "none"]

SCALES = {
    "tỷ": 1e9, "tỉ": 1e9, "billion": 1e9, "bn": 1e9,
    "triệu": 1e6, "million": 1e6,
    "nghìn": 1e3, "ngàn": 1e3, "thousand": 1e3,
}  # fmt: skip
PLAIN: dict[str, tuple[Dimension, float]] = {
    "%": ("percent", 0.01),
    **dict.fromkeys(("người", "people", "persons", "person"), ("people", 1.0)),
    **dict.fromkeys(("day", "days", "ngày"), ("days", 1.0)),
    **dict.fromkeys(("week", "weeks", "tuần"), ("days", 7.0)),
    **dict.fromkeys(("month", "months", "tháng"), ("days", DAYS_PER_MONTH)),
    **dict.fromkeys(("year", "years", "năm"), ("days", 365.0)),
}
DONG = ("đồng", "đ", "VND")
PER_PERSON = ("người/năm", "person/year", "people/year", "worker/year")

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMBERLIKE = re.compile(r"[+-]?\d[\d.,_]*(?:[eE][+-]?\d+)?")


class QuantityError(ValueError):
    """A quantity that cannot be read: a code of `words/messages.toml` and its facts."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Quantity:
    """A number in base units, its dimension, and the unit as it was written."""

    value: float
    dimension: Dimension
    unit: str


def normal_form(text: str) -> str:
    """Composed Unicode, single spaces, no space at the ends, a plain minus."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\N{MINUS SIGN}", "-").split())


def known_units(currency: str) -> list[str]:
    """Every word that may stand in a unit, for a near miss."""
    return [*SCALES, *PLAIN, currency, *(DONG if currency == "VND" else ())]


def read_unit(text: str, currency: str) -> tuple[Dimension, float]:
    """Dimension and factor of a unit; QuantityError `unknown_unit` when it is none."""
    if text in PLAIN:
        return PLAIN[text]
    amount, _, per = text.partition("/")
    scale, rest = 1.0, amount.strip()
    for word, factor in SCALES.items():
        if rest == word or rest.startswith(word + " "):
            scale, rest = factor, rest[len(word) :].strip()
            break
    money = rest == currency or (currency == "VND" and rest in DONG) or (rest == "" and scale != 1.0)
    if money and per in PER_PERSON:
        return "money_per_person", scale
    if money and not per:
        return "money", scale
    near = get_close_matches(text, known_units(currency), n=1, cutoff=0.3)
    raise QuantityError("unknown_unit", unit=text, instead=near[0] if near else ", ".join(("%", "tỷ", "triệu", "days", currency)))


def read_number(text: str) -> float:
    """A number that cannot be misread; QuantityError names what is wrong with any other."""
    if text.startswith("0") and re.fullmatch(r"0\d+(\.\d+)?", text):
        raise QuantityError("leading_zero", number=text, instead=text.lstrip("0"))
    if not _NUMBER.fullmatch(text):
        if "_" in text:
            raise QuantityError("underscore", number=text, instead=text.replace("_", ""))
        if re.fullmatch(r"[+-]?\d+,\d{1,2}", text):
            raise QuantityError("comma", number=text, instead=text.replace(",", "."))
        raise QuantityError("which_locale", number=text, instead=re.sub(r"[.,]", "", text))
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", text):
        raise QuantityError(
            "thousands_or_decimals",
            number=text,
            thousands=text.replace(".", ""),
            decimals=text.rstrip("0").rstrip("."),
        )
    if len(text) > 40:
        raise QuantityError("too_long", number=text[:12] + "…")
    return float(text)


def split_unit(text: str) -> tuple[str, str]:
    """`12.5 tỷ` -> (`12.5`, `tỷ`); the number is empty when the text does not begin with one."""
    found = _NUMBERLIKE.match(text)
    return (text[: found.end()], text[found.end() :].strip()) if found else ("", text)


def read_quantity(text: str, currency: str, unit_of_all: str = "") -> Quantity:
    """A number and its unit; `unit_of_all` is the unit written last, for numbers that have none."""
    number, unit = split_unit(normal_form(text))
    if not number:
        raise QuantityError("not_a_number", text=text)
    unit = unit or unit_of_all
    if not unit:
        return Quantity(read_number(number), "none", "")
    dimension, factor = read_unit(unit, currency)
    try:
        value = read_number(number)
    except QuantityError as wrong:
        wrong.facts = {
            key: f"{fact} {unit}" if key in ("instead", "thousands", "decimals") and unit != "%" else fact
            for key, fact in wrong.facts.items()
        }
        raise
    # a percentage is divided, which keeps 7% at the double nearest to 0.07
    return Quantity(value / 100 if factor == 0.01 else value * factor, dimension, unit)
