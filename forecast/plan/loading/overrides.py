"""`--set a.b=...`: the last overlay, read like a file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forecast.errors import InputError, Location, Problem
from forecast.files.characters import single_line
from forecast.files.encoding import invisible_problem
from forecast.files.yaml import MAX_DEPTH, MappingNode, ScalarNode, SequenceNode, parse_yaml
from forecast.plan.loading.layers import Layer, expand_history

OVERRIDE_FILE = "--set"
MAX_OVERRIDE_CHARS = 10_000
"""Characters of one override."""
MAX_SHOWN_CHARS = 80
"""Characters of a name that a problem shows."""


def build_override_layer(overrides: Mapping[str, object], child: Layer) -> tuple[Layer, list[Problem]]:
    """A layer below `child` that sets each dotted name; and what is wrong with the settings as YAML."""
    root = MappingNode(Location(OVERRIDE_FILE))
    problems: list[Problem] = []
    for line, (name, value) in enumerate(overrides.items(), 1):
        location = Location(OVERRIDE_FILE, line)
        try:
            _visible_line(name, location, "")
            node, yaml_problems = _parse_override(name, value, line)
            problems += yaml_problems
            if node is not None or not yaml_problems:
                _insert_node(root, name, node, location)
        except InputError as error:
            problems += error.problems
    expand_history(root)
    return Layer(OVERRIDE_FILE, child.folder, root, (child,), Location(OVERRIDE_FILE)), problems


def _parse_override(name: str, value: object, line: int) -> tuple[object, list[Problem]]:
    location = Location(OVERRIDE_FILE, line, len(name) + 2)
    if not isinstance(value, str):
        return _node_from_python(value, location, name, name.count(".")), []
    if not value.strip():
        raise InputError.of(location, name, "set_nothing")
    if len(value) > MAX_OVERRIDE_CHARS:
        raise InputError.of(location, name, "set_too_long", limit=MAX_OVERRIDE_CHARS)
    node, yaml_problems = parse_yaml(value, OVERRIDE_FILE)
    problems = [
        Problem(_shift_location(problem.location, location), name, problem.code, problem.params)
        for problem in yaml_problems
    ]
    return _relocate_node(node, location), problems


def _shift_location(location: Location, start: Location) -> Location:
    return Location(OVERRIDE_FILE, start.line, start.column + location.column - 1)


def _relocate_node(node: object, start: Location) -> object:
    """A tree of YAML moved to its place on the command line, with `1_000` as 1000."""
    match node:
        case ScalarNode():
            return ScalarNode(_strip_digit_separators(node), _shift_location(node.location, start))
        case MappingNode():
            relocated = MappingNode(_shift_location(node.location, start))
            relocated.key_locations.update(
                {key: _shift_location(location, start) for key, location in node.key_locations.items()}
            )
            relocated.update({key: _relocate_node(value, start) for key, value in node.items()})
            return relocated
        case SequenceNode():
            listed = SequenceNode(_shift_location(node.location, start))
            listed.extend(_relocate_node(item, start) for item in node)
            return listed
    return node


def _strip_digit_separators(text: str) -> str:
    starts_with_number = re.match(r"[+-]?\d|[a-z]+\(", text)
    return re.sub(r"(?<=\d)_(?=\d{3}(?!\d))", "", text) if starts_with_number else str(text)


def _node_from_python(value: object, location: Location, name: str, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise InputError.of(location, "", "too_deep", limit=MAX_DEPTH)
    match value:
        case None:
            return None
        case bool():
            return ScalarNode(str(value).lower(), location)
        case Mapping():
            node = MappingNode(location)
            for key, item in value.items():
                text = _visible_line(str(key), location, name)
                node.key_locations[text] = location
                node[text] = _node_from_python(item, location, name, depth + 1)
            return node
        case list() | tuple():
            listed = SequenceNode(location)
            listed.extend(_node_from_python(item, location, name, depth + 1) for item in value)
            return listed
    return ScalarNode(_strip_digit_separators(_visible_line(str(value), location, name)), location)


def _visible_line(text: str, location: Location, name: str) -> str:
    """A text on one line; InputError at its first invisible character."""
    if problem := invisible_problem(text, location, name):
        raise InputError([problem])
    return single_line(text)


def _insert_node(root: MappingNode, name: str, node: object, location: Location) -> None:
    steps = name.split(".")
    if not all(steps):
        raise InputError.of(location, "", "set_name", name=name[:MAX_SHOWN_CHARS])
    if len(steps) > MAX_DEPTH:
        raise InputError.of(location, "", "too_deep", limit=MAX_DEPTH)
    level = root
    for step in steps[:-1]:
        level.key_locations.setdefault(step, location)
        below = level.setdefault(step, MappingNode(location))
        if not isinstance(below, MappingNode):
            raise InputError.of(location, name, "set_twice")
        level = below
    if steps[-1] in level:
        raise InputError.of(location, name, "set_twice")
    level[steps[-1]] = node
    level.key_locations[steps[-1]] = location
