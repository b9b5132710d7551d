"""YAML is read as it is written."""

from __future__ import annotations

import itertools
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.files.characters import FORBIDDEN_CHARACTERS, single_line
from forecast.files.encoding import decode_text
from forecast.files.yaml import parse_yaml


def test_scalars_keep_their_text() -> None:
    root, complaints = parse_yaml("a: 012\nb: yes\nc: 2021-01-01\nd: 1e3\ne: '5'\n", "x.yaml")
    assert complaints == []
    assert root == {"a": "012", "b": "yes", "c": "2021-01-01", "d": "1e3", "e": "5"}


def test_reading_never_depends_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stands still for an hour between two events reads the same plan."""
    hours = (3600.0 * hour for hour in itertools.count())
    for clock in ("monotonic", "perf_counter", "time", "process_time"):
        monkeypatch.setattr(time, clock, lambda: next(hours))
    root, complaints = parse_yaml("a: {b: [1, 2]}\n", "x.yaml")
    assert complaints == []
    assert root == {"a": {"b": ["1", "2"]}}


@pytest.mark.parametrize("character", ["\u200b", "\ufeff", "\u00ad", "\u2060", "\u202e", "\u2066", "\x1b", "\ufdd0"])
def test_an_invisible_character_is_named_with_its_place(character: str) -> None:
    with pytest.raises(InputError) as refused:
        decode_text(f"name: x\na: b{character}c\n".encode(), "x.yaml")
    problem = refused.value.problems[0]
    assert (problem.location.line, problem.location.column) == (2, 5)
    assert f"U+{ord(character):04X}" in problem.message("vi")


@pytest.mark.parametrize(
    ("text", "place", "character"),
    [
        ('a: "b\\x1bc"\n', (1, 6), "U+001B"),
        ('a: 1\nb: ["x", "\\u202e"]\n', (2, 11), "U+202E"),
        ('a: "b\n  c\\\n  d \\e"\n', (3, 5), "U+001B"),
        ('a: "\\\\x1b \\0"\n', (1, 11), "U+0000"),
        ('a: "\\ud83d\\udce6 \\ud800"\n', (1, 18), "U+D800"),
        ('a: "\\U0001FFFE"\n', (1, 5), "U+1FFFE"),
        ('"a\\u200b": 1\n', (1, 3), "U+200B"),
        ("a: 1\nb: '\u2066'\n", (2, 5), "U+2066"),
    ],
)
def test_an_escape_of_an_invisible_character_is_named_with_its_place(
    text: str, place: tuple[int, int], character: str
) -> None:
    _, complaints = parse_yaml(text, "x.yaml")
    assert [(problem.location.line, problem.location.column) for problem in complaints] == [place]
    assert dict(complaints[0].params) == {"character": character}


def test_texts_are_put_on_one_line() -> None:
    text = 'a: "x\\ty\\r\\nz\\N\\Lq "\nb: |\n  one\n  two\nc: tab\there\nd: "\\ud83d\\udce6"\ne: e\u0302\n'
    root, complaints = parse_yaml(text, "x.yaml")
    assert complaints == []
    assert root == {"a": "x y z q", "b": "one two", "c": "tab here", "d": "\U0001f4e6", "e": "\u00ea"}


def test_a_tab_does_not_indent() -> None:
    _, complaints = parse_yaml("a:\n\tb: 1\n", "x.yaml")
    assert [(problem.code, problem.location.line) for problem in complaints] == [("tab", 2)]


@given(st.text(st.characters(exclude_categories=())), st.booleans())
def test_any_text_is_read_on_one_line_or_refused_at_its_place(text: str, escaped: bool) -> None:
    """As JSON writes it, which is YAML: with letters beyond ASCII as they are, or escaped."""
    line = json.dumps({"a": text}, ensure_ascii=escaped)
    root, complaints = parse_yaml(line, "x.yaml")
    read = re.sub("[\ud800-\udbff][\udc00-\udfff]", lambda pair: json.loads(json.dumps(pair[0])), text)
    expected = read if escaped else text
    if FORBIDDEN_CHARACTERS.search(expected):
        assert [problem.code for problem in complaints] == ["invisible_character"]
        character = line[complaints[0].location.column - 1]
        assert character == "\\" or FORBIDDEN_CHARACTERS.match(character)
    else:
        assert complaints == []
        assert root == {"a": single_line(expected)}
