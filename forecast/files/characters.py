"""Characters that no reader can see or that turn a line around: found in what is read, escaped in what is printed."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["FORBIDDEN_CHARACTERS", "FORBIDDEN_IN_NAMES", "code_point", "escape_invisible", "single_line"]

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ZERO_WIDTH = "\u00ad\u180e\u200b\u2060-\u2064\ufeff"
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_SURROGATES = "\ud800-\udfff"

FORBIDDEN_CHARACTERS = re.compile(f"[{_CONTROLS}{_BIDIRECTIONAL}{_ZERO_WIDTH}{_NONCHARACTERS}{_SURROGATES}]")
"""Controls but tab and line ends, bidirectional marks, characters without width, noncharacters and surrogates."""
FORBIDDEN_IN_NAMES = re.compile(f"{FORBIDDEN_CHARACTERS.pattern}|[\t\n\r\x85\u2028\u2029]")
"""Characters refused in names of files and folders: tabs and line ends, too."""
_NOT_PRINTED = re.compile(
    f"[{_CONTROLS}{_BIDIRECTIONAL}{_ZERO_WIDTH}{_NONCHARACTERS}{_SURROGATES}\t\r\x85\u200c\u200d\u2028\u2029]"
)
_BLANKS = re.compile("[ \t\n\r\x85\u2028\u2029]+")


def code_point(character: str) -> str:
    """Return the name of a character by its number, such as `U+200B`.

    Parameters
    ----------
    character : str
        One character.

    Returns
    -------
    str
        `U+` and at least four hexadecimal digits.
    """
    return f"U+{ord(character):04X}"


def escape_invisible(text: str) -> str:
    """Make characters visible that a terminal would obey or hide.

    Parameters
    ----------
    text : str
        One line or several.

    Returns
    -------
    str
        The text with those characters as `U+001B`, in brackets; line feeds stay.
    """
    return _NOT_PRINTED.sub(lambda match: f"[{code_point(match[0])}]", text)


def single_line(text: str) -> str:
    """Put a text for people on one line.

    Parameters
    ----------
    text : str
        As it is written.

    Returns
    -------
    str
        Trimmed, in Unicode's composed form (NFC), with one space for each run of line ends and tabs.
    """
    one_line = _BLANKS.sub(lambda match: match[0] if match[0].strip(" ") == "" else " ", text)
    return unicodedata.normalize("NFC", one_line).strip()
