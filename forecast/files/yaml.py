"""YAML as it is written: every scalar a text with its location, nothing resolved and nothing clever allowed.

The parser's events are read one by one, so that neither depth nor aliases can make the tree larger than the file.
"""

from __future__ import annotations

import re
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

from forecast.errors import InputError, Location, Problem
from forecast.files.characters import FORBIDDEN_CHARACTERS, code_point, single_line
from forecast.files.encoding import invisible_problem

__all__ = [
    "MAX_DEPTH",
    "NO_LOCATION",
    "MappingNode",
    "ScalarNode",
    "SequenceNode",
    "parse_yaml",
    "parse_yaml_mapping",
]

NO_LOCATION = Location("<python>", 1, 1)


class ScalarNode(str):
    """Scalar, exactly as typed.

    Parameters
    ----------
    text : str
        As it is typed.
    location : Location
        Place of the text.
    path : str
        Dotted name.
    """

    __slots__ = ("location", "path")
    location: Location
    path: str

    def __new__(cls, text: str, location: Location = NO_LOCATION, path: str = "") -> ScalarNode:
        """Make a string that knows its location."""
        self = super().__new__(cls, text)
        self.location = location
        self.path = path
        return self


class MappingNode(dict[str, object]):
    """Mapping, with the location of each key.

    Parameters
    ----------
    location : Location
        Place of the mapping.
    path : str
        Dotted name.
    """

    def __init__(self, location: Location = NO_LOCATION, path: str = "") -> None:
        super().__init__()
        self.location = location
        self.path = path
        self.key_locations: dict[str, Location] = {}


class SequenceNode(list[object]):
    """List of nodes.

    Parameters
    ----------
    location : Location
        Place of the list.
    path : str
        Dotted name.
    """

    def __init__(self, location: Location = NO_LOCATION, path: str = "") -> None:
        super().__init__()
        self.location = location
        self.path = path


MAX_DEPTH = 64
"""Levels of mappings and lists."""
MAX_EVENTS = 20_000
"""Keys, values, mappings and lists of one file."""
MAX_YAML_PROBLEMS = 100
"""Problems after which reading stops."""
_LINE_TEXT = re.compile(r"[^ \t\r\n][^\r\n]*")
"""Line from its first letter on: tabs before it would be indentation."""
NULL_TEXTS = ("", "~", "null", "Null", "NULL")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
"""Escape of a text in double quotes, with the digits or the letter that it is written by."""
_CONTROL_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "v": "\v", "f": "\f"}
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SURROGATE_ESCAPES = re.compile(r"\\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}")
"""The two halves of a letter beyond U+FFFF, as JSON escapes it."""


class _ReadingStoppedError(Exception):
    """Reading stops; the problems say why."""


@dataclass
class _OpenNode:
    """A mapping or a list that is being filled."""

    node: MappingNode | SequenceNode
    key: ScalarNode | None = None
    flow: bool = False
    cut_text: tuple[str, list[str]] | None = None
    """The key whose text a comma has ended, and the pieces."""


