"""`same_as`: one draw for two keys, resolved on the tree before anything is read."""

from __future__ import annotations

from collections.abc import Iterable

from forecast.errors import Problem, closest_match
from forecast.files.yaml import MappingNode, ScalarNode
from forecast.plan.assumption import RESOLVED_KEY, AssumptionType
from forecast.plan.keys import KeySchema
from forecast.plan.tree import iter_numbers

MAX_REFERENCE_SUGGESTIONS = 20
"""Complaints after which no nearest name is looked for."""


def resolve_references(tree: MappingNode) -> list[Problem]:
    """Leave under each `same_as` what it stands for; says which of them stand for nothing."""
    numbers = {at: (node, slot) for at, node, slot in iter_numbers(tree)}
    complaints: list[Problem] = []
    for at, (node, slot) in numbers.items():
        if isinstance(node, MappingNode) and isinstance(node.get("same_as"), ScalarNode):
            known = numbers if len(complaints) < MAX_REFERENCE_SUGGESTIONS else {}
            complaint = _resolve_reference(at, node, slot, numbers, known)
            if complaint is not None:
                complaints.append(complaint)
    return complaints


def _resolve_reference(
    at: str,
    node: MappingNode,
    slot: KeySchema,
    numbers: dict[str, tuple[ScalarNode | MappingNode, KeySchema]],
    offered: Iterable[str],
) -> Problem | None:
    link = node["same_as"]
    assert isinstance(link, ScalarNode)
    seen = {at: None}
    target = node
    while isinstance(target, MappingNode) and "same_as" in target:
        name = str(target["same_as"])
        if name in seen:
            return Problem.of(link.location, at, "same_as_circle", chain=" -> ".join([*seen, name]))
        if name not in numbers:
            if len(seen) > 1:
                return None  # said where the next link stands
            near = closest_match(name, offered)
            code = "same_as_missing_near" if near else "same_as_missing"
            return Problem.of(link.location, at, code, name=name, instead=near)
        seen[name] = None
        target, found = numbers[name]  # type: ignore[assignment]
        if (own := _type_name(slot)) != (other := _type_name(found)):
            return Problem.of(link.location, at, "same_as_other_kind", name=name, kind=own, other=other)
    node[RESOLVED_KEY] = target
    return None


def _type_name(slot: KeySchema) -> str:
    return slot.value_type.name if isinstance(slot.value_type, AssumptionType) else "weights"
