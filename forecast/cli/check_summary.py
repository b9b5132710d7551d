"""The values of a plan by section: a table on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING

from forecast.cli.text_table import MAX_WIDTH, display_width, pad_left, pad_right, wrap
from forecast.i18n import Translator
from forecast.plan.describe import describe_median

if TYPE_CHECKING:
    from forecast.plan.loading.effective import EffectiveValue
    from forecast.plan.scenario import Scenario

SECTIONS = (
    "plan", "history", "services", "workforce", "places", "costs", "targets", "shocks", "climate", "initiatives",
    "decisions", "correlations", "notes", "cases",
)  # fmt: skip
"""Sections in the order in which they are shown; keys that are none of them belong to the first."""
ENTRY_DEPTHS = {"workforce": 1, "places": 1, "history.shocks": 3}
"""Parts of a name that stand in the heading of an entry; the first two of the others, where more follow."""
MAX_NAME_WIDTH, MAX_MEDIAN_WIDTH, MAX_PLACE_WIDTH = 32, 12, 22
CELL_SPACE = "  "
MARGIN = "    "


def section_of(value: EffectiveValue) -> str:
    """Section of a value by its name."""
    first = value.name.partition(".")[0]
    return first if first in SECTIONS else {"stated": "history", "baseline": "services"}.get(first, SECTIONS[0])


def value_lines(values: Iterable[EffectiveValue], scenario: Scenario, t: Translator, *, is_table: bool) -> list[str]:
    """Lines of all sections, each with its heading and a blank line before it."""
    by_section: dict[str, list[EffectiveValue]] = {name: [] for name in SECTIONS}
    for value in values:
        by_section[section_of(value)].append(value)
    lines = wrap(t("check_columns")) if is_table else []
    for section, members in by_section.items():
        if members:
            lines += ["", t(f"check_section_{section}", count=len(members))]
            lines += _table_section(section, members, scenario, t) if is_table else _plain_section(members, t)
    return lines


def _plain_section(values: Sequence[EffectiveValue], t: Translator) -> list[str]:
    """Each value under its whole name, what it means below it."""
    lines = []
    for value in values:
        lines += wrap(value.format_head(t), hanging=4)
        if remark := value.format_remark(t):
            lines += wrap(MARGIN + remark, hanging=len(MARGIN))
    return lines


def _table_section(section: str, values: Sequence[EffectiveValue], scenario: Scenario, t: Translator) -> list[str]:
    """A table of each entry of a section under its label: name, text, median, grade and place."""
    lines = []
    for prefix, members in groupby(values, key=lambda value: _entry_prefix(section, value)):
        if prefix:
            lines += wrap(f"  {_entry_title(prefix, scenario, t)}")
        lines += _table_rows([_row(value, prefix, t) for value in members], t)
    return lines


def _entry_prefix(section: str, value: EffectiveValue) -> str:
    """Name of the entry that a value belongs to, such as `services.postal`; empty where there is none."""
    parts = value.name.split(".")
    depth = ENTRY_DEPTHS.get(".".join(parts[:2])) or ENTRY_DEPTHS.get(parts[0], 2)
    return ".".join(parts[:depth]) if len(parts) > depth and section != SECTIONS[0] else ""


def _entry_title(prefix: str, scenario: Scenario, t: Translator) -> str:
    from forecast.reports.content.text import name_text

    label = name_text(prefix, scenario, t)
    return prefix if label == prefix else f"{prefix} · {label}"


def _row(value: EffectiveValue, prefix: str, t: Translator) -> tuple[str, str, str, str, str]:
    """Name within its entry, text, median of an assumption that is no constant, grade and place."""
    name = value.name.removeprefix(f"{prefix}.") if prefix else value.name
    assumption = value.assumption
    is_sure = assumption is None or assumption.is_constant
    median = "" if assumption is None or is_sure else describe_median(assumption, value.currency, t)
    place = (
        t("check_not_written") if value.is_default else f"{PurePath(value.location.file).name}:{value.location.line}"
    )
    return name, value.shown_text(t), median, value.grade, place


def _table_rows(rows: Sequence[tuple[str, str, str, str, str]], t: Translator) -> list[str]:
    """Rows whose cells break into lines of their columns; the last columns are as wide as they need."""
    widths = [max(display_width(row[column]) for row in rows) for column in range(5)]
    widths[0] = min(widths[0], MAX_NAME_WIDTH)
    widths[2] = min(widths[2], MAX_MEDIAN_WIDTH)
    widths[4] = min(widths[4], MAX_PLACE_WIDTH)
    used = sum(width + len(CELL_SPACE) for column, width in enumerate(widths) if column != 1 and width) + len(MARGIN)
    widths[1] = min(widths[1], MAX_WIDTH - used)
    paddings: tuple[Callable[[str, int], str], ...] = (pad_right, pad_right, pad_left, pad_right, pad_right)
    lines = []
    for row in rows:
        cells = [_break_cell(cell, width) for cell, width in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = [
                pad(cell[number] if number < len(cell) else "", width)
                for cell, width, pad in zip(cells, widths, paddings, strict=True)
                if width
            ]
            lines.append((MARGIN + CELL_SPACE.join(parts)).rstrip())
    return lines


def _break_cell(text: str, width: int) -> list[str]:
    """A text in parts of a width, broken at blanks, after dots and slashes, and anywhere where it has none."""
    parts, part = [], ""
    for piece in _pieces(text):
        while display_width(part + piece.rstrip()) > width:
            if part.strip():
                parts.append(part.rstrip())
                part = ""
            else:
                cut = max(
                    count for count in range(1, len(piece) + 1) if count == 1 or display_width(piece[:count]) <= width
                )
                parts.append(piece[:cut])
                piece = piece[cut:]
        part += piece
    return [*parts, part.rstrip()] if part.strip() or not parts else parts


def _pieces(text: str) -> list[str]:
    """Parts of a text behind which a line may end."""
    pieces = [""]
    for before, character in zip(f" {text}", text, strict=False):
        if before in " ./_" and character not in " ./_" and pieces[-1]:
            pieces.append("")
        pieces[-1] += character
    return pieces
