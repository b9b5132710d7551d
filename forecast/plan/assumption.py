"""Assumptions: numbers that we are not sure of, and the kinds of key that hold them.

A kind says which units a key takes, on which scale its range is normal, and where it ends: a share never leaves 0..1,
an amount never falls below 0, a loss never takes more than all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from forecast.errors import Where
from forecast.files.yaml import NOWHERE, Map, Text
from forecast.plan.expressions import day_of, parse
from forecast.plan.quantity_types import EXAMPLES, Manner, Reading
from forecast.stats.distributions import Chance
from forecast.units import Dimension, QuantityError, normal_form

Grade = Literal["A", "B", "C"]
ABOUT = ("source", "grade", "note", "known")
"""What a number may say of itself."""
RESOLVED = "\0resolved"
"""Key under which the reader leaves the number that a `same_as` stands for."""


@dataclass(frozen=True)
class Assumption:
    """A number of the plan: what it may be, who says so, and where it stands."""

    name: str
    """Dotted name of its key: the stream, the column and the row of the tornado."""
    text: str
    """As the planner wrote it."""
    chance: Chance
    kind: str
    dimension: Dimension
    unit: str = ""
    """Unit as written."""
    source: str = ""
    grade: Grade = "C"
    known: str = ""
    """When the source came out, as written: 2021-06 or 2021-06-18."""
    note: str = ""
    where: Where = NOWHERE
    same_as: str = ""
    """The assumption that this one is, by an explicit `same_as`."""

    @property
    def draw(self) -> str:
        """Name of its random numbers: one name, one draw."""
        return self.same_as or self.name

    @property
    def sure(self) -> bool:
        """Whether it has one value only."""
        return self.chance.sure

    @property
    def value(self) -> float:
        """Its median, in base units; the value itself when it is sure."""
        import numpy as np

        return float(self.chance.quantile(np.array([0.5]))[0])


@dataclass(frozen=True)
class Kind(Manner):
    """A kind of key; as the annotation of a field it reads the field from YAML."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with this kind."""
        return core_schema.with_info_plain_validator_function(
            lambda value, info: self.read(value, info.context if isinstance(info.context, Reading) else Reading())
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A quantity, a range or a function as text, or a map with its source."""
        text = {"type": ["string", "number"], "description": f"{self.name}: {EXAMPLES[self.name]}"}
        return {
            "anyOf": [
                text,
                {
                    "type": "object",
                    "properties": {
                        "value": text,
                        "same_as": {
                            "type": "string",
                            "description": "the name of another assumption: one draw for both",
                        },
                        **ABOUT_SCHEMA,
                    },
                    "additionalProperties": False,
                },
            ]
        }

    def read(self, value: object, reading: Reading) -> Assumption:
        """Make the assumption of a scalar or of a map {value | same_as, source, grade, note, known}."""
        try:
            match value:
                case Assumption():
                    return value
                case Map():
                    return self._with_source(value, reading)
                case str():
                    text = value if isinstance(value, Text) else Text(value)
                    return self._of_text(text, text.at, reading)
            raise QuantityError("not_an_assumption", example=self.example(reading.currency))
        except QuantityError as wrong:
            raise PydanticCustomError(wrong.code, "", {**wrong.facts}) from wrong

    def _of_text(self, text: Text, name: str, reading: Reading) -> Assumption:
        said = parse(text, self, reading)
        return Assumption(name, normal_form(text), said.chance, self.name, said.dimension, said.unit, where=text.where)

    def _with_source(self, written: Map, reading: Reading) -> Assumption:
        if unknown := [key for key in written if key not in ("value", "same_as", *ABOUT, RESOLVED)]:
            if unknown[0][:1].isdigit():
                raise QuantityError("comma_in_braces", text=unknown[0])
            raise QuantityError("unknown_key_of_assumption", key=unknown[0])
        if ("value" in written) == ("same_as" in written):
            raise QuantityError("value_or_same_as")
        about = read_about(written)
        if "value" in written:
            value = written["value"]
            if not isinstance(value, Text):
                raise QuantityError("not_an_assumption", example=self.example(reading.currency))
            return replace(self._of_text(value, written.at, reading), **about)
        return self._like(written, about, reading)

    def _like(self, written: Map, about: dict[str, Any], reading: Reading) -> Assumption:
        """The assumption of a `same_as`: what the other says, unless it says more of itself."""
        try:
            other = self.read(written.get(RESOLVED), reading)
        except PydanticCustomError as wrong:
            raise QuantityError("same_as_is_wrong") from wrong  # said where the other stands
        link = written["same_as"]
        where = link.where if isinstance(link, Text) else written.where
        return replace(other, name=written.at, where=where, same_as=other.name, **about)


def read_about(written: Map) -> dict[str, Any]:
    """Source, grade, note and known of a map; QuantityError when they do not fit together."""
    if empty := [key for key in ABOUT if key in written and not isinstance(written[key], str)]:
        raise QuantityError("about_is_text", key=empty[0])
    about = {key: str(written[key]) for key in ABOUT if key in written}
    grade = about.get("grade", "C")
    if grade not in get_args(Grade):
        raise QuantityError("unknown_grade", grade=grade)
    if grade != "C" and not about.get("source") and "same_as" not in written:
        raise QuantityError("grade_needs_source", grade=grade)
    if known := about.get("known"):
        try:
            day_of(f"{known}-01" if re.fullmatch(r"[0-9]{4}", known) else known)
        except QuantityError:
            raise QuantityError("not_known", text=known) from None
    return about


ABOUT_SCHEMA: dict[str, Any] = {
    "source": {"type": "string", "description": "who says so; grades A and B need one"},
    "grade": {"enum": ["A", "B", "C"], "description": "A: on record, B: inferred from a source, C: judged"},
    "note": {"type": ["string", "number"]},
    "known": {"type": ["string", "number"], "description": "when the source came out: 2021-06 or 2021-06-18"},
}


_INF = float("inf")

SHARE = Kind("share", "share", 0, 1, ("percent",))
CHANGE = Kind("change", "change", -1, _INF, ("percent",), touches=False)
EFFECT = Kind("effect", "change", -1, _INF, ("percent",))
NOISE = Kind("noise", "log", 0, _INF, ("percent",))
RATE = Kind("rate", "log", 0, _INF, ("none",))
DAYS = Kind("days", "log", 0, _INF, ("none", "days"))
DURATION = Kind("duration", "log", 0, _INF, ("days",))
MONEY = Kind("money", "log", 0, _INF, ("money",))
VOLUME_OR_MONEY = Kind("volume_or_money", "log", 0, _INF, ("money", "none"))
WEIGHT = Kind("weight", "log", 0, _INF, ("none",))
COUNT = Kind("count", "log", 0, _INF, ("none", "people"))
PEOPLE = Kind("people", "log", 0, _INF, ("people",))
DAY = Kind("day", "plain", -_INF, _INF, ("day",))
LAST_DAY = Kind("day", "plain", -_INF, _INF, ("day",), at_end=True)
THRESHOLD = Kind(
    "threshold", "plain", -_INF, _INF, ("money", "money_per_person", "percent", "people", "none"), single=True
)

Share = Annotated[Assumption, SHARE]
"""0% to 100%."""
Change = Annotated[Assumption, CHANGE]
"""A change of one year on another, above -100%."""
Effect = Annotated[Assumption, EFFECT]
"""What a shock or an initiative does to a driver, -100% and up."""
Noise = Annotated[Assumption, NOISE]
"""A standard deviation, in percent."""
Rate = Annotated[Assumption, RATE]
"""Events a year."""
Days = Annotated[Assumption, DAYS]
"""Days; the unit may be left out."""
Duration = Annotated[Assumption, DURATION]
"""A time with its unit: 2 months."""
Money = Annotated[Assumption, MONEY]
"""An amount of money, 0 and up."""
VolumeOrMoney = Annotated[Assumption, VOLUME_OR_MONEY]
"""A year of a service: money, or a plain number of pieces."""
Weight = Annotated[Assumption, WEIGHT]
"""A weight among its neighbours."""
Count = Annotated[Assumption, COUNT]
"""How many; the unit may be left out."""
People = Annotated[Assumption, PEOPLE]
"""A number of persons."""
Day = Annotated[Assumption, DAY]
"""A date or a month: as a low end its first day, as a high end its last."""
LastDay = Annotated[Assumption, LAST_DAY]
"""A date or a month; a month that stands alone means its last day."""
Threshold = Annotated[Assumption, THRESHOLD]
"""One quantity in the unit of its measure, of any sign."""
