"""The keys of the language, read off the classes of the plan: what may stand under a dotted name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from forecast.plan.assumption import Kind
from forecast.plan.record import ServiceOrAll
from forecast.plan.scenario import Scenario
from forecast.plan.weights import ProfileKind


@dataclass(frozen=True)
class Slot:
    """What may stand under a key: a number, a record, a table by name, a list."""

    number: Kind | ProfileKind | None = None
    records: tuple[type[BaseModel], ...] = ()
    """More than one where `kind` chooses."""
    entries: Any = None
    """Annotation of what a table holds."""
    items: Any = None
    """Annotation of what a list holds."""
    by_service: bool = False
    """Whether the names of a table are services, or `all`."""

    def keys(self, written: object) -> tuple[str, ...] | None:
        """The keys that may stand here; None when any name may, or when it is no map."""
        if self.entries is not None or not self.records:
            return None
        return tuple(sorted({key for record in self._chosen(written) for key in _fields(record)}))

    def _chosen(self, written: object) -> tuple[type[BaseModel], ...]:
        kind = written.get("kind") if isinstance(written, dict) else None
        chosen = tuple(record for record in self.records if kind in _kinds(record))
        return chosen or self.records

    def under(self, key: str) -> Slot:
        """What may stand under `key` of this."""
        if self.entries is not None:
            return slot_of(self.entries)
        found = [_fields(record)[key] for record in self.records if key in _fields(record)]
        return found[0] if found else Slot()

    def is_whole(self, written: object) -> bool:
        """Whether an overlay replaces `written` as a whole: all but maps, and the maps of a number."""
        if not isinstance(written, dict):
            return True
        if self.number is None:
            return False
        return not self.records or "value" in written or "same_as" in written


NOTHING = Slot()


@cache
def _fields(record: type[BaseModel]) -> dict[str, Slot]:
    found = {}
    for name, field in record.model_fields.items():
        if field.exclude:
            continue
        slot = slot_of(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
        if record is Scenario and name == "readings":
            slot = Slot(entries=Scenario)
        found[field.alias or name] = slot
    return found


@cache
def _kinds(record: type[BaseModel]) -> tuple[str, ...]:
    field = record.model_fields.get("kind")
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()


def slot_of(annotation: Any) -> Slot:
    """What a field of this annotation may hold."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        for mark in marks:
            if isinstance(mark, Kind | ProfileKind):
                return Slot(number=mark)
        return slot_of(inner)
    if origin in (Union, UnionType):
        return _either([slot_of(one) for one in get_args(annotation)])
    if origin is dict:
        names, entries = get_args(annotation)
        return Slot(entries=entries, by_service=names == ServiceOrAll)
    if origin in (tuple, list):
        return Slot(items=get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Slot(records=(annotation,))
    return NOTHING


def _either(slots: list[Slot]) -> Slot:
    number = next((slot.number for slot in slots if slot.number), None)
    records = tuple(record for slot in slots for record in slot.records)
    entries = next((slot.entries for slot in slots if slot.entries is not None), None)
    items = next((slot.items for slot in slots if slot.items is not None), None)
    return Slot(number, records, entries, items, any(slot.by_service for slot in slots))


ROOT = Slot(records=(Scenario,))


def slot_at(name: str) -> Slot:
    """What may stand under a dotted name."""
    slot = ROOT
    for step in name.split("."):
        slot = slot.under(step)
    return slot
