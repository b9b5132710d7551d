"""Assumptions: numbers that we are not sure of, and the kinds of key that hold them.

A type says which units a key takes, on which scale its range is normal, and where it ends: a share never leaves 0..1,
an amount never falls below 0, a loss never takes more than all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from forecast.errors import Location
from forecast.files.yaml import NO_LOCATION, MappingNode, ScalarNode
from forecast.plan.bilingual import NO_TEXT, Label
from forecast.plan.expressions import parse_day, parse_expression
from forecast.plan.quantity_types import QUANTITY_EXAMPLES, ParseContext, QuantityType
from forecast.stats.distributions import Constant, Distribution, QuantileRange
from forecast.stats.transforms import forward
from forecast.units import Dimension, QuantityError, normalize_text

__all__ = ["BOUNDS_BY_TYPE", "Assumption", "read_money", "read_value"]

Grade = Literal["A", "B", "C"]
PROVENANCE_KEYS = ("source", "grade", "note", "known")
"""Keys that a number may have beside its value."""
MAX_KELLY_SKEWNESS = 2 / 3
"""Kelly's skewness of a range whose middle is a third of its width away from halfway between its ends."""


@dataclass(frozen=True)
class Assumption:
    """A number of the plan: what it may be, who says so, and where it stands."""

    name: str
    """Dotted name of its key: the stream, the column and the row of the tornado."""
    text: str
    """As the planner wrote it."""
    distribution: Distribution
    type_name: str
    dimension: Dimension
    unit: str = ""
    """Unit as written."""
    source: Label = NO_TEXT
    grade: Grade = "C"
    known_since: str = ""
    """When the source came out, as written: 2021-06 or 2021-06-18."""
    note: Label = NO_TEXT
    location: Location = NO_LOCATION
    same_as: str = ""
    """The assumption that this one is, by an explicit `same_as`."""

    @property
    def stream_name(self) -> str:
        """Name of its random numbers: one name, one draw."""
        return self.same_as or self.name

    @property
    def is_constant(self) -> bool:
        """True when it has one value only."""
        return self.distribution.is_constant

    @property
    def is_skewed_range(self) -> bool:
        """True for `a to b` whose middle is far from halfway between its ends; a `lognormal` is so on purpose."""
        distribution = self.distribution
        if not isinstance(distribution, QuantileRange) or self.text.startswith("lognormal"):
            return False
        return abs(distribution.kelly_skewness) > MAX_KELLY_SKEWNESS

    @property
    def shown_grade(self) -> str:
        """Grade that is printed; empty for one sure value that nobody graded, such as a date, a ramp or a threshold."""
        return "" if self.is_constant and self.grade == "C" else self.grade

    @property
    def value(self) -> float:
        """Its median, in base units; the value itself when it is sure."""
        import numpy as np

        return float(self.distribution.ppf(np.array([0.5]))[0])

    def widened(self, factor: float) -> Assumption:
        """The assumption with `factor` times its width around the same middle, inside the bounds of its kind."""
        return replace(self, distribution=self.distribution.widened(factor, *BOUNDS_BY_TYPE[self.type_name]))

    def moved(self, step: float) -> Assumption:
        """The assumption with the same width, `step` further on the scale of its kind, inside the bounds of its kind.

        A range moves on the scale on which it is normal: a share by its log odds, a change by the log of its factor.
        """
        return replace(self, distribution=self.distribution.moved(step, *BOUNDS_BY_TYPE[self.type_name]))

    @property
    def move_unit(self) -> float:
        """Step of `moved` by about its own size: 1 on a log scale, else its median or, where larger, its width."""
        distribution = self.distribution
        if isinstance(distribution, QuantileRange) and distribution.transform != "plain":
            return 1.0
        import numpy as np

        low, middle, high = distribution.ppf(np.array([0.1, 0.5, 0.9]))
        return max(abs(float(middle)), float(high - low)) or 1.0

    def step_to(self, median: float) -> float:
        """Step by which `moved` brings its median to a value."""
        distribution = self.distribution
        if isinstance(distribution, QuantileRange):
            return forward(distribution.transform, median) - forward(distribution.transform, self.value)
        return median - self.value

    def held(self, value: float) -> Assumption:
        """The assumption known to be a value, in base units, cut at the bounds of its kind."""
        low, high = BOUNDS_BY_TYPE[self.type_name]
        return replace(self, distribution=Constant(min(max(value, low), high)))


