"""Units a planner writes, in Vietnamese and in English: money, percent, people, time.

A quantity is kept as a plain float in base units: đồng (or the plan's currency), a share of one, persons, days.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from forecast.errors import closest_match
from forecast.i18n import Phrase, flatten_phrases
from forecast.periods import DAYS_PER_MONTH

__all__ = [
    "SCALES",
    "Dimension",
    "Quantity",
    "QuantityError",
    "fold_text",
    "is_size_alone",
    "join_unit",
    "normalize_text",
    "plain_digits",
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
"""Words of size; two may follow each other, the smaller first: `nghìn tỷ`."""
FOREIGN_SCALES = {
    **dict.fromkeys(("milliard", "milliards", "mrd", "mia"), Phrase("billion", "tỷ")),
    **dict.fromkeys(("mio", "millions"), Phrase("million", "triệu")),
    **dict.fromkeys(("tsd", "thousands"), Phrase("thousand", "nghìn")),
    "billions": Phrase("billion", "tỷ"),
    **dict.fromkeys(("trillion", "trillions"), Phrase("thousand billion", "nghìn tỷ")),
}
"""Words of size that are not read, and what to write instead; `trillion` is 10^12, as in English."""
UNIT_FACTORS: dict[str, tuple[Dimension, float]] = {
    "%": ("percent", 0.01),
    **dict.fromkeys(("người", "people", "persons", "person"), ("people", 1.0)),
    **dict.fromkeys(("day", "days", "ngày"), ("days", 1.0)),
    **dict.fromkeys(("week", "weeks", "tuần"), ("days", 7.0)),
    **dict.fromkeys(("month", "months", "tháng"), ("days", DAYS_PER_MONTH)),
    **dict.fromkeys(("year", "years", "năm"), ("days", 365.0)),
}
DONG_WORDS = ("đồng", "đ", "VND", "vnđ", "₫", "đồng Việt Nam", "Việt Nam đồng")
PER_PERSON = ("người/năm", "person/year", "people/year", "worker/year")
THREE_DECIMAL_CURRENCIES = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
"""Currencies with a thousandth as smallest unit (ISO 4217): three digits after a point are decimals."""
SHORTHAND: dict[str, dict[str, tuple[Phrase, ...]]] = {
    "money": {
        "b": (Phrase("billion", "tỷ"),),
        "t": (Phrase("million", "triệu"), Phrase("billion", "tỷ"), Phrase("thousand billion", "nghìn tỷ")),
        **dict.fromkeys(("tr", "m", "mn", "mil"), (Phrase("million", "triệu"),)),
        **dict.fromkeys(("k", "n", "ng"), (Phrase("thousand", "nghìn"),)),
    },
    "days": {
        "d": (Phrase("days", "ngày"),),
        "w": (Phrase("weeks", "tuần"),),
        "m": (Phrase("months", "tháng"),),
        "y": (Phrase("years", "năm"),),
    },
}
"""Units that a short form may mean, by dimension. Short forms are refused."""
MAX_NUMBER_CHARACTERS = 40
"""Characters of a number."""
MAX_QUANTITY = 1e30
"""Size of a quantity in base units; sums and products of such quantities stay far from the limit of 64 bits."""
MAX_DIGITS_WITHOUT_UNIT = 6
"""Digits up to which an amount of đồng without a unit is one of tỷ or triệu; one of more digits is written out."""
MIN_UNIT_SIMILARITY = 0.8
"""Similarity of a word and a unit from which the unit is meant: `milliard` and `million` have .67 [C]."""
_UNIT_BY_DIMENSION: dict[str, Phrase] = {
    "percent": Phrase("%", "%"),
    "people": Phrase("people", "người"),
    "days": Phrase("days", "ngày"),
}

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_GROUP_MARKS = r"[ \u00a0\u2009\u202f'\u2019]"
_SPACED_NUMBER = re.compile(rf"^[+-]?[0-9]{{1,3}}(?:{_GROUP_MARKS}[0-9]{{3}})+(?![0-9])")
_NUMBERLIKE = re.compile(r"[+-]?[0-9][0-9.,_]*(?:[eE][+-]?[0-9]+)?")


class QuantityError(ValueError):
    """A quantity that cannot be read.

    Parameters
    ----------
    code : str
        Key of the sentence in `i18n/messages/`.
    **params : object
        Texts of its placeholders, and phrases.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = flatten_phrases(params)


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


