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
"""Problems after which no nearest name is looked for."""


@dataclass(frozen=True)
class LayerEntry:
    """Content of one layer at one name."""

    layer: Layer
    node: object
    location: Location
    """Location of its key."""


@dataclass
class MergedTree:
    """The effective tree, and what was lost on the way."""

    tree: MappingNode
    problems: list[Problem] = field(default_factory=list)
    replaced: dict[str, list[ReplacedValue]] = field(default_factory=dict)
    """By name, the values that another replaces; the nearest ancestor last."""
    deleted: dict[str, Location] = field(default_factory=dict)
    """Names that a `null` took away, and where it stands."""


def merge_layers(layer: Layer) -> MergedTree:
    """Everything that a layer and its ancestors say."""
    merged = MergedTree(MappingNode())
    entries = [LayerEntry(each, each.tree, each.tree.location) for each in resolution_order(layer)]
    merged.tree = _LayerMerger(merged, layer).merge_mappings(entries, ROOT_SCHEMA, "")
    return merged


@dataclass
class _LayerMerger:
    merged: MergedTree
    root: Layer

    def merge_mappings(self, entries: list[LayerEntry], schema: KeySchema, path: str) -> MappingNode:
        """The maps of several layers as one, keys in the order in which they first come."""
        nearest = entries[-1].node
        assert isinstance(nearest, MappingNode)
        tree = MappingNode(nearest.location, path)
        by_key: dict[str, list[LayerEntry]] = {}
        for entry in entries:
            assert isinstance(entry.node, MappingNode)
            for key, node in entry.node.items():
                by_key.setdefault(key, []).append(LayerEntry(entry.layer, node, entry.node.key_locations[key]))
        if not path and "name" in by_key:
            by_key["name"] = self.entries_of_single_parents(by_key["name"])
        for key, key_entries in by_key.items():
            self.merge_entries(tree, key, key_entries, schema.child(key))
        return tree

    def merge_entries(self, tree: MappingNode, key: str, entries: list[LayerEntry], schema: KeySchema) -> None:
        """Settle one key."""
        path = join_key_path(tree.path, key)
        if len(entries) == 1 and entries[0].layer.is_merged:
            tree[key], tree.key_locations[key] = entries[0].node, entries[0].location  # nothing is laid over it: shared
            return
        surviving = self.surviving_entries(entries, schema, path)
        if not surviving:
            return
        tree.key_locations[key] = surviving[-1].location
        maps = [entry for entry in surviving if not self.is_atomic(entry, schema)]
        if maps:
            tree[key] = self.merge_mappings(maps, schema, path)
        elif surviving[-1].node is not None or self.is_in_case(path):
            tree[key] = copy_node(surviving[-1].node, path)
        else:
            del tree.key_locations[key]

    def surviving_entries(self, entries: list[LayerEntry], schema: KeySchema, path: str) -> list[LayerEntry]:
        """The parts that no descendant replaces; reports clashes and deletions without effect."""
        surviving: list[LayerEntry] = []
        for entry in entries:
            inherited = [other for other in surviving if other.layer in entry.layer.ancestors]
            if entry.node is None and not self.is_in_case(path):
                self.record_deletion(entry, inherited, path)
            if self.is_atomic(entry, schema):
                surviving = [other for other in surviving if other not in inherited]
                values = [ReplacedValue(other.node, other.location) for other in inherited if other.node is not None]
                self.merged.replaced.setdefault(path, []).extend(values)
            elif any(self.is_atomic(other, schema) for other in inherited):
                surviving = [
                    other for other in surviving if other not in inherited or not self.is_atomic(other, schema)
                ]
            surviving.append(entry)
        return self.resolve_conflicts(surviving, schema, path)

    def record_deletion(self, entry: LayerEntry, inherited: list[LayerEntry], path: str) -> None:
        if any(other.node is not None for other in inherited):
            self.merged.deleted[path] = entry.location
            return
        key = path.rpartition(".")[2]
        if key[:1].isdigit():
            self.merged.problems.append(Problem.of(entry.location, path, "comma_in_braces", text=key))
            return
        siblings = self.sibling_names(entry, path)
        suggestion = closest_match(key, siblings) if len(self.merged.problems) < MAX_OVERLAY_SUGGESTIONS else ""
        code = "nothing_to_delete_near" if suggestion else "nothing_to_delete"
        self.merged.problems.append(Problem.of(entry.location, path, code, instead=suggestion))

    def sibling_names(self, entry: LayerEntry, path: str) -> list[str]:
        """Keys that the ancestors of a part have beside it."""
        names: dict[str, None] = {}
        for ancestor in entry.layer.ancestors:
            node: object = ancestor.tree
            for step in path.split(".")[:-1]:
                node = node.get(step) if isinstance(node, MappingNode) else None
            if isinstance(node, MappingNode):
                names.update(dict.fromkeys(key for key, value in node.items() if value is not None))
        return sorted(names)

    def resolve_conflicts(self, surviving: list[LayerEntry], schema: KeySchema, path: str) -> list[LayerEntry]:
        for entry in surviving:
            for other in surviving:
                if other.layer is entry.layer or not self.is_atomic(entry, schema):
                    continue
                related = entry.layer in other.layer.ancestors or other.layer in entry.layer.ancestors
                if not related and not _nodes_equal(entry.node, other.node):
                    order = resolution_order(self.root)
                    first, second = sorted((entry, other), key=lambda each: order.index(each.layer))
                    self.report_conflict(first, second, path)
                    return [each for each in surviving if not self.is_atomic(each, schema)] or [entry]
        return surviving

    def report_conflict(self, first: LayerEntry, second: LayerEntry, path: str) -> None:
        child = next(
            layer for layer in resolution_order(self.root) if {first.layer, second.layer} <= layer.ancestors
        )  # the first that inherits both
        self.merged.problems.append(
            Problem.of(
                child.extends_location,
                path,
                "parents_clash",
                one=first.location,
                text=format_node(first.node),
                other=second.location,
                other_text=format_node(second.node),
            )
        )

    def entries_of_single_parents(self, entries: list[LayerEntry]) -> list[LayerEntry]:
        """A name is taken from a parent, but never from one of two."""
        line = [self.root]
        while len(line[-1].parents) == 1:
            line.append(line[-1].parents[0])
        return [entry for entry in entries if entry.layer in line]

    @staticmethod
    def is_atomic(entry: LayerEntry, schema: KeySchema) -> bool:
        return schema.is_atomic(entry.node)

    @staticmethod
    def is_in_case(path: str) -> bool:
        """True where a null belongs to a case, which deletes only when it is read."""
        return path.startswith("cases.") and path.count(".") > 1


def _nodes_equal(first: object, second: object) -> bool:
    if isinstance(first, MappingNode) and isinstance(second, MappingNode):
        return first.keys() == second.keys() and all(_nodes_equal(first[key], second[key]) for key in first)
    return type(first) is type(second) and first == second
