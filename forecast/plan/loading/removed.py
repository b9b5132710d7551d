"""Correlations that go when what they correlate is deleted, or settled by a later overlay; `check` says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forecast.errors import Where
from forecast.files.yaml import Map, Sequence, Text
from forecast.plan.record import Table
from forecast.plan.scenario import Correlation, Scenario


@dataclass(frozen=True)
class Dropped:
    """A name that left a correlation."""

    correlation: str
    name: str
    where: Where
    """Where the name is deleted or settled."""
    why: str
    """Key of the sentence: `dropped_deleted` or `dropped_sure`."""


def without_the_deleted(tree: Map, deleted: Mapping[str, Where]) -> list[Dropped]:
    """Take deleted names out of the correlations of a tree, and correlations of fewer than two names with them."""
    found: list[Dropped] = []
    table = tree.get("correlations")
    for key, entry in list(table.items()) if isinstance(table, Map) else ():
        between = entry.get("between") if isinstance(entry, Map) else None
        if not isinstance(table, Map) or not isinstance(entry, Map) or not isinstance(between, Sequence):
            continue
        gone = {str(name): where for name in between if (where := _deletion(str(name), tree, deleted))}
        if not gone:
            continue
        found += [Dropped(key, name, where, "dropped_deleted") for name, where in gone.items()]
        left = Sequence(between.where, between.at)
        left.extend(name for name in between if str(name) not in gone)
        entry["between"] = left
        if len(left) < 2:
            del table[key]
    return found


def _deletion(name: str, tree: Map, deleted: Mapping[str, Where]) -> Where | None:
    steps = name.split(".")
    node: object = tree
    for step in steps:
        node = node.get(step) if isinstance(node, Map) else None
    if node is not None:
        return None
    above = (".".join(steps[:count]) for count in range(len(steps), 0, -1))
    return next((deleted[one] for one in above if one in deleted), None)


def without_the_sure(scenario: Scenario, tree: Map) -> tuple[Scenario, list[Dropped]]:
    """Take numbers out of correlations that another file than the correlation's own has made sure.

    A plan that correlates a number which it calls sure itself is wrong, and is told so; an overlay that settles a
    number need not know its correlations. Names of `same_as` become those of their draws.
    """
    assumptions = {a.name: a for a in scenario.assumptions()}
    table = tree.get("correlations")
    kept: dict[str, Correlation] = {}
    found: list[Dropped] = []
    for key, entry in scenario.correlations.items():
        written = table.get(key) if isinstance(table, Map) else None
        file = _file_of(written)
        settled = [
            name for name in entry.between
            if name in assumptions and assumptions[name].sure and assumptions[name].where.file != file
        ]  # fmt: skip
        found += [Dropped(key, name, assumptions[name].where, "dropped_sure") for name in settled]
        left = [name for name in entry.between if name not in settled]
        draws = tuple(assumptions[name].draw if name in assumptions else name for name in left)
        if not settled or len(left) > 1:
            kept[key] = entry.model_copy(update={"between": draws})
    return scenario.model_copy(update={"correlations": Table(kept)}), found


def _file_of(written: object) -> str:
    between = written.get("between") if isinstance(written, Map) else None
    return between.where.file if isinstance(between, Sequence | Text) else ""
