"""`same_as`: one draw for two keys, resolved on the document before any record is made."""

from __future__ import annotations

from collections.abc import Iterable

from forecast.errors import Problem, closest_match
from forecast.files.yaml import MappingNode
from forecast.plan.assumption import AssumptionType
from forecast.plan.document import DocumentEntry, Node, PlanDocument
from forecast.plan.keys import KeySchema
from forecast.plan.yearly_changes import is_by_year

MAX_REFERENCE_SUGGESTIONS = 20
"""Problems after which no nearest name is looked for."""
MAX_REFERENCE_CHAIN = 50
"""Names that follow each other by `same_as`."""


def resolve_references(document: PlanDocument) -> tuple[dict[str, Node], list[Problem]]:
    """The node that each `same_as` stands for, by the name it is written at; and a problem for each that has none."""
    targets: dict[str, Node] = {}
    problems: list[Problem] = []
    for name, entry in document.numbers.items():
        if entry.reference is not None:
            suggestions = document.numbers if len(problems) < MAX_REFERENCE_SUGGESTIONS else ()
            result = _resolve_reference(name, entry, document, suggestions)
            if isinstance(result, Problem):
                problems.append(result)
            elif result is not None:
                targets[name] = result
    return targets, problems


def _resolve_reference(
    name: str, entry: DocumentEntry, document: PlanDocument, suggestions: Iterable[str]
) -> Node | Problem | None:
    """The number at the end of a chain of references; None where a later link of the chain has the problem."""
    link = entry.reference
    assert link is not None
    location = link.location
    chain = {name: None}
    target = entry
    while target.reference is not None:
        target_name = str(target.reference)
        if target_name in chain:
            return Problem.of(location, name, "same_as_circle", chain=" -> ".join([*chain, target_name]))
        if len(chain) > MAX_REFERENCE_CHAIN:
            return Problem.of(location, name, "same_as_too_long", limit=MAX_REFERENCE_CHAIN)
        if target_name not in document.numbers:
            if len(chain) > 1:
                return None
            if is_by_year(by_year := document.node(target_name)):
                assert isinstance(by_year, MappingNode)
                return Problem.of(location, name, "same_as_by_year", name=target_name, year=next(iter(by_year)))
            suggestion = closest_match(target_name, suggestions)
            code = "same_as_missing_near" if suggestion else "same_as_missing"
            return Problem.of(location, name, code, name=target_name, instead=suggestion)
        chain[target_name] = None
        target = document.numbers[target_name]
        kind, other = _type_name(entry.schema), _type_name(target.schema)
        if kind != other:
            return Problem.of(location, name, "same_as_other_kind", name=target_name, kind=kind, other=other)
    return target.node


def _type_name(schema: KeySchema) -> str:
    return schema.value_type.name if isinstance(schema.value_type, AssumptionType) else "weights"
