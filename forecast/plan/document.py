"""The merged tree of a plan, indexed by dotted name in one walk; the reader and the checks ask the index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeAlias

from forecast.errors import Location
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.plan.keys import EMPTY_SCHEMA, ROOT_SCHEMA, KeySchema
from forecast.plan.tree import count_nodes, is_single_value, join_key_path

Node: TypeAlias = MappingNode | SequenceNode | ScalarNode


class DocumentEntry(NamedTuple):
    """One key, or one item of a list, as it is written."""

    node: Node | None
    schema: KeySchema
    key_location: Location
    """Location of the key; for an item, that of the list."""

    @property
    def is_number(self) -> bool:
        """True when the language reads it as one number or one set of weights: a scalar, or a map with its source."""
        atomic = self.schema.value_type is not None and self.schema.is_atomic(self.node)
        return atomic and isinstance(self.node, ScalarNode | MappingNode)

    @property
    def location(self) -> Location:
        """Location of the value; of the key where the value is a map."""
        node: object = self.node
        if isinstance(node, MappingNode):
            node = node.get("value", node.get("same_as"))
            return node.location if isinstance(node, ScalarNode) else self.key_location
        return node.location if isinstance(node, SequenceNode | ScalarNode) else self.key_location

    @property
    def locations(self) -> tuple[Location, ...]:
        """Location of the key, and of the node where there is one."""
        return (self.key_location,) if self.node is None else (self.key_location, self.node.location)

    @property
    def reference(self) -> ScalarNode | None:
        """Name that a `same_as` gives; None for a number that is written itself."""
        name = self.node.get("same_as") if isinstance(self.node, MappingNode) else None
        return name if isinstance(name, ScalarNode) else None


class UnknownKey(NamedTuple):
    """A key that the language does not have."""

    parent: MappingNode
    """The map that it stands in, without its unknown keys."""
    key: str
    allowed: tuple[str, ...]


class ReplacedValue(NamedTuple):
    """A value of an ancestor that a descendant sets anew."""

    node: object
    location: Location
    """Location of its key."""


@dataclass(frozen=True)
class PlanDocument:
    """A plan before its records are made: its tree without cases and unknown keys, and an index of the tree."""

    tree: MappingNode
    """Source of the records; its maps are copies of the merged ones."""
    deleted: Mapping[str, Location]
    """Location of the `null`, by the name that it deletes."""
    replaced: Mapping[str, Sequence[ReplacedValue]]
    """By name, the values that another replaces; the nearest ancestor last."""
    entries: dict[str, DocumentEntry]
    """By dotted name, in the order of the tree."""
    numbers: Mapping[str, DocumentEntry]
    """Entries that are numbers, by dotted name."""
    tables_by_service: Mapping[str, MappingNode]
    """Tables whose keys are services or `all`, by dotted name."""
    cases: Mapping[str, dict[str, DocumentEntry]]
    """By case, the entries of its overlay by their dotted names, the overlay's own first."""
    unknown_keys: Sequence[UnknownKey]
    node_count: int
    """Maps, lists and scalars that are written, those of cases and of unknown keys too."""
    removed: dict[str, DocumentEntry] = field(default_factory=dict)
    """Entries that were taken out after the walk."""

    def node(self, name: str) -> Node | None:
        """The node under a dotted name; None when nothing is written there."""
        entry = self.entries.get(name)
        return entry.node if entry else None

    def mapping(self, name: str) -> MappingNode | None:
        """The map under a dotted name; None when there is no map."""
        node = self.node(name)
        return node if isinstance(node, MappingNode) else None

    def location_of(self, name: str) -> Location:
        """Location of the value of a name; of the nearest name above it when it has none."""
        while name and name not in self.entries:
            name = name.rpartition(".")[0]
        return self.entries[name].location if name else self.tree.location

    def deletion_of(self, name: str) -> Location | None:
        """Location of the `null` that deletes a name or what it stands in; None when the name is there."""
        if self.node(name) is not None:
            return None
        while name and name not in self.deleted:
            name = name.rpartition(".")[0]
        return self.deleted[name] if name else None

    def remove(self, name: str) -> None:
        """Take a name and all below it out of the tree and out of the index."""
        parent, _, key = name.rpartition(".")
        holder = self.mapping(parent)
        assert holder is not None
        del holder[key]
        for below in [known for known in self.entries if known == name or known.startswith(f"{name}.")]:
            self.removed[below] = self.entries.pop(below)

    def values(self) -> Iterator[tuple[str, Node]]:
        """Every value as merged, by name: a text, a list, a label, a number with its source; those of cases too."""
        value_name = ""
        for name, entry in chain(self.entries.items(), self.removed.items(), *map(dict.items, self.cases.values())):
            is_inside_value = value_name and name.startswith(f"{value_name}.")
            if entry.node is not None and not is_inside_value and is_single_value(entry.node):
                value_name = name
                yield name, entry.node


