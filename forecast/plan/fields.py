"""The small fields of a plan: months, dates, periods, measures, ranks, yes or no."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from forecast.errors import nearest
from forecast.periods import Calendar, month_of, period_of
from forecast.plan.expressions import YEARS
from forecast.units import QuantityError, read_number

MEASURES = ("revenue", "volume", "cost", "profit", "margin", "headcount", "productivity")
WITH_NAME = ("revenue", "volume", "cost")
"""Measures that may be taken of one service or cost: `revenue.NAME`."""


def refuse(code: str, **facts: object) -> PydanticCustomError:
    """The error that the reader turns into a complaint of this code."""
    return PydanticCustomError(code, "", {key: str(fact) for key, fact in facts.items()})


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


def _quoted(written: Any) -> str:
    return " ".join(str(written).split())[:60] if isinstance(written, str | int | float) else "…"


def _period(written: Any) -> Period:
    if isinstance(written, Period):
        return written
    text = _quoted(written)
    try:
        calendar = period_of(text)
        if not text.isascii() or calendar.first // 12 not in YEARS or calendar.last // 12 not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise refuse("not_a_period", text=text) from None
    return Period(text, calendar)


def _month(written: Any) -> int:
    if isinstance(written, int):
        return written
    text = _quoted(written)
    try:
        month = month_of(text)
        if not text.isascii() or month // 12 not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise refuse("not_a_month", text=text) from None
    return month


def _date(written: Any) -> date:
    if isinstance(written, date):
        return written
    text = _quoted(written)
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        day = date.fromisoformat(text)
        if day.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise refuse("not_a_date", text=text) from None
    return day


def _number(written: Any) -> float:
    if isinstance(written, int | float):
        return float(written)
    try:
        return read_number(_quoted(written))
    except QuantityError as wrong:
        raise refuse(wrong.code, **wrong.facts) from None


def _rank(written: Any) -> float:
    rank = _number(written)
    if not -1 <= rank <= 1:
        raise refuse("not_a_rank", text=written)
    return rank


def _above_zero(written: Any) -> float:
    number = _number(written)
    if not 0 < number < math.inf:
        raise refuse("above_zero", text=_quoted(written))
    return number


def _yes_or_no(written: Any) -> bool:
    if written in (True, False):
        return bool(written)
    if written not in ("true", "false"):
        raise refuse("true_or_false", text=_quoted(written))
    return bool(written == "true")


def _measure(written: Any) -> str:
    text = _quoted(written)
    measure, dot, name = text.partition(".")
    if measure not in MEASURES or (dot and not re.fullmatch(r"[a-z][a-z0-9_]*", name)):
        near = nearest(measure, MEASURES)
        code = "not_a_measure_near" if near and near != measure else "not_a_measure"
        raise refuse(code, text=text, measures=", ".join(MEASURES), instead=near)
    if dot and measure not in WITH_NAME:
        raise refuse("measure_has_no_parts", measure=measure)
    return text


def _currency(written: Any) -> str:
    text = _quoted(written)
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise refuse("not_a_currency", text=text)
    return text


def _level(written: Any) -> str:
    text = _quoted(written)
    found = re.fullmatch(r"mixture\(([0-9]{1,3}(?:\.[0-9]+)?)%\)", text)
    if text not in ("planner", "history") and not (found and float(found[1]) <= 100):
        raise refuse("not_a_level", text=text)
    return text


def _copula(written: Any) -> str:
    text = _quoted(written)
    found = re.fullmatch(r"t\(([0-9]{1,4}(?:\.[0-9]+)?)\)", text)
    if text != "gaussian" and not (found and float(found[1]) >= 1):
        raise refuse("not_a_copula", text=text)
    return text


def _year(written: Any) -> str:
    text = _quoted(written)
    if not re.fullmatch(r"[0-9]{4}", text) or int(text) not in YEARS:
        raise refuse("not_a_year", text=text)
    return text


def whole(low: int, high: int) -> BeforeValidator:
    """A whole number between two ends."""

    def read(written: Any) -> int:
        text = str(written)
        if re.fullmatch(r"[1-9][0-9]{0,3}[eE][0-9]{1,2}", text):
            text = str(int(float(text)))
        fits = re.fullmatch(r"[0-9]{1,19}", text) and (text == "0" or text[0] != "0") and low <= int(text) <= high
        if isinstance(written, bool) or not fits:
            raise refuse("not_a_whole_number", text=_quoted(written), low=low, high=high)
        return int(text)

    return BeforeValidator(read)


MonthField = Annotated[int, BeforeValidator(_month), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}$"})]
"""A month: 2021-01."""
DateField = Annotated[
    date, BeforeValidator(_date), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
]
"""A day: 2021-01-11."""
PeriodField = Annotated[
    Any,
    BeforeValidator(_period),
    PlainSerializer(lambda period: period.text),
    WithJsonSchema({"type": ["string", "integer"]}),
]
"""2021, 2021-Q2, 2021-06 or 2021-01 to 2021-06."""
Rank = Annotated[float, BeforeValidator(_rank), WithJsonSchema({"type": "number", "minimum": -1, "maximum": 1})]
"""A rank correlation, -1 to 1."""
AboveZero = Annotated[float, BeforeValidator(_above_zero), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
"""A number above 0."""
YesNo = Annotated[bool, BeforeValidator(_yes_or_no), WithJsonSchema({"type": "boolean"})]
"""true or false."""
Measure = Annotated[
    str,
    BeforeValidator(_measure),
    WithJsonSchema({"type": "string", "pattern": rf"^({'|'.join(MEASURES)})(\.[a-z][a-z0-9_]*)?$"}),
]
"""What is measured; revenue, volume and cost also of one service or cost: `revenue.NAME`."""
Currency = Annotated[str, BeforeValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
"""A currency by its three letters."""
Level = Annotated[
    str,
    BeforeValidator(_level),
    WithJsonSchema({"type": "string", "pattern": r"^(planner|history|mixture\(\d+(\.\d+)?%\))$"}),
]
"""planner, history, or mixture(60%)."""
Copula = Annotated[
    str,
    BeforeValidator(_copula),
    WithJsonSchema({"type": "string", "pattern": r"^(gaussian|t\(\d+(\.\d+)?\))$"}),
]
"""gaussian, or t(4) with its degrees of freedom."""
Year = Annotated[str, BeforeValidator(_year), WithJsonSchema({"type": "string", "pattern": r"^\d{4}$"})]
"""A year: 2020."""
