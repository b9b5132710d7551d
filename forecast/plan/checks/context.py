"""Context of a check: the scenario, and the document that it was made of with the location of every key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from forecast.errors import Location, Problem, closest_match
from forecast.plan.assumption import Assumption
from forecast.plan.document import Node, PlanDocument
from forecast.plan.scenario import Scenario

MAX_LISTED_NAMES = 20
"""Known names that a problem lists."""


@dataclass(frozen=True)
class CheckContext:
    """A scenario with its document; where a part of the plan cannot be read, the scenario is without it."""

    scenario: Scenario
    document: PlanDocument
    unread: frozenset[str] = frozenset()
    """Names of the parts that the scenario is without."""

    def node(self, name: str) -> Node | None:
        """The node under a dotted name; None when nothing is written there."""
        return self.document.node(name)

    def problem(self, path: str, code: str, **params: object) -> Problem:
        """A problem at the location of a dotted name."""
        return Problem.of(self.document.location_of(path), path, code, **params)

    def names(self, table: str) -> tuple[str, ...]:
        """The keys under a dotted name, whether or not their content could be read."""
        return tuple(self.document.mapping(table) or ())

    def missing_name_problem(self, path: str, name: str, known: Iterable[str], code: str, table: str = "") -> Problem:
        """The problem of a name that is not there: deleted, mistyped, or unknown."""
        if deletion := self.deletion_location(f"{table}.{name}" if table else name):
            return self.problem(path, "name_deleted", name=name, deleted=deletion)
        known = sorted(known)
        if not known:
            return self.problem(path, "names_nothing", name=name)
        if suggestion := closest_match(name, known, 0.5):
            return self.problem(path, f"{code}_near", name=name, instead=suggestion)
        return self.problem(path, code, name=name, known=", ".join(known[:MAX_LISTED_NAMES]))

    def deletion_location(self, name: str) -> Location | None:
        """Location of the `null` that deletes a name or what it stands in."""
        return self.document.deletion_of(name)

    @cached_property
    def assumptions(self) -> Mapping[str, Assumption]:
        """Assumptions that could be read, by name."""
        return {a.name: a for a in self.scenario.assumptions()}

    @cached_property
    def number_names(self) -> frozenset[str]:
        """Names of all numbers that are written."""
        return frozenset(self.document.numbers)
