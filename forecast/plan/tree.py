"""Nodes of a plan file: quoting, copying and counting them."""

from __future__ import annotations

from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode


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


def copy_node(node: object, path: str) -> object:
    """A node and all below it, with their dotted names."""
    match node:
        case MappingNode():
            copied = MappingNode(node.location, path)
            copied.key_locations.update(node.key_locations)
            copied.update((key, copy_node(value, join_key_path(path, key))) for key, value in node.items())
            return copied
        case SequenceNode():
            listed = SequenceNode(node.location, path)
            listed.extend(copy_node(item, f"{path}.{i}") for i, item in enumerate(node))
            return listed
        case ScalarNode():
            return ScalarNode(node, node.location, path)
    return node


def join_key_path(path: str, key: str) -> str:
    """The dotted name of a key below `at`."""
    return f"{path}.{key}" if path else key


def count_nodes(node: object) -> int:
    """Number of maps, lists and scalars of a node and all below it."""
    match node:
        case MappingNode():
            return 1 + sum(map(count_nodes, node.values()))
        case SequenceNode():
            return 1 + sum(map(count_nodes, node))
    return int(isinstance(node, ScalarNode))


def is_single_value(node: MappingNode | SequenceNode | ScalarNode) -> bool:
    """True when a node is one value of the plan: a text, a list, a label, a number with its source."""
    if not isinstance(node, MappingNode):
        return True
    return bool(node.keys() & {"value", "same_as"}) or is_label(node)


def is_label(node: MappingNode) -> bool:
    """True when a map is a label: a text in one language or in both."""
    return bool(node) and node.keys() <= {"vi", "en"}
