"""Profiles: weights of months or of places, with their source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from forecast.errors import Where
from forecast.files.yaml import NOWHERE, Map, Sequence, Text
from forecast.plan.assumption import ABOUT, ABOUT_SCHEMA, read_about
from forecast.units import QuantityError, read_quantity


@dataclass(frozen=True)
class Profile:
    """Weights that only count against each other; no weights means all alike."""

    name: str
    text: str
    """As the planner wrote it."""
    weights: tuple[float, ...] = ()
    source: str = ""
    grade: str = "C"
    known: str = ""
    note: str = ""
    where: Where = NOWHERE


@dataclass(frozen=True, eq=False)
class ProfileKind:
    """How a profile is written; as the annotation of a field it reads the field from YAML."""

    name: str
    weigh: Callable[[object], tuple[float, ...]]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with this kind."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The weights, or a map with their source."""
        properties = {"value": self.schema, **ABOUT_SCHEMA}
        return {"anyOf": [self.schema, {"type": "object", "properties": properties, "additionalProperties": False}]}

    def read(self, written: object) -> Profile:
        """Make the profile of weights or of a map {value, source, grade, note, known}."""
        if isinstance(written, Profile):
            return written
        try:
            return self._read(written)
        except QuantityError as wrong:
            raise PydanticCustomError(wrong.code, "", {**wrong.facts}) from wrong

    def _read(self, written: object) -> Profile:
        about: dict[str, Any] = {}
        content = written
        if isinstance(written, Map) and "value" in written:
            if unknown := [key for key in written if key not in ("value", *ABOUT)]:
                raise QuantityError("unknown_key_of_assumption", key=unknown[0])
            about = read_about(written)
            content = written["value"]
        place = content if isinstance(content, Text | Map | Sequence) else Text(str(content))
        named = written if isinstance(written, Text | Map | Sequence) else place
        return Profile(named.at, _shown(content), self.weigh(content), **about, where=place.where)


def _shown(content: object) -> str:
    if isinstance(content, dict):
        return ", ".join(f"{key}: {value}" for key, value in content.items())
    return ", ".join(map(str, content)) if isinstance(content, list) else str(content)


def _weight(text: object) -> float:
    quantity = read_quantity(str(text), "")
    if quantity.dimension != "none" or quantity.value < 0:
        raise QuantityError("not_a_weight", text=str(text))
    return quantity.value


def _by_month(content: object) -> tuple[float, ...]:
    if not isinstance(content, Map) or not content:
        raise QuantityError("season_form")
    if wrong := [key for key in content if key not in map(str, range(1, 13))]:
        raise QuantityError("season_month", month=wrong[0])
    weights = tuple(_weight(content.get(str(month), "0")) for month in range(1, 13))
    if sum(weights) <= 0:
        raise QuantityError("season_form")
    return weights


def _twelve(content: object) -> tuple[float, ...]:
    if content == "flat":
        return ()
    if not isinstance(content, Sequence) or len(content) != 12:
        raise QuantityError("shape_form")
    weights = tuple(_weight(item) for item in content)
    if sum(weights) <= 0:
        raise QuantityError("shape_form")
    return weights


def _of_places(content: object) -> tuple[float, ...]:
    if content == "equal":
        return ()
    raise QuantityError("place_weights_form")


_TWELVE = {"type": "array", "items": {"type": "number"}, "minItems": 12, "maxItems": 12}
MonthWeights = Annotated[
    Profile, ProfileKind("season", _by_month, {"type": "object", "additionalProperties": {"type": "number"}})
]
"""Weights by month, 1 to 12; a month that is not named has none."""
Shape = Annotated[Profile, ProfileKind("shape", _twelve, {"anyOf": [{"const": "flat"}, _TWELVE]})]
"""`flat`, or twelve weights from January to December."""
PlaceWeights = Annotated[Profile, ProfileKind("weights", _of_places, {"const": "equal"})]
"""`equal`; weights of their own stand in the file of the places."""
