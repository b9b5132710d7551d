"""Assumptions: numbers that we are not sure of, and the kinds of key that hold them.

A kind says which units a key takes, on which scale its range is normal, and where it ends: a share never leaves 0..1,
an amount never falls below 0, a loss never takes more than all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from forecast.chance import Beta, Chance, Discrete, Empirical, Link, Normal, Range, Sure, Triangular, Uniform
from forecast.errors import Where
from forecast.months import first_day, month_of
from forecast.units import Dimension, Quantity, QuantityError, normal_form, read_quantity, split_unit
from forecast.written import NOWHERE, Map, Text

Grade = Literal["A", "B", "C"]

CUT_OFF = 0.01
"""The largest share of a written normal that the bounds of its key may cut away."""


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
class Reading:
    """What a key is read with: the plan's currency and the folder of its files."""

    currency: str = "VND"
    column: Callable[[str, str, Where], tuple[float, ...]] | None = None
    """Values of a column of a file, for `empirical(file, column)`."""


@dataclass(frozen=True)
class Kind:
    """A kind of key; as the annotation of a field it reads the field from YAML."""

    name: str
    link: Link
    low: float
    high: float
    dimensions: tuple[Dimension, ...]
    """Units that the key takes; `none` when the key itself says the unit."""
    touches: bool = True
    """Whether a written end may be a bound itself."""

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
                        "same_as": {"type": "string", "description": "the name of another assumption: one draw for both"},
                        "source": {"type": "string"},
                        "grade": {"enum": ["A", "B", "C"]},
                        "note": {"type": ["string", "number"]},
                        "known": {"type": "string", "description": "when the source came out: 2021-06 or 2021-06-18"},
                    },
                    "additionalProperties": False,
                },
            ]
        }

    def read(self, value: object, reading: Reading) -> Assumption:
        """Make the assumption of a scalar or of a map {value | same_as, source, grade, note, known}."""
        try:
            return self._read(value, reading)
        except QuantityError as wrong:
            raise PydanticCustomError(wrong.code, "", {**wrong.facts}) from wrong  # type: ignore[arg-type]

    def _read(self, value: object, reading: Reading) -> Assumption:
        if isinstance(value, Assumption):
            return value
        if isinstance(value, Map):
            return self._with_source(value, reading)
        if not isinstance(value, str):
            raise QuantityError("not_an_assumption", example=EXAMPLES[self.name])
        text = value if isinstance(value, Text) else Text(value)
        made = self.parse(text, reading)
        return replace(made, name=text.at, text=normal_form(text), where=text.where)

    def _with_source(self, written: Map, reading: Reading) -> Assumption:
        unknown = [key for key in written if key not in ("value", "same_as", "source", "grade", "note", "known", RESOLVED)]
        if unknown:
            # `chance: {value: pert(30%, 50%, 100%)}` is cut at its commas by YAML itself
            code = "comma_ended_text" if re.match(r"[\d.+-]+\s*%?", unknown[0]) else "unknown_key_of_assumption"
            raise QuantityError(code, key=unknown[0], text=", ".join([str(written.get("value", "")), *unknown]))
        if ("value" in written) == ("same_as" in written):
            raise QuantityError("value_or_same_as")
        root = written.get(RESOLVED)
        content = (root["value"] if isinstance(root, Map) else root) if "same_as" in written else written["value"]
        if not isinstance(content, str):
            raise QuantityError("not_an_assumption", example=EXAMPLES[self.name])
        made = self.parse(content, reading)
        grade = str(written.get("grade", "C"))
        source = str(written.get("source", ""))
        if grade not in ("A", "B", "C"):
            raise QuantityError("unknown_grade", grade=grade)
        if grade in ("A", "B") and not source:
            raise QuantityError("grade_needs_source", grade=grade)
        known = str(written.get("known", ""))
        if known and not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?", known):
            raise QuantityError("not_a_date", text=known)
        place = written.get("value", written.get("same_as"))
        return replace(
            made,
            name=written.at,
            text=normal_form(content),
            source=source,
            grade=grade,  # type: ignore[arg-type]
            known=known,
            note=str(written.get("note", "")),
            where=place.where if isinstance(place, Text) else written.where,
            same_as=root.at if isinstance(root, Text | Map) else str(written.get("same_as", "")),
        )

    def parse(self, text: str, reading: Reading) -> Assumption:
        """Read `a`, `a to b` or `function(...)`; QuantityError says what is wrong and what to write."""
        text = normal_form(text)
        if call := re.fullmatch(r"([a-z]+)\s*\((.*)\)", text):
            return self._function(call[1], call[2], reading)
        parts = re.split(r" (?:to|đến) ", text)
        if len(parts) == 1:
            self._refuse_hyphen(text)
            value, unit = self._quantity(text, "", reading, end=0)
            self._inside(value.value, text)
            return self._made(Sure(value.value), value, unit)
        if len(parts) > 2:
            raise QuantityError("not_a_number", text=text)
        return self._range(parts, text, reading)

    def _range(self, parts: list[str], text: str, reading: Reading) -> Assumption:
        unit_of_all = "" if self.dimensions == ("day",) else split_unit(parts[1])[1]
        low, _ = self._quantity(parts[0], unit_of_all, reading, end=0)
        high, unit = self._quantity(parts[1], "", reading, end=1)
        if low.dimension != high.dimension:
            raise QuantityError("two_units", text=text)
        if high.value < low.value:
            raise QuantityError("backwards", text=text, instead=f"{self._with_unit(parts[1], unit)} to {self._with_unit(parts[0], unit)}")
        for value, part in ((low, parts[0]), (high, parts[1])):
            self._inside(value.value, part)
        if low.value == high.value:
            return self._made(Sure(low.value), low, unit)
        link = self.link
        if self.name == "effect" and high.value < 0:
            link = "loss"
        for end, value in (("P10", low.value), ("P90", high.value)):
            if link != "plain" and value in _ends(link):
                raise QuantityError(
                    "range_touches_bound", kind=self.name, end=end, bound=_percent(value, low),
                    instead=f"uniform({self._with_unit(parts[0], unit)}, {self._with_unit(parts[1], unit)})",
                )  # fmt: skip
        return self._made(Range(low.value, high.value, link), high, unit)

    def _function(self, function: str, inside: str, reading: Reading) -> Assumption:
        if function == "discrete":
            return self._discrete(inside, reading)
        if function == "empirical":
            return self._empirical(inside, reading)
        if function == "beta" and self.name != "share":
            raise QuantityError("beta_is_for_shares")
        arity = {"pert": 3, "triangular": 3, "uniform": 2, "normal": 2, "lognormal": 2, "beta": 2}.get(function)
        if arity is None:
            raise QuantityError("unknown_function", function=function)
        parts = [part.strip() for part in inside.split(",")]
        if len(parts) != arity:
            raise QuantityError("arity", function=function, count=str(arity))
        if function == "beta":
            a, b = (read_quantity(part, reading.currency).value for part in parts)
            if not (a > 0 and b > 0):
                raise QuantityError("beta_shapes")
            return Assumption("", "", Beta(a, b), self.name, "percent", "%")
        unit_of_all = "" if self.dimensions == ("day",) else split_unit(parts[-1])[1]
        if function == "normal" and self.dimensions == ("day",):
            raise QuantityError("no_normal_day")
        read = [self._quantity(p, unit_of_all, reading, end=int(i == arity - 1)) for i, p in enumerate(parts)]
        if len({quantity.dimension for quantity, _ in read}) > 1:
            raise QuantityError("two_units", text=f"{function}({inside})")
        values = [quantity.value for quantity, _ in read]
        chance = self._normal(values[0], values[1]) if function == "normal" else self._bounded(function, values, parts)
        return self._made(chance, *read[-1])

    def _normal(self, mean: float, sd: float) -> Chance:
        if sd <= 0:
            raise QuantityError("sd_above_zero")
        normal = Normal(mean, sd, self.low, self.high)
        if normal.cut_off > CUT_OFF:
            raise QuantityError("normal_leaves_bounds", share=f"{100 * normal.cut_off:.0f}%", kind=self.name)
        return normal

    def _bounded(self, function: str, values: list[float], parts: list[str]) -> Chance:
        for value, part in zip(values, parts, strict=True):
            self._inside(value, part)
        if values != sorted(values):
            raise QuantityError("not_ascending", function=function)
        if values[0] == values[-1]:
            return Sure(values[0])
        match function:
            case "pert":
                return Beta.pert(*values)
            case "triangular":
                return Triangular(*values)
            case "uniform":
                return Uniform(*values)
        if values[0] <= 0:
            raise QuantityError("lognormal_above_zero")
        if self.name == "share":
            raise QuantityError("lognormal_share")
        return Range(values[0], values[1], "log")

    def _discrete(self, inside: str, reading: Reading) -> Assumption:
        pairs = []
        for item in inside.split(","):
            value, found, weight = item.strip().rpartition(" at ")
            if not found:
                raise QuantityError("discrete_form")
            pairs.append((value, read_quantity(weight, reading.currency)))
        unit_of_all = "" if self.dimensions == ("day",) else split_unit(pairs[-1][0])[1]
        read = [(self._quantity(value, unit_of_all, reading, end=0), weight.value) for value, weight in pairs]
        if any(weight < 0 for _, weight in read) or abs(sum(weight for _, weight in read) - 1) > 1e-9:
            raise QuantityError("weights_sum", total=f"{100 * sum(weight for _, weight in read):g}%")
        for ((value, _), _), (text, _) in zip(read, pairs, strict=True):
            self._inside(value.value, text)
        ordered = sorted((value.value, weight) for (value, _), weight in read)
        values, weights = zip(*ordered, strict=True)
        return self._made(Discrete(values, weights), *read[-1][0])

    def _empirical(self, inside: str, reading: Reading) -> Assumption:
        file, found, column = (part.strip() for part in inside.partition(","))
        if not found or reading.column is None:
            raise QuantityError("empirical_form")
        values = tuple(sorted(reading.column(file, column, NOWHERE)))
        for value in (values[0], values[-1]):
            self._inside(value, f"{value:g}")
        dimension = self.dimensions[0]
        return Assumption("", "", Empirical(values), self.name, dimension)

    def _quantity(self, text: str, unit_of_all: str, reading: Reading, end: int) -> tuple[Quantity, str]:
        text = text.strip()
        if self.dimensions == ("day",):
            return Quantity(_day(text, end), "day", ""), ""
        quantity = read_quantity(text, reading.currency, unit_of_all)
        if quantity.dimension not in self.dimensions:
            raise self._wrong_unit(quantity, text)
        return quantity, quantity.unit

    def _wrong_unit(self, quantity: Quantity, text: str) -> QuantityError:
        if quantity.dimension == "none" and "percent" in self.dimensions:
            number = split_unit(text)[0]
            if abs(quantity.value) < 1 and quantity.value != 0:
                return QuantityError("share_as_fraction", number=number, instead=f"{100 * quantity.value:g}%")
            return QuantityError("percent_missing", number=number, means=f"{100 * quantity.value:g}%", instead=f"{number}%")
        if quantity.dimension == "none":
            return QuantityError("unit_missing", text=text, example=EXAMPLES[self.name])
        return QuantityError("wrong_unit", unit=quantity.unit, example=EXAMPLES[self.name])

    def _inside(self, value: float, text: str) -> None:
        outside = value < self.low or value > self.high
        if outside or (not self.touches and value in (self.low, self.high)):
            raise QuantityError("out_of_bounds", text=text.strip(), kind=self.name, example=EXAMPLES[self.name])

    def _refuse_hyphen(self, text: str) -> None:
        if self.dimensions != ("day",) and (found := re.fullmatch(r"([\d.]+\s*%?)\s*[-–]\s*([\d.]+.*)", text)):
            raise QuantityError("hyphen", text=text, instead=f"{found[1].strip()} to {found[2]}")

    def _with_unit(self, part: str, unit: str) -> str:
        number, own = split_unit(part.strip())
        if not number or own or not unit:
            return part.strip()
        return f"{number}%" if unit == "%" else f"{number} {unit}"

    def _made(self, chance: Chance, quantity: Quantity, unit: str) -> Assumption:
        return Assumption("", "", chance, self.name, quantity.dimension, unit)


