"""The small fields of a plan: months, dates, periods, measures, ranks, yes or no."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from forecast.errors import closest_match
from forecast.files.month_forms import normalize_period, recognize_period
from forecast.i18n import flatten_phrases
from forecast.periods import Calendar, format_month, parse_period
from forecast.plan.expressions import DAY_CODES, PLAN_YEARS, month_error, parse_plan_month
from forecast.units import QuantityError, read_number

MEASURES = ("revenue", "volume", "cost", "profit", "margin", "headcount", "productivity")
MEASURES_BY_NAME = ("revenue", "volume", "cost")
"""Measures that may be taken of one service or cost: `revenue.NAME`."""


def field_error(code: str, **params: object) -> PydanticCustomError:
    """The error that the reader turns into a problem of this code."""
    return PydanticCustomError(code, "", flatten_phrases(params))


class Period(tuple[str, Calendar]):
    """Some months, as they were written."""

    __slots__ = ()

    def __new__(cls, text: str, calendar: Calendar) -> Period:
        """Keep the text beside its months."""
        return super().__new__(cls, (text, calendar))

    def __getnewargs__(self) -> tuple[str, Calendar]:
        return (self.text, self.calendar)

    @property
    def text(self) -> str:
        """As written: `2021-Q2`."""
        return self[0]

    @property
    def calendar(self) -> Calendar:
        """The months."""
        return self[1]


def _quote(written: Any) -> str:
    return " ".join(str(written).split())[:60] if isinstance(written, str | int | float) else "…"


def _parse_period(written: Any) -> Period:
    if isinstance(written, Period):
        return written
    text = normalize_period(_quote(written))
    try:
        calendar = parse_period(text)
        if not text.isascii() or calendar.first // 12 not in PLAN_YEARS or calendar.last // 12 not in PLAN_YEARS:
            raise ValueError(text)
    except ValueError:
        raise _not_a_period(text) from None
    return Period(text, calendar)


def _not_a_period(text: str) -> PydanticCustomError:
    """The error of a text that is no period, with the one that it seems to be or the months of a day."""
    period = recognize_period(text)
    if period and not period[1] and period[0].first // 12 in PLAN_YEARS:
        return field_error("period_form", text=text, instead=normalize_period(text, is_sure=False))
    error = month_error(text)
    return (
        field_error(error.code, **error.params) if error.code in DAY_CODES else field_error("not_a_period", text=text)
    )


def _parse_month(written: Any) -> int:
    if isinstance(written, int):
        return written
    try:
        month = parse_plan_month(_quote(written))
    except QuantityError as error:
        raise field_error(error.code, **error.params) from None
    return month


def _parse_month_key(written: Any) -> str:
    return format_month(_parse_month(written))


def _parse_date(written: Any) -> date:
    if isinstance(written, date):
        return written
    text = _quote(written)
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        day = date.fromisoformat(text)
        if day.year not in PLAN_YEARS:
            raise ValueError(text)
    except ValueError:
        raise field_error("not_a_date", text=text) from None
    return day


def _parse_number(written: Any) -> float:
    if isinstance(written, int | float):
        return float(written)
    try:
        return read_number(_quote(written))
    except QuantityError as error:
        raise field_error(error.code, **error.params) from None


def _parse_rank_correlation(written: Any) -> float:
    rank = _parse_number(written)
    if not -1 <= rank <= 1:
        raise field_error("not_a_rank", text=written)
    return rank


def _parse_positive_number(written: Any) -> float:
    number = _parse_number(written)
    if not 0 < number < math.inf:
        raise field_error("above_zero", text=_quote(written))
    return number


def _parse_boolean(written: Any) -> bool:
    if written in (True, False):
        return bool(written)
    if written not in ("true", "false"):
        raise field_error("true_or_false", text=_quote(written))
    return bool(written == "true")


def _parse_measure(written: Any) -> str:
    text = _quote(written)
    measure, dot, name = text.partition(".")
    if measure not in MEASURES or (dot and not re.fullmatch(r"[a-z][a-z0-9_]*", name)):
        suggestion = closest_match(measure, MEASURES)
        code = "not_a_measure_near" if suggestion and suggestion != measure else "not_a_measure"
        raise field_error(code, text=text, measures=", ".join(MEASURES), instead=suggestion)
    if dot and measure not in MEASURES_BY_NAME:
        raise field_error("measure_has_no_parts", measure=measure)
    return text


def _parse_currency(written: Any) -> str:
    text = _quote(written)
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise field_error("not_a_currency", text=text)
    return text


def _parse_level(written: Any) -> str:
    text = _quote(written)
    match = re.fullmatch(r"mixture\(([0-9]{1,3}(?:\.[0-9]+)?)%\)", text)
    if text not in ("planner", "history") and not (match and float(match[1]) <= 100):
        raise field_error("not_a_level", text=text)
    return text


def _parse_copula(written: Any) -> str:
    text = _quote(written)
    match = re.fullmatch(r"t\(([0-9]{1,4}(?:\.[0-9]+)?)\)", text)
    if text != "gaussian" and not (match and float(match[1]) >= 1):
        raise field_error("not_a_copula", text=text)
    return text


def _parse_year(written: Any) -> str:
    text = _quote(written)
    if not re.fullmatch(r"[0-9]{4}", text) or int(text) not in PLAN_YEARS:
        raise field_error("not_a_year", text=text)
    return text


def integer_between(low: int, high: int) -> BeforeValidator:
    """A whole number between two ends."""

    def parse(written: Any) -> int:
        text = str(written)
        if re.fullmatch(r"[1-9][0-9]{0,3}[eE][0-9]{1,2}", text):
            text = str(int(float(text)))
        fits = re.fullmatch(r"[0-9]{1,19}", text) and (text == "0" or text[0] != "0") and low <= int(text) <= high
        if isinstance(written, bool) or not fits:
            raise field_error("not_a_whole_number", text=_quote(written), low=low, high=high)
        return int(text)

    return BeforeValidator(parse)


def _parse_accounts(written: Any) -> tuple[str, ...]:
    texts = written if isinstance(written, list | tuple) else [written]
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise field_error("not_an_account")
    return tuple(" ".join(text.split()) for text in texts)


AccountsField = Annotated[
    tuple[str, ...],
    BeforeValidator(_parse_accounts),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""A text, or a list of texts."""
