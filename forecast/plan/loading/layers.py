"""The files of a plan: opened with care, followed to their parents, never outside the project's folder."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from forecast.errors import Complaint, InputError, Where, nearest
from forecast.files.encoding import text_of
from forecast.files.yaml import NOWHERE, Map, Sequence, Text, map_of

MAX_BYTES = 160 * 1024
"""Of one plan."""
MAX_BYTES_OF_ALL = 320 * 1024
"""Of a plan and all its ancestors."""
MAX_GENERATIONS = 16
"""Of parents above a plan."""
SCENARIOS = "scenarios"


def project_of(folder: Path) -> Path:
    """The nearest folder, from `folder` up, that has a `scenarios/`; else `folder` itself."""
    folder = folder.absolute()
    for candidate in (folder, *folder.parents):
        if (candidate / SCENARIOS).is_dir():
            return candidate
    return folder


def shown(path: Path) -> str:
    """The path as a person at the working directory would write it."""
    path = Path(os.path.abspath(path))
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def inside(text: str, folder: Path, project: Path, where: Where, at: str) -> Path:
    """The file that `text` names from `folder`; InputError when it may lie outside the project."""
    foreign = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[~/\\]", text) or "\\" in text or "\0" in text or len(text) > 500
    path = Path(os.path.normpath(folder / text)) if not foreign else project.parent
    if foreign or not _real(path).is_relative_to(_real(project)):
        raise InputError.of(where, at, "outside_project", text=text[:80], project=project.name or "/")
    return path


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def content_of(path: Path, where: Where, at: str, most: int | None = MAX_BYTES) -> bytes:
    """The bytes of a regular file of at most `most` bytes, none when that is None; InputError for anything else."""

    def refuse(code: str, **facts: object) -> InputError:
        return InputError.of(where, at, code, file=shown(path), **facts)

    try:
        handle = os.open(_real(path), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise _no_such_file(path, where, at) from None
    except (OSError, ValueError) as wrong:
        raise refuse("not_readable", problem=getattr(wrong, "strerror", None) or str(wrong)) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise refuse("not_a_file")
        if most is None:
            return b""
        if status.st_size > most:
            raise refuse("plan_too_large", most=f"{most // 1024} kB")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(handle)


def _no_such_file(path: Path, where: Where, at: str) -> InputError:
    try:
        beside = [
            entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix and entry.name != path.name
        ][:1000]
    except OSError:
        beside = []
    near = nearest(path.name, beside)
    if near:
        return InputError.of(where, at, "no_such_file_near", file=shown(path), instead=near)
    return InputError.of(where, at, "no_such_file", file=shown(path))


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
        key = _real(path)
        if key in map(_real, chain) or len(chain) > MAX_GENERATIONS:
            code = "extends_circle" if key in map(_real, chain) else "extends_too_deep"
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