def suggest_unit(dimension: Dimension, currency: str, number: str = "") -> Phrase:
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
    Phrase
        Empty for a plain number.
    """
    if dimension in _UNIT_BY_DIMENSION:
        return _UNIT_BY_DIMENSION[dimension]
    if dimension not in ("money", "money_per_person"):
        return Phrase("", "")
    is_short = currency == "VND" and _is_below(number, 10**MAX_DIGITS_WITHOUT_UNIT)
    if dimension == "money":
        return Phrase("billion", "tỷ") if is_short else Phrase(currency, "đồng" if currency == "VND" else currency)
    if is_short:
        return Phrase("million/person/year", "triệu/người/năm")
    return Phrase(f"{currency}/person/year", f"{'đồng' if currency == 'VND' else currency}/người/năm")


def _is_below(text: str, limit: float) -> bool:
    """True for a number below a limit, also one with an exponent, and for a text that begins with none."""
    number, _ = split_unit(text)
    try:
        return abs(float(number or "0")) < limit
    except ValueError:  # with separators
        return len(number.lstrip("+-").partition(".")[0]) < len(f"{limit:.0f}")


def join_unit(number: str, unit: str | Phrase) -> Phrase:
    """Join a number and its unit as they are written.

    Parameters
    ----------
    number : str
        Such as `5`.
    unit : str or Phrase
        Such as `%` or `tỷ`; may be empty.

    Returns
    -------
    Phrase
        `5%`, `5 tỷ` or `5`.
    """
    words = Phrase(unit, unit) if isinstance(unit, str) else unit
    return Phrase(_join_words(number, words.en), _join_words(number, words.vi))


def _join_words(number: str, unit: str) -> str:
    return f"{number}{unit}" if unit.startswith("%") else f"{number} {unit}".strip()


def read_unit(text: str, currency: str, dimensions: Iterable[Dimension] = ()) -> tuple[Dimension, float]:
    """Return the dimension of a unit and its factor to base units; capitals and marks do not matter.

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
    if known := _known_unit(text, currency):
        return known
    raise _unknown_unit(text, currency, tuple(dimensions))


def _known_unit(text: str, currency: str) -> tuple[Dimension, float] | None:
    """Dimension and factor of a unit; None where it is unknown."""
    unit = fold_text(text)
    if unit in _PLAIN_UNIT_FACTORS:
        return _PLAIN_UNIT_FACTORS[unit]
    amount, slash, per_person = unit.partition("/")
    words = amount.split()
    n_scales = _count_scale_words(words)
    factor = math.prod(_PLAIN_SCALES[word] for word in words[:n_scales])
    money = " ".join(words[n_scales:])
    if money in _money_words(currency) or (not money and n_scales):
        if slash and per_person.replace(" ", "") in _PLAIN_PER_PERSON:
            return "money_per_person", factor
        if not slash:
            return "money", factor
    return None


def is_size_alone(unit: str) -> bool:
    """Return whether a unit only says a size, such as `triệu` or `nghìn tỷ`, and not of what.

    Parameters
    ----------
    unit : str
        As it is written.

    Returns
    -------
    bool
        False for an empty unit.
    """
    words = fold_text(unit).split()
    return bool(words) and _count_scale_words(words) == len(words)


def _count_scale_words(words: list[str]) -> int:
    """Words of size at the start: one, or two with the smaller first."""
    sizes = [_PLAIN_SCALES.get(word, 0.0) for word in words[:2]] + [0.0, 0.0]
    if not sizes[0]:
        return 0
    return 2 if sizes[1] > sizes[0] else 1


def _money_words(currency: str) -> tuple[str, ...]:
    return (currency.lower(), *(_PLAIN_DONG_WORDS if currency == "VND" else ()))


