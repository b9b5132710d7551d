"""Where a check stands: the scenario, and the tree it was read from with the place of every key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from forecast.errors import Complaint, Where, nearest
from forecast.files.yaml import Map, Sequence, Text
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.plan.tree import numbers_in

PER_PATH = "path"
PER_EVENT = "event"


@dataclass(frozen=True)
class Ground:
    """A scenario with its tree; where a part of the plan could not be read, the scenario is without it."""

    scenario: Scenario
    tree: Map
    deleted: Mapping[str, Where] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    """Names of the parts that the scenario is without."""

    def node(self, at: str) -> object:
        """What is written under a dotted name; None when nothing is."""
        node: object = self.tree
        for step in at.split("."):
            if isinstance(node, Sequence) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            else:
                node = node.get(step) if isinstance(node, Map) else None
        return node

    def where(self, at: str) -> Where:
        """Place of the value of a name; of the nearest name above it when it has none."""
        node = self.node(at)
        if isinstance(node, Map) and isinstance(node.get("value", node.get("same_as")), Text):
            value = node.get("value", node.get("same_as"))
            assert isinstance(value, Text)
            return value.where
        if isinstance(node, Text | Sequence):
            return node.where
        above, _, key = at.rpartition(".")
        holder = self.node(above) if above else self.tree
        if isinstance(holder, Map) and key in holder.keys_where:
            return holder.keys_where[key]
        return self.where(above) if above else self.tree.where

    def complain(self, at: str, code: str, **facts: object) -> Complaint:
        """A complaint about a dotted name, at its place."""
        return Complaint.of(self.where(at), at, code, **facts)

    def names(self, at: str) -> tuple[str, ...]:
        """The keys under a dotted name, whether or not their content could be read."""
        node = self.node(at)
        return tuple(node) if isinstance(node, Map) else ()

    def missing(self, at: str, name: str, known: Iterable[str], code: str, table: str = "") -> Complaint:
        """A name that is not there: deleted, mistyped, or unknown."""
        full = f"{table}.{name}" if table else name
        if taken := self.taken_away(full):
            return self.complain(at, "name_deleted", name=name, deleted=taken)
        known = sorted(known)
        if not known:
            return self.complain(at, "names_nothing", name=name)
        if near := nearest(name, known, 0.5):
            return self.complain(at, f"{code}_near", name=name, instead=near)
        return self.complain(at, code, name=name, known=", ".join(known[:20]))

    def taken_away(self, name: str) -> Where | None:
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
    def numbers(self) -> frozenset[str]:
        """Names of all numbers that are written."""
        return frozenset(at for at, _, _ in numbers_in(self.tree))