MonthField = Annotated[
    int, BeforeValidator(_parse_month), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}$"})
]
"""A month: 2021-01."""
MonthKey = Annotated[
    str, BeforeValidator(_parse_month_key), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}$"})
]
"""A month as the key of a table: 2021-01."""
DateField = Annotated[
    date, BeforeValidator(_parse_date), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
]
"""A day: 2021-01-11."""
PeriodField = Annotated[
    Any,
    BeforeValidator(_parse_period),
    PlainSerializer(lambda period: period.text),
    WithJsonSchema({"type": ["string", "integer"]}),
]
"""2021, 2021-Q2, 2021-06 or 2021-01 to 2021-06."""
RankCorrelation = Annotated[
    float, BeforeValidator(_parse_rank_correlation), WithJsonSchema({"type": "number", "minimum": -1, "maximum": 1})
]
"""A rank correlation, -1 to 1."""
PositiveNumber = Annotated[
    float, BeforeValidator(_parse_positive_number), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
"""A number above 0."""
BooleanField = Annotated[bool, BeforeValidator(_parse_boolean), WithJsonSchema({"type": "boolean"})]
"""true or false."""
Measure = Annotated[
    str,
    BeforeValidator(_parse_measure),
    WithJsonSchema({"type": "string", "pattern": rf"^({'|'.join(MEASURES)})(\.[a-z][a-z0-9_]*)?$"}),
]
"""A measure; revenue, volume and cost also of one service or cost: `revenue.NAME`."""
Currency = Annotated[str, BeforeValidator(_parse_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
"""A currency by its three letters."""
LevelField = Annotated[
    str,
    BeforeValidator(_parse_level),
    WithJsonSchema({"type": "string", "pattern": r"^(planner|history|mixture\(\d+(\.\d+)?%\))$"}),
]
"""planner, history, or mixture(60%)."""
CopulaField = Annotated[
    str,
    BeforeValidator(_parse_copula),
    WithJsonSchema({"type": "string", "pattern": r"^(gaussian|t\(\d+(\.\d+)?\))$"}),
]
"""gaussian, or t(4) with its degrees of freedom."""
YearField = Annotated[str, BeforeValidator(_parse_year), WithJsonSchema({"type": "string", "pattern": r"^\d{4}$"})]
"""A year: 2020."""
