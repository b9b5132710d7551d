"""The files of a plan: opened with care, followed to their parents, never outside the project's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from forecast.errors import Complaint, InputError, Where
from forecast.files.encoding import text_of
from forecast.files.paths import content_of, inside, real_path, shown
from forecast.files.yaml import NOWHERE, Map, Sequence, Text, map_of

MAX_BYTES_OF_ALL = 320 * 1024
"""Of a plan and all its ancestors."""
MAX_GENERATIONS = 16
"""Of parents above a plan."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What one file sets, and from whom it descends."""

    file: str
    """As shown in complaints."""
    folder: Path
    tree: Map
    """Without `extends`."""
    parents: tuple[Layer, ...] = ()
    extends: Where = NOWHERE
    """Where it names its parents."""

    @cached_property
    def ancestors(self) -> frozenset[Layer]:
        """All files above this one."""
        return frozenset(self.parents).union(*(parent.ancestors for parent in self.parents))


@dataclass
class Family:
    """Reads a plan and its ancestors, each file once."""

    project: Path
    complaints: list[Complaint] = field(default_factory=list)
    layers: dict[Path, Layer] = field(default_factory=dict)
    """By file, ancestors first."""
    bytes_read: int = 0

    def read(self, path: Path, where: Where, at: str = "", chain: tuple[Path, ...] = ()) -> Layer:
        """The layer of a file; InputError when it cannot be read at all."""
        key = real_path(path)
        if key in map(real_path, chain) or len(chain) > MAX_GENERATIONS:
            code = "extends_circle" if key in map(real_path, chain) else "extends_too_deep"
            names = " -> ".join(step.name for step in (*chain, path))
            raise InputError.of(where, at, code, chain=names, limit=MAX_GENERATIONS)
        if key not in self.layers:
            content = content_of(path, where, at)
            self.bytes_read += len(content)
            if self.bytes_read > MAX_BYTES_OF_ALL:
                raise InputError.of(
                    where, at, "plan_too_large", file=shown(path), most=f"{MAX_BYTES_OF_ALL // 1024} kB"
                )
            self.layers[key] = self.layer(text_of(content, shown(path)), path, chain)
        return self.layers[key]

    def layer(self, text: str, path: Path, chain: tuple[Path, ...] = ()) -> Layer:
        """The layer of a text that stands at `path`."""
        tree, complaints = map_of(text, shown(path))
        self.complaints += complaints
        extends = tree.pop("extends", None)
        place = tree.keys_where.pop("extends", tree.where)
        with_history_as_record(tree)
        parents: dict[Layer, None] = {}
        for name in extends if isinstance(extends, Sequence) else [extends]:
            if extends is None:
                break
            if not isinstance(name, Text):
                self.complaints.append(Complaint.of(place, "extends", "extends_form"))
                continue
            parent = inside(name, path.parent, self.project, name.where, "extends")
            parents[self.read(parent, name.where, "extends", (*chain, path))] = None
        return Layer(shown(path), path.parent, tree, tuple(parents), place)


def with_history_as_record(tree: Map) -> None:
    """`history: a.csv` is short for `history: {file: a.csv}`, in a plan and in its readings."""
    history = tree.get("history")
    if isinstance(history, Text):
        record = Map(history.where)
        record["file"] = history
        record.keys_where["file"] = history.where
        tree["history"] = record
    readings = tree.get("readings")
    for overlay in readings.values() if isinstance(readings, Map) else ():
        if isinstance(overlay, Map):
            with_history_as_record(overlay)


def in_order(layer: Layer) -> list[Layer]:
    """The layer after all its ancestors, each once, parents in the order in which they are named."""
    found: dict[Layer, None] = {}

    def visit(one: Layer) -> None:
        if one not in found:
            for parent in one.parents:
                visit(parent)
            found[one] = None

    visit(layer)
    return list(found)