RESOLVED = "\0resolved"
"""Key under which the reader leaves the text that a `same_as` stands for."""


def _ends(link: Link) -> tuple[float, ...]:
    return {"plain": (), "log": (0.0,), "change": (-1.0,), "share": (0.0, 1.0), "loss": (-1.0, 0.0)}[link]


def _percent(value: float, like: Quantity) -> str:
    return f"{100 * value:g}%" if like.dimension == "percent" else f"{value:g}"


def _day(text: str, end: int) -> float:
    """Ordinal of a date; of a month its first day, or as a high end its last."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return float(date.fromisoformat(text).toordinal())
        month = month_of(text)
    except ValueError:
        raise QuantityError("not_a_date", text=text) from None
    return float(first_day(month + 1) - 1 if end else first_day(month))


_INF = float("inf")
EXAMPLES = {
    "share": "40% to 60%",
    "change": "-2% to 4%",
    "effect": "-20% to -5%",
    "noise": "4% to 10%",
    "rate": "0.5 to 1.2",
    "days": "1 to 3",
    "duration": "4 to 10 weeks",
    "money": "250 tỷ",
    "volume_or_money": "120 tỷ",
    "weight": "3",
    "count": "216",
    "people": "1838 people",
    "day": "2021-03 to 2021-09",
    "threshold": "250 tỷ",
}

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
THRESHOLD = Kind("threshold", "plain", -_INF, _INF, ("money", "money_per_person", "percent", "people", "none"))

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
Threshold = Annotated[Assumption, THRESHOLD]
"""One quantity in the unit of its measure, of any sign."""