@dataclass
class _TreeBuilder:
    """Builder of the tree, event by event."""

    file: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    open_nodes: list[_OpenNode] = field(default_factory=list)
    root: object = None
    documents: int = 0

    def locate(self, mark: Any) -> Location:
        return Location(self.file, mark.line + 1, mark.column + 1)

    def current_path(self) -> str:
        steps = [
            str(len(level.node)) if isinstance(level.node, SequenceNode) else level.key for level in self.open_nodes
        ]
        return ".".join(step for step in steps if step)

    def add_problem(self, location: Location, path: str, code: str, **params: object) -> None:
        self.problems.append(Problem.of(location, path, code, **params))
        if len(self.problems) >= MAX_YAML_PROBLEMS:
            raise _ReadingStoppedError

    def handle_event(self, event: Any) -> None:
        """Add one event of the parser to the tree."""
        location = self.locate(event.start_mark)
        match event:
            case DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.add_problem(location, "", "two_documents")
                    raise _ReadingStoppedError
            case AliasEvent():
                self.add_problem(location, self.current_path(), "alias", name=event.anchor)
                self.attach(None, location)
            case ScalarEvent() | MappingStartEvent() | SequenceStartEvent():
                self.reject_tag_and_anchor(event, location)
                self.start_node(event, location)
            case MappingEndEvent() | SequenceEndEvent():
                self.join_cut_text()
                self.attach_closed(self.open_nodes.pop())

    def reject_tag_and_anchor(self, event: Any, location: Location) -> None:
        if event.anchor:
            self.add_problem(location, self.current_path(), "anchor", name=event.anchor)
        if event.ctag is not None:
            self.add_problem(location, self.current_path(), "tag", tag=str(event.ctag)[:60])

    def start_node(self, event: Any, location: Location) -> None:
        if isinstance(event, ScalarEvent):
            self.add_scalar(event, location)
            return
        level = self.open_nodes[-1] if self.open_nodes else None
        if level is not None and isinstance(level.node, MappingNode) and level.key is None:
            self.add_problem(location, self.current_path(), "key_not_text")
            raise _ReadingStoppedError
        if len(self.open_nodes) >= MAX_DEPTH:
            self.add_problem(location, "", "too_deep", limit=MAX_DEPTH)
            raise _ReadingStoppedError
        node = MappingNode(location) if isinstance(event, MappingStartEvent) else SequenceNode(location)
        self.open_nodes.append(_OpenNode(node, flow=bool(event.flow_style)))

    def add_scalar(self, event: ScalarEvent, location: Location) -> None:
        plain = event.style is None
        level = self.open_nodes[-1] if self.open_nodes else None
        if level is not None and isinstance(level.node, MappingNode) and level.key is None:
            self.start_key(level, ScalarNode(self.visible_text(event), location))
            return
        if plain and event.value == "=":
            self.add_problem(location, self.current_path(), "quote_it", text="=")
        if plain and event.value in NULL_TEXTS:
            self.attach(None, location)
        else:
            self.attach(ScalarNode(self.visible_text(event), location), location)

    def visible_text(self, event: ScalarEvent) -> str:
        """Text of a scalar on one line; an escape that stands for an invisible character is a problem."""
        text = event.value
        if event.style == '"' and not text.isascii():
            text = _SURROGATE_PAIR.sub(lambda pair: _join_surrogates(pair[0]), text)
        if match := FORBIDDEN_CHARACTERS.search(text):
            location, path = self.locate_escape(event), self.current_path()
            self.add_problem(location, path, "invisible_character", character=code_point(match[0]))
            text = FORBIDDEN_CHARACTERS.sub("\ufffd", text)
        return single_line(text)

    def locate_escape(self, event: ScalarEvent) -> Location:
        """Place of the first escape of an invisible character in a text in double quotes."""
        start = self.locate(event.start_mark)
        source = self.text[event.start_mark.index : event.end_mark.index]
        source = _SURROGATE_ESCAPES.sub(lambda pair: "?" * len(pair[0]), source)
        escapes = (escape.start() for escape in _ESCAPE.finditer(source) if _is_invisible(escape))
        before = source[: next(escapes, 0)]
        breaks = before.count("\n")
        column = len(before) - before.rfind("\n") if breaks else start.column + len(before)
        return Location(self.file, start.line + breaks, column)

    def start_key(self, level: _OpenNode, key: ScalarNode) -> None:
        assert isinstance(level.node, MappingNode)
        if key == "<<":
            self.add_problem(key.location, self.current_path(), "merge_key")
        if key in level.node.key_locations and not level.cut_text:
            first = level.node.key_locations[key]
            path = ".".join(filter(None, (self.current_path(), key)))
            self.add_problem(key.location, path, "written_twice", key=key, line=first.line)
        level.key = key

    def attach_closed(self, closed: _OpenNode) -> None:
        self.attach(closed.node, closed.node.location)

    def attach(self, node: object, location: Location) -> None:
        """Add a finished node to the open one."""
        if not self.open_nodes:
            self.root = node
            return
        level = self.open_nodes[-1]
        if isinstance(level.node, SequenceNode):
            level.node.append(node)
            return
        key, level.key = level.key, None
        assert key is not None
        if level.flow and node is None and self.is_continuation(level, key):
            return
        self.join_cut_text()
        level.node[str(key)] = node
        level.node.key_locations[str(key)] = key.location

    def is_continuation(self, level: _OpenNode, key: ScalarNode) -> bool:
        """Return whether a key is a piece of a text that a comma has ended: `{value: pert(30%, 50%, 100%)}`."""
        assert isinstance(level.node, MappingNode)
        if level.cut_text is None:
            last = next(reversed(level.node), "")
            text = level.node.get(last)
            if not isinstance(text, ScalarNode) or not re.match(r"[a-z]+\s*\([^)]*$", text):
                return False
            level.cut_text = (last, [str(text)])
            path = ".".join(filter(None, (self.current_path(), *([last] if last != "value" else []))))
            self.add_problem(key.location, path, "comma_ended_text", key=key, text="\0")
        level.cut_text[1].append(str(key))
        if ")" in key:
            self.join_cut_text()
        return True

    def join_cut_text(self) -> None:
        """Join the pieces of a cut text, for its problem and for those that follow."""
        level = self.open_nodes[-1] if self.open_nodes else None
        if level is None or level.cut_text is None:
            return
        assert isinstance(level.node, MappingNode)
        (key, pieces), level.cut_text = level.cut_text, None
        old = level.node[key]
        assert isinstance(old, ScalarNode)
        joined = ", ".join(pieces)
        level.node[key] = ScalarNode(joined, old.location)
        for i, problem in enumerate(self.problems):
            if ("text", "\0") in problem.params:
                params = {**dict(problem.params), "text": joined[:80]}
                self.problems[i] = Problem.of(problem.location, problem.path, problem.code, **params)


