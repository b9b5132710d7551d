"""Text for terminals: tables with aligned columns, and lines that fit the width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

MAX_WIDTH = 80


def table_lines(rows: Sequence[Sequence[str]], indent: int = 0) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right; a row of one cell is a heading."""
    cells = [row for row in rows if len(row) > 1]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    lines = []
    for row in rows:
        name, *others = row
        padded = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=bool(others))]
        lines.append(" " * indent + "  ".join([name.ljust(widths[0]) if others else name, *padded]))
    return lines


def wrap(line: str) -> list[str]:
    """A line in parts that are at most `MAX_WIDTH` wide, the later ones set in."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(
        line, MAX_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True,
    )  # fmt: skip
