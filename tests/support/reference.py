"""The tables of docs/language.md, from the classes of the plan: what may stand under each key, and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from forecast.plan.assumption import AssumptionType
from forecast.plan.keys import KeySchema, annotation_schema
from forecast.plan.record import Label
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Effects, Shock
from forecast.plan.weights import WeightsType

FIELD_TYPES = {
    "_parse_month": "month",
    "_parse_date": "date",
    "_parse_period": "period",
    "_parse_measure": "measure",
    "_parse_rank_correlation": "number, -1 to 1",
    "_parse_positive_number": "number above 0",
    "_parse_boolean": "true or false",
    "_parse_currency": "three letters",
    "_parse_level": "planner, history or mixture(60%)",
    "_parse_copula": "gaussian or t(4)",
    "_parse_year": "year",
    "read": "whole number",
}
"""How the small fields are read -> what they take."""
KEY_MEANINGS = {
    "label": "What people read.",
    "kind": "Which kind of shock it is.",
    "name": "Title of the plan.",
    "history": "The past: a CSV, or the CSV and the shocks it already holds.",
    "horizon": "The months that are played.",
    "currency": "Of all money.",
    "language": "Of reports and messages; `--lang` wins.",
    "paths": "How many futures are played; `--paths` wins.",
    "seed": "Of the random numbers; `--seed` wins.",
    "stated": "By year, what a document says.",
    "note": "For people.",
    "services": "The lines of business, or what is said of each.",
    "places": "Where the trade is done: how many places, or a list of them.",
    "workforce": "How many people, and what a worker's year is counted on.",
    "climate": "Links the storms and floods of one year.",
    "costs": "Without them there is no profit and no margin.",
    "shocks": "What the world does to us.",
    "initiatives": "What we decide to do.",
    "targets": "What is wanted.",
    "correlations": "What moves together.",
    "decisions": "What to do, and when.",
    "price": "Of a piece.",
    "headcount": "People; a count with its unit, or what the plan implies.",
    "total": "Of all services, as the document says it.",
    "gap": "How wide the gap between total and services may be, and its name.",
    "baseline": "What its months stand on; wins over the plan's own `baseline`.",
    "weights": "`equal`; weights of their own stand in the file.",
    "productivity": "Total revenue where nothing is said.",
    "basis": "What is counted.",
    "of_revenue": "Of each đồng taken.",
    "per_month": "Each month.",
    "per_person_month": "Of each person, each month.",
    "waves_per_year": "How many waves a year begin.",
    "length": "How long such a spell lasts, inside its wave.",
    "mild": "Every day of a wave that is neither of the others.",
    "upstream": "Hard elsewhere.",
    "hard": "Hard here.",
    "effect": "What it does, when it is whole.",
    "classes": "How large the events are.",
    "start": "A date or a month, or a range of them.",
    "cost": "What it costs.",
    "active": "`false` keeps it in the plan and leaves it out of the run.",
    "measure": "What is measured.",
    "period": "Over which months.",
    "at_least": "The threshold; exactly one of `at_least` and `at_most`.",
    "at_most": "The threshold, from above.",
    "place": "One place, by its code; the whole where nothing is said.",
    "action": "What to do.",
    "owner": "Who does it.",
    "by": "Before which day.",
    "trigger": "The figure that calls for it.",
    "below": "Calls when the figure is below.",
    "above": "Calls when the figure is above.",
}
"""Meanings of keys that need no more than a few words."""


def key_tables() -> str:
    """One heading and one table a record, in the order in which a plan is told."""
    parts = []
    for path, record in sorted(plan_records(), key=lambda found: found[0][0].isupper() and found[0] != "The plan"):
        doc = (record.__doc__ or "").strip().split("\n\n")[0]
        rows = ["| key | takes | default | meaning |", "|---|---|---|---|", *_rows(record)]
        parts.append("\n".join([f"### {path}", "", doc, "", *rows, ""]))
    return "\n".join(parts)


def plan_records() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every record that a plan may hold, once, with the name under which it stands."""
    seen: set[type[BaseModel]] = {Label, Effects}
    yield "An effect", Effects
    yield "Every shock", Shock
    waiting: list[tuple[str, type[BaseModel]]] = [("The plan", Scenario)]
    while waiting:
        path, record = waiting.pop(0)
        if record in seen:
            continue
        seen.add(record)
        yield path + _kind_suffix(record), record
        inner = []
        for name, field in record.model_fields.items():
            if not field.exclude and not (record is Scenario and name == "cases"):
                inner += list(_nested_records(_key_path(path, field.alias or name), _annotation(field)))
        waiting = inner + waiting


def _annotation(field: Any) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _key_path(path: str, key: str) -> str:
    return f"`{key}`" if path == "The plan" else f"{path.rstrip('`')}.{key}`"


def _nested_records(path: str, annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    slot = annotation_schema(annotation)
    if slot.entries is not None:
        yield from _nested_records(f"{path.rstrip('`')}.NAME`", slot.entries)
    for record in slot.records:
        yield path, record


def _kind_suffix(record: type[BaseModel]) -> str:
    kind = record.model_fields.get("kind")
    return "" if kind is None else f", kind `{get_args(kind.annotation)[0]}`"


def _rows(record: type[BaseModel]) -> Iterator[str]:
    if record is Scenario:
        yield "| `extends` | file, or a list of files | | The plans below this one. |"
    for name, field in record.model_fields.items():
        if field.exclude or (record is not Shock and issubclass(record, Shock) and name in Shock.model_fields):
            continue
        key = field.alias or name
        meaning = " ".join((field.description or KEY_MEANINGS.get(key, "")).split())
        takes = "overlays by name" if key == "cases" else _accepted_values(_annotation(field))
        yield f"| `{key}` | {takes} | {_default(field)} | {meaning} |"


def _default(field: Any) -> str:
    if field.is_required():
        return "needed"
    default = None if field.default is PydanticUndefined else field.default
    if default is None or isinstance(default, BaseModel | dict | tuple) or default == "":
        return ""
    return str(default).lower() if isinstance(default, bool) else f"{default}"


def _accepted_values(annotation: Any) -> str:
    """In a few words: `share`, `by service: effect`, `records by name`."""
    slot = annotation_schema(annotation)
    if slot.is_by_service:
        return f"by service: {_number_type(annotation_schema(slot.entries))}"
    if slot.entries is not None:
        return "records by name"
    if slot.value_type is not None:
        return " or ".join([_number_type(slot), *(["a record"] if slot.records else [])])
    if slot.records:
        return "text, or {vi, en}" if slot.records == (Label,) else "a record"
    if slot.items is not None:
        return f"list of {_accepted_values(slot.items)}s"
    return _field_type(annotation)


def _number_type(slot: KeySchema) -> str:
    match slot.value_type:
        case AssumptionType():
            return slot.value_type.name.replace("_", " ")
        case WeightsType():
            return {"season": "weights by month", "shape": "flat, or 12 weights", "weights": "equal"}[
                slot.value_type.name
            ]
    return "a record"


def _field_type(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        for mark in marks:
            if (read := FIELD_TYPES.get(getattr(getattr(mark, "func", None), "__name__", ""))) is not None:
                return read
        return _field_type(inner)
    if get_origin(annotation) is Literal:
        return ", ".join(str(one) for one in get_args(annotation))
    named = [_field_type(one) for one in get_args(annotation) if one is not type(None)]
    return named[0] if named else "text"