def _unknown_unit(text: str, currency: str, dimensions: tuple[Dimension, ...]) -> QuantityError:
    """The error of a unit that is not read; it proposes units of the size that is written, or lists all."""
    unit = text[:MAX_NUMBER_CHARACTERS]
    options = _similar_units(text, currency, dimensions) or _unit_options(currency, dimensions)
    if len(options) == 1:
        return QuantityError("unknown_unit", unit=unit, instead=options[0])
    names = [tuple(dict.fromkeys(getattr(option, language) for option in options)) for language in ("en", "vi")]
    en, vi = ("', '".join(words) for words in names)
    return QuantityError("unknown_unit_one_of", unit=unit, options=Phrase(en, vi))


def _unit_options(currency: str, dimensions: tuple[Dimension, ...]) -> tuple[Phrase, ...]:
    """One unit of each size that these dimensions have."""
    options = [_UNIT_BY_DIMENSION[dimension] for dimension in dimensions if dimension in _UNIT_BY_DIMENSION]
    if "days" in dimensions:
        options += [phrases[0] for letter, phrases in SHORTHAND["days"].items() if letter != "d"]
    if {"money", "money_per_person"} & set(dimensions) or not options:
        options += [SHORTHAND["money"][letter][0] for letter in "bmk"]
        options.append(suggest_unit("money", currency, "0" * (MAX_DIGITS_WITHOUT_UNIT + 1)))
    return tuple(options)


def _similar_units(text: str, currency: str, dimensions: tuple[Dimension, ...]) -> tuple[Phrase, ...]:
    """The units that a text may mean; nothing where no unit is near enough to be sure of its size."""
    for dimension in dimensions:
        if options := SHORTHAND.get(dimension.partition("_")[0], {}).get(text.lower()):
            return options
    words = [_similar_word(word, currency, dimensions) for word in text.partition("/")[0].split()]
    if not words or None in words:
        return ()
    phrases = [word for word in words if word is not None]
    amount = Phrase(" ".join(phrase.en for phrase in phrases), " ".join(phrase.vi for phrase in phrases))
    readings = [amount]
    if "/" in text:
        per_person = Phrase(f"{amount.en}/person/year", f"{amount.vi}/người/năm")
        is_per_time = (
            fold_text(text.partition("/")[2]) in _PLAIN_TIMES
        )  # an amount of a year, or one of a person's year
        readings = [amount, per_person] if is_per_time else [per_person]
    return tuple(option for option in readings if _is_readable(option.en, currency, dimensions))


def _is_readable(unit: str, currency: str, dimensions: tuple[Dimension, ...]) -> bool:
    """True for a unit that is read, as one of some dimensions where there are any."""
    known = _known_unit(unit, currency)
    return known is not None and (not dimensions or known[0] in dimensions)


def _similar_word(word: str, currency: str, dimensions: tuple[Dimension, ...]) -> Phrase | None:
    """The word of a unit that a word is, or is nearly."""
    plain = fold_text(word)
    if plain in FOREIGN_SCALES:
        return FOREIGN_SCALES[plain]
    words = unit_words(currency, dimensions) or unit_words(currency, ("money", "percent", "people", "days"))
    by_plain = {fold_text(unit): unit for unit in reversed(words) if "/" not in unit and " " not in unit}
    closest = plain if plain in by_plain else closest_match(plain, [*by_plain, *FOREIGN_SCALES], MIN_UNIT_SIMILARITY)
    if closest in FOREIGN_SCALES:
        return FOREIGN_SCALES[closest]
    return Phrase(by_plain[closest], by_plain[closest]) if closest else None


def fold_text(text: str) -> str:
    """Return a text without marks and capitals, as a hurried hand types it.

    Parameters
    ----------
    text : str
        As it is written.

    Returns
    -------
    str
        With single spaces; a đ that stands alone keeps its bar.
    """
    lowered = unicodedata.normalize("NFKD", " ".join(text.lower().split()))
    without_marks = "".join(character for character in lowered if not unicodedata.combining(character))
    return " ".join(word if word == "đ" else word.replace("đ", "d") for word in without_marks.split())


_PLAIN_SCALES = {fold_text(word): factor for word, factor in SCALES.items()}
_PLAIN_UNIT_FACTORS = {fold_text(word): value for word, value in UNIT_FACTORS.items()}
_PLAIN_DONG_WORDS = tuple(map(fold_text, DONG_WORDS))
_PLAIN_PER_PERSON = tuple(map(fold_text, PER_PERSON))
_PLAIN_TIMES = ("nam", "year", "y", "thang", "month", "quy", "quarter")


