"""Where a check stands: the scenario, and the tree it was read from with the place of every key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from forecast.errors import Location, Problem, closest_match
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.plan.tree import iter_numbers

PER_PATH = "path"
PER_EVENT = "event"


@dataclass(frozen=True)
class CheckContext:
    """A scenario with its tree; where a part of the plan could not be read, the scenario is without it."""

    scenario: Scenario
    tree: MappingNode
    deleted: Mapping[str, Location] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    """Names of the parts that the scenario is without."""

    def node(self, at: str) -> object:
        """What is written under a dotted name; None when nothing is."""
        node: object = self.tree
        for step in at.split("."):
            if isinstance(node, SequenceNode) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            else:
                node = node.get(step) if isinstance(node, MappingNode) else None
        return node

    def location_of(self, at: str) -> Location:
        """Place of the value of a name; of the nearest name above it when it has none."""
        node = self.node(at)
        if isinstance(node, MappingNode) and isinstance(node.get("value", node.get("same_as")), ScalarNode):
            value = node.get("value", node.get("same_as"))
            assert isinstance(value, ScalarNode)
            return value.location
        if isinstance(node, ScalarNode | SequenceNode):
            return node.location
        above, _, key = at.rpartition(".")
        holder = self.node(above) if above else self.tree
        if isinstance(holder, MappingNode) and key in holder.key_locations:
            return holder.key_locations[key]
        return self.location_of(above) if above else self.tree.location

    def problem(self, at: str, code: str, **facts: object) -> Problem:
        """A complaint about a dotted name, at its place."""
        return Problem.of(self.location_of(at), at, code, **facts)

    def names(self, at: str) -> tuple[str, ...]:
        """The keys under a dotted name, whether or not their content could be read."""
        node = self.node(at)
        return tuple(node) if isinstance(node, MappingNode) else ()

    def missing_name_problem(self, at: str, name: str, known: Iterable[str], code: str, table: str = "") -> Problem:
        """A name that is not there: deleted, mistyped, or unknown."""
        full = f"{table}.{name}" if table else name
        if taken := self.deletion_location(full):
            return self.problem(at, "name_deleted", name=name, deleted=taken)
        known = sorted(known)
        if not known:
            return self.problem(at, "names_nothing", name=name)
        if near := closest_match(name, known, 0.5):
            return self.problem(at, f"{code}_near", name=name, instead=near)
        return self.problem(at, code, name=name, known=", ".join(known[:20]))

    def deletion_location(self, name: str) -> Location | None:
        """Where a `null` deletes a name or what it stands in."""
        steps = name.split(".")
        if self.node(name) is not None:
            return None
        above = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
        return next((self.deleted[one] for one in above if one in self.deleted), None)

    @cached_property
    def assumptions(self) -> Mapping[str, Assumption]:
        """Those that could be read, by name."""
        return {a.name: a for a in self.scenario.assumptions()}

    @cached_property
    def number_names(self) -> frozenset[str]:
        """Names of all numbers that are written."""
        return frozenset(at for at, _, _ in iter_numbers(self.tree))
