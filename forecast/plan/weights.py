"""Profiles: weights of months or of places, with their source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from forecast.errors import Location
from forecast.files.yaml import NO_LOCATION, MappingNode, ScalarNode, SequenceNode
from forecast.plan.assumption import PROVENANCE_KEYS, PROVENANCE_SCHEMA, read_provenance
from forecast.plan.bilingual import NO_TEXT, Label
from forecast.units import QuantityError, read_quantity

__all__ = ["Weights"]


@dataclass(frozen=True)
class Weights:
    """Weights that only count against each other; no weights means all alike."""

    name: str
    text: str
    """As the planner wrote it."""
    values: tuple[float, ...] = ()
    source: Label = NO_TEXT
    grade: str = "C"
    known_since: str = ""
    note: Label = NO_TEXT
    location: Location = NO_LOCATION


@dataclass(frozen=True, eq=False)
class WeightsType:
    """A type of weights; as the annotation of a field it reads the field from YAML."""

    name: str
    parse: Callable[[object], tuple[float, ...]]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read with this kind."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The weights, or a map with their source."""
        properties = {"value": self.schema, **PROVENANCE_SCHEMA}
        return {"anyOf": [self.schema, {"type": "object", "properties": properties, "additionalProperties": False}]}

    def read(self, written: object) -> Weights:
        """Make the profile of weights or of a map {value, source, grade, note, known}."""
        if isinstance(written, Weights):
            return written
        try:
            return self._read_node(written)
        except QuantityError as error:
            raise PydanticCustomError(error.code, "", {**error.params}) from error

    def _read_node(self, written: object) -> Weights:
        provenance: dict[str, Any] = {}
        content = written
        if isinstance(written, MappingNode) and "value" in written:
            if unknown := [key for key in written if key not in ("value", *PROVENANCE_KEYS)]:
                raise QuantityError("unknown_key_of_assumption", key=unknown[0])
            provenance = read_provenance(written)
            content = written["value"]
        value_node = (
            content if isinstance(content, ScalarNode | MappingNode | SequenceNode) else ScalarNode(str(content))
        )
        named_node = written if isinstance(written, ScalarNode | MappingNode | SequenceNode) else value_node
        return Weights(
            named_node.path, _format_content(content), self.parse(content), **provenance, location=value_node.location
        )


def _format_content(content: object) -> str:
    if isinstance(content, dict):
        return ", ".join(f"{key}: {value}" for key, value in content.items())
    return ", ".join(map(str, content)) if isinstance(content, list) else str(content)


def _parse_weight(text: object) -> float:
    quantity = read_quantity(str(text), "")
    if quantity.dimension != "none" or quantity.value < 0:
        raise QuantityError("not_a_weight", text=str(text))
    return quantity.value


def _parse_month_weights(content: object) -> tuple[float, ...]:
    if not isinstance(content, MappingNode) or not content:
        raise QuantityError("season_form")
    if unknown := [key for key in content if key not in map(str, range(1, 13))]:
        raise QuantityError("season_month", month=unknown[0])
    weights = tuple(_parse_weight(content.get(str(month), "0")) for month in range(1, 13))
    if sum(weights) <= 0:
        raise QuantityError("season_form")
    return weights


def _parse_year_shape(content: object) -> tuple[float, ...]:
    if content == "flat":
        return ()
    if not isinstance(content, SequenceNode) or len(content) != 12:
        raise QuantityError("shape_form")
    weights = tuple(_parse_weight(item) for item in content)
    if sum(weights) <= 0:
        raise QuantityError("shape_form")
    return weights


def _parse_place_weights(content: object) -> tuple[float, ...]:
    if content == "equal":
        return ()
    raise QuantityError("place_weights_form")


_TWELVE_NUMBERS_SCHEMA = {"type": "array", "items": {"type": "number"}, "minItems": 12, "maxItems": 12}
MonthWeights = Annotated[
    Weights, WeightsType("season", _parse_month_weights, {"type": "object", "additionalProperties": {"type": "number"}})
]
"""Weights by month, 1 to 12; a month that is not named has none."""
YearShape = Annotated[
    Weights, WeightsType("shape", _parse_year_shape, {"anyOf": [{"const": "flat"}, _TWELVE_NUMBERS_SCHEMA]})
]
"""`flat`, or twelve weights from January to December."""
PlaceWeights = Annotated[Weights, WeightsType("weights", _parse_place_weights, {"const": "equal"})]
"""`equal`; weights of their own stand in the file of the places."""
