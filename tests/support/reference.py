"""The tables of docs/language.md, from the classes of the plan: what may stand under each key, and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from forecast.plan.assumption import AssumptionType
from forecast.plan.bilingual import Label
from forecast.plan.descriptions import describe_fields
from forecast.plan.keys import KeySchema, annotation_schema
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
    "parse": "whole number",
}
"""How the small fields are read -> what they take."""
KEY_MEANINGS = {
    "label": "Text for people.",
    "kind": "Kind of shock.",
    "name": "Title of the plan.",
    "history": "The history: a CSV, or the CSV and the shocks that it contains.",
    "horizon": "The months that are simulated.",
    "currency": "Currency of all money.",
    "language": "Language of reports and messages; `--lang` wins.",
    "paths": "How many paths are simulated; `--paths` wins.",
    "seed": "Seed of the random numbers; `--seed` wins.",
    "stated": "Totals as a document states them, by year.",
    "note": "Text for people.",
    "services": "The services: a record of each, or an amount of each.",
    "places": "Where the business is done: a number of places, or a list of them.",
    "workforce": "Headcount, and the revenue that productivity is measured by.",
    "climate": "Links the storms and floods of one year.",
    "costs": "Costs; without them there is no profit and no margin.",
    "shocks": "Risk events: what may happen to the business.",
    "initiatives": "What the business decides to do.",
    "targets": "Targets, by name.",
    "correlations": "Numbers that move together.",
    "decisions": "What to do, and when.",
    "price": "Price of a piece.",
    "headcount": "Number of people: a count, or the count that the plan implies; in an effect, its change.",
    "total": "Total of all services, as the document states it.",
    "gap": "How wide the gap between total and services may be, and its name.",
    "baseline": "Baseline of this service; wins over the plan's own `baseline`.",
    "weights": "`equal`; other weights are written in the file.",
    "productivity": "How productivity is measured; total revenue if absent.",
    "basis": "Revenue that is counted.",
    "of_revenue": "Share of revenue.",
    "per_month": "Amount each month.",
    "per_person_month": "Amount for each person and month.",
    "waves_per_year": "Number of waves that begin in a year.",
    "length": "Length of an episode, inside its wave.",
    "mild": "Days of a wave without an `upstream` or `hard` episode.",
    "upstream": "Days with a lockdown elsewhere.",
    "hard": "Days with a lockdown here.",
    "effect": "Change of the drivers at full size.",
    "classes": "Classes of events by size.",
    "start": "A date or a month, or a range of them.",
    "cost": "Cost of the initiative.",
    "active": "`false` keeps it in the plan and leaves it out of the run.",
    "measure": "What is measured.",
    "period": "Months over which it is measured.",
    "at_least": "Lower threshold; exactly one of `at_least` and `at_most`.",
    "at_most": "Upper threshold.",
    "place": "Code of one place; all places if absent.",
    "action": "What to do.",
    "owner": "Who does it.",
    "by": "Day by which it is done.",
    "trigger": "The figure that calls for the decision.",
    "below": "The decision is due when the figure is below this.",
    "above": "The decision is due when the figure is above this.",
}
"""Meanings of keys that need no more than a few words."""


def key_tables() -> str:
    """One heading and one table a record, in the order of a plan."""
    parts = []
    for path, record in sorted(plan_records(), key=lambda named: named[0][0].isupper() and named[0] != "The plan"):
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
        meaning = " ".join(describe_fields(record).get(name, KEY_MEANINGS.get(key, "")).split())
        takes = "overlays by name" if key == "cases" else _accepted_values(_annotation(field))
        yield f"| `{key}` | {takes} | {_default(field)} | {meaning} |"


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    default = None if field.default is PydanticUndefined else field.default
    if default is None or isinstance(default, BaseModel | dict | tuple) or default == "":
        return ""
    return str(default).lower() if isinstance(default, bool) else f"{default}"


def _accepted_values(annotation: Any) -> str:
    """Type of a key in a few words: `share`, `by service: effect`, `records by name`."""
    slot = annotation_schema(annotation)
    if slot.is_by_service:
        return f"by service: {_number_type(annotation_schema(slot.entries))}"
    if slot.entries is not None and slot.value_type is not None:
        return f"{_number_type(slot)}, or {_number_type(slot)} by year"
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
            parser = getattr(mark, "func", None)
            if getattr(parser, "__module__", "") == "forecast.plan.fields":
                return FIELD_TYPES[parser.__name__]  # a KeyError: a parser without a line above
        return _field_type(inner)
    if get_origin(annotation) is Literal:
        return ", ".join(str(value) for value in get_args(annotation))
    named = [_field_type(part) for part in get_args(annotation) if part is not type(None)]
    return named[0] if named else "text"
