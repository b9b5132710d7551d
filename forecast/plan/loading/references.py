"""`same_as`: one draw for two keys, resolved on the tree before anything is read."""

from __future__ import annotations

from collections.abc import Iterable

from forecast.errors import Complaint, nearest
from forecast.files.yaml import Map, Text
from forecast.plan.assumption import RESOLVED, Kind
from forecast.plan.keys import Slot
from forecast.plan.tree import numbers_in

ENOUGH = 20
"""Complaints after which no nearest name is looked for."""


def resolve(tree: Map) -> list[Complaint]:
    """Leave under each `same_as` what it stands for; says which of them stand for nothing."""
    numbers = {at: (node, slot) for at, node, slot in numbers_in(tree)}
    complaints: list[Complaint] = []
    for at, (node, slot) in numbers.items():
        if isinstance(node, Map) and isinstance(node.get("same_as"), Text):
            known = numbers if len(complaints) < ENOUGH else {}
            complaint = _resolve_one(at, node, slot, numbers, known)
            if complaint is not None:
                complaints.append(complaint)
    return complaints


def _resolve_one(
    at: str, node: Map, slot: Slot, numbers: dict[str, tuple[Text | Map, Slot]], offered: Iterable[str]
) -> Complaint | None:
    link = node["same_as"]
    assert isinstance(link, Text)
    seen = {at: None}
    target = node
    while isinstance(target, Map) and "same_as" in target:
        name = str(target["same_as"])
        if name in seen:
            return Complaint.of(link.where, at, "same_as_circle", chain=" -> ".join([*seen, name]))
        if name not in numbers:
            if len(seen) > 1:
                return None  # said where the next link stands
            near = nearest(name, offered)
            code = "same_as_missing_near" if near else "same_as_missing"
            return Complaint.of(link.where, at, code, name=name, instead=near)
        seen[name] = None
        target, found = numbers[name]  # type: ignore[assignment]
        if (own := _kind(slot)) != (other := _kind(found)):
            return Complaint.of(link.where, at, "same_as_other_kind", name=name, kind=own, other=other)
    node[RESOLVED] = target
    return None


def _kind(slot: Slot) -> str:
    return slot.number.name if isinstance(slot.number, Kind) else "weights"
