"""YAML as it is written: every scalar a Text, every place kept, nothing resolved and nothing clever allowed.

The parser's events are read one by one, so that neither depth nor aliases can make the tree larger than the file.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from forecast.errors import Complaint, InputError, Where

NOWHERE = Where("<python>", 1, 1)


class Text(str):
    """A scalar, exactly as typed, with its place and its dotted name."""

    __slots__ = ("at", "where")
    where: Where
    at: str

    def __new__(cls, text: str, where: Where = NOWHERE, at: str = "") -> Text:
        """Keep `text` as it stands."""
        self = super().__new__(cls, text)
        self.where = where
        self.at = at
        return self


class Map(dict[str, object]):
    """A mapping, with its place, its dotted name and the place of each key."""

    def __init__(self, where: Where = NOWHERE, at: str = "") -> None:
        super().__init__()
        self.where = where
        self.at = at
        self.keys_where: dict[str, Where] = {}


class Sequence(list[object]):
    """A list, with its place and its dotted name."""

    def __init__(self, where: Where = NOWHERE, at: str = "") -> None:
        super().__init__()
        self.where = where
        self.at = at


MAX_DEPTH = 64
"""Levels of maps and lists."""
MAX_EVENTS = 20_000
"""Keys, values, maps and lists of one file."""
MAX_SECONDS = 3.0
"""Time after which a text is given up."""
MAX_COMPLAINTS = 100
"""Complaints after which a text is given up."""
NULLS = ("", "~", "null", "Null", "NULL")


class _GivenUpError(Exception):
    """Reading on makes no sense; the complaints say why."""


@dataclass
class _Open:
    """A map or a list that is being filled."""

    node: Map | Sequence
    key: Text | None = None
    flow: bool = False
    cut: tuple[str, list[str]] | None = None
    """The key whose text a comma has ended, and the pieces."""


@dataclass
class _Builder:
    """Fills the tree, event by event."""

    file: str
    complaints: list[Complaint] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    root: object = None
    documents: int = 0

    def where(self, mark: Any) -> Where:
        return Where(self.file, mark.line + 1, mark.column + 1)

    def path(self) -> str:
        steps = [str(len(level.node)) if isinstance(level.node, Sequence) else level.key for level in self.open]
        return ".".join(step for step in steps if step)

    def complain(self, where: Where, at: str, code: str, **facts: object) -> None:
        self.complaints.append(Complaint.of(where, at, code, **facts))
        if len(self.complaints) >= MAX_COMPLAINTS:
            raise _GivenUpError

    def take(self, event: Any) -> None:
        """One event of the parser."""
        where = self.where(event.start_mark)
        match event:
            case DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.complain(where, "", "two_documents")
                    raise _GivenUpError
            case AliasEvent():
                self.complain(where, self.path(), "alias", name=event.anchor)
                self.put(None, where)
            case ScalarEvent() | MappingStartEvent() | SequenceStartEvent():
                self.refuse_tag_and_anchor(event, where)
                self.start(event, where)
            case MappingEndEvent() | SequenceEndEvent():
                self.finish_cut()
                self.put_closed(self.open.pop())

    def refuse_tag_and_anchor(self, event: Any, where: Where) -> None:
        if event.anchor:
            self.complain(where, self.path(), "anchor", name=event.anchor)
        if event.ctag is not None:
            self.complain(where, self.path(), "tag", tag=str(event.ctag)[:60])

    def start(self, event: Any, where: Where) -> None:
        if isinstance(event, ScalarEvent):
            self.scalar(event, where)
            return
        level = self.open[-1] if self.open else None
        if level is not None and isinstance(level.node, Map) and level.key is None:
            self.complain(where, self.path(), "key_not_text")
            raise _GivenUpError
        if len(self.open) >= MAX_DEPTH:
            self.complain(where, "", "too_deep", limit=MAX_DEPTH)
            raise _GivenUpError
        node = Map(where) if isinstance(event, MappingStartEvent) else Sequence(where)
        self.open.append(_Open(node, flow=bool(event.flow_style)))

    def scalar(self, event: ScalarEvent, where: Where) -> None:
        plain = event.style is None
        level = self.open[-1] if self.open else None
        if level is not None and isinstance(level.node, Map) and level.key is None:
            self.start_key(level, Text(event.value, where))
            return
        if plain and event.value == "=":
            self.complain(where, self.path(), "quote_it", text="=")
        if plain and event.value in NULLS:
            self.put(None, where)
        else:
            self.put(Text(event.value, where), where)

    def start_key(self, level: _Open, key: Text) -> None:
        assert isinstance(level.node, Map)
        if key == "<<":
            self.complain(key.where, self.path(), "merge_key")
        if key in level.node.keys_where and not level.cut:
            first = level.node.keys_where[key]
            at = ".".join(filter(None, (self.path(), key)))
            self.complain(key.where, at, "written_twice", key=key, line=first.line)
        level.key = key

    def put_closed(self, closed: _Open) -> None:
        self.put(closed.node, closed.node.where)

    def put(self, node: object, where: Where) -> None:
        """Hang a finished node on the open one."""
        if not self.open:
            self.root = node
            return
        level = self.open[-1]
        if isinstance(level.node, Sequence):
            level.node.append(node)
            return
        key, level.key = level.key, None
        assert key is not None
        if level.flow and node is None and self.continues(level, key):
            return
        self.finish_cut()
        level.node[str(key)] = node
        level.node.keys_where[str(key)] = key.where

    def continues(self, level: _Open, key: Text) -> bool:
        """Whether `key` is a piece of a text that a comma has ended: `{value: pert(30%, 50%, 100%)}`."""
        assert isinstance(level.node, Map)
        if level.cut is None:
            last = next(reversed(level.node), "")
            text = level.node.get(last)
            if not isinstance(text, Text) or not re.match(r"[a-z]+\s*\([^)]*$", text):
                return False
            level.cut = (last, [str(text)])
            at = ".".join(filter(None, (self.path(), *([last] if last != "value" else []))))
            self.complain(key.where, at, "comma_ended_text", key=key, text="\0")
        level.cut[1].append(str(key))
        if ")" in key:
            self.finish_cut()
        return True

    def finish_cut(self) -> None:
        """Put the pieces of a cut text together, for the complaint and for those that follow."""
        level = self.open[-1] if self.open else None
        if level is None or level.cut is None:
            return
        assert isinstance(level.node, Map)
        (key, pieces), level.cut = level.cut, None
        old = level.node[key]
        assert isinstance(old, Text)
        whole = ", ".join(pieces)
        level.node[key] = Text(whole, old.where)
        for i, complaint in enumerate(self.complaints):
            if ("text", "\0") in complaint.facts:
                facts = {**dict(complaint.facts), "text": whole[:80]}
                self.complaints[i] = Complaint.of(complaint.where, complaint.at, complaint.code, **facts)


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _of_parser(wrong: Exception, file: str) -> Complaint:
    mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file)
    problem = wrong.problem if isinstance(wrong, MarkedYAMLError) and wrong.problem else "not YAML"
    if "undefined alias" in problem:
        return Complaint.of(where, "", "alias", name=problem.rpartition(" ")[2].strip("'\""))
    code = "tab" if "'\\t'" in problem else "not_yaml"
    return Complaint.of(where, "", code, problem=" ".join(problem.split())[:120])


def tree_of(text: str, file: str) -> tuple[object, list[Complaint]]:
    """The tree of one YAML document (None when it is empty) and what is wrong with it as YAML."""
    builder = _Builder(file)
    end = time.monotonic() + MAX_SECONDS
    try:
        for count, event in enumerate(_events(text)):
            builder.take(event)
            if count > MAX_EVENTS or time.monotonic() > end:
                builder.complain(builder.where(event.start_mark), "", "too_much", limit=MAX_EVENTS)
                break
    except _GivenUpError:
        pass
    except YAMLError as wrong:
        builder.complaints.append(_of_parser(wrong, file))
    except (ValueError, IndexError, AttributeError, TypeError, AssertionError, KeyError, RecursionError) as wrong:
        # the parser's own faults on texts that fuzzing found
        builder.complaints.append(Complaint.of(Where(file), "", "not_yaml", problem=type(wrong).__name__))
    builder.finish_cut()
    return builder.root, builder.complaints


def map_of(text: str, file: str) -> tuple[Map, list[Complaint]]:
    """The map that a plan is; InputError when it is none."""
    root, complaints = tree_of(text, file)
    if isinstance(root, Map):
        return root, complaints
    if complaints:
        raise InputError(complaints)
    if root is None:
        raise InputError.of(Where(file), "", "empty_plan")
    where = root.where if isinstance(root, Text | Sequence) else Where(file)
    raise InputError.of(where, "", "root_not_a_map")