@dataclass(frozen=True)
class AssumptionType(QuantityType):
    """A kind of key; as the annotation of a field it reads the field from YAML."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with this kind."""
        return core_schema.with_info_plain_validator_function(
            lambda value, info: self.read(
                value, info.context if isinstance(info.context, ParseContext) else ParseContext()
            )
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A quantity, a range or a function as text, or a map with its source."""
        text = {"type": ["string", "number"], "description": f"{self.name}: {QUANTITY_EXAMPLES[self.name]}"}
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
                        **PROVENANCE_SCHEMA,
                    },
                    "additionalProperties": False,
                },
            ]
        }

    def read(self, value: object, context: ParseContext) -> Assumption:
        """Make the assumption of a scalar or of a map {value | same_as, source, grade, note, known}."""
        try:
            match value:
                case Assumption():
                    return value
                case MappingNode():
                    return self._parse_mapping(value, context)
                case str():
                    text = value if isinstance(value, ScalarNode) else ScalarNode(value)
                    return self._parse_scalar(text, text.path, context)
            raise QuantityError("not_an_assumption", example=self.example(context.currency))
        except QuantityError as error:
            raise PydanticCustomError(error.code, "", {**error.params}) from error

    def _parse_scalar(self, text: ScalarNode, name: str, context: ParseContext) -> Assumption:
        parsed = parse_expression(text, self, context)
        return Assumption(
            name,
            normalize_text(text),
            parsed.distribution,
            self.name,
            parsed.dimension,
            parsed.unit,
            location=text.location,
        )

    def _parse_mapping(self, written: MappingNode, context: ParseContext) -> Assumption:
        if unknown := [key for key in written if key not in ("value", "same_as", *PROVENANCE_KEYS)]:
            if unknown[0][:1].isdigit():
                raise QuantityError("comma_in_braces", text=unknown[0])
            raise QuantityError("unknown_key_of_assumption", key=unknown[0])
        if ("value" in written) == ("same_as" in written):
            raise QuantityError("value_or_same_as")
        if "same_as" in written and not isinstance(written["same_as"], ScalarNode):
            raise QuantityError("about_is_text", key="same_as")
        provenance = read_provenance(written)
        if "value" in written:
            value = written["value"]
            if not isinstance(value, ScalarNode):
                raise QuantityError("not_an_assumption", example=self.example(context.currency))
            return replace(self._parse_scalar(value, written.path, context), **provenance)
        return self._copy_reference(written, provenance, context)

    def _copy_reference(self, written: MappingNode, provenance: dict[str, Any], context: ParseContext) -> Assumption:
        """The assumption of a `same_as`: what the other says, unless it says more of itself."""
        reference = written["same_as"]
        if not isinstance(reference, ScalarNode):
            raise QuantityError("about_is_text", key="same_as")
        try:
            other = self.read(context.references.get(written.path), context)
        except PydanticCustomError as error:
            raise QuantityError("same_as_is_wrong") from error  # reported where the other stands
        return replace(other, name=written.path, location=reference.location, same_as=other.name, **provenance)


def read_provenance(written: MappingNode) -> dict[str, Any]:
    """Source, grade, note and known_since of a map; QuantityError when they do not fit together."""
    provenance: dict[str, Any] = {}
    for key in PROVENANCE_KEYS:
        if key in written:
            provenance[key] = _read_text(key, written[key])
    grade = provenance.get("grade", "C")
    if grade not in get_args(Grade):
        raise QuantityError("unknown_grade", grade=grade)
    if grade != "C" and not provenance.get("source") and "same_as" not in written:
        raise QuantityError("grade_needs_source", grade=grade)
    if known := provenance.pop("known", ""):
        provenance["known_since"] = known
        try:
            parse_day(f"{known}-01" if re.fullmatch(r"[0-9]{4}", known) else known)
        except QuantityError:
            raise QuantityError("not_known", text=known) from None
    return provenance


def _read_text(key: str, content: object) -> str | Label:
    """The text under one of `PROVENANCE_KEYS`: of `source` and `note` in one language or in both."""
    is_bilingual = key in ("source", "note")
    if is_bilingual and isinstance(content, MappingNode) and content and content.keys() <= {"vi", "en"}:
        vi, en = (content.get(language, "") for language in ("vi", "en"))
        if isinstance(vi, str) and isinstance(en, str) and (vi or en):
            return Label.model_construct(vi=str(vi), en=str(en))
    if not isinstance(content, str):
        raise QuantityError("about_is_text", key=key)
    return Label.model_construct(vi=str(content), en=str(content)) if is_bilingual else str(content)


_BILINGUAL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"vi": {"type": "string"}, "en": {"type": "string"}},
    "additionalProperties": False,
}
PROVENANCE_SCHEMA: dict[str, Any] = {
    "source": {
        "description": "who says so, in one language or in both; grades A and B need one",
        "anyOf": [{"type": "string"}, _BILINGUAL_SCHEMA],
    },
    "grade": {"enum": ["A", "B", "C"], "description": "A: on record, B: derived from a record, C: judgement"},
    "note": {"anyOf": [{"type": ["string", "number"]}, _BILINGUAL_SCHEMA]},
    "known": {"type": ["string", "number"], "description": "when the source came out: 2021-06 or 2021-06-18"},
}


_INF = float("inf")

SHARE_TYPE = AssumptionType("share", "share", 0, 1, ("percent",))
CHANGE_TYPE = AssumptionType("change", "change", -1, _INF, ("percent",), has_closed_bounds=False)
EFFECT_TYPE = AssumptionType("effect", "plain", -1, _INF, ("percent",))
NOISE_TYPE = AssumptionType("noise", "log", 0, _INF, ("percent",))
RATE_TYPE = AssumptionType("rate", "log", 0, _INF, ("none",))
DAYS_TYPE = AssumptionType("days", "log", 0, _INF, ("none", "days"))
DURATION_TYPE = AssumptionType("duration", "log", 0, _INF, ("days",))
MONEY_TYPE = AssumptionType("money", "log", 0, _INF, ("money",))
VOLUME_OR_MONEY_TYPE = AssumptionType("volume_or_money", "log", 0, _INF, ("money", "none"))
WEIGHT_TYPE = AssumptionType("weight", "log", 0, _INF, ("none",))
COUNT_TYPE = AssumptionType("count", "log", 0, _INF, ("none", "people"))
PEOPLE_TYPE = AssumptionType("people", "log", 0, _INF, ("people",))
DAY_TYPE = AssumptionType("day", "plain", -_INF, _INF, ("day",))
LAST_DAY_TYPE = AssumptionType("day", "plain", -_INF, _INF, ("day",), at_end=True)
THRESHOLD_TYPE = AssumptionType(
    "threshold", "plain", -_INF, _INF, ("money", "money_per_person", "percent", "people", "none"), is_single=True
)

COEFFICIENT_TYPE = AssumptionType("coefficient", "share", 0, 1, ("none", "percent"), is_single=True)

TYPES_BY_NAME = {
    kind.name: kind
    for kind in (
        SHARE_TYPE, CHANGE_TYPE, EFFECT_TYPE, NOISE_TYPE, RATE_TYPE, DAYS_TYPE, DURATION_TYPE, MONEY_TYPE,
        VOLUME_OR_MONEY_TYPE, WEIGHT_TYPE, COUNT_TYPE, PEOPLE_TYPE, DAY_TYPE, THRESHOLD_TYPE, COEFFICIENT_TYPE,
    )
}  # fmt: skip
BOUNDS_BY_TYPE = {name: (kind.low, kind.high) for name, kind in TYPES_BY_NAME.items()}
"""Lowest and highest value of each type."""


def read_value(assumption: Assumption, text: str, currency: str) -> float | None:
    """Read one value in the language of the plan, as the kind of an assumption takes it.

    Parameters
    ----------
    assumption : Assumption
        Whose unit and bounds count.
    text : str
        Such as `250 tỷ`, `5%` or `2021-03-01`.
    currency : str
        Currency of the plan.

    Returns
    -------
    float or None
        In base units; None where the text is no single value of that kind.
    """
    kind = TYPES_BY_NAME[assumption.type_name]
    try:
        parsed = parse_expression(ScalarNode(text), kind, ParseContext(currency))
    except QuantityError:
        return None
    return parsed.distribution.bounds[0] if parsed.distribution.is_constant else None


def read_money(text: str, currency: str) -> float | None:
    """Read one amount of money of any sign in the language of the plan.

    Parameters
    ----------
    text : str
        Such as `240 tỷ` or `-5 thousand EUR`.
    currency : str
        Currency of the plan.

    Returns
    -------
    float or None
        In base units; None where the text is no amount in that currency.
    """
    try:
        parsed = parse_expression(ScalarNode(text), THRESHOLD_TYPE, ParseContext(currency))
    except QuantityError:
        return None
    return parsed.distribution.bounds[0] if parsed.dimension == "money" and parsed.distribution.is_constant else None


Share = Annotated[Assumption, SHARE_TYPE]
"""0% to 100%."""
Change = Annotated[Assumption, CHANGE_TYPE]
"""A change of one year on another, above -100%."""
Coefficient = Annotated[Assumption, COEFFICIENT_TYPE]
"""One number from 0 to 1, such as a correlation: 0.5."""
Effect = Annotated[Assumption, EFFECT_TYPE]
"""Change of a driver by a shock or an initiative, -100% and up."""
Noise = Annotated[Assumption, NOISE_TYPE]
"""A standard deviation, in percent."""
Rate = Annotated[Assumption, RATE_TYPE]
"""Events a year."""
Days = Annotated[Assumption, DAYS_TYPE]
"""Days; the unit may be left out."""
Duration = Annotated[Assumption, DURATION_TYPE]
"""A time with its unit: 2 months."""
Money = Annotated[Assumption, MONEY_TYPE]
"""An amount of money, 0 and up."""
VolumeOrMoney = Annotated[Assumption, VOLUME_OR_MONEY_TYPE]
"""A year of a service: money, or a plain number of pieces."""
Weight = Annotated[Assumption, WEIGHT_TYPE]
"""A weight among its neighbours."""
Count = Annotated[Assumption, COUNT_TYPE]
"""A number of things; the unit may be left out."""
People = Annotated[Assumption, PEOPLE_TYPE]
"""A number of persons."""
Day = Annotated[Assumption, DAY_TYPE]
"""A date or a month: as a low end its first day, as a high end its last."""
LastDay = Annotated[Assumption, LAST_DAY_TYPE]
"""A date or a month; a month that stands alone means its last day."""
Threshold = Annotated[Assumption, THRESHOLD_TYPE]
"""One quantity in the unit of its measure, of any sign."""
