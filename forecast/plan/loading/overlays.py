"""Overlays: what the files of a plan set, merged key by key.

Maps merge; scalars, lists and assumptions are replaced as a whole; `null` deletes. Each ancestor counts once, and
parents clash only by what they set themselves and no common child sets anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from forecast.errors import Location, Problem, closest_match
from forecast.files.yaml import MappingNode
from forecast.plan.document import ReplacedValue
from forecast.plan.keys import ROOT_SCHEMA, KeySchema
from forecast.plan.loading.layers import Layer, resolution_order
from forecast.plan.tree import copy_node, format_node, join_key_path

MAX_OVERLAY_SUGGESTIONS = 100
"""Complaints after which no nearest name is looked for."""


@dataclass(frozen=True)
class LayerEntry:
    """What one layer says at one name."""

    layer: Layer
    node: object
    location: Location
    """Of its key."""


@dataclass
class MergedTree:
    """The effective tree, and what was lost on the way."""

    tree: MappingNode
    problems: list[Problem] = field(default_factory=list)
    replaced: dict[str, list[ReplacedValue]] = field(default_factory=dict)
    """What a value of this name stands in place of, nearest last."""
    deleted: dict[str, Location] = field(default_factory=dict)
    """Names that a `null` took away, and where it stands."""


def merge_layers(layer: Layer) -> MergedTree:
    """Everything that a layer and its ancestors say."""
    merged = MergedTree(MappingNode())
    parts = [LayerEntry(one, one.tree, one.tree.location) for one in resolution_order(layer)]
    merged.tree = _LayerMerger(merged, layer).merge_mappings(parts, ROOT_SCHEMA, "")
    return merged


@dataclass
class _LayerMerger:
    merged: MergedTree
    root: Layer

    def merge_mappings(self, parts: list[LayerEntry], slot: KeySchema, at: str) -> MappingNode:
        """The maps of several layers as one, keys in the order in which they first come."""
        last = parts[-1].node
        assert isinstance(last, MappingNode)
        tree = MappingNode(last.location, at)
        by_key: dict[str, list[LayerEntry]] = {}
        for part in parts:
            assert isinstance(part.node, MappingNode)
            for key, node in part.node.items():
                by_key.setdefault(key, []).append(LayerEntry(part.layer, node, part.node.key_locations[key]))
        if not at and "name" in by_key:
            by_key["name"] = self.entries_of_single_parents(by_key["name"])
        for key, said in by_key.items():
            self.merge_entries(tree, key, said, slot.child(key))
        return tree

    def merge_entries(self, tree: MappingNode, key: str, said: list[LayerEntry], slot: KeySchema) -> None:
        """Settle one key."""
        at = join_key_path(tree.path, key)
        if len(said) == 1 and said[0].layer.is_merged:
            tree[key], tree.key_locations[key] = said[0].node, said[0].location  # nothing is laid over it: shared
            return
        alive = self.surviving_entries(said, slot, at)
        if not alive:
            return
        tree.key_locations[key] = alive[-1].location
        maps = [part for part in alive if not self.is_atomic(part, slot)]
        if maps:
            tree[key] = self.merge_mappings(maps, slot, at)
        elif alive[-1].node is not None or self.is_in_case(at):
            tree[key] = copy_node(alive[-1].node, at)
        else:
            del tree.key_locations[key]

    def surviving_entries(self, said: list[LayerEntry], slot: KeySchema, at: str) -> list[LayerEntry]:
        """The parts that no descendant replaces; complains of clashes and of idle deletions."""
        alive: list[LayerEntry] = []
        for part in said:
            before = [one for one in alive if one.layer in part.layer.ancestors]
            if part.node is None and not self.is_in_case(at):
                self.record_deletion(part, before, at)
            if self.is_atomic(part, slot):
                alive = [one for one in alive if one not in before]
                values = [ReplacedValue(one.node, one.location) for one in before if one.node is not None]
                self.merged.replaced.setdefault(at, []).extend(values)
            elif any(self.is_atomic(one, slot) for one in before):
                alive = [one for one in alive if one not in before or not self.is_atomic(one, slot)]
            alive.append(part)
        return self.resolve_conflicts(alive, slot, at)

    def record_deletion(self, part: LayerEntry, before: list[LayerEntry], at: str) -> None:
        if any(one.node is not None for one in before):
            self.merged.deleted[at] = part.location
            return
        key = at.rpartition(".")[2]
        if key[:1].isdigit():
            self.merged.problems.append(Problem.of(part.location, at, "comma_in_braces", text=key))
            return
        siblings = self.sibling_names(part, at)
        near = closest_match(key, siblings) if len(self.merged.problems) < MAX_OVERLAY_SUGGESTIONS else ""
        code = "nothing_to_delete_near" if near else "nothing_to_delete"
        self.merged.problems.append(Problem.of(part.location, at, code, instead=near))

    def sibling_names(self, part: LayerEntry, at: str) -> list[str]:
        """Keys that the ancestors of a part have beside it."""
        found: dict[str, None] = {}
        for ancestor in part.layer.ancestors:
            node: object = ancestor.tree
            for step in at.split(".")[:-1]:
                node = node.get(step) if isinstance(node, MappingNode) else None
            if isinstance(node, MappingNode):
                found.update(dict.fromkeys(key for key, value in node.items() if value is not None))
        return sorted(found)

    def resolve_conflicts(self, alive: list[LayerEntry], slot: KeySchema, at: str) -> list[LayerEntry]:
        for one in alive:
            for other in alive:
                if other.layer is one.layer or not self.is_atomic(one, slot):
                    continue
                related = one.layer in other.layer.ancestors or other.layer in one.layer.ancestors
                if not related and not _nodes_equal(one.node, other.node):
                    first, second = sorted((one, other), key=lambda part: resolution_order(self.root).index(part.layer))
                    self.report_conflict(first, second, at)
                    return [other for other in alive if not self.is_atomic(other, slot)] or [one]
        return alive

    def report_conflict(self, one: LayerEntry, other: LayerEntry, at: str) -> None:
        child = next(
            layer for layer in resolution_order(self.root) if {one.layer, other.layer} <= layer.ancestors
        )  # the first that inherits both
        self.merged.problems.append(
            Problem.of(
                child.extends_location,
                at,
                "parents_clash",
                one=one.location,
                text=format_node(one.node),
                other=other.location,
                other_text=format_node(other.node),
            )
        )

    def entries_of_single_parents(self, said: list[LayerEntry]) -> list[LayerEntry]:
        """A name is taken from a parent, but never from one of two."""
        line = [self.root]
        while len(line[-1].parents) == 1:
            line.append(line[-1].parents[0])
        return [part for part in said if part.layer in line]

    @staticmethod
    def is_atomic(part: LayerEntry, slot: KeySchema) -> bool:
        return slot.is_atomic(part.node)

    @staticmethod
    def is_in_case(at: str) -> bool:
        """Whether a null here belongs to a case, which deletes only when it is read."""
        return at.startswith("cases.") and at.count(".") > 1


def _nodes_equal(one: object, other: object) -> bool:
    if isinstance(one, MappingNode) and isinstance(other, MappingNode):
        return one.keys() == other.keys() and all(_nodes_equal(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other
