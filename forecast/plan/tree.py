"""The tree of a plan file: quoting, copying and walking its nodes."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Location
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.plan.keys import ROOT_SCHEMA, KeySchema


def format_node(node: object) -> str:
    """A node as a person would quote it."""
    match node:
        case None:
            return "null"
        case MappingNode():
            content = node.get("value", node.get("same_as"))
            return format_node(content) if content is not None else "{" + ", ".join(node) + "}"
        case SequenceNode():
            return "[" + ", ".join(format_node(item) for item in node) + "]"
    return str(node)


def copy_node(node: object, at: str) -> object:
    """A node and all below it, with their dotted names."""
    match node:
        case MappingNode():
            copied = MappingNode(node.location, at)
            copied.key_locations.update(node.key_locations)
            copied.update((key, copy_node(value, join_key_path(at, key))) for key, value in node.items())
            return copied
        case SequenceNode():
            listed = SequenceNode(node.location, at)
            listed.extend(copy_node(item, f"{at}.{i}") for i, item in enumerate(node))
            return listed
        case ScalarNode():
            return ScalarNode(node, node.location, at)
    return node


def join_key_path(at: str, key: str) -> str:
    """The dotted name of a key below `at`."""
    return f"{at}.{key}" if at else key


def iter_numbers(
    node: object, slot: KeySchema = ROOT_SCHEMA
) -> Iterator[tuple[str, ScalarNode | MappingNode, KeySchema]]:
    """Every number of a tree: its dotted name, its node and its slot."""
    if isinstance(node, ScalarNode | MappingNode) and slot.value_type is not None and slot.is_atomic(node):
        yield node.path, node, slot
    elif isinstance(node, MappingNode):
        for key, value in node.items():
            if key != "cases" or slot is not ROOT_SCHEMA:
                yield from iter_numbers(value, slot.child(key))


def iter_nodes(node: object) -> Iterator[tuple[str, MappingNode | SequenceNode | ScalarNode]]:
    """Every node below `node`, with its dotted name."""
    if isinstance(node, MappingNode | SequenceNode | ScalarNode):
        yield node.path, node
    for child in node.values() if isinstance(node, MappingNode) else node if isinstance(node, SequenceNode) else ():
        yield from iter_nodes(child)


def collect_key_locations(node: object) -> set[Location]:
    """The place of every key at and below `node`."""
    below = node.values() if isinstance(node, MappingNode) else node if isinstance(node, SequenceNode) else ()
    own = set(node.key_locations.values()) if isinstance(node, MappingNode) else set()
    return own.union(*(collect_key_locations(child) for child in below))
