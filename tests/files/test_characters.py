"""Text for people on one line, and characters that no reader can see."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.files.characters import FORBIDDEN_CHARACTERS, escape_invisible, single_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\tb", "a b"),
        ("a\r\nb\n\n c\n", "a b c"),
        (" a  b ", "a  b"),
        ("a\x85b\u2028c\u2029d", "a b c d"),
        ("ke\u0302\u0301 hoa\u0323ch", "kế hoạch"),
        ("\u00a0a\u3000", "a"),
    ],
)
def test_a_text_stands_on_one_line(text: str, line: str) -> None:
    assert single_line(text) == line


@given(st.text(st.characters(exclude_categories=())))
def test_a_line_stays_as_it_is(text: str) -> None:
    line = single_line(FORBIDDEN_CHARACTERS.sub("", text))
    assert single_line(line) == line
    assert line == line.strip() == unicodedata.normalize("NFC", line)
    assert len(line.splitlines()) <= 1
    assert "\t" not in line


def test_long_runs_of_spaces_take_linear_time() -> None:
    start = time.process_time()
    assert single_line("a" + " " * 500_000 + "b").startswith("a ")
    assert time.process_time() - start < 1.0


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = escape_invisible(text)
    assert not FORBIDDEN_CHARACTERS.search(shown)
    assert not set(shown) & set("\t\r\x85\u2028\u2029")
