"""Text from bytes: UTF-8 or marked UTF-16; any other encoding is named in the error."""

from __future__ import annotations

import codecs
import re

from forecast.errors import InputError, Location, Problem
from forecast.files.characters import FORBIDDEN_CHARACTERS, code_point

__all__ = ["decode_text", "invisible_problem"]

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TONES_AFTER_VOWELS = re.compile(
    rb"[aeiouyAEIOUY\xe2\xe3\xea\xf4\xf5\xfd\xc2\xc3\xca\xd4\xd5\xdd][\xcc\xd2\xde\xec\xf2]"
)
_TCVN3_LETTERS = re.compile(rb"[A-Za-z][\xa8-\xae\xb5-\xb9\xbb-\xbe]|[\xa8-\xae\xb5-\xb9\xbb-\xbe][A-Za-z]")


def _has_wide_letters(content: bytes) -> bool:
    """True for bytes of which many are zero, as in UTF-16."""
    return content[:4096].count(0) > len(content[:4096]) / 4


def guess_encoding(content: bytes) -> str:
    """Guess the encoding of bytes that are not UTF-8: TCVN3, Windows-1258, UTF-16 or Windows-1252."""
    # charset-normalizer does not know TCVN3, takes Windows-1252 for Windows-1257, and needs 2 to 300 times the time
    if _has_wide_letters(content):
        return "UTF-16"
    tcvn3, cp1258 = len(_TCVN3_LETTERS.findall(content)), len(_TONES_AFTER_VOWELS.findall(content))
    if tcvn3 or cp1258:
        return "TCVN3 (ABC)" if tcvn3 > cp1258 else "Windows-1258"
    return "Windows-1252"


def decode_text(content: bytes, file: str) -> str:
    """Decode the bytes of a file.

    Parameters
    ----------
    content : bytes
        UTF-8, or UTF-16 with its mark.
    file : str
        Path as it is shown, for the location of an error.

    Returns
    -------
    str
        Without the mark.

    Raises
    ------
    InputError
        The bytes are no UTF-8 (the error names the encoding that they look like), or hold an invisible character.
    """
    mark, encoding = next((entry for entry in _BYTE_ORDER_MARKS if content.startswith(entry[0])), (b"", "utf-8"))
    content = content.removeprefix(mark)
    if not mark and _has_wide_letters(content):  # often valid UTF-8 too
        raise InputError.of(Location(file, 1, 1), "", "not_utf8", encoding="UTF-16")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, errors="replace")
        raise InputError.of(_location_after(file, before), "", "not_utf8", encoding=guess_encoding(content)) from None
    if problem := invisible_problem(text, Location(file)):
        raise InputError([problem])
    return text


def invisible_problem(text: str, start: Location, path: str = "") -> Problem | None:
    """Find the first character of a text that no reader can see or that turns a line around.

    Parameters
    ----------
    text : str
        A file, or what is typed in its place.
    start : Location
        Place of its first character.
    path : str
        Dotted name of its key.

    Returns
    -------
    Problem, optional
        At the place of the character; None where there is none.
    """
    if not (match := FORBIDDEN_CHARACTERS.search(text)):
        return None
    place = _location_after(start.file, text[: match.start()])
    column = place.column + (start.column - 1 if place.line == 1 else 0)
    location = Location(start.file, start.line + place.line - 1, column)
    return Problem.of(location, path, "invisible_character", character=code_point(match[0]))


def _location_after(file: str, before: str) -> Location:
    return Location(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