def _join_surrogates(pair: str) -> str:
    return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _is_invisible(escape: re.Match[str]) -> bool:
    """True for an escape of a character that is not taken in a text."""
    digits = escape[1] or escape[2] or escape[3]
    character = chr(int(digits, 16)) if digits else _CONTROL_ESCAPES.get(escape[4], "")
    return FORBIDDEN_CHARACTERS.search(character) is not None


def _parser_events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _parser_problem(error: Exception, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    location = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
    problem = error.problem if isinstance(error, MarkedYAMLError) and error.problem else "not YAML"
    if "undefined alias" in problem:
        return Problem.of(location, "", "alias", name=problem.rpartition(" ")[2].strip("'\""))
    code = "tab" if "'\\t'" in problem else "not_yaml"
    return Problem.of(location, "", code, problem=" ".join(problem.split())[:120])


def parse_yaml(text: str, file: str) -> tuple[object, list[Problem]]:
    """Parse one YAML document.

    Parameters
    ----------
    text : str
        The document.
    file : str
        Path as it is shown, for the locations.

    Returns
    -------
    tuple of object and list of Problem
        Its node, None when it is empty, and what is wrong with it as YAML.
    """
    text = text.removeprefix("\ufeff")
    if problem := invisible_problem(text, Location(file)):
        return None, [problem]
    text = _LINE_TEXT.sub(lambda line: line[0].replace("\t", " "), text)
    builder = _TreeBuilder(file, text)
    try:
        for count, event in enumerate(_parser_events(text)):
            builder.handle_event(event)
            if count > MAX_EVENTS:
                builder.add_problem(builder.locate(event.start_mark), "", "too_much", limit=MAX_EVENTS)
                break
    except _ReadingStoppedError:
        pass
    except YAMLError as error:
        builder.problems.append(_parser_problem(error, file))
    except (ValueError, IndexError, AttributeError, TypeError, AssertionError, KeyError, RecursionError) as error:
        # the parser's own faults on texts that fuzzing found
        builder.problems.append(Problem.of(Location(file), "", "not_yaml", problem=type(error).__name__))
    builder.join_cut_text()
    return builder.root, builder.problems


def parse_yaml_mapping(text: str, file: str) -> tuple[MappingNode, list[Problem]]:
    """Parse a YAML document that is a mapping, as a plan is.

    Parameters
    ----------
    text : str
        The document.
    file : str
        Path as it is shown, for the locations.

    Returns
    -------
    tuple of MappingNode and list of Problem
        The mapping, and what is wrong with it as YAML.

    Raises
    ------
    InputError
        The document is no mapping.
    """
    root, problems = parse_yaml(text, file)
    if isinstance(root, MappingNode):
        return root, problems
    if problems:
        raise InputError(problems)
    if root is None:
        raise InputError.of(Location(file), "", "empty_plan")
    location = root.location if isinstance(root, ScalarNode | SequenceNode) else Location(file)
    raise InputError.of(location, "", "root_not_a_map")
