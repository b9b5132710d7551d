"""One sheet of a workbook: titles, texts that are never formulas, tables, and how it prints."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from forecast.errors import OutputError
from forecast.files.workbook import cell_address
from forecast.i18n import Translator
from forecast.reports.workbook.formats import CellFormats

__all__ = ["SheetWriter"]

A4 = 9
"""Number of the paper in a workbook."""
LINE_POINTS = 12.0
"""Height of a line of text."""
CHARACTER_WIDTH = 0.85
"""Mean width of a character of 9 points, in the unit of widths of columns."""
MAX_FORMULA_CHARACTERS = 8_192
"""Characters of a formula with its sign `=`; a workbook with a longer one is damaged."""
MAX_CELL_TEXT = 32_000
"""Characters of a cell; a spreadsheet takes 32,767."""


@dataclass
class SheetWriter:
    """Writes one sheet; rows and columns are counted from 0."""

    sheet: Any
    formats: CellFormats
    t: Translator

    def open(self, title: str, remark: str, widths: Sequence[float]) -> None:
        """Title, remark, widths of the columns, and A4 landscape on one page's width."""
        sheet = self.sheet
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        self.text(0, 0, title, self.formats.title())
        sheet.set_row(0, 22)
        self.text(1, 0, remark, self.formats.muted())
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.set_footer("&L&8" + title.replace("&", "&&") + "&R&8&P / &N")
        sheet.hide_gridlines(2)

    def text(self, row: int, column: int, text: str, style: Any = None) -> None:
        """A text, whatever it begins with: no cell of it is ever a formula or a link."""
        shown = "".join(character for character in text if character >= " " or character in "\n\t")
        self.sheet.write_string(row, column, shown[:MAX_CELL_TEXT], style or self.formats.get())

    def number(self, row: int, column: int, value: float | None, style: Any) -> None:
        """A number, or an empty cell where there is none."""
        if value is None:
            self.sheet.write_blank(row, column, None, style)
        else:
            self.sheet.write_number(row, column, value, style)

    def formula(self, row: int, column: int, formula: str, value: float, style: Any) -> None:
        """A formula with its value, which readers show that compute nothing; OutputError where it is too long."""
        if len(formula) >= MAX_FORMULA_CHARACTERS:
            raise OutputError("excel_formula_too_long", sheet=self.sheet.name, cell=cell_address(row, column))
        self.sheet.write_formula(row, column, f"={formula}", style, value)

    def headers(self, row: int, texts: Sequence[str], numbers: Container[int] = ()) -> None:
        """Heads of columns; those of columns with numbers stand at the right."""
        for column, text in enumerate(texts):
            self.text(row, column, text, self._head_format(column, numbers))

    def _head_format(self, column: int, numbers: Container[int]) -> Any:
        return self.formats.header(align="right") if column in numbers else self.formats.header()

    def fit_height(self, row: int, texts: Iterable[tuple[str, float]]) -> None:
        """Make a row as high as its wrapped texts, each with the width of its column."""
        lines = max((math.ceil(len(text) * CHARACTER_WIDTH / width) for text, width in texts), default=1)
        self.sheet.set_row(row, LINE_POINTS * max(1, lines) + 2)

    def table(self, name: str, row: int, headers: Sequence[str], last_row: int, numbers: Container[int] = ()) -> None:
        """Write heads, and make the cells below them a table with filters."""
        self.headers(row, headers, numbers)
        self.sheet.set_row(row, 2 * LINE_POINTS + 4)
        columns = [
            {"header": text, "header_format": self._head_format(column, numbers)} for column, text in enumerate(headers)
        ]
        if last_row > row:
            options = {"name": name, "columns": columns, "style": None, "autofilter": True}
            self.sheet.add_table(row, 0, last_row, len(headers) - 1, options)

    def freeze(self, rows: int, columns: int) -> None:
        """Keep the first rows and columns in sight, and repeat the row of heads on each page."""
        self.sheet.freeze_panes(rows, columns)
        self.sheet.repeat_rows(rows - 1)

    def protect(self) -> None:
        """Lock all but the yellow cells, without a password: an accident is stopped, not a person."""
        self.sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
