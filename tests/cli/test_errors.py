"""Whatever goes wrong has its exit code and its line; saying so never goes wrong itself."""

from __future__ import annotations

import errno
import io
import sys
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.cli.errors import handle_error, silence_stdout
from forecast.cli.session import Session
from forecast.cli.signals import StoppedBySignal
from forecast.errors import CheckError, InputError, Location, OutputError, Problem
from forecast.files.characters import escape_invisible

TEXTS = st.text(st.characters(exclude_categories=()), max_size=40)


class SpeechlessError(Exception):
    """An error that has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class BrokenStream(io.StringIO):
    """A stream that fails in a way of its own."""

    def write(self, text: str) -> int:
        raise RuntimeError(text)

    def flush(self) -> None:
        raise AttributeError("flush")


def closed_stream() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO())
    stream.close()
    return stream


FAULTS = st.one_of(
    st.builds(
        lambda *texts: InputError([Problem.of(Location(*texts[:1]), texts[1], texts[2], text=texts[3])]),
        *[TEXTS] * 4,
    ).map(lambda fault: (fault, 2)),
    TEXTS.map(lambda code: (InputError([Problem(Location("a"), code, "not_yaml")]), 2)),
    TEXTS.map(lambda code: (CheckError(code, text=code), 3)),
    TEXTS.map(lambda code: (OutputError(code), 4)),
    TEXTS.map(lambda text: (OutputError("stdout_failed", reason=text), 4)),
    TEXTS.map(lambda text: (click.UsageError(text), 2)),
    TEXTS.map(lambda text: (click.NoSuchOption(text), 2)),
    TEXTS.map(lambda text: (click.BadOptionUsage(text, text), 2)),
    TEXTS.map(lambda text: (OSError(errno.ENOSPC, text, text), 4)),
    TEXTS.map(lambda text: (OSError(errno.EIO, text), 4)),
    TEXTS.map(lambda text: (RuntimeError(text), 1)),
    TEXTS.map(lambda text: (KeyError(text), 1)),
    st.sampled_from(
        [
            (SpeechlessError(), 1),
            (MemoryError(), 4),
            (RecursionError(), 1),
            (KeyboardInterrupt(), 130),
            (click.Abort(), 130),
            (StoppedBySignal(15), 143),
            (SystemExit("x"), 1),
            (GeneratorExit(), 1),
            (ExceptionGroup("x", [ValueError("y")]), 1),
            (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), 1),
            (OSError(), 1),
            (click.exceptions.Exit(3), 3),
        ]
    ),
)
STREAMS = st.sampled_from([io.StringIO, closed_stream, BrokenStream, lambda: None])


@given(FAULTS, STREAMS, st.sampled_from(["vi", "en"]), st.lists(TEXTS, max_size=3))
def test_any_error_has_its_code_on_any_stream(
    fault: tuple[BaseException, int], stream: Any, language: Any, arguments: list[str]
) -> None:
    stderr = stream()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        assert handle_error(fault[0], Session(tuple(arguments), language=language)) == fault[1]
    if type(stderr) is io.StringIO and fault[1] != 3:
        lines = stderr.getvalue().splitlines()
        assert len(lines) == 1
        assert escape_invisible(lines[0]) == lines[0]


@pytest.mark.parametrize("stream", [closed_stream, BrokenStream, lambda: None])
def test_an_output_that_failed_is_silenced(monkeypatch: pytest.MonkeyPatch, stream: Any) -> None:
    monkeypatch.setattr(sys, "stdout", stream())
    silence_stdout()
