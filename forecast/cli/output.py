"""Output of commands: results on stdout, a line for the person at the terminal on stderr; never a raw control."""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TextIO

from forecast.cli.text_table import UnbrokenLine, wrap
from forecast.files.characters import escape_invisible

_PLAIN_LETTERS = {
    "đ": "d",
    "Đ": "D",
    "₫": "đ",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "×": "x",
    "·": ".",
    "±": "+/-",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
}
"""Letters and signs without a decomposition, and what stands for them on a console that lacks them."""


_PLAIN_TEXT = "a plain line of letters, " * 5
"""Text that every encoding of a console can write."""


def prepare_streams() -> None:
    """Let stdout and stderr write the nearest letters that their encoding has, whatever the console is."""
    _occupy_standard_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if _writes_letters(stream.encoding) else "utf-8"
            handler = f"forecast.nearest.{encoding}"
            codecs.register_error(handler, partial(_nearest_letters, encoding))
            with suppress(OSError, ValueError):  # closed
                stream.reconfigure(encoding=encoding, errors=handler)


def _writes_letters(encoding: str) -> bool:
    """True for an encoding of texts; `undefined` refuses every one, and `idna` a long one."""
    try:
        return _PLAIN_TEXT.encode(encoding).decode(encoding) == _PLAIN_TEXT
    except (UnicodeError, LookupError):
        return False


def _occupy_standard_descriptors() -> None:
    """Open what was closed of standard input, output and error: a report must not get its number and their text."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number


def print_json(content: Any) -> None:
    """Print JSON, indented, in ASCII: it is the same on every console, and no name in it reaches a terminal raw."""
    import json

    _write(sys.stdout, json.dumps(content, indent=1, allow_nan=False))


def print_lines(*lines: str) -> None:
    """Print lines of text, those that are too wide in parts."""
    if lines:
        _write(sys.stdout, "\n".join(_fitting(lines)))


def print_status(line: str) -> None:
    """Print a line for the person at the terminal, on stderr, in parts where it is too wide."""
    _write(sys.stderr, "\n".join(_fitting([line])))


def stdout_encoding() -> str:
    """Encoding of what is printed: it says which signs may stand there."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def is_stdout_terminal() -> bool:
    """True where a person reads what is printed as it comes; False in a pipe or a file."""
    return sys.stdout is not None and sys.stdout.isatty()


def _fitting(lines: Sequence[str]) -> list[str]:
    """Lines that a terminal shows as they are."""
    printable = [
        UnbrokenLine(escape_invisible(line)) if isinstance(line, UnbrokenLine) else escape_invisible(line)
        for line in lines
    ]
    return [
        part
        for line in printable
        for each in line.split("\n")
        for part in ([each] if isinstance(line, UnbrokenLine) else wrap(each))
    ]


def _write(stream: TextIO | None, text: str) -> None:
    """Write and flush, where there is a stream at all; click's own `echo` writes UTF-8 to an ASCII console."""
    if stream is not None:
        stream.write(f"{text}\n")
        stream.flush()


def _nearest_letters(encoding: str, fault: UnicodeError) -> tuple[str, int]:
    """Error handler of codecs: the nearest text that the encoding can write, and where to go on."""
    # the encoding comes from the stream, for all of Windows' code pages call themselves "charmap" in their errors
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    letters = fault.object[fault.start : fault.end]
    return "".join(_nearest_letter(letter, encoding) for letter in letters), fault.end


def _nearest_letter(letter: str, encoding: str) -> str:
    """A letter with its marks set apart, or without them; a question mark where the encoding has neither."""
    letters = unicodedata.normalize("NFKD", letter)
    base, marks = letters[0], letters[1:]
    decomposed = [unicodedata.normalize("NFC", base + mark) + "".join(m for m in marks if m != mark) for mark in marks]
    plain = _PLAIN_LETTERS.get(letter, base)
    for text in (*decomposed, letters, plain, _PLAIN_LETTERS.get(plain, "?")):
        with suppress(UnicodeEncodeError):
            text.encode(encoding)
            return text
    return "?"
