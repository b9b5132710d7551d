"""Correlations that go when what they correlate is deleted, or settled by a later overlay; `check` says which."""

from __future__ import annotations

from dataclasses import dataclass

from forecast.errors import Location
from forecast.files.yaml import ScalarNode, SequenceNode
from forecast.plan.assumption import Assumption
from forecast.plan.document import PlanDocument
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Correlation, Scenario
from forecast.plan.yearly_changes import draw_of_change, parts_of_change


@dataclass(frozen=True)
class RemovedName:
    """A name that left a correlation."""

    correlation: str
    name: str
    location: Location
    """Where the name is deleted or settled."""
    message_key: str
    """Key of the sentence: `dropped_deleted` or `dropped_sure`."""


def remove_deleted_names(document: PlanDocument) -> list[RemovedName]:
    """Take deleted names out of the correlations of a document, and correlations of fewer than two names with them."""
    removed: list[RemovedName] = []
    for key in tuple(document.mapping("correlations") or ()):
        entry = document.mapping(f"correlations.{key}")
        between = document.node(f"correlations.{key}.between")
        if entry is None or not isinstance(between, SequenceNode):
            continue
        deletions = {str(name): location for name in between if (location := document.deletion_of(str(name)))}
        if not deletions:
            continue
        removed += [RemovedName(key, name, location, "dropped_deleted") for name, location in deletions.items()]
        remaining = SequenceNode(between.location, between.path)
        remaining.extend(name for name in between if str(name) not in deletions)
        entry["between"] = remaining
        if len(remaining) < 2:
            document.remove(f"correlations.{key}")
    return removed


def remove_constant_names(scenario: Scenario, document: PlanDocument) -> tuple[Scenario, list[RemovedName]]:
    """Take numbers out of correlations that another file than the correlation's own has made sure.

    A plan that correlates a number which it calls sure itself is an error; an overlay that settles a
    number need not know its correlations. Names of `same_as` become those of their draws.
    """
    changes = scenario.yearly_changes
    assumptions: dict[str, tuple[Assumption, ...]] = {a.name: (a,) for a in scenario.assumptions()}
    assumptions |= {name: parts_of_change(change) for name, change in changes.items()}
    draws = {name: parts[0].stream_name for name, parts in assumptions.items()}
    draws |= {name: draw_of_change(name, change) for name, change in changes.items()}
    correlations: dict[str, Correlation] = {}
    removed: list[RemovedName] = []
    for key, entry in scenario.correlations.items():
        between = document.node(f"correlations.{key}.between")
        file = between.location.file if isinstance(between, SequenceNode | ScalarNode) else ""
        settled = [
            name for name in entry.between
            if name in assumptions and all(a.is_constant and a.location.file != file for a in assumptions[name])
        ]  # fmt: skip
        removed += [RemovedName(key, name, assumptions[name][0].location, "dropped_sure") for name in settled]
        remaining = [name for name in entry.between if name not in settled]
        streams = tuple(draws.get(name, name) for name in remaining)
        if not settled or len(remaining) > 1:
            correlations[key] = entry.model_copy(update={"between": streams})
    return scenario.model_copy(update={"correlations": FrozenDict(correlations)}), removed
