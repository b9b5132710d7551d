"""`--set a.b=...`: the last overlay, read like a file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from forecast.errors import InputError, Location, Problem
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode, parse_yaml
from forecast.plan.loading.layers import Layer, expand_history

OVERRIDE_FILE = "--set"
MAX_OVERRIDE_CHARS = 10_000
"""Of one setting."""


def build_override_layer(settings: Mapping[str, object], child: Layer) -> tuple[Layer, list[Problem]]:
    """A layer below `child` that sets each dotted name; and what is wrong with the settings as YAML."""
    root = MappingNode(Location(OVERRIDE_FILE))
    complaints: list[Problem] = []
    for line, (name, value) in enumerate(settings.items(), 1):
        where = Location(OVERRIDE_FILE, line)
        try:
            node, wrong = _parse_override(name, value, line)
            complaints += wrong
            _insert_node(root, name, node, where)
        except InputError as refused:
            complaints += refused.problems
    expand_history(root)
    return Layer(OVERRIDE_FILE, Path.cwd(), root, (child,), Location(OVERRIDE_FILE)), complaints


def _parse_override(name: str, value: object, line: int) -> tuple[object, list[Problem]]:
    where = Location(OVERRIDE_FILE, line, len(name) + 2)
    if not isinstance(value, str):
        return _node_from_python(value, where), []
    if not value.strip():
        raise InputError.of(where, name, "set_nothing")
    if len(value) > MAX_OVERRIDE_CHARS:
        raise InputError.of(where, name, "set_too_long", limit=MAX_OVERRIDE_CHARS)
    node, wrong = parse_yaml(value, OVERRIDE_FILE)
    complaints = [Problem(_shift_location(one.location, where), name, one.code, one.params) for one in wrong]
    return _relocate_node(node, where), complaints


def _shift_location(place: Location, start: Location) -> Location:
    return Location(OVERRIDE_FILE, start.line, start.column + place.column - 1)


def _relocate_node(node: object, start: Location) -> object:
    """A tree of YAML moved to its place on the command line, with `1_000` as 1000."""
    match node:
        case ScalarNode():
            return ScalarNode(_strip_digit_separators(node), _shift_location(node.location, start))
        case MappingNode():
            moved = MappingNode(_shift_location(node.location, start))
            moved.key_locations.update(
                {key: _shift_location(where, start) for key, where in node.key_locations.items()}
            )
            moved.update({key: _relocate_node(value, start) for key, value in node.items()})
            return moved
        case SequenceNode():
            listed = SequenceNode(_shift_location(node.location, start))
            listed.extend(_relocate_node(item, start) for item in node)
            return listed
    return node


def _strip_digit_separators(text: str) -> str:
    starts_with_number = re.match(r"[+-]?\d|[a-z]+\(", text)
    return re.sub(r"(?<=\d)_(?=\d{3}(?!\d))", "", text) if starts_with_number else str(text)


def _node_from_python(value: object, where: Location) -> object:
    match value:
        case None:
            return None
        case bool():
            return ScalarNode(str(value).lower(), where)
        case Mapping():
            node = MappingNode(where)
            node.key_locations.update({str(key): where for key in value})
            node.update({str(key): _node_from_python(one, where) for key, one in value.items()})
            return node
        case list() | tuple():
            listed = SequenceNode(where)
            listed.extend(_node_from_python(item, where) for item in value)
            return listed
    return ScalarNode(_strip_digit_separators(str(value)), where)


def _insert_node(root: MappingNode, name: str, node: object, where: Location) -> None:
    steps = name.split(".")
    if not all(steps):
        raise InputError.of(where, "", "set_name", name=name)
    level = root
    for step in steps[:-1]:
        level.key_locations.setdefault(step, where)
        below = level.setdefault(step, MappingNode(where))
        if not isinstance(below, MappingNode):
            raise InputError.of(where, name, "set_twice")
        level = below
    if steps[-1] in level:
        raise InputError.of(where, name, "set_twice")
    level[steps[-1]] = node
    level.key_locations[steps[-1]] = where
