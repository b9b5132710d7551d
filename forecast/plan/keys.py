"""The keys of the language, read off the classes of the plan: what may stand under a dotted name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from forecast.plan.assumption import AssumptionType
from forecast.plan.record import ServiceOrAll
from forecast.plan.scenario import Scenario
from forecast.plan.weights import WeightsType
from forecast.plan.yearly_changes import is_by_year


@dataclass(frozen=True)
class KeySchema:
    """Content that a key may have: a number, a record, a table by name, a list."""

    value_type: AssumptionType | WeightsType | None = None
    records: tuple[type[BaseModel], ...] = ()
    """More than one where `kind` chooses."""
    entries: Any = None
    """Annotation of what a table holds."""
    items: Any = None
    """Annotation of what a list holds."""
    is_by_service: bool = False
    """True when the names of a table are services, or `all`."""

    def keys(self, written: object) -> tuple[str, ...] | None:
        """The keys that may stand here; None when any name may, or when it is no map."""
        if self.entries is not None or not self.records:
            return None
        return _sorted_keys(self._matching_records(written))

    def _matching_records(self, written: object) -> tuple[type[BaseModel], ...]:
        kind = written.get("kind") if isinstance(written, dict) else None
        chosen = tuple(record for record in self.records if kind in _record_kinds(record))
        return chosen or self.records

    def child(self, key: str) -> KeySchema:
        """Schema of a key below this one."""
        if self.entries is not None:
            return self._entry_schema
        schemas = [_record_keys(record)[key] for record in self.records if key in _record_keys(record)]
        return schemas[0] if schemas else KeySchema()

    @cached_property
    def _entry_schema(self) -> KeySchema:
        """Schema of an entry of a table."""
        return annotation_schema(self.entries)

    def is_atomic(self, written: object) -> bool:
        """True when an overlay replaces `written` as a whole: all but maps, and the maps of a number."""
        if not isinstance(written, dict):
            return True
        if self.value_type is None:
            return False
        if self.entries is not None:
            return not is_by_year(written)
        return not self.records or "value" in written or "same_as" in written


EMPTY_SCHEMA = KeySchema()


@cache
def _record_keys(record: type[BaseModel]) -> dict[str, KeySchema]:
    schemas = {}
    for name, field in record.model_fields.items():
        if field.exclude:
            continue
        schema = annotation_schema(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
        if record is Scenario and name == "cases":
            schema = KeySchema(entries=Scenario)
        schemas[field.alias or name] = schema
    return schemas


@cache
def _sorted_keys(records: tuple[type[BaseModel], ...]) -> tuple[str, ...]:
    """The keys of any of these records."""
    return tuple(sorted({key for record in records for key in _record_keys(record)}))


@cache
def _record_kinds(record: type[BaseModel]) -> tuple[str, ...]:
    field = record.model_fields.get("kind")
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()


def annotation_schema(annotation: Any) -> KeySchema:
    """Schema of a field with this annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        for mark in marks:
            if isinstance(mark, AssumptionType | WeightsType):
                return KeySchema(value_type=mark)
        return annotation_schema(inner)
    if origin in (Union, UnionType):
        return _merge_schemas([annotation_schema(part) for part in get_args(annotation)])
    if origin is dict:
        names, entries = get_args(annotation)
        return KeySchema(entries=entries, is_by_service=names == ServiceOrAll)
    if origin in (tuple, list):
        return KeySchema(items=get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return KeySchema(records=(annotation,))
    return EMPTY_SCHEMA


def _merge_schemas(schemas: list[KeySchema]) -> KeySchema:
    number = next((schema.value_type for schema in schemas if schema.value_type), None)
    records = tuple(record for schema in schemas for record in schema.records)
    entries = next((schema.entries for schema in schemas if schema.entries is not None), None)
    items = next((schema.items for schema in schemas if schema.items is not None), None)
    return KeySchema(number, records, entries, items, any(schema.is_by_service for schema in schemas))


ROOT_SCHEMA = KeySchema(records=(Scenario,))
