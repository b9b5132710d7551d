"""`--set a.b=...`: the last overlay, read like a file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from forecast.errors import Complaint, InputError, Where
from forecast.files.yaml import Map, Sequence, Text, tree_of
from forecast.plan.loading.layers import Layer, with_history_as_record

FILE = "--set"
MAX_CHARACTERS = 10_000
"""Of one setting."""


def layer_of_settings(settings: Mapping[str, object], child: Layer) -> tuple[Layer, list[Complaint]]:
    """A layer below `child` that sets each dotted name; and what is wrong with the settings as YAML."""
    root = Map(Where(FILE))
    complaints: list[Complaint] = []
    for line, (name, value) in enumerate(settings.items(), 1):
        where = Where(FILE, line)
        try:
            node, wrong = _node(name, value, line)
            complaints += wrong
            _hang(root, name, node, where)
        except InputError as refused:
            complaints += refused.complaints
    with_history_as_record(root)
    return Layer(FILE, Path.cwd(), root, (child,), Where(FILE)), complaints


def _node(name: str, value: object, line: int) -> tuple[object, list[Complaint]]:
    where = Where(FILE, line, len(name) + 2)
    if not isinstance(value, str):
        return _of_python(value, where), []
    if not value.strip():
        raise InputError.of(where, name, "set_nothing")
    if len(value) > MAX_CHARACTERS:
        raise InputError.of(where, name, "set_too_long", limit=MAX_CHARACTERS)
    node, wrong = tree_of(value, FILE)
    complaints = [Complaint(_moved(one.where, where), name, one.code, one.facts) for one in wrong]
    return _settled(node, where), complaints


def _moved(place: Where, start: Where) -> Where:
    return Where(FILE, start.line, start.column + place.column - 1)


def _settled(node: object, start: Where) -> object:
    """A tree of YAML moved to its place on the command line, with `1_000` as 1000."""
    match node:
        case Text():
            return Text(_plain_number(node), _moved(node.where, start))
        case Map():
            moved = Map(_moved(node.where, start))
            moved.keys_where.update({key: _moved(where, start) for key, where in node.keys_where.items()})
            moved.update({key: _settled(value, start) for key, value in node.items()})
            return moved
        case Sequence():
            listed = Sequence(_moved(node.where, start))
            listed.extend(_settled(item, start) for item in node)
            return listed
    return node


def _plain_number(text: str) -> str:
    starts_with_number = re.match(r"[+-]?\d|[a-z]+\(", text)
    return re.sub(r"(?<=\d)_(?=\d{3}(?!\d))", "", text) if starts_with_number else str(text)


def _of_python(value: object, where: Where) -> object:
    match value:
        case None:
            return None
        case bool():
            return Text(str(value).lower(), where)
        case Mapping():
            node = Map(where)
            node.keys_where.update({str(key): where for key in value})
            node.update({str(key): _of_python(one, where) for key, one in value.items()})
            return node
        case list() | tuple():
            listed = Sequence(where)
            listed.extend(_of_python(item, where) for item in value)
            return listed
    return Text(_plain_number(str(value)), where)


def _hang(root: Map, name: str, node: object, where: Where) -> None:
    steps = name.split(".")
    if not all(steps):
        raise InputError.of(where, "", "set_name", name=name)
    level = root
    for step in steps[:-1]:
        level.keys_where.setdefault(step, where)
        below = level.setdefault(step, Map(where))
        if not isinstance(below, Map):
            raise InputError.of(where, name, "set_twice")
        level = below
    if steps[-1] in level:
        raise InputError.of(where, name, "set_twice")
    level[steps[-1]] = node
    level.keys_where[steps[-1]] = where
