"""A plan without the parts that could not be read, so that the rest is checked in the same breath."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from forecast.complaints import of_validation
from forecast.errors import Where
from forecast.manner import Reading
from forecast.overlays import copy_of
from forecast.plan import Scenario
from forecast.written import Map, Text

ROUNDS = 4
TABLES = ("shocks", "initiatives", "targets", "costs", "correlations", "decisions", "stated")
"""Tables whose entries are left out as a whole."""
STUBS = {"name": "?", "horizon": {"from": "2021-01", "months": "12"}}
"""What stands for a required part that cannot be read."""


def pruned(tree: Map, wrong: Iterable[tuple[str, ...]], context: Reading) -> tuple[Scenario, frozenset[str]] | None:
    """The scenario of a tree without its wrong parts, and their names; None when too much is wrong."""
    rest = copy_of(tree, "")
    assert isinstance(rest, Map)
    unread: set[str] = set()
    steps = list(wrong)
    for _ in range(ROUNDS):
        for one in steps:
            unread.add(_cut(rest, one))
        for key, stub in STUBS.items():
            if key not in rest:
                rest[key] = _stub(stub, key)
                unread.add(key)
        try:
            return Scenario.model_validate(rest, context=context), frozenset(unread)
        except ValidationError as again:
            steps = [found for _, found in of_validation(again, rest)]
    return None


def _cut(tree: Map, steps: tuple[str, ...]) -> str:
    """Take out the part that holds an error; its dotted name."""
    if not steps:
        return ""
    depth = 1
    if steps[0] in TABLES and len(steps) > 1:
        depth = 2
    elif steps[0] in ("services", "history") and len(steps) > 2:
        depth = 3
    node: object = tree
    for step in steps[: depth - 1]:
        node = node.get(step) if isinstance(node, Map) else None
    if isinstance(node, Map):
        node.pop(steps[depth - 1], None)
    return ".".join(steps[:depth])


def _stub(content: object, at: str) -> object:
    where = Where("")
    if not isinstance(content, dict):
        return Text(str(content), where, at)
    node = Map(where, at)
    node.keys_where.update(dict.fromkeys(content, where))
    node.update({key: _stub(value, f"{at}.{key}") for key, value in content.items()})
    return node
