"""YAML is read as it is written."""

from __future__ import annotations

import itertools
import time

import pytest

from forecast.errors import InputError
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
