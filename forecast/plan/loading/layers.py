"""The files of a plan: opened with care, followed to their parents, never outside the project's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from forecast.errors import InputError, Location, Problem
from forecast.files.encoding import decode_text
from forecast.files.paths import display_path, read_regular_file, real_path, resolve_in_project
from forecast.files.yaml import NO_LOCATION, MappingNode, ScalarNode, SequenceNode, parse_yaml_mapping

MAX_TOTAL_PLAN_BYTES = 320 * 1024
"""Size of a plan and all its ancestors."""
MAX_GENERATIONS = 16
"""Generations of parents above a plan."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Keys that one file sets, and the files that it extends."""

    file: str
    """As shown in problems."""
    folder: Path
    tree: MappingNode
    """Without `extends`."""
    parents: tuple[Layer, ...] = ()
    extends_location: Location = NO_LOCATION
    """Where it names its parents."""
    is_merged: bool = False
    """True for the merged tree that cases are laid over, in which no `null` remains."""

    @cached_property
    def ancestors(self) -> frozenset[Layer]:
        """All files above this one."""
        return frozenset(self.parents).union(*(parent.ancestors for parent in self.parents))


@dataclass
class PlanLoader:
    """Reads a plan and its ancestors, each file once."""

    project: Path
    problems: list[Problem] = field(default_factory=list)
    layers: dict[Path, Layer] = field(default_factory=dict)
    """By file, ancestors first."""
    bytes_read: int = 0

    def read_layer(self, path: Path, location: Location, key_path: str = "", chain: tuple[Path, ...] = ()) -> Layer:
        """The layer of a file; InputError when it cannot be read at all."""
        key = real_path(path)
        if key in map(real_path, chain) or len(chain) > MAX_GENERATIONS:
            code = "extends_circle" if key in map(real_path, chain) else "extends_too_deep"
            names = " -> ".join(step.name for step in (*chain, path))
            raise InputError.of(location, key_path, code, chain=names, limit=MAX_GENERATIONS)
        if key not in self.layers:
            content = read_regular_file(path, location, key_path)
            self.bytes_read += len(content)
            if self.bytes_read > MAX_TOTAL_PLAN_BYTES:
                raise InputError.of(
                    location,
                    key_path,
                    "file_too_large",
                    file=display_path(path),
                    most=f"{MAX_TOTAL_PLAN_BYTES // 1024} kB",
                )
            self.layers[key] = self.parse_layer(decode_text(content, display_path(path)), path, chain)
        return self.layers[key]

    def parse_layer(self, text: str, path: Path, chain: tuple[Path, ...] = ()) -> Layer:
        """The layer of a text that stands at `path`."""
        tree, problems = parse_yaml_mapping(text, display_path(path))
        self.problems += problems
        extends = tree.pop("extends", None)
        extends_location = tree.key_locations.pop("extends", tree.location)
        expand_history(tree)
        parents: dict[Layer, None] = {}
        for name in extends if isinstance(extends, SequenceNode) else [extends]:
            if extends is None:
                break
            if not isinstance(name, ScalarNode):
                self.problems.append(Problem.of(extends_location, "extends", "extends_form"))
                continue
            parent = resolve_in_project(name, path.parent, self.project, name.location, "extends")
            parents[self.read_layer(parent, name.location, "extends", (*chain, path))] = None
        return Layer(display_path(path), path.parent, tree, tuple(parents), extends_location)


def expand_history(tree: MappingNode) -> None:
    """`history: a.csv` is short for `history: {file: a.csv}`, in a plan and in its cases."""
    history = tree.get("history")
    if isinstance(history, ScalarNode):
        record = MappingNode(history.location)
        record["file"] = history
        record.key_locations["file"] = history.location
        tree["history"] = record
    cases = tree.get("cases")
    for overlay in cases.values() if isinstance(cases, MappingNode) else ():
        if isinstance(overlay, MappingNode):
            expand_history(overlay)


def resolution_order(layer: Layer) -> list[Layer]:
    """The layer after all its ancestors, each once, parents in the order in which they are named."""
    order: dict[Layer, None] = {}

    def visit(child: Layer) -> None:
        if child not in order:
            for parent in child.parents:
                visit(parent)
            order[child] = None

    visit(layer)
    return list(order)


def plan_day(layer: Layer) -> date | None:
    """Return the day on which a plan was made: the earliest `as_of` of its files, from the last that revises one."""
    days: list[date] = []
    for each in resolution_order(layer):
        if "revises" in each.tree:
            days.clear()
        written = each.tree.get("as_of")
        if isinstance(written, ScalarNode) and (day := _iso_day(str(written))) is not None:
            days.append(day)
    return min(days, default=None)


def _iso_day(text: str) -> date | None:
    """A day; None where it is none, which the field itself names."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
