"""Correlations that go when what they correlate is deleted, or settled by a later overlay; `check` says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forecast.errors import Location
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Correlation, Scenario


@dataclass(frozen=True)
class RemovedName:
    """A name that left a correlation."""

    correlation: str
    name: str
    location: Location
    """Where the name is deleted or settled."""
    message_key: str
    """Key of the sentence: `dropped_deleted` or `dropped_sure`."""


def remove_deleted_names(tree: MappingNode, deleted: Mapping[str, Location]) -> list[RemovedName]:
    """Take deleted names out of the correlations of a tree, and correlations of fewer than two names with them."""
    found: list[RemovedName] = []
    table = tree.get("correlations")
    for key, entry in list(table.items()) if isinstance(table, MappingNode) else ():
        between = entry.get("between") if isinstance(entry, MappingNode) else None
        if (
            not isinstance(table, MappingNode)
            or not isinstance(entry, MappingNode)
            or not isinstance(between, SequenceNode)
        ):
            continue
        gone = {str(name): where for name in between if (where := _deletion_location(str(name), tree, deleted))}
        if not gone:
            continue
        found += [RemovedName(key, name, where, "dropped_deleted") for name, where in gone.items()]
        left = SequenceNode(between.location, between.path)
        left.extend(name for name in between if str(name) not in gone)
        entry["between"] = left
        if len(left) < 2:
            del table[key]
    return found


def _deletion_location(name: str, tree: MappingNode, deleted: Mapping[str, Location]) -> Location | None:
    steps = name.split(".")
    node: object = tree
    for step in steps:
        node = node.get(step) if isinstance(node, MappingNode) else None
    if node is not None:
        return None
    above = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
    return next((deleted[one] for one in above if one in deleted), None)


def remove_constant_names(scenario: Scenario, tree: MappingNode) -> tuple[Scenario, list[RemovedName]]:
    """Take numbers out of correlations that another file than the correlation's own has made sure.

    A plan that correlates a number which it calls sure itself is wrong, and is told so; an overlay that settles a
    number need not know its correlations. Names of `same_as` become those of their draws.
    """
    assumptions = {a.name: a for a in scenario.assumptions()}
    table = tree.get("correlations")
    kept: dict[str, Correlation] = {}
    found: list[RemovedName] = []
    for key, entry in scenario.correlations.items():
        written = table.get(key) if isinstance(table, MappingNode) else None
        file = _source_file(written)
        settled = [
            name for name in entry.between
            if name in assumptions and assumptions[name].is_constant and assumptions[name].location.file != file
        ]  # fmt: skip
        found += [RemovedName(key, name, assumptions[name].location, "dropped_sure") for name in settled]
        left = [name for name in entry.between if name not in settled]
        draws = tuple(assumptions[name].stream_name if name in assumptions else name for name in left)
        if not settled or len(left) > 1:
            kept[key] = entry.model_copy(update={"between": draws})
    return scenario.model_copy(update={"correlations": FrozenDict(kept)}), found


def _source_file(written: object) -> str:
    between = written.get("between") if isinstance(written, MappingNode) else None
    return between.location.file if isinstance(between, SequenceNode | ScalarNode) else ""
