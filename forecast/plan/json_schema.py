"""The JSON Schema of plan files, for editors: of whole plans and of those that extend another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forecast.plan.descriptions import describe_fields
from forecast.plan.record import Record
from forecast.plan.scenario import Scenario

__all__ = ["plan_schema"]

JSON_SCHEMA_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_EXTENDS_SCHEMA = {
    "description": "The plans below this one.",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
}
_REMOVED_KEYWORDS = ("required", "default", "title", "discriminator")
_TEXT_FORMS = {"Label": "in one language", "HistorySource": "the file alone"}
"""Records that may also be written as a text."""


def plan_schema() -> dict[str, Any]:
    """Build the JSON Schema of a plan file.

    Returns
    -------
    dict
        Nothing is required, since a file that extends another may say little; each kind of number stands once, as
        `number_<kind>`.
    """
    numbers: dict[str, Any] = {}
    schema = Scenario.model_json_schema(by_alias=True)
    for record in _subclasses(Record):
        _describe(schema if record is Scenario else schema["$defs"].get(record.__name__, {}), record)
    schema = _relax(schema, numbers)
    records = schema.pop("$defs")
    for name, description in _TEXT_FORMS.items():
        records[name] = {"anyOf": [{"type": "string", "description": description}, records[name]]}
    schema["description"] = schema["description"].partition("\n\n")[0]  # without its example
    schema["properties"].pop("file")
    schema["properties"]["cases"]["additionalProperties"] = _allow_null({"$ref": "#"})  # a case is an overlay
    schema["properties"] = {"extends": _EXTENDS_SCHEMA, **schema["properties"]}
    defs = dict(sorted({**records, **numbers}.items()))
    return {"$schema": JSON_SCHEMA_DRAFT, "title": "Plan", **schema, "$defs": defs}


def _subclasses(record: type[Record]) -> Iterator[type[Record]]:
    """Every class below a record."""
    for subclass in record.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _describe(schema: dict[str, Any], record: type[Record]) -> None:
    """Put the docstring of each field of a record beside what its key may hold."""
    for name, description in describe_fields(record).items():
        key = record.model_fields[name].alias or name
        if key in (properties := schema.get("properties", {})):
            properties[key] = dict(sorted({**properties[key], "description": description}.items()))


def _relax(schema: Any, numbers: dict[str, Any]) -> Any:
    """Nothing required, no defaults, and `null` wherever a parent's entry can be deleted."""
    if isinstance(schema, list):
        return [_relax(part, numbers) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if kind := _number_definition(schema):
        numbers[kind] = {"anyOf": schema["anyOf"]}
        described = {"description": schema["description"]} if "description" in schema else {}
        return {"$ref": f"#/$defs/{kind}", **described}
    relaxed = {key: _relax(part, numbers) for key, part in schema.items() if key not in _REMOVED_KEYWORDS}
    if "oneOf" in relaxed:  # an overlay on a shock need not repeat its kind
        relaxed["anyOf"] = relaxed.pop("oneOf")
    for key in ("properties", "patternProperties"):
        if key in schema:
            relaxed[key] = {name: _allow_null(_relax(part, numbers)) for name, part in schema[key].items()}
    return relaxed


def _number_definition(schema: dict[str, Any]) -> str:
    """`number_share` of the schema of an assumption, else nothing."""
    parts = [part for part in schema.get("anyOf", ()) if isinstance(part, dict)]
    if not any("same_as" in part.get("properties", {}) for part in parts):
        return ""
    return f"number_{parts[0].get('description', '').partition(':')[0]}"


def _allow_null(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.get("anyOf", ())
    if {"type": "null"} in parts or "const" in schema:
        return schema
    if parts:
        return {**schema, "anyOf": [*parts, {"type": "null"}]}
    described = {"description": schema["description"]} if "description" in schema else {}
    bare = {key: part for key, part in schema.items() if key != "description"}
    return {**described, "anyOf": [bare, {"type": "null"}]}