def index_plan(
    tree: MappingNode, deleted: Mapping[str, Location], replaced: Mapping[str, Sequence[ReplacedValue]]
) -> PlanDocument:
    """Index a merged tree in one walk.

    Parameters
    ----------
    tree : MappingNode
        The merged tree, its nodes with their dotted names; it stays as it is.
    deleted : Mapping[str, Location]
        Location of the `null`, by the name that it deletes.
    replaced : Mapping[str, Sequence[ReplacedValue]]
        By name, the values that another replaces, the nearest ancestor last.

    Returns
    -------
    PlanDocument
        The index, and a tree to make records of.
    """
    index = _Index()
    root = MappingNode(tree.location)
    index.add_keys(tree, root, ROOT_SCHEMA, index.entries)
    return PlanDocument(
        root,
        deleted,
        replaced,
        index.entries,
        index.numbers,
        index.tables_by_service,
        index.cases,
        index.unknown_keys,
        1 + index.node_count,
    )


@dataclass
class _Index:
    """Everything that one walk of a tree gathers."""

    entries: dict[str, DocumentEntry] = field(default_factory=dict)
    numbers: dict[str, DocumentEntry] = field(default_factory=dict)
    tables_by_service: dict[str, MappingNode] = field(default_factory=dict)
    cases: dict[str, dict[str, DocumentEntry]] = field(default_factory=dict)
    unknown_keys: list[UnknownKey] = field(default_factory=list)
    node_count: int = 0

    def add(
        self, node: object, name: str, schema: KeySchema, key_location: Location, entries: dict[str, DocumentEntry]
    ) -> object:
        """Index a node and all below it; the node, a map of the language as a copy without unknown keys."""
        if not isinstance(node, MappingNode | SequenceNode | ScalarNode):
            entries[name] = DocumentEntry(None, schema, key_location)
            return node
        self.node_count += 1
        if isinstance(node, MappingNode) and not schema.is_atomic(node):
            copied = MappingNode(node.location, name)
            entries[name] = DocumentEntry(copied, schema, key_location)
            self.add_keys(node, copied, schema, entries)
            return copied
        entry = entries[name] = DocumentEntry(node, schema, key_location)
        if entry.is_number:
            self.numbers[name] = entry
        if isinstance(node, MappingNode):
            for key, value in node.items():
                self.add(value, join_key_path(name, key), EMPTY_SCHEMA, node.key_locations[key], entries)
        elif isinstance(node, SequenceNode):
            for i, item in enumerate(node):
                self.add(item, f"{name}.{i}", EMPTY_SCHEMA, node.location, entries)
        return node

    def add_keys(
        self, node: MappingNode, copied: MappingNode, schema: KeySchema, entries: dict[str, DocumentEntry]
    ) -> None:
        """Index the keys of a record or a table, and put those that the language has into its copy."""
        copied.key_locations.update(node.key_locations)
        if schema.is_by_service:
            self.tables_by_service[copied.path] = copied
        allowed = schema.keys(node)
        for key, value in node.items():
            if schema is ROOT_SCHEMA and key == "cases":
                self.add_cases(value)
            elif allowed is not None and key not in allowed:
                self.unknown_keys.append(UnknownKey(copied, key, allowed))
                self.node_count += count_nodes(value)
            else:
                named = entries if "." not in key else {}  # a key with a dot has no dotted name
                path = join_key_path(copied.path, key)
                copied[key] = self.add(value, path, schema.child(key), node.key_locations[key], named)

    def add_cases(self, cases: object) -> None:
        """Index each case by itself: an overlay is checked on the plan that it is laid over."""
        self.node_count += cases is not None
        if isinstance(cases, MappingNode):
            for name, overlay in cases.items():
                self.cases[name] = {}
                self.add(overlay, f"cases.{name}", EMPTY_SCHEMA, cases.key_locations[name], self.cases[name])