def read_number(text: str, *, has_three_decimals: bool = False) -> float:
    """Read a number that cannot be misread.

    Parameters
    ----------
    text : str
        Digits with a decimal point, a sign and an exponent if wanted.
    has_three_decimals : bool
        True where a point before three digits is known to be a decimal point.

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
        joined = text.replace("_", "")
        read_number(joined, has_three_decimals=has_three_decimals)  # what is wrong with it comes first
        raise QuantityError("underscore", number=text, instead=joined)
    if re.fullmatch(r"[+-]?0[0-9]+(\.[0-9]+)?", text):
        sign = text[0] if text[0] in "+-" else ""
        raise QuantityError("leading_zero", number=text, instead=sign + (re.sub(r"^[+-]?0+(?=[0-9])", "", text)))
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", text) and not (has_three_decimals and "." in text):
        raise QuantityError(
            "thousands_or_decimals", number=text,
            thousands=re.sub(r"[.,]", "", text), instead=re.sub(r"[.,]", "", text),
            decimals=text.replace(",", ".") + ("" if has_three_decimals else "0"),
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


def plain_digits(text: str) -> str:
    """Return a text with plain digits in no groups.

    Parameters
    ----------
    text : str
        With full-width digits, or groups of three parted by spaces or apostrophes.

    Returns
    -------
    str
        The same text where there is nothing of the kind.
    """
    ascii_digits = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character for character in text
    )
    return _SPACED_NUMBER.sub(lambda match: re.sub(_GROUP_MARKS, "", match[0]), ascii_digits)


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
    plain = normalize_text(text)
    instead = plain_digits(plain)
    written_unit = split_unit(instead)[1]
    if instead != plain and (not written_unit or _known_unit(written_unit, currency)):
        needed = "" if written_unit else suggest_unit((*dimensions, "none")[0], currency, instead)
        params = {"number": plain[:MAX_NUMBER_CHARACTERS], "instead": join_unit(instead, needed)}
        raise QuantityError("odd_digits", **params)
    number, unit = split_unit(plain)
    if not number:
        raise QuantityError("not_a_number", text=text[:MAX_NUMBER_CHARACTERS], example="3")
    unit = unit or unit_of_all
    dimension, factor = read_unit(unit, currency, dimensions) if unit else ("none", 1.0)
    has_three_decimals = dimension in ("money", "money_per_person") and currency in THREE_DECIMAL_CURRENCIES
    try:
        value = read_number(number, has_three_decimals=has_three_decimals)
    except QuantityError as error:
        needed = unit or suggest_unit((*dimensions, "none")[0], currency, error.params.get("instead", ""))
        if needed == _UNIT_BY_DIMENSION["percent"] and "instead" in error.params:
            needed = _percent_readings(error.params["instead"])
        raise QuantityError(error.code, **_params_with_units(error.params, unit, needed)) from None
    if abs(value) * factor > MAX_QUANTITY:
        raise QuantityError("too_large", text=text[:MAX_NUMBER_CHARACTERS], most=f"{MAX_QUANTITY:g}")
    # a percentage is divided, which keeps 7% at the double nearest to 0.07
    return Quantity(value / 100 if factor == 0.01 else value * factor, dimension, unit)


def _percent_readings(number: str) -> Phrase:
    """Text after a number without a unit where percent are needed: 0.02 is 0.02% or a share, which is 2%."""
    share = f"{100 * float(number):g}%"
    if not 0 < abs(float(number)) < 1:
        return _UNIT_BY_DIMENSION["percent"]
    return Phrase(f"%' or '{share}", f"%' hoặc '{share}")


def _params_with_units(params: Mapping[str, str], written_unit: str, needed_unit: str | Phrase) -> dict[str, object]:
    """The number as it is written with its unit, and what to write instead with the unit that the key needs."""
    written = {key: join_unit(params[key], written_unit) for key in ("number", "text") if key in params}
    instead = {
        key: join_unit(params[key], needed_unit) for key in ("instead", "thousands", "decimals") if key in params
    }
    return {**params, **written, **instead}
