"""Text for terminals: tables with aligned columns, bars of chances, and lines that fit the width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

MAX_WIDTH = 80
"""Columns of a terminal that every line for people fits in."""
BAR_WIDTH = 16
"""Columns of the bar of a chance."""
MIN_HEAD_WIDTH = 4
"""Columns of a heading, at least, when it is broken."""
_FULL, _EMPTY = "█", "░"
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_PLAIN_FULL, _PLAIN_EMPTY = "#", "."


class UnbrokenLine(str):
    """A line that is copied as a whole, such as a path or a command: it is never broken."""

    __slots__ = ()


def display_width(text: str) -> int:
    """Columns that a text takes on a terminal: none for combining marks, two for wide letters of East Asia."""
    # rich has the same function; loading it takes 12 ms, and no help page may load it
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def pad_left(text: str, width: int) -> str:
    """A text at the right end of a column."""
    return " " * (width - display_width(text)) + text


def pad_right(text: str, width: int) -> str:
    """A text at the left end of a column."""
    return text + " " * (width - display_width(text))


def table_lines(rows: Sequence[Sequence[str]], indent: int = 0) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right; a row of one cell is a heading.

    Headings of columns, the first row of several cells, take several lines where the table would be too wide.
    """
    cells = [row for row in rows if len(row) > 1]
    if not cells:
        return [" " * indent + name for row in rows for name in row]
    heads = _fit_heads(cells, MAX_WIDTH - indent)
    widths = [max(map(display_width, (head[column] for head in heads)), default=0) for column in range(len(cells[0]))]
    widths = [max(width, *(display_width(row[column]) for row in cells[1:]), 0) for column, width in enumerate(widths)]
    lines: list[str] = []
    for row in rows:
        for name, *others in heads if row is cells[0] else [row]:
            padded = [pad_left(cell, width) for cell, width in zip(others, widths[1:], strict=bool(others))]
            cells_of_line = [pad_right(name, widths[0]) if others else name, *padded]
            lines.append(f"{' ' * indent}{'  '.join(cells_of_line)}".rstrip())
    return lines


def _fit_heads(cells: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The headings of columns in as many lines as they need; in one where the table fits."""
    heads, bodies = cells[0], cells[1:]
    body_widths = [max((display_width(row[column]) for row in bodies), default=0) for column in range(len(heads))]
    total = sum(max(display_width(head), body) for head, body in zip(heads, body_widths, strict=True))
    if total + 2 * (len(heads) - 1) <= width:
        return [list(heads)]
    parts = [
        _break_words(head, max(body, MIN_HEAD_WIDTH)) if head.strip() else [head]
        for head, body in zip(heads, body_widths, strict=True)
    ]
    height = max(map(len, parts))
    return [
        [part[row - height + len(part)] if row >= height - len(part) else "" for part in parts] for row in range(height)
    ]


def _break_words(text: str, width: int) -> list[str]:
    """A heading in lines of a width, broken at its blanks."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and display_width(lines[-1]) + 1 + display_width(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def wrap(line: str, width: int = MAX_WIDTH, hanging: int | None = None) -> list[str]:
    """A line in parts that fit a width, broken at blanks, the later parts set in; a longer word stands alone.

    Blanks inside a part stay as they are; `hanging` is the indent of the later parts, two more than the line's own by
    default. A word between backquotes, with its blanks, is one word, for a reader copies it.
    """
    if isinstance(line, UnbrokenLine) or display_width(line) <= width:
        return [line]
    start = len(line) - len(line.lstrip(" "))
    indent = " " * (start + 2 if hanging is None else hanging)
    parts, part = [], line[:start]
    pending, is_empty = "", True
    for word in _words(line[start:]):
        if word.isspace():
            pending = word
            continue
        if not is_empty and display_width(part) + display_width(pending) + display_width(word) > width:
            parts.append(part)
            part, pending = indent, ""
        part += ("" if is_empty else pending) + word
        pending, is_empty = "", False
    return [*parts, part]


def cut(text: str, max_characters: int) -> str:
    """A text of at most so many characters, the last one `…` where it was longer."""
    return text if len(text) <= max_characters else f"{text[: max_characters - 1].rstrip()}…"


def _words(text: str) -> list[str]:
    """Words and the blanks between them, in turn; what stands between backquotes is in one word."""
    words, word, is_quoted = [], "", False
    for character in text:
        if character == "`":
            is_quoted = not is_quoted
        is_blank = character == " " and not is_quoted
        if word and is_blank != word.isspace():
            words.append(word)
            word = ""
        word += character
    return [*words, word] if word else words


def chance_bar(chance: float, encoding: str) -> str:
    """A bar of `BAR_WIDTH` columns, filled to a chance; of plain letters where an encoding has no blocks.

    Rounding never fills the bar of a chance below 1, nor empties that of one above 0.
    """
    eighths = round(8 * BAR_WIDTH * chance)
    if 0 < chance < 1:
        eighths = min(max(eighths, 1), 8 * BAR_WIDTH - 1)
    if not can_write(_FULL + _EMPTY + "".join(_EIGHTHS), encoding):
        cells = (eighths + 4) // 8
        cells = min(max(cells, 1), BAR_WIDTH - 1) if 0 < chance < 1 else cells
        return _PLAIN_FULL * cells + _PLAIN_EMPTY * (BAR_WIDTH - cells)
    full, part = divmod(eighths, 8)
    bar = _FULL * full + _EIGHTHS[part]
    return bar + _EMPTY * (BAR_WIDTH - len(bar))


def can_write(text: str, encoding: str) -> bool:
    """True where an encoding has every letter of a text."""
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
