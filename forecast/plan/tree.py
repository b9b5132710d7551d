"""The tree of a plan file: quoting, copying and walking its nodes."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Where
from forecast.files.yaml import Map, Sequence, Text
from forecast.plan.keys import ROOT, Slot


def shown_of(node: object) -> str:
    """A node as a person would quote it."""
    match node:
        case None:
            return "null"
        case Map():
            content = node.get("value", node.get("same_as"))
            return shown_of(content) if content is not None else "{" + ", ".join(node) + "}"
        case Sequence():
            return "[" + ", ".join(shown_of(item) for item in node) + "]"
    return str(node)


def copy_of(node: object, at: str) -> object:
    """A node and all below it, with their dotted names."""
    match node:
        case Map():
            copied = Map(node.where, at)
            copied.keys_where.update(node.keys_where)
            copied.update((key, copy_of(value, dotted(at, key))) for key, value in node.items())
            return copied
        case Sequence():
            listed = Sequence(node.where, at)
            listed.extend(copy_of(item, f"{at}.{i}") for i, item in enumerate(node))
            return listed
        case Text():
            return Text(node, node.where, at)
    return node


def dotted(at: str, key: str) -> str:
    """The dotted name of a key below `at`."""
    return f"{at}.{key}" if at else key


def numbers_in(node: object, slot: Slot = ROOT) -> Iterator[tuple[str, Text | Map, Slot]]:
    """Every number of a tree: its dotted name, its node and its slot."""
    if isinstance(node, Text | Map) and slot.number is not None and slot.is_whole(node):
        yield node.at, node, slot
    elif isinstance(node, Map):
        for key, value in node.items():
            if key != "readings" or slot is not ROOT:
                yield from numbers_in(value, slot.under(key))


def places_in(node: object) -> Iterator[tuple[str, Map | Sequence | Text]]:
    """Every node below `node`, with its dotted name."""
    if isinstance(node, Map | Sequence | Text):
        yield node.at, node
    for child in node.values() if isinstance(node, Map) else node if isinstance(node, Sequence) else ():
        yield from places_in(child)


def keys_in(node: object) -> set[Where]:
    """The place of every key at and below `node`."""
    below = node.values() if isinstance(node, Map) else node if isinstance(node, Sequence) else ()
    own = set(node.keys_where.values()) if isinstance(node, Map) else set()
    return own.union(*(keys_in(child) for child in below))
