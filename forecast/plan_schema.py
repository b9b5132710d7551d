"""The JSON Schema of plan files, for editors: of whole plans and of those that extend another."""

from __future__ import annotations

from typing import Any

from forecast.plan import Scenario

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """JSON Schema of a plan file; nothing is required, since a file that extends another may say little."""
    schema = _open(Scenario.model_json_schema(by_alias=True, mode="validation"))
    extends = {"type": ["string", "array"], "items": {"type": "string"}, "description": "The plans below this one."}
    schema["properties"] = {"extends": extends, **schema["properties"]}
    return {"$schema": DRAFT, **schema, "title": "Plan"}


def _open(schema: Any) -> Any:
    """Nothing required, no defaults, and `null` wherever a parent's entry can be deleted."""
    if isinstance(schema, list):
        return [_open(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _open(part) for key, part in schema.items() if key not in ("required", "default", "title")}
    if "properties" in schema:
        kept["properties"] = {name: _or_null(_open(part)) for name, part in schema["properties"].items()}
    if isinstance(kept.get("additionalProperties"), dict):
        kept["additionalProperties"] = _or_null(kept["additionalProperties"])
    return kept


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if {"type": "null"} in schema.get("anyOf", ()) or "const" in schema:
        return schema
    described = {"description": schema["description"]} if "description" in schema else {}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}], **described}
